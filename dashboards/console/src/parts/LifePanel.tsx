/** How a rescue ends, fact by fact: confirmed, made safe, cause, handed over, duplicates. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

import type { HandOverBody, Incident, IncidentCauseBody, IncidentDetail } from "../api/types";
import { useClosingCodes } from "./closingCodes";
import type { Commands } from "./commands";
import { useApi, useText } from "./contexts";
import { Dialog } from "./Dialog";
import { CauseFields } from "./dialogs/CauseFields";
import { Choose, DialogForm, useOccurredAt, useSending, When } from "./dialogs/form";
import { Link } from "./Link";
import { Time } from "./words";

/** A crew has been there: from then on the lift can be said to be safe (rescue/ending.py). */
const THERE = ["arrived", "freed", "confirmed"];
const AFTER_RELEASE = ["freed", "confirmed"];
const AUTHORITIES = ["110", "119", "120"] as const;

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <li>
      <span class="muted">{name}</span> {children}
    </li>
  );
}

export function LifePanel({ incident, detail, commands }: { incident: Incident; detail: IncidentDetail; commands: Commands }) {
  const { t, word } = useText();
  const { account } = useApi();
  const codes = useClosingCodes();
  const [open, setOpen] = useState<"hand_over" | "cause" | null>(null);
  const dispatcher = account.role === "dispatcher";
  const closed = incident.state === "closed";
  const path = `/api/incidents/${incident.incident_id}`;
  const missing = <span class="muted">{t("life.not_yet")}</span>;
  // Both may come late: an incident that was closed without them takes them once (rescue/ending.py).
  const late = closed && incident.arrived_at !== null && incident.duplicate_of === null;
  const canMakeSafe = dispatcher && incident.lift_made_safe_at === null && (late || THERE.includes(incident.state));
  const canTellCause = dispatcher && incident.cause_code === null && (late || AFTER_RELEASE.includes(incident.state));
  return (
    <section class="panel life" aria-labelledby="life-title">
      <h2 id="life-title">{t("life.title")}</h2>
      <ul class="plain-list">
        <Fact name={t("life.confirmed")}>
          {incident.confirmed_at ? (
            <>
              <Time at={incident.confirmed_at} /> · {word("confirmer", incident.confirmed_by)} · {codes.confirmation(incident.confirmed_how ?? "")}
            </>
          ) : missing}
        </Fact>
        <Fact name={t("life.made_safe")}>
          {incident.lift_made_safe_at ? <><Time at={incident.lift_made_safe_at} /> · {incident.lift_made_safe_by}</> : missing}
        </Fact>
        <Fact name={t("life.cause")}>
          {incident.cause_code ? <>{codes.cause(incident.cause_code)} · <Time at={incident.cause_reported_at} /> · {incident.cause_reported_by}</> : missing}
        </Fact>
        {incident.incomplete_reason && <Fact name={t("life.incomplete")}>{codes.incomplete(incident.incomplete_reason)}</Fact>}
        {incident.duplicate_of !== null && (
          <Fact name={t("life.duplicate_of")}><Link to={`/incidents/${incident.duplicate_of}`}>{incident.duplicate_of}</Link></Fact>
        )}
        {detail.duplicates.map((id) => (
          <Fact key={id} name={t("life.duplicate")}><Link to={`/incidents/${id}`}>{id}</Link></Fact>
        ))}
      </ul>
      {dispatcher && (canMakeSafe || canTellCause || !closed) && (
        <div class="incident-actions">
          {canMakeSafe && (
            <button type="button" disabled={commands.busy} onClick={() => void commands.run(t("life.made_safe"), `${path}/made-safe`, {})}>
              {t("life.made_safe")}
            </button>
          )}
          {canTellCause && <button type="button" disabled={commands.busy} onClick={() => setOpen("cause")}>{t("life.tell_cause")}</button>}
          {!closed && <button type="button" disabled={commands.busy} onClick={() => setOpen("hand_over")}>{t("life.hand_over")}</button>}
        </div>
      )}
      {open === "hand_over" && <HandOverDialog {...{ incident, commands }} close={() => setOpen(null)} />}
      {open === "cause" && <CauseDialog {...{ incident, commands }} close={() => setOpen(null)} />}
    </section>
  );
}

/** Maintainers often telephone the cause days later. */
function CauseDialog({ incident, commands, close }: { incident: Incident; commands: Commands; close: () => void }) {
  const { t } = useText();
  const codes = useClosingCodes();
  const occurredAt = useOccurredAt();
  const [values, setValues] = useState({ cause_code: "", release_method: incident.release_method ?? "" });
  const [minutes_ago, setMinutesAgo] = useState(0);
  const { busy, problem, refuse, send } = useSending(commands, close);
  const submit = () => {
    const { cause_code, release_method } = values;
    if (!cause_code) return refuse(t("dialog.choose_first"));
    const body: IncidentCauseBody = { cause_code, ...(release_method ? { release_method } : {}), ...occurredAt(minutes_ago) };
    send(t("life.tell_cause"), `/api/incidents/${incident.incident_id}/cause`, body);
  };
  return (
    <Dialog title={t("life.tell_cause")} onClose={close}>
      <DialogForm submitLabel={t("life.tell_cause")} {...{ problem, busy, submit, close }}>
        <p>{t("life.tell_cause_lead")}</p>
        <CauseFields codes={codes} values={values} change={setValues} />
        <When minutes_ago={minutes_ago} change={setMinutesAgo} />
      </DialogForm>
    </Dialog>
  );
}

function HandOverDialog({ incident, commands, close }: { incident: Incident; commands: Commands; close: () => void }) {
  const { t, word } = useText();
  const [authority, setAuthority] = useState("");
  const [reference, setReference] = useState("");
  const { busy, problem, refuse, send } = useSending(commands, close);
  const submit = () => {
    if (!authority || !reference.trim()) return refuse(t("call.reference_needed"));
    const body: HandOverBody = { authority: authority as HandOverBody["authority"], reference: reference.trim() };
    send(t("life.hand_over"), `/api/incidents/${incident.incident_id}/hand-over`, body);
  };
  return (
    <Dialog title={t("life.hand_over")} onClose={close}>
      <DialogForm submitLabel={t("life.hand_over")} {...{ problem, busy, submit, close }}>
        <p>{t("life.hand_over_lead")}</p>
        <Choose
          label={t("call.authority")}
          value={authority}
          choices={AUTHORITIES.map((value) => ({ value, label: word("authority", value) }))}
          empty={t("dialog.choose")}
          change={setAuthority}
          first
        />
        <label>
          {t("call.reference")}
          <input type="text" autocomplete="off" maxLength={64} value={reference} onInput={(event) => setReference(event.currentTarget.value)} />
        </label>
      </DialogForm>
    </Dialog>
  );
}
