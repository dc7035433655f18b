import type { ComponentChildren } from "preact";

import type { Incident } from "../api/types";
import { localTime, secondsSince } from "../lib/duration";
import { isFalseAlarm, isTrapped, standing } from "../lib/urgency";
import { Coming } from "./Coming";
import { DataAge, HeldMark, ReleaseSeenMark, Trapped, UnansweredMark, WithdrawnMark } from "./IncidentMarks";
import { Limits, StateWords } from "./IncidentRow";
import { useClosingCodes } from "./closingCodes";
import { useLive, useText } from "./contexts";
import { ageText, Time } from "./words";

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

export function IncidentHeader({ incident, note }: { incident: Incident; note: string | null }) {
  const { t, word } = useText();
  const { now_ms } = useLive();
  const { lift } = incident;
  const trapped = isTrapped(incident);
  const closeness = standing(incident, now_ms);
  return (
    <header class={`incident-header ${incident.unanswered && trapped ? "overdue" : closeness} ${trapped ? "" : "calm"}`}>
      {incident.held && trapped && <HeldMark />}
      {incident.unanswered && trapped && <UnansweredMark />}
      {incident.release_seen_at && trapped && <ReleaseSeenMark at={incident.release_seen_at} />}
      {incident.withdrawn_at && trapped && <WithdrawnMark at={incident.withdrawn_at} />}
      <div class="incident-title">
        <h1>{lift.building}</h1>
        <p>
          <strong>{lift.lift_id}</strong> · {t("incident.rescue_code")}{" "}
          <strong class="digits">{lift.rescue_code}</strong> · {lift.district} · {lift.address}
        </p>
        <p class="muted">
          {t("incident.title", { id: incident.incident_id })} · {word("incident_kind", incident.kind)} ·{" "}
          {[incident.source, ...incident.reported_by.filter((source) => source !== incident.source)]
            .map((source) => word("source", source))
            .join(" · ")}
        </p>
      </div>
      <div class="incident-now">
        <div class="cell cell-state"><StateWords incident={incident} /></div>
        <div class="cell">
          <span class="cell-name">{t(isFalseAlarm(incident) ? "column.open_for" : "column.trapped")}</span>
          <Trapped incident={incident} />
        </div>
        {incident.state === "closed" ? <ClosedAs incident={incident} note={note} /> : <div class="cell"><Limits incident={incident} /></div>}
        {incident.state !== "closed" && (
          <div class="cell header-coming"><span class="cell-name">{t("column.coming")}</span><Coming incident={incident} /></div>
        )}
      </div>
      <Facts incident={incident} />
    </header>
  );
}

function YesOrNo({ value }: { value: boolean }) {
  const { t } = useText();
  return value ? <strong class="bad-text">⚠ {t("answer.yes")}</strong> : <>{t("answer.no")}</>;
}

function ClosedAs({ incident, note }: { incident: Incident; note: string | null }) {
  const { t, word, language } = useText();
  const { now_ms } = useLive();
  const codes = useClosingCodes();
  const time = incident.closed_at ? localTime(incident.closed_at, now_ms, language) : "–";
  return (
    <div class="cell">
      <strong>✓ {t("incident.closed_as", { time, outcome: word("outcome", incident.outcome) })}</strong>
      {incident.cause_code && <span>{t("incident.cause")}: {codes.cause(incident.cause_code)}</span>}
      {incident.release_method && <span>{t("incident.method")}: {codes.method(incident.release_method)}</span>}
      {note && <span>{t("incident.note")}: {note}</span>}
    </div>
  );
}

/** The policy the incident opened with; a later edit of it changes nothing here. */
function PolicyWords({ incident }: { incident: Incident }) {
  const { t } = useText();
  const { policy } = incident;
  if (!policy) return <>–</>;
  const parts = [
    policy.region === "everywhere" ? t("policy.everywhere") : policy.region,
    policy.version,
    policy.hours ? t("policy.hours", { name: policy.hours }) : null,
    policy.surge ? t("policy.surge", { name: policy.surge, count: policy.open_count }) : null,
  ];
  return <>{parts.filter(Boolean).join(" · ")}</>;
}

/** The probability that nobody is there by the limit, and how old that figure is. */
function LateShare({ incident }: { incident: Incident }) {
  const text = useText();
  const { now_ms } = useLive();
  const age_s = secondsSince(incident.late_predicted_at, now_ms);
  if (incident.late_probability === null || age_s === null) return <>{text.t("late.none")}</>;
  return (
    <>
      <strong class="digits">{text.t("late.value", { percent: Math.round(incident.late_probability * 100) })}</strong>{" "}
      <span class="muted">{text.t("data.age", { age: ageText(text, age_s) })}</span>
    </>
  );
}

function Facts({ incident }: { incident: Incident }) {
  const { t, word } = useText();
  const { lift } = incident;
  const level = incident.response_level;
  const latitude = `${lift.latitude_deg.toFixed(5)}°`;
  const longitude = `${lift.longitude_deg.toFixed(5)}°`;
  return (
    <dl class="facts">
      <Fact name={t("incident.onset")}><Time at={incident.onset_at} /></Fact>
      <Fact name={t("incident.detected")}><Time at={incident.detected_at} /></Fact>
      <Fact name={t("incident.maintainer")}>{incident.maintainer?.name ?? t("incident.no_maintainer")}</Fact>
      <Fact name={t("incident.response_level")}>
        {level > 0 ? `${level} · ${word("response_level", String(level))}` : "–"}
      </Fact>
      <Fact name={t("policy.title")}><PolicyWords incident={incident} /></Fact>
      {isTrapped(incident) && <Fact name={t("late.title")}><LateShare incident={incident} /></Fact>}
      {isTrapped(incident) && incident.alarm_level > 0 && (
        <Fact name={t("alarm.level", { level: incident.alarm_level })}>
          <strong class="overdue-text" aria-hidden="true">{"▲".repeat(incident.alarm_level)}</strong>
        </Fact>
      )}
      <Fact name={t("incident.persons")}>{incident.persons_count ?? t("incident.persons_unknown")}</Fact>
      {incident.injured !== null && (
        <Fact name={t("call.injured")}><YesOrNo value={incident.injured} /></Fact>
      )}
      {incident.medical_need !== null && (
        <Fact name={t("call.medical")}><YesOrNo value={incident.medical_need} /></Fact>
      )}
      <Fact name={t("column.age")}><DataAge at={incident.last_observed_at} /></Fact>
      <Fact name={t("incident.floors")}>{lift.floors_count}</Fact>
      <Fact name={t("incident.map")}>
        <span class="digits">{t("incident.position", { latitude, longitude })}</span>
      </Fact>
    </dl>
  );
}
