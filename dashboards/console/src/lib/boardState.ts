/**
 * What the console knows of the server, as a reducer: events in, state out. It never edits what the
 * server said. Must not know fetch, timers or components.
 */

import type { AliveMessage, BoardMessage, ChangeMessage, Health, Incident, Notice, NoticesMessage } from "../api/types";

/** Closed incidents kept for "recently closed". */
export const RECENT_COUNT_MAX = 10;
/** The server speaks every 5 s at least; two missed and a bit is silence. */
export const STALE_AFTER_MS = 12_000;

export type Link =
  | { phase: "connecting"; attempts_count: number }
  | { phase: "live" }
  | { phase: "waiting"; attempts_count: number; retry_at_ms: number }
  | { phase: "ended"; why: "signed_out" | "forbidden" };

export interface BoardState {
  link: Link;
  /** null until the first snapshot: an empty board and an unknown board are different things. */
  open: Readonly<Record<number, Incident>> | null;
  recent: readonly Incident[];
  /** Shown quietly: suspicions that wait for more evidence, lifts left unwatched for too long. */
  notices: readonly Notice[];
  health: Health | null;
  /** When the newest data was read, by the server's clock, and when it came here, by the client's. */
  as_of: string | null;
  heard_at_ms: number | null;
  /** Grows with every snapshot: what was closed while we were away has to be asked for again. */
  snapshots_count: number;
}

export const UNKNOWN_BOARD: BoardState = {
  link: { phase: "connecting", attempts_count: 0 },
  open: null,
  recent: [],
  notices: [],
  health: null,
  as_of: null,
  heard_at_ms: null,
  snapshots_count: 0,
};

export type BoardAction =
  | { type: "board"; message: BoardMessage; at_ms: number }
  | { type: "change"; message: ChangeMessage; at_ms: number }
  | { type: "notices"; message: NoticesMessage; at_ms: number }
  | { type: "alive"; message: AliveMessage; at_ms: number }
  | { type: "recent"; incidents: Incident[] }
  | { type: "link"; link: Link };

function byClosedLatest(a: Incident, b: Incident): number {
  return Date.parse(b.closed_at ?? "") - Date.parse(a.closed_at ?? "") || b.incident_id - a.incident_id;
}

function withRecent(recent: readonly Incident[], added: Incident[]): Incident[] {
  const ids = new Set(added.map((incident) => incident.incident_id));
  const others = recent.filter((incident) => !ids.has(incident.incident_id));
  return [...added, ...others].sort(byClosedLatest).slice(0, RECENT_COUNT_MAX);
}

function withChange(state: BoardState, incident: Incident): BoardState {
  const { [incident.incident_id]: _previous, ...others } = state.open ?? {};
  if (incident.state === "closed") {
    return { ...state, open: others, recent: withRecent(state.recent, [incident]) };
  }
  return { ...state, open: { ...others, [incident.incident_id]: incident } };
}

function withBoard(state: BoardState, message: BoardMessage): BoardState {
  const open = message.incidents.filter((incident) => incident.state !== "closed");
  const closed = message.incidents.filter((incident) => incident.state === "closed");
  return {
    ...state,
    open: Object.fromEntries(open.map((incident) => [incident.incident_id, incident])),
    recent: withRecent(state.recent, closed),
    health: message.health,
    notices: message.notices,
    snapshots_count: state.snapshots_count + 1,
  };
}

export function reduceBoard(state: BoardState, action: BoardAction): BoardState {
  switch (action.type) {
    case "link":
      return { ...state, link: action.link };
    case "recent":
      return { ...state, recent: withRecent(state.recent, action.incidents) };
    case "board":
      return { ...withBoard(state, action.message), ...heard(state, action) };
    case "change":
      return { ...withChange(state, action.message.incident), ...heard(state, action) };
    case "notices":
      return { ...state, notices: action.message.notices, ...heard(state, action) };
    case "alive":
      return { ...state, health: action.message.health, ...heard(state, action) };
  }
}

/**
 * A message proves that the line works; only a newer `as_of` proves that the data is fresh. A server that
 * has lost its database goes on talking and repeats the old one.
 */
function heard(
  state: BoardState,
  { message, at_ms }: { message: { as_of: string | null }; at_ms: number },
): Partial<BoardState> {
  const link: Link = { phase: "live" };
  const newer = message.as_of !== null && (state.as_of === null || Date.parse(message.as_of) > Date.parse(state.as_of));
  return newer ? { link, as_of: message.as_of, heard_at_ms: at_ms } : { link };
}

/** The server's clock now: its last word plus the time since. Countdowns use nothing else. */
export function serverNow_ms(state: BoardState, client_now_ms: number): number {
  if (state.as_of === null || state.heard_at_ms === null) return client_now_ms;
  return Date.parse(state.as_of) + (client_now_ms - state.heard_at_ms);
}

/** How the page stands with the server. `stale`: connected, as far as one can tell, but without news. */
export type Freshness = "unknown" | "live" | "stale" | "disconnected";

export function freshness(state: BoardState, client_now_ms: number): Freshness {
  const { link } = state;
  if (link.phase === "waiting" || link.phase === "ended") return "disconnected";
  if (link.phase === "connecting" && link.attempts_count > 0) return "disconnected";
  if (state.heard_at_ms === null) return "unknown";
  return client_now_ms - state.heard_at_ms > STALE_AFTER_MS ? "stale" : "live";
}

/** Incidents of this snapshot that the last one did not have: what a screen reader announces. */
export function newIncidents(before: BoardState["open"], after: BoardState["open"]): Incident[] {
  if (before === null || after === null) return [];
  return Object.values(after).filter((incident) => !(incident.incident_id in before));
}
