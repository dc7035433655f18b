/** Back-off, arrivals, alarms, filters, routes and plots: a few lines each. */

import { expect, test } from "vitest";

import { alarmPress } from "./alarm";
import { arrivalEstimate } from "./arrival";
import { waitBeforeAttempt_ms } from "./backoff";
import { filtersFromQuery, matches, queryWithFilters } from "./filters";
import { at, detection, incident } from "./fixtures";
import { numberRuns, silences, stateRuns, stepPath, valueAt, valueRange } from "./plot";
import { pathWithLanguage, routeOf } from "./route";

test("waiting doubles, is capped, and jitter takes at most half of it", () => {
  expect(waitBeforeAttempt_ms(1, 0)).toBe(250);
  expect(waitBeforeAttempt_ms(1, 0.999)).toBe(500);
  expect(waitBeforeAttempt_ms(3, 0)).toBe(1000);
  expect(waitBeforeAttempt_ms(50, 0.999)).toBeLessThanOrEqual(8000);
});

test("filters survive the URL, and an unknown state shows all", () => {
  const filters = { group: "coming", place: "North 3" } as const;

  expect(filtersFromQuery(queryWithFilters("?lang=zh-CN", filters))).toEqual(filters);
  expect(queryWithFilters("?lang=zh-CN", { group: "all", place: "" })).toBe("?lang=zh-CN");
  expect(filtersFromQuery("?state=nonsense")).toEqual({ group: "all", place: "" });
});

test("a place is found in district, building, address, lift and rescue code, in any case", () => {
  const found = (place: string) => matches(incident(), { group: "all", place });

  expect(["district 1", "TOWER", "example", "demo-001", "900001", " "].every(found)).toBe(true);
  expect(found("elsewhere")).toBe(false);
  expect(matches(incident({ state: "arrived" }), { group: "coming", place: "" })).toBe(false);
});

test("an address is a page or none", () => {
  expect(routeOf("/")).toEqual({ page: "board" });
  expect(routeOf("/incidents/12")).toEqual({ page: "incident", incident_id: 12 });
  expect(routeOf("/incidents/12x")).toEqual({ page: "not_found" });
  expect(routeOf("/report/R-1%20A")).toEqual({ page: "report", rescue_code: "R-1 A" });
  expect(routeOf("/report/%E0%A4%A")).toEqual({ page: "not_found" });
  expect(pathWithLanguage("/", "?lang=zh-CN&state=freed")).toBe("/?lang=zh-CN");
});

test("numbers are drawn as steps, and break where values are missing: absent is not zero", () => {
  const x = { from: 0, to: 4000, start_px: 0, end_px: 40 };
  const y = { from: 0, to: 2, start_px: 20, end_px: 0 };
  const runs = numberRuns([0, 1000, 2000, 3000], [0, 2, null, 1], 4000);

  expect(stepPath(runs, false, x, y)).toBe("M0 20H10V0H20M30 10H40");
  expect(stepPath(runs, true, x, y)).toBe("");
});

test("a value that outlives a silence is kept apart from what was reported", () => {
  const x = { from: 0, to: 100_000, start_px: 0, end_px: 100 };
  const y = { from: 0, to: 2, start_px: 20, end_px: 0 };
  const runs = numberRuns([0, 10_000, 93_000], [2, 2, 0], 100_000);

  expect(runs).toEqual([
    { value: 2, from_ms: 0, to_ms: 10_000, silent: false },
    { value: 2, from_ms: 10_000, to_ms: 93_000, silent: true },
    { value: 0, from_ms: 93_000, to_ms: 100_000, silent: false },
  ]);
  expect(stepPath(runs, false, x, y)).toBe("M0 0H10M93 0V20H100");
  expect(stepPath(runs, true, x, y)).toBe("M10 0V0H93");
});

test("more than 15 s without a report is a silence, also before the first and after the last", () => {
  expect(silences([20_000, 35_000, 60_000], 0, 90_000)).toEqual([
    { from_ms: 0, to_ms: 20_000 },
    { from_ms: 35_000, to_ms: 60_000 },
    { from_ms: 60_000, to_ms: 90_000 },
  ]);
  expect(silences([0], 0, 15_000)).toEqual([]);
});

test("equal states join, unknown leaves a hole, and the last one holds to the end", () => {
  expect(stateRuns([0, 5, 10, 15, 20], ["closed", "closed", "unknown", "open", "open"], 20_020)).toEqual([
    { value: "closed", from_ms: 0, to_ms: 10, silent: false },
    { value: "open", from_ms: 15, to_ms: 20, silent: false },
    { value: "open", from_ms: 20, to_ms: 20_020, silent: true },
  ]);
});

test("the alarm button is known from its own event, or by the time of a detection that rests on it", () => {
  const trapped = detection({ evidence: { stationary: true, alarm_button: true }, detected_at: at(-10) });
  const pressed = detection({ kind: "gb_90", onset_at: at(-25) });

  expect(alarmPress([detection()])).toBeNull();
  expect(alarmPress([detection({ evidence: { alarm_button: true }, transition: "ended" })])).toBeNull();
  expect(alarmPress([detection(), trapped])).toEqual({ at: at(-10), exact: false });
  expect(alarmPress([trapped, pressed])).toEqual({ at: at(-25), exact: true });
});

test("an arrival that was estimated for a moment ago is expected about now", () => {
  expect(arrivalEstimate(-1)).toEqual({ kind: "ahead" });
  expect(arrivalEstimate(0)).toEqual({ kind: "about_now" });
  expect(arrivalEstimate(120)).toEqual({ kind: "about_now" });
  expect(arrivalEstimate(179)).toEqual({ kind: "ago", minutes: 2 });
});

test("a range holds zero, and a value at a time is the last one known", () => {
  expect(valueRange([null, 3, 5])).toEqual({ low: 0, high: 5 });
  expect(valueRange([null, "open"])).toBeNull();
  expect(valueAt([0, 5, 10], [1, null, 3], 7)).toBe(1);
});
