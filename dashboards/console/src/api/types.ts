/**
 * What the API says, by the names the console uses. The shapes come from docs/openapi.json:
 * `npm run types` makes schema.d.ts out of it, and `npm run check` does so first.
 */

import type { components } from "./schema";

type Schemas = components["schemas"];

export type Role = Schemas["Role"];
export type Account = Schemas["AccountOut"];
export type Session = Schemas["SessionOut"];
export type Health = Schemas["HealthOut"];

export type Incident = Schemas["IncidentOut"];
export type IncidentState = Schemas["IncidentState"];
export type IncidentList = Schemas["IncidentsOut"];
export type IncidentDetail = Schemas["StoryOut"];
export type Lift = Schemas["LiftRef"];
export type Order = Schemas["OrderOut"];
export type OrderState = Schemas["OrderState"];
/** An order as its crew sees it: with the lift to go to. */
export type CrewOrder = Schemas["ListedOrderOut"];
export type OrderList = Schemas["OrdersOut"];
export type DeadlineKind = Schemas["DeadlineKind"];
export type OpenDeadline = Schemas["DeadlineOut"];
export type Deadline = Schemas["StoryDeadlineOut"];
export type LogEntry = Schemas["LogOut"];
export type Candidate = Schemas["CandidateOut"];
export type Detection = Schemas["DetectionOut"];
/** A conclusion of the detector with its sentence in both languages. */
export type Verdict = Schemas["VerdictOut"];
export type Words = Schemas["WordsOut"];
export type Warnings = Schemas["WarningsOut"];
export type LedgerEntry = Schemas["LedgerLineOut"];
export type Crew = Schemas["CrewOut"];
export type CrewList = Schemas["CrewsOut"];
export type Channels = Schemas["ChannelsOut"];
/** One channel of one destination, and whether it works. */
export type ChannelHealth = Schemas["ChannelOut"];
export type Samples = Schemas["SamplesOut"];
export type SignalValue = NonNullable<Samples["signals"][string]>[number];

export type Match = Schemas["MatchOut"];
export type Matches = Schemas["MatchesOut"];
export type MatchReason = Schemas["MatchReason"];
export type CallerKind = Schemas["CallerKind"];
export type ReportBody = Schemas["ReportIn"];
export type ReportTaken = Schemas["ReportTakenOut"];
export type Report = Schemas["ReportOut"];
export type Reports = Schemas["ReportsOut"];
export type OverdueTestCalls = Schemas["OverdueListOut"];
export type PublicReportBody = Schemas["PublicReportIn"];
export type PublicReportTaken = Schemas["PublicReportOut"];
export type Callers = Schemas["CallersOut"];
export type CalmingStep = Schemas["CalmingStepOut"];
export type CalmingScript = Schemas["CalmingScriptOut"];
export type CalmingStepBody = Schemas["CalmingStepIn"];
export type ConfirmReleaseBody = Schemas["ConfirmReleaseIn"];
export type Confirmer = Schemas["Confirmer"];
export type IncidentCauseBody = Schemas["IncidentCauseIn"];
export type HandOverBody = Schemas["HandOverIn"];
/** An order with all that its crew's page shows. */
export type CrewPageOrder = Schemas["CrewOrderOut"];
export type CrewPageData = Schemas["CrewOrdersOut"];
export type QueueAnswer = Schemas["QueueOut"];
export type QueueResult = Schemas["QueueResultOut"];
export type Doubt = Schemas["Doubt"];
export type CrewActionName = Schemas["Action"];
export type CrewReport = Schemas["CrewReportOut"];
export type FromTheSpot = Schemas["FromTheSpotOut"];
export type SpotPhoto = Schemas["PhotoOut"];
export type ArriveBody = Schemas["ArriveIn"];
export type CauseBody = Schemas["CauseIn"];
export type PartsBody = Schemas["PartsIn"];
export type DecideBody = Schemas["DecideIn"];

export type ClosingCodes = Schemas["ClosingCodesOut"];
export type NamedCode = Schemas["CodeOut"];

export type RefuseBody = Schemas["RefuseIn"];
export type FreedBody = Schemas["FreedIn"];
export type CloseBody = Schemas["CloseIn"];
export type OrderCrewBody = Schemas["OrderCrewIn"];

/** The live channel's events; OpenAPI has no words for them (platform: api/stream.py, api/feed.py). */
export interface BoardMessage {
  as_of: string | null;
  incidents: Incident[];
  health: Health;
  notices: Notice[];
}

export interface ChangeMessage {
  as_of: string | null;
  incident: Incident;
}

/** A quiet row of the board: a suspicion that waits, a lift left unwatched for too long. */
export type Notice = Pick<Verdict, "detection_id" | "kind" | "level" | "onset_at" | "detected_at" | "sentence"> & {
  lift: Lift;
};

export interface NoticesMessage {
  as_of: string | null;
  notices: Notice[];
}

export interface AliveMessage {
  as_of: string | null;
  health: Health;
}
