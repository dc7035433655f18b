import { useState } from "preact/hooks";

import type { FreedBody, Order } from "../../api/types";
import { useClosingCodes } from "../closingCodes";
import type { Commands } from "../commands";
import { useText } from "../contexts";
import { Dialog } from "../Dialog";
import { useOnBehalf } from "../onBehalf";
import { CauseFields, chosenCauses } from "./CauseFields";
import { DialogForm, numberOrNull, useOccurredAt, useSending, When } from "./form";

export function FreedDialog({ order, commands, close }: { order: Order; commands: Commands; close: () => void }) {
  const { t } = useText();
  const { isOwn, actionName } = useOnBehalf();
  const codes = useClosingCodes();
  const occurredAt = useOccurredAt();
  const [persons, setPersons] = useState("");
  const [causes, setCauses] = useState({ cause_code: "", release_method: "" });
  const [minutes_ago, setMinutesAgo] = useState(0);
  const { busy, problem, refuse, send } = useSending(commands, close);
  const submit = () => {
    const persons_count = numberOrNull(persons, 0, 100);
    if (persons_count === null) return refuse(t("dialog.persons_needed"));
    const body: FreedBody = { persons_count, ...chosenCauses(causes), ...occurredAt(minutes_ago) };
    send(actionName(t("action.freed"), order), `/api/orders/${order.order_id}/freed`, body);
  };
  return (
    <Dialog title={t(isOwn(order) ? "dialog.freed_own" : "dialog.freed", { crew: order.crew_name })} onClose={close}>
      <DialogForm submitLabel={t("action.freed")} {...{ problem, busy, submit, close }}>
        <label>
          {t("dialog.persons")}
          <input
            type="number" min="0" max="100" inputMode="numeric" autofocus
            value={persons} onInput={(event) => setPersons(event.currentTarget.value)}
          />
        </label>
        <CauseFields codes={codes} values={causes} change={setCauses} />
        <When minutes_ago={minutes_ago} change={setMinutesAgo} />
      </DialogForm>
    </Dialog>
  );
}
