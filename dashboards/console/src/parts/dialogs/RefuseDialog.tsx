import { useState } from "preact/hooks";

import type { Order, RefuseBody } from "../../api/types";
import { useClosingCodes } from "../closingCodes";
import type { Commands } from "../commands";
import { useText } from "../contexts";
import { Dialog } from "../Dialog";
import { Choose, DialogForm, useSending } from "./form";

export function RefuseDialog({ order, commands, close }: { order: Order; commands: Commands; close: () => void }) {
  const { t } = useText();
  const codes = useClosingCodes();
  const [reason, setReason] = useState("");
  const { busy, problem, refuse, send } = useSending(commands, close);
  const submit = () => {
    if (!reason) return refuse(t("dialog.choose_first"));
    const name = `${t("action.refuse")}, ${t("action.on_behalf", { crew: order.crew_name })}`;
    send(name, `/api/orders/${order.order_id}/refuse`, { reason } satisfies RefuseBody);
  };
  const choices = codes.refusal_reasons.map((code) => ({ value: code.code, label: codes.nameOf(code) }));
  return (
    <Dialog title={t("dialog.refuse", { crew: order.crew_name })} onClose={close}>
      <DialogForm submitLabel={t("action.refuse")} {...{ problem, busy, submit, close }}>
        <Choose label={t("dialog.reason")} value={reason} choices={choices} empty={t("dialog.choose")} change={setReason} first />
      </DialogForm>
    </Dialog>
  );
}
