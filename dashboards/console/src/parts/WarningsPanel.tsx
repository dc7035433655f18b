/** What the detector sees at the lift besides people: faults, conditions, a lift left unwatched. */

import { useEffect, useState } from "preact/hooks";

import type { Incident, Warnings } from "../api/types";
import { clientNowMs } from "../lib/clock";
import { useApi, useLive, useText } from "./contexts";
import { DataAge } from "./IncidentMarks";
import { wordsIn } from "./VerdictPanel";
import { ageText, Time } from "./words";

const REFRESH_MS = 30_000;

interface Loaded {
  warnings: Warnings | null;
  loaded_at_ms: number;
  failed: boolean;
}

function useWarnings(incident: Incident): Loaded {
  const api = useApi();
  const [loaded, setLoaded] = useState<Loaded>({ warnings: null, loaded_at_ms: 0, failed: false });
  const { lift_id } = incident.lift;
  useEffect(() => {
    const stop = new AbortController();
    const load = () => {
      void api.get<Warnings>(`/api/lifts/${lift_id}/warnings`, stop.signal).then((result) => {
        if (stop.signal.aborted) return;
        if (result.ok) setLoaded({ warnings: result.value, loaded_at_ms: clientNowMs(), failed: false });
        else setLoaded((before) => ({ ...before, failed: true }));
      });
    };
    load();
    const timer = setInterval(load, REFRESH_MS);
    return () => {
      stop.abort();
      clearInterval(timer);
    };
  }, [api, lift_id]);
  return loaded;
}

export function WarningsPanel({ incident }: { incident: Incident }) {
  const text = useText();
  const { t, language } = text;
  const { client_now_ms } = useLive();
  const { warnings, loaded_at_ms, failed } = useWarnings(incident);
  const asked = ageText(text, (client_now_ms - loaded_at_ms) / 1000);
  const [before, after] = t("warnings.as_of", { age: asked, data: "\n" }).split("\n");
  return (
    <section class="panel" aria-labelledby="warnings-title">
      <h2 id="warnings-title">{t("warnings.title")}</h2>
      {failed && <p class="muted" role="alert">{t("warnings.failed")}</p>}
      {warnings?.warnings.length === 0 && <p class="muted">{t("warnings.none")}</p>}
      <ul class="plain-list warnings">
        {warnings?.warnings.map((one) => {
          const [from, rest] = t("warnings.since", { time: "\n" }).split("\n");
          return (
            <li key={one.detection_id}>
              <p>
                <strong>{wordsIn(one.name, language)}</strong>{" "}
                <span class="muted">{from}<Time at={one.onset_at} />{rest}</span>
              </p>
              <p class="small-text">{wordsIn(one.sentence, language)}</p>
            </li>
          );
        })}
      </ul>
      {warnings && (
        <p class="muted small-text">{before}<DataAge at={warnings.last_observed_at} />{after}</p>
      )}
    </section>
  );
}
