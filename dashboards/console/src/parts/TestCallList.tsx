/** Lifts that owe their 72-hour test call (EN 81-28): no rescue, but an alarm might not come either. */

import { useEffect, useState } from "preact/hooks";

import type { OverdueTestCalls } from "../api/types";
import { secondsSince } from "../lib/duration";
import { useApi, useLive, useText } from "./contexts";
import { ageText, Time } from "./words";

/** The watchdog looks once a minute. */
const REFRESH_MS = 60_000;
const SHOWN_MAX = 50;

function useOverdue(): OverdueTestCalls | null {
  const api = useApi();
  const { freshness } = useLive();
  const [overdue, setOverdue] = useState<OverdueTestCalls | null>(null);
  const connected = freshness === "live";
  useEffect(() => {
    const stop = new AbortController();
    const ask = () =>
      void api.get<OverdueTestCalls>(`/api/test-calls/overdue?limit=${SHOWN_MAX}`, stop.signal).then((result) => {
        if (!stop.signal.aborted && result.ok) setOverdue(result.value);
      });
    ask();
    const timer = setInterval(ask, REFRESH_MS);
    return () => {
      clearInterval(timer);
      stop.abort();
    };
  }, [api, connected]);
  return overdue;
}

export function TestCallList() {
  const text = useText();
  const { t } = text;
  const { now_ms } = useLive();
  const overdue = useOverdue();
  if (!overdue || overdue.overdue_count === 0) return null;
  return (
    <section class="notices test-calls" aria-labelledby="test-calls-title">
      <h2 id="test-calls-title">{t("test_calls.title", { count: overdue.overdue_count, watched: overdue.watched_count })}</h2>
      <p class="muted">
        {t("test_calls.lead")} {t("test_calls.as_of")} <Time at={overdue.as_of} />
      </p>
      <details>
        <summary>{t("test_calls.show", { count: overdue.lifts.length })}</summary>
        <ul class="plain-list">
          {overdue.lifts.map((lift) => (
            <li key={lift.lift_id} class={`notice test-call-${lift.notice_level}`}>
              <span aria-hidden="true">{"⚠".repeat(lift.notice_level)}</span> <strong>{lift.building}</strong> {lift.lift_id} ·{" "}
              {t("test_calls.missed", { count: lift.notice_level })} ·{" "}
              {t("test_calls.last", { age: ageText(text, secondsSince(lift.last_test_call_at, now_ms) ?? 0) })}
            </li>
          ))}
        </ul>
      </details>
    </section>
  );
}
