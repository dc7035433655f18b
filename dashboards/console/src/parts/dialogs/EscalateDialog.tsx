import type { Incident } from "../../api/types";
import type { Commands } from "../commands";
import { useText } from "../contexts";
import { Dialog } from "../Dialog";
import { DialogForm, useSending } from "./form";

interface EscalateDialogProps {
  incident: Incident;
  commands: Commands;
  close: () => void;
}

export function EscalateDialog({ incident, commands, close }: EscalateDialogProps) {
  const { t } = useText();
  const { busy, problem, send } = useSending(commands, close);
  const submit = () => {
    send(t("action.escalate"), `/api/incidents/${incident.incident_id}/escalate`, {});
  };
  return (
    <Dialog title={t("dialog.escalate")} onClose={close}>
      <DialogForm submitLabel={t("action.escalate")} submitFirst {...{ problem, busy, submit, close }}>
        <p>{t("dialog.escalate_lead")}</p>
      </DialogForm>
    </Dialog>
  );
}
