/** Which incidents the board shows. The filter lives in the URL, so that a view can be sent on. Pure. */

import type { Incident, IncidentState } from "../api/types";

export const STATE_GROUPS = ["all", "waiting", "coming", "on_site", "freed"] as const;
export type StateGroup = (typeof STATE_GROUPS)[number];

const GROUP_OF: Record<IncidentState, StateGroup> = {
  open: "waiting",
  ordered: "waiting",
  accepted: "coming",
  under_way: "coming",
  arrived: "on_site",
  freed: "freed",
  confirmed: "freed",
  closed: "freed",
};

export interface Filters {
  group: StateGroup;
  place: string;
}

export function filtersFromQuery(query: string): Filters {
  const parameters = new URLSearchParams(query);
  const group = STATE_GROUPS.find((name) => name === parameters.get("state")) ?? "all";
  return { group, place: parameters.get("place") ?? "" };
}

/** Writes the filters into a query and keeps what else stands in it (such as the language). */
export function queryWithFilters(query: string, filters: Filters): string {
  const parameters = new URLSearchParams(query);
  const put = (name: string, text: string) => (text ? parameters.set(name, text) : parameters.delete(name));
  put("state", filters.group === "all" ? "" : filters.group);
  put("place", filters.place);
  const text = parameters.toString();
  return text ? `?${text}` : "";
}

export function groupOf(incident: Incident): StateGroup {
  return GROUP_OF[incident.state] ?? "waiting";
}

/** The place is looked for in everything a caller may name. */
export function matches(incident: Incident, filters: Filters): boolean {
  if (filters.group !== "all" && groupOf(incident) !== filters.group) return false;
  const { district, building, address, lift_id, rescue_code } = incident.lift;
  const text = [district, building, address, lift_id, rescue_code].join("\n").toLocaleLowerCase();
  return text.includes(filters.place.trim().toLocaleLowerCase());
}
