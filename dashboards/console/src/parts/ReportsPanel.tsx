/** Who told what about an incident; numbers are asked for apart, and only while it is open. */

import { useEffect, useState } from "preact/hooks";

import type { Callers, Incident, Report, Reports } from "../api/types";
import { useApi, useText } from "./contexts";
import { failureText, Time } from "./words";

function useReports(incident: Incident, round: number): Report[] {
  const api = useApi();
  const [reports, setReports] = useState<Report[]>([]);
  useEffect(() => {
    const stop = new AbortController();
    void api.get<Reports>(`/api/incidents/${incident.incident_id}/reports`, stop.signal).then((result) => {
      if (!stop.signal.aborted && result.ok) setReports(result.value.reports);
    });
    return () => stop.abort();
  }, [api, incident.incident_id, round]);
  return reports;
}

/** `round` grows with the story: each line of it may be a further report. */
export function ReportsPanel({ incident, round }: { incident: Incident; round: number }) {
  const { t } = useText();
  const reports = useReports(incident, round);
  if (reports.length === 0) return null;
  return (
    <section class="panel" aria-labelledby="reports-title">
      <h2 id="reports-title">{t("reports.title")}</h2>
      <ul class="plain-list">
        {reports.map((report) => <ReportRow key={report.report_id} report={report} />)}
      </ul>
      <Numbers incident={incident} reports={reports} />
    </section>
  );
}

function ReportRow({ report }: { report: Report }) {
  const { t, word } = useText();
  const answer = (value: boolean | null) => (value === null ? null : t(value ? "answer.yes" : "answer.no"));
  const facts = [
    [t("incident.persons"), report.persons_count],
    [t("call.injured"), answer(report.injured)],
    [t("call.medical"), answer(report.medical_need)],
    [report.authority ? word("authority", report.authority) : "", report.reference],
  ].filter(([, value]) => value !== null);
  const found = report.matched_by === "chosen" ? "" : report.matched_by.split(",").map((reason) => word("match_reason", reason)).join(", ");
  return (
    <li>
      <p>
        <Time at={report.reported_at} /> <strong>{word("source", report.source)}</strong> · {word("caller_kind", report.caller_kind)}{" "}
        <span class="chip">{t(report.opened ? "reports.opened" : "reports.joined")}</span>
      </p>
      {facts.length > 0 && <p>{facts.map(([name, value]) => `${name}: ${value}`).join(" · ")}</p>}
      {found && <p class="muted small-text">{t("reports.found_by", { reasons: found })}</p>}
    </li>
  );
}

/** Not on the screen unless somebody has to call back. */
function Numbers({ incident, reports }: { incident: Incident; reports: Report[] }) {
  const text = useText();
  const api = useApi();
  const [shown, setShown] = useState<Callers["callers"] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  if (api.account.role !== "dispatcher" || !reports.some((report) => report.has_phone)) return null;
  const show = () =>
    void api.get<Callers>(`/api/incidents/${incident.incident_id}/callers`).then((result) => {
      if (result.ok) setShown(result.value.callers);
      setProblem(result.ok ? null : failureText(text, result.failure));
    });
  if (shown === null) {
    return (
      <p>
        <button type="button" onClick={show}>{text.t("reports.show_numbers")}</button>
        {problem && <span class="problem" role="alert"> {problem}</span>}
      </p>
    );
  }
  return (
    <ul class="plain-list">
      {shown.map((caller) => (
        <li key={caller.report_id}>
          {text.word("caller_kind", caller.caller_kind)}: <a class="digits" href={`tel:${caller.caller_phone}`}>{caller.caller_phone}</a>
        </li>
      ))}
    </ul>
  );
}
