/** Everybody is out: by whose word, and how was it heard. */

import { useState } from "preact/hooks";

import type { Confirmer, ConfirmReleaseBody, Incident } from "../../api/types";
import { useClosingCodes } from "../closingCodes";
import type { Commands } from "../commands";
import { useText } from "../contexts";
import { Dialog } from "../Dialog";
import { Choose, DialogForm, useOccurredAt, useSending, When } from "./form";

export const CONFIRMERS: Confirmer[] = ["passenger", "use_unit", "dispatcher"];

export interface Confirmation {
  confirmed_by: Confirmer | "";
  confirmed_how: string;
}

/** Who confirmed, and how: the same two choices here and in the closing. */
export function ConfirmationFields({ values, change, first = false }: { values: Confirmation; change: (values: Confirmation) => void; first?: boolean }) {
  const { t, word } = useText();
  const codes = useClosingCodes();
  return (
    <div class="field-pair">
      <Choose
        label={t("dialog.confirmed_by")}
        value={values.confirmed_by}
        choices={CONFIRMERS.map((value) => ({ value, label: word("confirmer", value) }))}
        empty={t("dialog.choose")}
        change={(value) => change({ ...values, confirmed_by: value as Confirmer | "" })}
        first={first}
      />
      <Choose
        label={t("dialog.confirmed_how")}
        value={values.confirmed_how}
        choices={codes.confirmation_ways.map((code) => ({ value: code.code, label: codes.nameOf(code) }))}
        empty={t("dialog.choose")}
        change={(confirmed_how) => change({ ...values, confirmed_how })}
      />
    </div>
  );
}

export function ConfirmReleaseDialog({ incident, commands, close }: { incident: Incident; commands: Commands; close: () => void }) {
  const { t } = useText();
  const occurredAt = useOccurredAt();
  const [values, setValues] = useState<Confirmation>({ confirmed_by: "", confirmed_how: "" });
  const [minutes_ago, setMinutesAgo] = useState(0);
  const { busy, problem, refuse, send } = useSending(commands, close);
  const submit = () => {
    if (!values.confirmed_by || !values.confirmed_how) return refuse(t("dialog.choose_first"));
    const body: ConfirmReleaseBody = { confirmed_by: values.confirmed_by, confirmed_how: values.confirmed_how, ...occurredAt(minutes_ago) };
    send(t("action.confirm_release"), `/api/incidents/${incident.incident_id}/confirm-release`, body);
  };
  return (
    <Dialog title={t("dialog.confirm_release")} onClose={close}>
      <DialogForm submitLabel={t("action.confirm_release")} {...{ problem, busy, submit, close }}>
        <p>{t("dialog.confirm_release_lead")}</p>
        <ConfirmationFields values={values} change={setValues} first />
        <When minutes_ago={minutes_ago} change={setMinutesAgo} />
      </DialogForm>
    </Dialog>
  );
}
