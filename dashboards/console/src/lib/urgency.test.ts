import { expect, test } from "vitest";

import { at, due, incident, NOW_MS } from "./fixtures";
import { arrivalLimitPassed, byUrgency, closenessOf, nextLimit, standing, trappedFor_s } from "./urgency";

test("unanswered comes first, then the nearest limit, then the longest trapped, the freed last", () => {
  const freed = incident({ incident_id: 1, state: "freed", deadlines: [due("confirm_release", -500)] });
  const late = incident({ incident_id: 2, deadlines: [due("accept", 20), due("arrive", 900)] });
  const longer = incident({ incident_id: 3, onset_at: at(-300), deadlines: [due("arrive", 900)] });
  const shorter = incident({ incident_id: 4, onset_at: at(-200), deadlines: [due("arrive", 900)] });
  const unanswered = incident({ incident_id: 5, unanswered: true });
  const missed = incident({ incident_id: 6, state: "under_way", deadlines: [] });

  const order = [freed, shorter, longer, late, missed, unanswered].sort(byUrgency);

  expect(order.map((one) => one.incident_id)).toEqual([5, 6, 2, 3, 4, 1]);
});

test("the nearest limit is the one that is due first, also when it is long overdue", () => {
  const next = nextLimit(incident({ deadlines: [due("accept", 60), due("arrive", -90)] }), NOW_MS);

  expect(next).toMatchObject({ kind: "arrive", left_s: -90, closeness: "overdue" });
});

test("a third of a limit is soon, past it is overdue, and asking again is never on time", () => {
  expect(closenessOf("accept", 61)).toBe("on_time");
  expect(closenessOf("accept", 60)).toBe("soon");
  expect(closenessOf("accept", -0.1)).toBe("overdue");
  expect(closenessOf("arrive", 600)).toBe("soon");
  expect(closenessOf("order", 5000)).toBe("soon");
});

test("a limit to arrive that has fired and left the list counts as overdue until someone is there", () => {
  const gone = incident({ state: "accepted", deadlines: [] });

  expect(arrivalLimitPassed(gone)).toBe(true);
  expect(standing(gone, NOW_MS)).toBe("overdue");
  expect(arrivalLimitPassed({ ...gone, arrived_at: at(0) })).toBe(false);
  expect(arrivalLimitPassed({ ...gone, response_level: 0 })).toBe(false);
});

test("time trapped ends when the people are freed", () => {
  expect(trappedFor_s(incident(), NOW_MS)).toBe(100);
  expect(trappedFor_s(incident({ freed_at: at(-40) }), NOW_MS)).toBe(60);
});
