import { useState } from "preact/hooks";

import type { CloseBody, Incident } from "../../api/types";
import { useClosingCodes } from "../closingCodes";
import type { Commands } from "../commands";
import { useText } from "../contexts";
import { Dialog } from "../Dialog";
import { CauseFields, chosenCauses } from "./CauseFields";
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
  const [outcome, setOutcome] = useState<CloseBody["outcome"] | null>(outcomes.includes("freed") ? "freed" : null);
  const [persons, setPersons] = useState(String(incident.persons_count ?? ""));
  const [causes, setCauses] = useState({
    cause_code: incident.cause_code ?? "",
    release_method: incident.release_method ?? "",
  });
  const [note, setNote] = useState("");
  const [minutes_ago, setMinutesAgo] = useState(0);
  const { busy, problem, refuse, send } = useSending(commands, close);

  const submit = () => {
    if (!outcome) return refuse(t("dialog.choose_first"));
    const persons_count = numberOrNull(persons, 0, 100);
    if (persons.trim() !== "" && persons_count === null) return refuse(t("dialog.persons_needed"));
    // The rule is the server's (rescue/service.py); saying it here saves a round.
    const complete = causes.cause_code && causes.release_method && persons_count !== null;
    if (outcome === "freed" && !complete) return refuse(t("dialog.close_incomplete"));
    const body: CloseBody = {
      outcome,
      ...chosenCauses(causes),
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
        <CauseFields codes={codes} values={causes} change={setCauses} needed={outcome === "freed"} />
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
