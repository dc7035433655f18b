/** A use unit's safety officer: incidents of its own lifts, its own report, its word that all are out. */

import { useCallback, useEffect, useState } from "preact/hooks";

import type { Failure } from "../api/client";
import type { ConfirmReleaseBody, Incident, IncidentList } from "../api/types";
import { clientNowMs } from "../lib/clock";
import { isTrapped } from "../lib/urgency";
import { Coming } from "../parts/Coming";
import type { Commands } from "../parts/commands";
import { CommandStrip, useCommands } from "../parts/commands";
import { LiveContext, useApi, useLive, useText } from "../parts/contexts";
import { Dialog } from "../parts/Dialog";
import { CallDialog } from "../parts/dialogs/CallDialog";
import { DialogForm, useOccurredAt, useSending, When } from "../parts/dialogs/form";
import { HeldMark, Trapped } from "../parts/IncidentMarks";
import { LiftName, StateWords } from "../parts/IncidentRow";
import { useKeys } from "../parts/keys";
import { ageText, failureText, Time } from "../parts/words";

/** A use unit has no live channel: its page asks this often, and shows the age of the answer. */
const REFRESH_MS = 15_000;

function useOwnIncidents() {
  const api = useApi();
  const [own, setOwn] = useState<{ list: IncidentList; heard_at_ms: number } | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [round, setRound] = useState(0);
  const reload = useCallback(() => setRound((count) => count + 1), []);
  useEffect(() => {
    const stop = new AbortController();
    const ask = () =>
      void api.get<IncidentList>("/api/own-incidents", stop.signal).then((result) => {
        if (stop.signal.aborted) return;
        if (result.ok) setOwn({ list: result.value, heard_at_ms: clientNowMs() });
        setFailure(result.ok ? null : result.failure);
      });
    // A phone stops timers while the page is not looked at.
    const seen = () => !document.hidden && ask();
    ask();
    const timer = setInterval(ask, REFRESH_MS);
    document.addEventListener("visibilitychange", seen);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", seen);
      stop.abort();
    };
  }, [api, round]);
  return { own, failure, reload };
}

export function UseUnitPage() {
  const text = useText();
  const { t } = text;
  const live = useLive();
  const { own, failure, reload } = useOwnIncidents();
  // By the server's clock: a phone's own may be wrong.
  const age_ms = own ? Math.max(0, live.client_now_ms - own.heard_at_ms) : 0;
  const now_ms = own ? Date.parse(own.list.as_of) + age_ms : live.now_ms;
  const commands = useCommands(reload);
  const [reporting, setReporting] = useState(false);
  const [confirming, setConfirming] = useState<Incident | null>(null);
  useKeys({ c: () => setReporting(true) });
  return (
    <div class="plain own">
      <div class="board-head">
        <h1>{t("own.title")}</h1>
        <button type="button" class="primary" onClick={() => setReporting(true)} aria-keyshortcuts="c">
          {t("own.report")} <kbd aria-hidden="true">C</kbd>
        </button>
      </div>
      {failure && <p class="problem" role="alert">{failureText(text, failure)}</p>}
      <CommandStrip status={commands.status} />
      {own === null ? (
        <p class="empty">{t("app.loading")}</p>
      ) : (
        <LiveContext.Provider value={{ ...live, now_ms }}>
          <p class="muted">{t("own.as_of", { age: ageText(text, age_ms / 1000) })}</p>
          {own.list.incidents.length === 0 && <p class="empty">{t("own.none")}</p>}
          {own.list.incidents.map((incident) => (
            <OwnIncident key={incident.incident_id} incident={incident} confirm={() => setConfirming(incident)} />
          ))}
        </LiveContext.Provider>
      )}
      {reporting && <CallDialog close={() => setReporting(false)} taken={reload} />}
      {confirming && <ConfirmOwnDialog incident={confirming} commands={commands} close={() => setConfirming(null)} />}
    </div>
  );
}

function OwnIncident({ incident, confirm }: { incident: Incident; confirm: () => void }) {
  const { t, word } = useText();
  const trapped = isTrapped(incident);
  return (
    <section class={`panel own-incident ${trapped ? "" : "calm"}`}>
      {trapped && incident.held && <HeldMark />}
      <div class="own-lift"><LiftName incident={incident} /></div>
      <p class="own-facts"><StateWords incident={incident} /></p>
      <Trapped incident={incident} />
      {trapped && <Coming incident={incident} />}
      {incident.confirmed_at && (
        <p>{t("life.confirmed")}: <Time at={incident.confirmed_at} /> · {word("confirmer", incident.confirmed_by)}</p>
      )}
      {incident.state === "freed" && (
        <button type="button" class="primary" onClick={confirm}>{t("action.confirm_release")}</button>
      )}
    </section>
  );
}

/** The server notes the use unit as the one who confirms, whatever is sent. */
function ConfirmOwnDialog({ incident, commands, close }: { incident: Incident; commands: Commands; close: () => void }) {
  const { t } = useText();
  const occurredAt = useOccurredAt();
  const [minutes_ago, setMinutesAgo] = useState(0);
  const { busy, problem, send } = useSending(commands, close);
  const submit = () => {
    const body: ConfirmReleaseBody = { confirmed_by: "use_unit", ...occurredAt(minutes_ago) };
    send(t("action.confirm_release"), `/api/incidents/${incident.incident_id}/confirm-release`, body);
  };
  return (
    <Dialog title={t("dialog.confirm_release")} onClose={close}>
      <DialogForm submitLabel={t("action.confirm_release")} {...{ problem, busy, submit, close }}>
        <p><strong>{incident.lift.building}, {incident.lift.lift_id}</strong></p>
        <p>{t("own.confirm_lead")}</p>
        <When minutes_ago={minutes_ago} change={setMinutesAgo} />
      </DialogForm>
    </Dialog>
  );
}
