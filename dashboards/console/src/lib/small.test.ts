/** Back-off, filters, routes and plots: a few lines each. */

import { expect, test } from "vitest";

import { waitBeforeAttempt_ms } from "./backoff";
import { filtersFromQuery, matches, queryWithFilters } from "./filters";
import { incident } from "./fixtures";
import { linePath, stateRuns, valueAt, valueRange } from "./plot";
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
  expect(pathWithLanguage("/", "?lang=zh-CN&state=freed")).toBe("/?lang=zh-CN");
});

test("a line breaks where values are missing: absent is not zero", () => {
  const x = { from: 0, to: 3, start_px: 0, end_px: 30 };
  const y = { from: 0, to: 2, start_px: 20, end_px: 0 };

  expect(linePath([0, 1, 2, 3], [0, 2, null, 1], x, y)).toBe("M0 20L10 0M30 10");
});

test("equal states join, and unknown leaves a hole", () => {
  expect(stateRuns([0, 5, 10, 15, 20], ["closed", "closed", "unknown", "open", "open"])).toEqual([
    { state: "closed", from_ms: 0, to_ms: 10 },
    { state: "open", from_ms: 15, to_ms: 20 },
  ]);
});

test("a range holds zero, and a value at a time is the last one known", () => {
  expect(valueRange([null, 3, 5])).toEqual({ low: 0, high: 5 });
  expect(valueRange([null, "open"])).toBeNull();
  expect(valueAt([0, 5, 10], [1, null, 3], 7)).toBe(1);
});
