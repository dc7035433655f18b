/** Whether this page also opens without a network. Needs https, or this machine itself. */

import { useEffect, useState } from "preact/hooks";

export function useKeptPage(): "kept" | "not_yet" | "impossible" {
  const possible = "serviceWorker" in navigator;
  const [kept, setKept] = useState(false);
  useEffect(() => {
    if (!possible) return;
    let wanted = true;
    navigator.serviceWorker
      .register("/service-worker.js")
      .then(() => navigator.serviceWorker.ready)
      .then(() => wanted && setKept(true))
      // Without it everything works but a reload without network; the page says which it is.
      .catch(() => wanted && setKept(false));
    return () => {
      wanted = false;
    };
  }, [possible]);
  return !possible ? "impossible" : kept ? "kept" : "not_yet";
}
