/**
 * What a crew has said and the server has not heard yet, and what comes next in an order. Pure: the clock,
 * the storage and the network are elsewhere. Nothing here shows as done what the server has not confirmed.
 */

import type { CrewActionName, CrewPageOrder, Doubt, OrderState, QueueResult } from "../api/types";

export type SaidName = CrewActionName | "photo";

/** One thing said, with its own time; the key makes a repeat harmless. */
export interface Said {
  key: string;
  order_id: number;
  action: SaidName;
  content: Readonly<Record<string, unknown>>;
  at_ms: number;
}

/** What the server answered otherwise than "done"; what it holds stands with the order. */
export interface Reply {
  key: string;
  order_id: number;
  action: SaidName;
  at_ms: number;
  status: "flagged" | "refused";
  doubts: readonly Doubt[];
  code: string | null;
  detail: string | null;
}

/** How many are sent at once: an answer about a few comes sooner than one about all. */
export const SEND_COUNT_MAX = 20;
/** Replies are read at once or never; more than a handful hides the next one. */
export const REPLIES_COUNT_MAX = 8;

const STATE_AFTER: Partial<Record<SaidName, OrderState>> = {
  accept: "accepted",
  refuse: "refused",
  depart: "under_way",
  arrive: "arrived",
  freed: "done",
};

/** Those of an order, oldest first. */
export function saidOf(queue: readonly Said[], order_id: number): Said[] {
  return queue.filter((said) => said.order_id === order_id);
}

/** Where the order stands once all that waits is heard: what the next button is chosen by. */
export function stateWhenHeard(order: CrewPageOrder, queue: readonly Said[]): OrderState {
  const waiting = saidOf(queue, order.order_id).map((said) => STATE_AFTER[said.action]);
  return waiting.reduce<OrderState>((state, next) => next ?? state, order.state);
}

const NEXT: Partial<Record<OrderState, CrewActionName>> = {
  sent: "accept",
  no_answer: "accept",
  accepted: "depart",
  under_way: "arrive",
  arrived: "freed",
};

const ALSO: Partial<Record<OrderState, readonly SaidName[]>> = {
  sent: ["refuse"],
  accepted: ["arrive", "refuse"],
  under_way: ["refuse"],
  arrived: ["photo", "parts"],
  done: ["cause", "parts", "photo"],
};

/** The one thing to press next; null when the order asks for nothing more. */
export function nextAction(order: CrewPageOrder, queue: readonly Said[]): CrewActionName | null {
  const state = stateWhenHeard(order, queue);
  if (state !== "done") return NEXT[state] ?? null;
  const said = saidOf(queue, order.order_id).some((one) => one.action === "made_safe");
  return order.state === "done" && order.lift_made_safe_at === null && !said ? "made_safe" : null;
}

/** What else may be said now. */
export function otherActions(order: CrewPageOrder, queue: readonly Said[]): readonly SaidName[] {
  const state = stateWhenHeard(order, queue);
  // Whoever is held as not there yet may all the same have freed people: it is kept with the arrival.
  const held = order.held.map((report) => report.action);
  const release: SaidName[] = held.includes("arrive") && !held.includes("freed") ? ["freed"] : [];
  return [...(state === order.state ? release : []), ...(ALSO[state] ?? [])];
}

/** The next things to send: up to the first photo, which goes by itself. */
export function sendable(queue: readonly Said[]): Said[] {
  const photo = queue.findIndex((said) => said.action === "photo");
  return queue.slice(0, photo < 0 ? SEND_COUNT_MAX : Math.min(photo, SEND_COUNT_MAX));
}

/** What is left after the server's answers: an item without an answer of its own stays. */
export function leftAfter(queue: readonly Said[], results: readonly QueueResult[]): Said[] {
  const answered = new Set(results.map((result) => result.key));
  return queue.filter((said) => !answered.has(said.key));
}

export function repliesOf(sent: readonly Said[], results: readonly QueueResult[]): Reply[] {
  return results.flatMap((result) => {
    const said = sent.find((one) => one.key === result.key);
    const doubts = result.order?.doubts ?? [];
    if (!said || result.status === "held" || (result.status === "done" && doubts.length === 0)) return [];
    const status = result.status === "done" ? "flagged" : result.status;
    const { key, order_id, action, at_ms } = said;
    return [{ key, order_id, action, at_ms, status, doubts, code: result.code ?? null, detail: result.detail ?? null }];
  });
}

export function withReplies(replies: readonly Reply[], added: readonly Reply[]): Reply[] {
  return [...replies, ...added].slice(-REPLIES_COUNT_MAX);
}

const RUNNING: readonly OrderState[] = ["accepted", "under_way", "arrived"];

/** An order that a crew has said yes to and has not ended: only then is a position anybody's business. */
export function isRunning(order: CrewPageOrder, queue: readonly Said[]): boolean {
  return RUNNING.includes(stateWhenHeard(order, queue));
}

/** After the release a lift is still to be made safe and the cause to be told: shown for this long. */
export const AFTERMATH_MS = 12 * 3600 * 1000;

/** Orders to show large: those that live, those heard of only here, and those with something to tell yet. */
export function isShownLarge(order: CrewPageOrder, queue: readonly Said[], now_ms: number): boolean {
  if (["sent", ...RUNNING].includes(order.state) || saidOf(queue, order.order_id).length > 0) return true;
  if (order.state !== "done" || order.ended_at === null) return false;
  const unfinished = order.lift_made_safe_at === null || order.cause_code === null;
  return unfinished && now_ms - Date.parse(order.ended_at) < AFTERMATH_MS;
}
