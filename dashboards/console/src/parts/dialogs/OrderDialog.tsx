import { useEffect, useState } from "preact/hooks";

import type { Failure } from "../../api/client";
import type { Crew, CrewList, Incident, OrderCrewBody } from "../../api/types";
import type { Commands } from "../commands";
import { useApi, useText } from "../contexts";
import { Dialog } from "../Dialog";
import { failureText } from "../words";
import { Choose, DialogForm, useSending } from "./form";

interface OrderDialogProps {
  incident: Incident;
  commands: Commands;
  close: () => void;
}

/** Response levels as in the rescue policy: who stands behind a level. */
const LEVEL_OF_PARTY: Record<string, number> = { maintainer: 1, rescue_station: 2, public_rescue: 3 };

function levelOf(crew: Crew): number {
  return LEVEL_OF_PARTY[crew.party_kind] ?? 3;
}

function useCrews(): { crews: Crew[] | null; failure: Failure | null } {
  const api = useApi();
  const [crews, setCrews] = useState<Crew[] | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  useEffect(() => {
    void api.get<CrewList>("/api/crews").then((result) => {
      if (result.ok) setCrews(result.value.crews);
      else setFailure(result.failure);
    });
  }, [api]);
  return { crews, failure };
}

export function OrderDialog({ incident, commands, close }: OrderDialogProps) {
  const text = useText();
  const { t, word } = text;
  const { crews, failure } = useCrews();
  const [crew_id, setCrewId] = useState("");
  const { busy: sending, problem, refuse, send } = useSending(commands, close);
  const busy = new Set(incident.orders.map((order) => order.crew_id));
  const free = (crews ?? []).filter((crew) => crew.on_duty && !busy.has(crew.crew_id));
  const choices = free
    .sort((a, b) => levelOf(a) - levelOf(b) || a.name.localeCompare(b.name))
    .map((crew) => ({
      value: crew.crew_id,
      label: `${crew.name} (${crew.party_name})`,
      group: `${levelOf(crew)} · ${word("response_level", String(levelOf(crew)))}`,
    }));
  const submit = () => {
    const crew = free.find((one) => one.crew_id === crew_id);
    if (!crew) return refuse(t("dialog.choose_first"));
    const name = `${t("action.order")}: ${crew.name}`;
    send(name, `/api/incidents/${incident.incident_id}/order`, { crew_id } satisfies OrderCrewBody);
  };
  const trouble = problem ?? (failure && failureText(text, failure));
  return (
    <Dialog title={t("dialog.order")} onClose={close}>
      <DialogForm submitLabel={t("action.order")} problem={trouble} {...{ busy: sending, submit, close }}>
        <p>{t("dialog.order_lead")}</p>
        {crews && free.length === 0 && <p>{t("dialog.no_crews")}</p>}
        <Choose label={t("candidates.crew")} value={crew_id} choices={choices} empty={t("dialog.choose")} change={setCrewId} first />
      </DialogForm>
    </Dialog>
  );
}
