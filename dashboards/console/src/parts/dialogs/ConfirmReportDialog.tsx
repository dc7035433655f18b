/** An anonymous report: believed, a crew is sent at once. */

import type { Incident } from "../../api/types";
import type { Commands } from "../commands";
import { useText } from "../contexts";
import { Dialog } from "../Dialog";
import { DialogForm, useSending } from "./form";

export function ConfirmReportDialog({ incident, commands, close }: { incident: Incident; commands: Commands; close: () => void }) {
  const { t } = useText();
  const { busy, problem, send } = useSending(commands, close);
  const submit = () => send(t("action.confirm_report"), `/api/incidents/${incident.incident_id}/confirm-report`, {});
  return (
    <Dialog title={t("dialog.confirm_report")} onClose={close}>
      <DialogForm submitLabel={t("action.confirm_report")} submitFirst {...{ problem, busy, submit, close }}>
        <p><strong>{incident.lift.building}, {incident.lift.lift_id}</strong></p>
        <p>{t("dialog.confirm_report_lead")}</p>
      </DialogForm>
    </Dialog>
  );
}
