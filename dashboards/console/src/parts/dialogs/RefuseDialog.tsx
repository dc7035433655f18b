import { useState } from "preact/hooks";

import type { Order, RefuseBody } from "../../api/types";
import { useClosingCodes } from "../closingCodes";
import type { Commands } from "../commands";
import { useText } from "../contexts";
import { Dialog } from "../Dialog";
import { useOnBehalf } from "../onBehalf";
import { Choose, DialogForm, useSending } from "./form";

export function RefuseDialog({ order, commands, close }: { order: Order; commands: Commands; close: () => void }) {
  const { t } = useText();
  const { isOwn, actionName } = useOnBehalf();
  const codes = useClosingCodes();
  const [reason, setReason] = useState("");
  const { busy, problem, refuse, send } = useSending(commands, close);
  const submit = () => {
    if (!reason) return refuse(t("dialog.choose_first"));
    send(actionName(t("action.refuse"), order), `/api/orders/${order.order_id}/refuse`, { reason } satisfies RefuseBody);
  };
  const choices = codes.refusal_reasons.map((code) => ({ value: code.code, label: codes.nameOf(code) }));
  return (
    <Dialog title={t(isOwn(order) ? "dialog.refuse_own" : "dialog.refuse", { crew: order.crew_name })} onClose={close}>
      <DialogForm submitLabel={t("action.refuse")} {...{ problem, busy, submit, close }}>
        <Choose label={t("dialog.reason")} value={reason} choices={choices} empty={t("dialog.choose")} change={setReason} first />
      </DialogForm>
    </Dialog>
  );
}
