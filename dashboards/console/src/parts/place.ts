/** The address bar as state. */

import { useCallback, useEffect, useMemo, useState } from "preact/hooks";

import type { Place } from "./contexts";

export function usePlaceState(): Place {
  const read = () => ({ path: location.pathname, query: location.search });
  const [place, setPlace] = useState(read);
  useEffect(() => {
    const moved = () => setPlace(read());
    addEventListener("popstate", moved);
    return () => removeEventListener("popstate", moved);
  }, []);
  const go = useCallback((address: string, how: "push" | "replace" = "push") => {
    if (how === "push") history.pushState(null, "", address);
    else history.replaceState(null, "", address);
    setPlace(read());
    if (how === "push") scrollTo(0, 0);
  }, []);
  return useMemo(() => ({ ...place, go }), [place, go]);
}
