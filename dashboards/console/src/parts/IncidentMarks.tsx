/** The loud lines of an incident: nobody answers; the lift says it is over. */

import type { Incident } from "../api/types";
import { clockDuration, localTime, secondsSince } from "../lib/duration";
import { isFalseAlarm, trappedFor_s } from "../lib/urgency";
import { ageText, Time } from "./words";
import { useLive, useText } from "./contexts";

/** A lift that has said nothing for this long is shown as silent. */
const SILENT_AFTER_S = 60;

export function UnansweredMark() {
  const { t } = useText();
  return (
    <p class="mark unanswered">
      <strong>⚠ {t("unanswered.mark")}</strong> {t("unanswered.detail")}
    </p>
  );
}

/** Somebody without an account reported it: nobody drives before a person has looked into it. */
export function HeldMark() {
  const { t } = useText();
  return (
    <p class="mark unanswered">
      <strong>⚠ {t("held.mark")}</strong> {t("held.detail")}
    </p>
  );
}

export function ReleaseSeenMark({ at }: { at: string }) {
  const { t, language } = useText();
  const { now_ms } = useLive();
  return <p class="mark release-seen">ⓘ {t("release_seen", { time: localTime(at, now_ms, language) })}</p>;
}

export function WithdrawnMark({ at }: { at: string }) {
  const { t, language } = useText();
  const { now_ms } = useLive();
  return <p class="mark withdrawn">ⓘ {t("withdrawn", { time: localTime(at, now_ms, language) })}</p>;
}

export function Trapped({ incident }: { incident: Incident }) {
  const { t } = useText();
  const { now_ms } = useLive();
  const over = incident.freed_at !== null || incident.state === "closed";
  const [before, after] = t("trapped.since", { time: "\n" }).split("\n");
  return (
    <span class="trapped">
      <span class="trapped-time digits">{clockDuration(trappedFor_s(incident, now_ms))}</span>
      <span class="muted">
        {over ? t(isFalseAlarm(incident) ? "trapped.nobody" : "trapped.was") : <>{before}<Time at={incident.onset_at} />{after}</>}
      </span>
    </span>
  );
}

export function DataAge({ at }: { at: string | null }) {
  const text = useText();
  const { now_ms } = useLive();
  const age_s = secondsSince(at, now_ms);
  if (age_s === null) return <span class="data-age old">{text.t("data.none")}</span>;
  const old = age_s > SILENT_AFTER_S;
  return (
    <span class={old ? "data-age old" : "data-age"}>
      <span class="digits">{text.t("data.age", { age: ageText(text, age_s) })}</span>
      {old && <strong> · {text.t("data.silent")}</strong>}
    </span>
  );
}
