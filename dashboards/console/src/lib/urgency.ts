/** Which incident needs a person first, and how close each limit is. Pure. */

import type { Incident, OpenDeadline } from "../api/types";

/**
 * `order` is when every level is asked again: until then nobody is coming, so it is never "on time".
 * Otherwise seconds left at which "on time" becomes "soon": a third of the limit, so that one
 * can still act.
 */
const SOON_S: Record<string, number> = { order: Infinity, accept: 60, arrive: 600, confirm_release: 200 };
const SOON_OTHER_S = 60;

export type Closeness = "on_time" | "soon" | "overdue";

export interface Countdown {
  kind: string;
  due_at: string;
  left_s: number;
  closeness: Closeness;
}

export function closenessOf(kind: string, left_s: number): Closeness {
  if (left_s < 0) return "overdue";
  return left_s <= (SOON_S[kind] ?? SOON_OTHER_S) ? "soon" : "on_time";
}

export function countdownTo(deadline: OpenDeadline, now_ms: number): Countdown {
  const left_s = (Date.parse(deadline.due_at) - now_ms) / 1000;
  const { kind, due_at } = deadline;
  return { kind, due_at, left_s, closeness: closenessOf(kind, left_s) };
}

/** What the dispatchers owe; it orders nobody, so that it never stands before a limit of the rescue. */
const REMINDER = "passenger_update";

/** The nearest unmet limit, or null when none is open. */
export function nextLimit(incident: Incident, now_ms: number): Countdown | null {
  const [first, ...others] = incident.deadlines.filter((deadline) => deadline.kind !== REMINDER);
  if (!first) return null;
  const nearest = others.reduce((a, b) => (Date.parse(b.due_at) < Date.parse(a.due_at) ? b : a), first);
  return countdownTo(nearest, now_ms);
}

/** People are still in the car, as far as anyone has said. */
export function isTrapped(incident: Incident): boolean {
  return incident.state !== "freed" && incident.state !== "confirmed" && incident.state !== "closed";
}

/**
 * The limit to arrive fired, and nobody is there: the server lists what is still to come, so that a limit
 * that has fired is missing. It must not look as if there were none.
 */
export function arrivalLimitPassed(incident: Incident): boolean {
  if (!isTrapped(incident) || incident.arrived_at !== null || incident.response_level === 0) return false;
  return !incident.deadlines.some((deadline) => deadline.kind === "arrive");
}

/** Trapped and nobody has said yes, or nobody has looked into it: no limit tells it as loudly as that. */
function rank(incident: Incident): number {
  if (!isTrapped(incident)) return 2;
  return incident.unanswered || incident.held ? 0 : 1;
}

function nearestDue_ms(incident: Incident): number {
  if (arrivalLimitPassed(incident)) return -Infinity;
  const limits = incident.deadlines.filter((deadline) => deadline.kind !== REMINDER);
  return Math.min(...limits.map((deadline) => Date.parse(deadline.due_at)), Infinity);
}

/** Unanswered first, then the nearest unmet limit, then the longest trapped; the freed come last. */
export function byUrgency(a: Incident, b: Incident): number {
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  const due = nearestDue_ms(a) - nearestDue_ms(b);
  if (due !== 0 && !Number.isNaN(due)) return due;
  return Date.parse(a.onset_at) - Date.parse(b.onset_at) || a.incident_id - b.incident_id;
}

/** How the incident as a whole stands with its limits: what its colour and its word say. */
export function standing(incident: Incident, now_ms: number): Closeness {
  if (arrivalLimitPassed(incident)) return "overdue";
  return nextLimit(incident, now_ms)?.closeness ?? "on_time";
}

/** A false alarm: the time it stood open is not time that anybody was trapped. */
export function isFalseAlarm(incident: Incident): boolean {
  return incident.outcome === "false";
}

/** From the first sign of being stuck until freed, or until now. */
export function trappedFor_s(incident: Incident, now_ms: number): number {
  const until_ms = Date.parse(incident.freed_at ?? incident.closed_at ?? "") || now_ms;
  return Math.max(0, (until_ms - Date.parse(incident.onset_at)) / 1000);
}
