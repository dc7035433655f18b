import { useState } from "preact/hooks";

import type { CloseBody, Incident } from "../../api/types";
import { useClosingCodes } from "../closingCodes";
import type { Commands } from "../commands";
import { useText } from "../contexts";
import { Dialog } from "../Dialog";
import { CauseFields, chosenCauses } from "./CauseFields";
import type { Confirmation } from "./ConfirmReleaseDialog";
import { ConfirmationFields } from "./ConfirmReleaseDialog";
import { Choose, DialogForm, numberOrNull, useOccurredAt, useSending, When } from "./form";

interface CloseDialogProps {
  incident: Incident;
  commands: Commands;
  close: () => void;
}

const NOTE_CHARS_MAX = 1000;

export function CloseDialog({ incident, commands, close }: CloseDialogProps) {
  const { t, word } = useText();
  const codes = useClosingCodes();
  const occurredAt = useOccurredAt();
  const outcomes = incident.close_outcomes;
  const confirmed = incident.confirmed_at !== null;
  const [outcome, setOutcome] = useState<CloseBody["outcome"] | null>(outcomes.includes("freed") ? "freed" : null);
  const [persons, setPersons] = useState(String(incident.persons_count ?? ""));
  const [causes, setCauses] = useState({
    cause_code: incident.cause_code ?? "",
    release_method: incident.release_method ?? "",
  });
  const [confirmation, setConfirmation] = useState<Confirmation>({ confirmed_by: "", confirmed_how: "" });
  const [lift_made_safe, setMadeSafe] = useState(incident.lift_made_safe_at !== null);
  const [incomplete_reason, setIncomplete] = useState("");
  const [original, setOriginal] = useState("");
  const [note, setNote] = useState("");
  const [minutes_ago, setMinutesAgo] = useState(0);
  const { busy, problem, refuse, send } = useSending(commands, close);

  const submit = () => {
    if (!outcome) return refuse(t("dialog.choose_first"));
    const persons_count = numberOrNull(persons, 0, 100);
    if (persons.trim() !== "" && persons_count === null) return refuse(t("dialog.persons_needed"));
    // The rules are the server's (rescue/closing_rules.py); saying them here saves a round.
    const released = outcome === "freed" || outcome === "self_freed";
    if (released && !confirmed && !(confirmation.confirmed_by && confirmation.confirmed_how)) return refuse(t("dialog.close_unconfirmed"));
    const complete = causes.cause_code && causes.release_method && lift_made_safe;
    if (outcome === "freed" && persons_count === null) return refuse(t("dialog.persons_needed"));
    if (outcome === "freed" && !complete && !incomplete_reason) return refuse(t("dialog.close_incomplete"));
    const duplicate_of = numberOrNull(original, 1, Number.MAX_SAFE_INTEGER);
    if (outcome === "duplicate" && duplicate_of === null) return refuse(t("dialog.duplicate_needed"));
    const body: CloseBody = {
      outcome,
      lift_made_safe,
      ...chosenCauses(causes),
      ...(released && !confirmed && confirmation.confirmed_by ? { confirmed_by: confirmation.confirmed_by, confirmed_how: confirmation.confirmed_how } : {}),
      ...(outcome === "freed" && !complete && incomplete_reason ? { incomplete_reason } : {}),
      ...(outcome === "duplicate" && duplicate_of !== null ? { duplicate_of } : {}),
      ...(persons_count === null ? {} : { persons_count }),
      ...(note.trim() ? { note: note.trim() } : {}),
      ...occurredAt(minutes_ago),
    };
    send(t("action.close"), `/api/incidents/${incident.incident_id}/close`, body);
  };

  return (
    <Dialog title={t("dialog.close", { id: incident.incident_id })} onClose={close}>
      <DialogForm submitLabel={t("action.close")} danger {...{ problem, busy, submit, close }}>
        <p>
          <strong>{incident.lift.building}, {incident.lift.lift_id}</strong>
        </p>
        <p>{t("dialog.close_lead")}</p>
        <Choose
          label={t("dialog.outcome")}
          value={outcome ?? ""}
          choices={outcomes.map((value) => ({ value, label: word("outcome", value) }))}
          empty={t("dialog.choose")}
          change={(value) => setOutcome(outcomes.find((one) => one === value) ?? null)}
          first
        />
        {outcome === "duplicate" && (
          <label>
            {t("dialog.duplicate_of")}
            <input type="number" min="1" inputMode="numeric" value={original} onInput={(event) => setOriginal(event.currentTarget.value)} />
          </label>
        )}
        {(outcome === "freed" || outcome === "self_freed") && !confirmed && (
          <ConfirmationFields values={confirmation} change={setConfirmation} />
        )}
        {outcome !== "duplicate" && <CauseFields codes={codes} values={causes} change={setCauses} needed={outcome === "freed"} />}
        {outcome === "freed" && (
          <>
            <label class="tick">
              <input
                type="checkbox" checked={lift_made_safe} disabled={incident.lift_made_safe_at !== null}
                onChange={(event) => setMadeSafe(event.currentTarget.checked)}
              />{" "}
              {t("dialog.made_safe")}
            </label>
            {!(causes.cause_code && causes.release_method && lift_made_safe) && (
              <Choose
                label={t("dialog.incomplete")}
                value={incomplete_reason}
                choices={codes.incomplete_reasons.map((code) => ({ value: code.code, label: codes.nameOf(code) }))}
                empty={t("dialog.incomplete_none")}
                change={setIncomplete}
              />
            )}
          </>
        )}
        <div class="field-pair">
          <label>
            {t("dialog.persons")}
            <input
              type="number" min="0" max="100" inputMode="numeric"
              value={persons} onInput={(event) => setPersons(event.currentTarget.value)}
            />
          </label>
          <When minutes_ago={minutes_ago} change={setMinutesAgo} />
        </div>
        <label>
          {t("dialog.note")}
          <textarea rows={2} maxLength={NOTE_CHARS_MAX} value={note} onInput={(event) => setNote(event.currentTarget.value)} />
          <span class="muted small-text wide-only">{t("dialog.note_keys", { action: t("action.close") })}</span>
        </label>
      </DialogForm>
    </Dialog>
  );
}
