/**
 * Tells the server where the phone is, while the crew agreed and an order runs; and only the last place.
 * An edge: it owns the phone's positioning and the timer.
 */

import { useEffect, useRef, useState } from "preact/hooks";

import { clientNowMs } from "../lib/clock";
import { useApi } from "../parts/contexts";

/** Often enough to rank by, seldom enough for a phone's battery. */
const SEND_EVERY_MS = 15_000;
/** An arrival takes a fix along that is no older. */
const FRESH_MS = 60_000;

export interface PhoneFix {
  latitude_deg: number;
  longitude_deg: number;
  accuracy_m: number;
  at_ms: number;
}

export type Positioning = "off" | "waiting" | "sharing" | "denied" | "unavailable";

export interface Sharing {
  state: Positioning;
  sent_at_ms: number | null;
  /** The last fix, if it is fresh enough to go with a report. */
  fresh: () => PhoneFix | null;
  erase: () => void;
}

const DENIED = 1;

export function usePositionSharing(wanted: boolean): Sharing {
  const api = useApi();
  const last = useRef<PhoneFix | null>(null);
  const [state, setState] = useState<Positioning>("off");
  const [sent_at_ms, setSentAt] = useState<number | null>(null);
  const path = `/api/crews/${api.account.crew_id}/position`;

  useEffect(() => {
    if (!wanted) {
      last.current = null;
      setState("off");
      return;
    }
    if (!("geolocation" in navigator)) return setState("unavailable");
    setState("waiting");
    let next_ms = 0;
    const seen = ({ coords }: GeolocationPosition) => {
      const at_ms = clientNowMs();
      const { latitude, longitude, accuracy } = coords;
      last.current = { latitude_deg: latitude, longitude_deg: longitude, accuracy_m: accuracy, at_ms };
      setState("sharing");
      if (at_ms < next_ms) return;
      next_ms = at_ms + SEND_EVERY_MS;
      const { at_ms: _at, ...place } = last.current;
      const observed_at = new Date(at_ms).toISOString();
      // One that does not get through is out of date: the next one is sent instead.
      void api.post(path, { ...place, observed_at, sent_at: observed_at }).then((result) => {
        if (result.ok) setSentAt(at_ms);
      });
    };
    const failed = (error: GeolocationPositionError) => setState(error.code === DENIED ? "denied" : "waiting");
    const watch = navigator.geolocation.watchPosition(seen, failed, { enableHighAccuracy: true, maximumAge: 10_000 });
    return () => navigator.geolocation.clearWatch(watch);
  }, [api, path, wanted]);

  return {
    state,
    sent_at_ms,
    fresh: () => (last.current && clientNowMs() - last.current.at_ms <= FRESH_MS ? last.current : null),
    erase: () => {
      setSentAt(null);
      void api.remove(path);
    },
  };
}
