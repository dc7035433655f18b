import type { Incident } from "../api/types";
import { arrivalLimitPassed, countdownTo, isTrapped, nextLimit, standing } from "../lib/urgency";
import { Coming } from "./Coming";
import { Countdown } from "./Countdown";
import { DataAge, HeldMark, ReleaseSeenMark, Trapped, UnansweredMark, WithdrawnMark } from "./IncidentMarks";
import { Link } from "./Link";
import { useLive, useText } from "./contexts";
import { LevelChip } from "./words";

const COLUMNS = ["limit", "trapped", "lift", "state", "coming", "age"] as const;

/** Headings of the wide layout; on a phone each cell carries its own name. */
export function ColumnNames() {
  const { t } = useText();
  return (
    <div class="column-names" aria-hidden="true">
      {COLUMNS.map((name) => (
        <span key={name}>{t(`column.${name}`)}</span>
      ))}
    </div>
  );
}

/** The nearest limit large, the others small beneath it. */
export function Limits({ incident }: { incident: Incident }) {
  const { t } = useText();
  const { now_ms } = useLive();
  const next = nextLimit(incident, now_ms);
  const passed = arrivalLimitPassed(incident) && <strong class="overdue-text">{t("limit.passed")}</strong>;
  if (!next) return passed || <span class="muted">{t("limit.none")}</span>;
  const others = incident.deadlines
    .map((deadline) => countdownTo(deadline, now_ms))
    .filter((other) => other.due_at !== next.due_at || other.kind !== next.kind)
    .sort((a, b) => a.left_s - b.left_s);
  return (
    <>
      {passed}
      <Countdown countdown={next} />
      {others.map((other) => (
        <Countdown key={other.kind + other.due_at} countdown={other} small />
      ))}
    </>
  );
}

export function LiftName({ incident }: { incident: Incident }) {
  const { t } = useText();
  const { lift } = incident;
  return (
    <>
      <strong class="building">{lift.building}</strong>
      <span class="lift-ids">
        <span>{lift.lift_id}</span>
        <span>
          <span class="muted">{t("incident.rescue_code")}</span> <strong class="digits">{lift.rescue_code}</strong>
        </span>
      </span>
      <span class="muted">{lift.district} · {lift.address}</span>
    </>
  );
}

export function StateWords({ incident }: { incident: Incident }) {
  const { t, word } = useText();
  return (
    <>
      <strong>{word("incident_state", incident.state)}</strong>
      <LevelChip level={incident.level} />
      {incident.persons_count !== null && (
        <span class="muted">{t("incident.persons")}: {incident.persons_count}</span>
      )}
      {incident.injured && <strong class="bad-text">⚠ {t("call.injured_mark")}</strong>}
      {incident.medical_need && <strong class="bad-text">⚠ {t("call.medical_mark")}</strong>}
    </>
  );
}

export function IncidentRow({ incident, focused }: { incident: Incident; focused: () => void }) {
  const { t } = useText();
  const { now_ms } = useLive();
  const closeness = standing(incident, now_ms);
  const loud = incident.unanswered && isTrapped(incident);
  const held = incident.held && isTrapped(incident);
  const release_seen_at = isTrapped(incident) ? incident.release_seen_at : null;
  const withdrawn_at = isTrapped(incident) ? incident.withdrawn_at : null;
  const classes = `incident-row ${loud || held ? "overdue loud" : closeness} ${isTrapped(incident) ? "" : "calm"}`;
  return (
    <li class={classes} data-incident={incident.incident_id}>
      <Link to={`/incidents/${incident.incident_id}`} onFocus={focused}>
        {held && <HeldMark />}
        {loud && <UnansweredMark />}
        {release_seen_at && <ReleaseSeenMark at={release_seen_at} />}
        {withdrawn_at && <WithdrawnMark at={withdrawn_at} />}
        <div class="cell cell-limit"><Limits incident={incident} /></div>
        <div class="cell cell-trapped">
          <span class="cell-name">{t("column.trapped")}</span>
          <Trapped incident={incident} />
        </div>
        <div class="cell cell-lift"><LiftName incident={incident} /></div>
        <div class="cell cell-state"><StateWords incident={incident} /></div>
        <div class="cell cell-coming">
          <span class="cell-name">{t("column.coming")}</span>
          <Coming incident={incident} />
        </div>
        <div class="cell cell-age">
          <span class="cell-name">{t("column.age")}</span>
          <DataAge at={incident.last_observed_at} />
        </div>
      </Link>
    </li>
  );
}
