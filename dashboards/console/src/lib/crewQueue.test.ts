import { expect, test } from "vitest";

import type { CrewPageOrder, QueueResult } from "../api/types";
import {
  AFTERMATH_MS,
  isRunning,
  isShownLarge,
  leftAfter,
  nextAction,
  otherActions,
  repliesOf,
  REPLIES_COUNT_MAX,
  sendable,
  SEND_COUNT_MAX,
  stateWhenHeard,
  withReplies,
} from "./crewQueue";
import type { Reply, Said, SaidName } from "./crewQueue";
import { scaled } from "./photo";

const ENDED = "2026-03-02T14:00:00Z";

function order(changes: Partial<CrewPageOrder> = {}): CrewPageOrder {
  return { order_id: 1, state: "accepted", held: [], lift_made_safe_at: null, ended_at: null, cause_code: null, ...changes } as CrewPageOrder;
}

function said(action: SaidName, number = 1, order_id = 1): Said {
  return { key: `key-${number}`, order_id, action, content: {}, at_ms: number };
}

function result(number: number, status: QueueResult["status"], changes: Partial<QueueResult> = {}): QueueResult {
  return { index: number, key: `key-${number}`, status, repeated: false, code: null, detail: null, order: null, ...changes };
}

test("the next button follows what was pressed, not only what the server has heard", () => {
  const queue: Said[] = [];
  const pressed = [];
  for (let action = nextAction(order({ state: "sent" }), queue); action; action = nextAction(order({ state: "sent" }), queue)) {
    pressed.push(action);
    queue.push(said(action, queue.length + 1));
  }
  expect(pressed).toEqual(["accept", "depart", "arrive", "freed"]);
  expect(stateWhenHeard(order({ state: "sent" }), queue)).toBe("done");
});

test("what waits for another order changes nothing here", () => {
  expect(nextAction(order(), [said("depart", 1, 2)])).toBe("depart");
});

test("the lift is made safe after the server has heard of the release, once", () => {
  expect(nextAction(order({ state: "done" }), [])).toBe("made_safe");
  expect(nextAction(order({ state: "done" }), [said("made_safe")])).toBeNull();
  expect(nextAction(order({ state: "done", lift_made_safe_at: ENDED }), [])).toBeNull();
  expect(nextAction(order({ state: "withdrawn" }), [])).toBeNull();
});

test("a held arrival moves nothing on, and the release can be told all the same", () => {
  const held = [{ report_id: 1, action: "arrive", claimed_at: ENDED, doubts: ["too_far"] }] as CrewPageOrder["held"];
  const doubted = order({ state: "under_way", held });

  expect(nextAction(doubted, [])).toBe("arrive");
  expect(otherActions(doubted, [])).toEqual(["freed", "refuse"]);
});

test("a photo goes by itself and nothing overtakes it", () => {
  const queue = [said("depart", 1), said("photo", 2), said("freed", 3)];

  expect(sendable(queue).map((one) => one.action)).toEqual(["depart"]);
  expect(sendable(Array.from({ length: 50 }, (_, number) => said("check_in", number)))).toHaveLength(SEND_COUNT_MAX);
});

test("only what was answered leaves the queue", () => {
  const queue = [said("depart", 1), said("arrive", 2), said("freed", 3)];

  expect(leftAfter(queue, [result(1, "done"), result(3, "refused")]).map((one) => one.key)).toEqual(["key-2"]);
});

test("a refusal and a flag are said with their own time; done and held are not", () => {
  const sent = [said("accept", 1), said("depart", 2), said("arrive", 3), said("freed", 4)];
  const flagged = { order: { doubts: ["in_future"] } } as unknown as Partial<QueueResult>;
  const answers = [result(1, "done"), result(2, "done", flagged), result(3, "held"), result(4, "refused", { code: "illegal_transition" })];

  expect(repliesOf(sent, answers).map(({ action, status, at_ms, code }) => [action, status, at_ms, code])).toEqual([
    ["depart", "flagged", 2, null],
    ["freed", "refused", 4, "illegal_transition"],
  ]);
});

test("old replies make room for new ones", () => {
  const reply = (number: number) => ({ key: `key-${number}` }) as Reply;
  const many = Array.from({ length: 20 }, (_, number) => reply(number));

  expect(withReplies(many, [reply(20)])).toHaveLength(REPLIES_COUNT_MAX);
  expect(withReplies(many, [reply(20)]).at(-1)?.key).toBe("key-20");
});

test("a position is nobody's business before the yes and after the release", () => {
  expect(isRunning(order({ state: "sent" }), [])).toBe(false);
  expect(isRunning(order({ state: "sent" }), [said("accept")])).toBe(true);
  expect(isRunning(order({ state: "arrived" }), [said("freed")])).toBe(false);
});

test("an order stays large while there is something to tell, for a time", () => {
  const done = order({ state: "done", ended_at: ENDED });
  const ended_ms = Date.parse(ENDED);

  expect(isShownLarge(done, [], ended_ms + 1000)).toBe(true);
  expect(isShownLarge(done, [], ended_ms + AFTERMATH_MS)).toBe(false);
  expect(isShownLarge(done, [said("cause")], ended_ms + AFTERMATH_MS)).toBe(true);
  expect(isShownLarge({ ...done, lift_made_safe_at: ENDED, cause_code: "door.contact" }, [], ended_ms)).toBe(false);
});

test("a photo becomes small and keeps its shape; a small one stays", () => {
  expect(scaled(4000, 3000)).toEqual({ width: 1280, height: 960 });
  expect(scaled(1, 8000)).toEqual({ width: 1, height: 1280 });
  expect(scaled(640, 480)).toEqual({ width: 640, height: 480 });
});
