/** What a dispatcher can do, on which key, and on whose behalf. Pure tables. */

import type { OrderState } from "../api/types";

export const ORDER_ACTIONS = ["accept", "refuse", "depart", "arrive", "freed"] as const;
export const INCIDENT_ACTIONS = ["confirm_report", "order", "escalate", "confirm_release", "close"] as const;
export const ACTION_NAMES = [...ORDER_ACTIONS, ...INCIDENT_ACTIONS] as const;

export type OrderAction = (typeof ORDER_ACTIONS)[number];
export type IncidentAction = (typeof INCIDENT_ACTIONS)[number];
export type ActionName = (typeof ACTION_NAMES)[number];

/** One letter each; the buttons show them. */
export const ACTION_KEYS: Record<ActionName, string> = {
  accept: "a",
  refuse: "r",
  depart: "d",
  arrive: "v",
  freed: "f",
  order: "s",
  escalate: "e",
  close: "c",
  confirm_report: "b",
  confirm_release: "o",
};

/** What can be said of an order in each state (rescue/model.py). The server decides all the same. */
const STEPS: Record<OrderState, readonly OrderAction[]> = {
  sent: ["accept", "refuse"],
  accepted: ["depart", "arrive", "refuse"],
  under_way: ["arrive", "refuse"],
  arrived: ["freed"],
  refused: [],
  no_answer: ["accept"], // a late yes is still a yes
  done: [],
  withdrawn: [],
};

export function orderActions(state: OrderState): readonly OrderAction[] {
  return STEPS[state] ?? [];
}
