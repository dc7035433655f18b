import { expect, test } from "vitest";

import type { BoardState } from "./boardState";
import { freshness, newIncidents, reduceBoard, serverNow_ms, STALE_AFTER_MS, UNKNOWN_BOARD } from "./boardState";
import { at, detection, HEALTH, incident, NOW_MS } from "./fixtures";

const CLIENT_MS = 5_000_000;

function board(ids: number[], as_of = at(0), at_ms = CLIENT_MS): BoardState {
  const incidents = ids.map((incident_id) => incident({ incident_id }));
  return reduceBoard(UNKNOWN_BOARD, { type: "board", message: { as_of, incidents, health: HEALTH, notices: [] }, at_ms });
}

test("a snapshot replaces everything that was open", () => {
  const message = { as_of: at(1), incidents: [incident({ incident_id: 9 })], health: HEALTH, notices: [] };
  const after = reduceBoard(board([1, 2]), { type: "board", message, at_ms: CLIENT_MS });

  expect(Object.keys(after.open ?? {})).toEqual(["9"]);
});

test("a change adds or replaces one incident; a closed one moves to the recent ones", () => {
  const message = { as_of: at(1), incident: incident({ incident_id: 2, state: "closed", closed_at: at(1) }) };
  const after = reduceBoard(board([1, 2]), { type: "change", message, at_ms: CLIENT_MS });

  expect(Object.keys(after.open ?? {})).toEqual(["1"]);
  expect(after.recent.map((one) => one.incident_id)).toEqual([2]);
});

test("notices are replaced as a whole, by a snapshot and by their own message", () => {
  const notices = [{ ...detection(), lift: incident().lift }];
  const told = reduceBoard(board([1]), { type: "notices", message: { as_of: at(1), notices }, at_ms: CLIENT_MS });
  const empty = { as_of: at(2), incidents: [], health: HEALTH, notices: [] };
  const after = reduceBoard(told, { type: "board", message: empty, at_ms: CLIENT_MS });

  expect(told.notices).toEqual(notices);
  expect(Object.keys(told.open ?? {})).toEqual(["1"]);
  expect(after.notices).toEqual([]);
});

test("recent incidents are ten at most, the last closed first, none twice", () => {
  const closed = Array.from({ length: 12 }, (_, index) =>
    incident({ incident_id: index + 1, state: "closed", closed_at: at(index) }),
  );
  const once = reduceBoard(UNKNOWN_BOARD, { type: "recent", incidents: closed });
  const twice = reduceBoard(once, { type: "recent", incidents: closed });

  expect(twice.recent.map((one) => one.incident_id)).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3]);
});

test("countdowns follow the server's clock, however wrong the client's is", () => {
  expect(serverNow_ms(board([]), CLIENT_MS + 2500)).toBe(NOW_MS + 2500);
});

test("silence makes the board stale; a server that repeats old data does too", () => {
  const before = board([1]);
  const at_ms = CLIENT_MS + STALE_AFTER_MS;
  const repeated = reduceBoard(before, { type: "alive", message: { as_of: at(0), health: HEALTH }, at_ms });
  const renewed = reduceBoard(before, { type: "alive", message: { as_of: at(12), health: HEALTH }, at_ms });

  expect(freshness(before, at_ms)).toBe("live");
  expect(freshness(before, at_ms + 1)).toBe("stale");
  expect(freshness(repeated, at_ms + 1)).toBe("stale");
  expect(freshness(renewed, at_ms + 1)).toBe("live");
});

test("a failed attempt shows as disconnected, a wanted reconnection does not", () => {
  const connecting = (attempts_count: number) =>
    reduceBoard(board([1]), { type: "link", link: { phase: "connecting", attempts_count } });

  expect(freshness(connecting(0), CLIENT_MS)).toBe("live");
  expect(freshness(connecting(1), CLIENT_MS)).toBe("disconnected");
  expect(freshness(UNKNOWN_BOARD, CLIENT_MS)).toBe("unknown");
});

test("only incidents that were not there before are announced, and none of the first snapshot", () => {
  expect(newIncidents(null, board([1]).open)).toEqual([]);
  expect(newIncidents(board([1]).open, board([1, 2]).open).map((one) => one.incident_id)).toEqual([2]);
});
