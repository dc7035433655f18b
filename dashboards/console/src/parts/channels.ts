/** How the channels of notification are doing: asked again and again, whatever page is open. */

import { useCallback, useEffect, useState } from "preact/hooks";

import type { Channels } from "../api/types";
import { clientNowMs } from "../lib/clock";
import { useApi } from "./contexts";

/** An order that reached nobody is shown within this time, on every page. */
const REFRESH_MS = 10_000;

export interface LoadedChannels {
  known: Channels | null;
  loaded_at_ms: number;
  failed: boolean;
  reload: () => void;
}

export function useChannels(): LoadedChannels {
  const api = useApi();
  const [loaded, setLoaded] = useState({ known: null as Channels | null, loaded_at_ms: 0, failed: false });
  const [round, setRound] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    const load = () => {
      void api.get<Channels>("/api/notifications/channels", stop.signal).then((result) => {
        if (stop.signal.aborted) return;
        if (result.ok) setLoaded({ known: result.value, loaded_at_ms: clientNowMs(), failed: false });
        else setLoaded((before) => ({ ...before, failed: true }));
      });
    };
    load();
    const timer = setInterval(load, REFRESH_MS);
    return () => {
      stop.abort();
      clearInterval(timer);
    };
  }, [api, round]);
  const reload = useCallback(() => setRound((count) => count + 1), []);
  return { ...loaded, reload };
}
