/** What crews sent from the spot: reports that wait for a dispatcher's word, flagged ones, parts, photos. */

import { useEffect, useState } from "preact/hooks";

import type { CrewReport, DecideBody, FromTheSpot, Incident, IncidentDetail, SpotPhoto } from "../api/types";
import { addressOf } from "../lib/photo";
import type { Commands } from "./commands";
import { useApi, useText } from "./contexts";
import { Time } from "./words";

/** Asked for again whenever the story was: both change together. */
export function useSpot(incident_id: number, detail: IncidentDetail | null): FromTheSpot | null {
  const api = useApi();
  const [spot, setSpot] = useState<FromTheSpot | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    void api.get<FromTheSpot>(`/api/incidents/${incident_id}/from-the-spot`, stop.signal).then((result) => {
      if (!stop.signal.aborted && result.ok) setSpot(result.value);
    });
    return () => stop.abort();
  }, [api, incident_id, detail]);
  return spot;
}

function isWaiting(report: CrewReport): boolean {
  return report.held && report.decision === null;
}

interface HeldReportsProps {
  spot: FromTheSpot | null;
  incident: Incident;
  commands: Commands;
}

/** Loud, above the orders: nothing of it counts until somebody says so. */
export function HeldReports({ spot, incident, commands }: HeldReportsProps) {
  const { t, word } = useText();
  const { account } = useApi();
  const waiting = (spot?.reports ?? []).filter(isWaiting);
  if (waiting.length === 0) return null;
  const decides = account.role === "dispatcher" && incident.state !== "closed";
  const decide = (report: CrewReport, believe: boolean) => {
    const name = t(believe ? "spot.believe" : "spot.dismiss");
    void commands.run(name, `/api/crew-reports/${report.report_id}/decide`, { believe } satisfies DecideBody);
  };
  return (
    <section class="held-reports" aria-label={t("spot.held_title")}>
      {waiting.map((report) => (
        <div key={report.report_id} class="mark reply-held" role="alert">
          <p>
            <strong>⚠ {report.crew_name}: {word("crew_action", report.action)}</strong> <Time at={report.claimed_at} />.{" "}
            {t("spot.not_believed")} <DoubtText report={report} />
          </p>
          {decides && (
            <p class="order-actions">
              <button type="button" class="primary" disabled={commands.busy} onClick={() => decide(report, true)}>{t("spot.believe")}</button>
              <button type="button" disabled={commands.busy} onClick={() => decide(report, false)}>{t("spot.dismiss")}</button>
            </p>
          )}
        </div>
      ))}
    </section>
  );
}

function DoubtText({ report }: { report: CrewReport }) {
  const { t, word } = useText();
  const away = report.distance_m === null || report.distance_m === 0 ? null : (report.distance_m / 1000).toFixed(1);
  return (
    <span>
      {report.doubts.map((doubt) => word("reason", doubt)).join("; ")}
      {away !== null && <> ({t("spot.away", { distance_km: away })})</>}
    </span>
  );
}

export function SpotPanel({ spot, commands }: { spot: FromTheSpot | null; commands: Commands }) {
  const { t, word } = useText();
  const decided = (spot?.reports ?? []).filter((report) => !isWaiting(report));
  if (!spot || decided.length + spot.parts.length + spot.photos.length === 0) return null;
  return (
    <section class="panel" aria-labelledby="spot-title">
      <h2 id="spot-title">{t("spot.title")}</h2>
      <ul class="plain-list">
        {decided.map((report) => (
          <li key={report.report_id}>
            {report.crew_name}: {word("crew_action", report.action)} <Time at={report.claimed_at} /> ·{" "}
            <DoubtText report={report} /> · <strong>{t(`spot.${report.decision ?? "flagged"}`)}</strong>
          </li>
        ))}
        {spot.parts.map((part) => (
          <li key={part.part_used_id}>
            {part.parts_count} × <strong>{part.part_name}</strong> {part.part_number}{" "}
            {part.batch && <span class="muted">{t("part.batch")} {part.batch}</span>}
          </li>
        ))}
        {spot.photos.map((photo) => <PhotoRow key={photo.photo_id} photo={photo} commands={commands} />)}
      </ul>
    </section>
  );
}

function PhotoRow({ photo, commands }: { photo: SpotPhoto; commands: Commands }) {
  const { t } = useText();
  const api = useApi();
  const [shown, setShown] = useState<string | null>(null);
  const show = async () => {
    const result = await api.getBlob(`/api/photos/${photo.photo_id}`);
    if (result.ok) setShown(await addressOf(result.value));
  };
  const erase = async () => {
    const result = await api.remove(`/api/photos/${photo.photo_id}`);
    if (result.ok) setShown(null);
    commands.settled();
  };
  return (
    <li>
      {t("spot.photo")} <Time at={photo.occurred_at} /> <code>{photo.sha256.slice(0, 12)}…</code>{" "}
      {photo.erased_at && <span class="muted">{t("spot.erased")} <Time at={photo.erased_at} /></span>}
      {!photo.erased_at && api.account.role !== "operator" && !shown && (
        <button type="button" onClick={() => void show()}>{t("spot.show")}</button>
      )}
      {!photo.erased_at && api.account.role === "dispatcher" && (
        <button type="button" onClick={() => void erase()}>{t("spot.erase")}</button>
      )}
      {shown && !photo.erased_at && <img class="spot-photo" src={shown} alt={t("spot.photo")} />}
    </li>
  );
}
