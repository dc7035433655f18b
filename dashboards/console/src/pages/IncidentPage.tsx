/** One incident: what is known, what can be done, and everything that has happened. */

import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useState } from "preact/hooks";

import type { Failure } from "../api/client";
import type { Incident, IncidentDetail } from "../api/types";
import { CandidateTable } from "../parts/CandidateTable";
import { CalmingPanel } from "../parts/CalmingPanel";
import type { Commands } from "../parts/commands";
import { useCommands } from "../parts/commands";
import { useApi, useLive, usePlace, useText } from "../parts/contexts";
import { EvidencePanel } from "../parts/EvidencePanel";
import { IncidentHeader } from "../parts/IncidentHeader";
import { LedgerPanel } from "../parts/LedgerPanel";
import { LifePanel } from "../parts/LifePanel";
import { LimitTable } from "../parts/LimitTable";
import { Link } from "../parts/Link";
import { OrderHistory } from "../parts/OrderCards";
import { ReportsPanel } from "../parts/ReportsPanel";
import { HeldReports, SpotPanel, useSpot } from "../parts/SpotPanel";
import { RescueControls } from "../parts/RescueControls";
import { Story } from "../parts/Story";
import { VerdictLine, VerdictPanel } from "../parts/VerdictPanel";
import { WarningsPanel } from "../parts/WarningsPanel";
import { useKeys } from "../parts/keys";
import { failureText } from "../parts/words";
import { pathWithLanguage } from "../lib/route";

interface Loaded {
  detail: IncidentDetail | null;
  failure: Failure | null;
  reload: () => void;
}

/** Loads the whole story, and again whenever the live channel shows that the incident has changed. */
function useDetail(incident_id: number, live: Incident | undefined): Loaded {
  const api = useApi();
  const { freshness } = useLive();
  const [detail, setDetail] = useState<IncidentDetail | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [round, setRound] = useState(0);
  const connected = freshness === "live";
  useEffect(() => {
    const stop = new AbortController();
    void api.get<IncidentDetail>(`/api/incidents/${incident_id}`, stop.signal).then((result) => {
      if (stop.signal.aborted) return;
      if (result.ok) setDetail(result.value);
      setFailure(result.ok ? null : result.failure);
    });
    return () => stop.abort();
  }, [api, incident_id, live, round, connected]);
  const reload = useCallback(() => setRound((count) => count + 1), []);
  return { detail, failure, reload };
}

export function IncidentPage({ incident_id }: { incident_id: number }) {
  const { t } = useText();
  const place = usePlace();
  const { board } = useLive();
  const live = board.open?.[incident_id] ?? board.recent.find((one) => one.incident_id === incident_id);
  const { detail, failure, reload } = useDetail(incident_id, live);
  const commands = useCommands(reload);
  const spot = useSpot(incident_id, detail);
  useKeys({ Escape: () => place.go(pathWithLanguage("/", place.query)) });

  const incident = newest(live, detail);
  if (!incident) return <NotThere failure={failure} reload={reload} />;
  return (
    <div class="incident">
      <nav>
        <Link to="/">← {t("incident.back")}</Link> <kbd class="wide-only">Esc</kbd>
      </nav>
      <IncidentHeader incident={incident} note={detail?.note ?? null} />
      {detail && <VerdictLine detections={detail.detections} />}
      <HeldReports {...{ spot, incident, commands }} />
      <RescueControls incident={incident} orders={detail?.orders ?? incident.orders} commands={commands} />
      {detail ? <Panels {...{ detail, incident, commands }} spot={<SpotPanel {...{ spot, commands }} />} /> : <p class="empty">{t("app.loading")}</p>}
      {failure && detail && <Problem failure={failure} reload={reload} />}
    </div>
  );
}

/** The live channel may be ahead of the loaded story, or behind it. */
function newest(live: Incident | undefined, detail: IncidentDetail | null): Incident | null {
  // Facts told after the closing are not on the live channel: that shows what is open.
  if (live?.state === "closed" && detail?.incident.state === "closed") return detail.incident;
  return live ?? detail?.incident ?? null;
}

interface PanelsProps {
  detail: IncidentDetail;
  incident: Incident;
  commands: Commands;
  spot: ComponentChildren;
}

function Panels({ detail, incident, commands, spot }: PanelsProps) {
  return (
    <div class="panels">
      <div class="panel-column">
        <CalmingPanel {...{ incident, commands }} log={detail.log} />
        <Story log={detail.log} orders={detail.orders} />
        {spot}
        <OrderHistory orders={detail.orders} />
        <LedgerPanel entries={detail.ledger} />
      </div>
      <div class="panel-column">
        <ReportsPanel incident={incident} round={detail.log.length} />
        <LifePanel {...{ incident, detail, commands }} />
        <VerdictPanel detections={detail.detections} />
        <EvidencePanel incident={incident} detections={detail.detections} />
        <WarningsPanel incident={incident} />
        <LimitTable deadlines={detail.deadlines} orders={detail.orders} />
        <CandidateTable candidates={detail.candidates} orders={detail.orders} />
      </div>
    </div>
  );
}

function Problem({ failure, reload }: { failure: Failure; reload: () => void }) {
  const text = useText();
  return (
    <p class="problem" role="alert">
      {failureText(text, failure)}{" "}
      <button type="button" onClick={reload}>{text.t("app.retry")}</button>
    </p>
  );
}

function NotThere({ failure, reload }: { failure: Failure | null; reload: () => void }) {
  const { t } = useText();
  const missing = failure?.kind === "refused" && failure.status === 404;
  return (
    <div class="plain">
      {!failure && <p>{t("app.loading")}</p>}
      {missing && <h1>{t("incident.not_found")}</h1>}
      {failure && !missing && <Problem failure={failure} reload={reload} />}
      <p><Link to="/">{t("app.to_board")}</Link></p>
    </div>
  );
}
