import { expect, test } from "vitest";

import { clockDuration, coarseDuration, secondsSince } from "./duration";

test("durations read as minutes and seconds, with hours only when there are any", () => {
  expect(clockDuration(0)).toBe("00:00");
  expect(clockDuration(75.9)).toBe("01:15");
  expect(clockDuration(-142)).toBe("02:22");
  expect(clockDuration(3675)).toBe("1:01:15");
});

test("an age is one number and one unit, never rounded up", () => {
  expect(coarseDuration(-3)).toEqual({ unit: "s", count: 0 });
  expect(coarseDuration(119.9)).toEqual({ unit: "s", count: 119 });
  expect(coarseDuration(120)).toEqual({ unit: "min", count: 2 });
  expect(coarseDuration(7200)).toEqual({ unit: "h", count: 2 });
  expect(coarseDuration(172800)).toEqual({ unit: "d", count: 2 });
});

test("a missing or unreadable time has no age", () => {
  expect(secondsSince(null, 0)).toBeNull();
  expect(secondsSince("not a time", 0)).toBeNull();
  expect(secondsSince("1970-01-01T00:00:10Z", 12_000)).toBe(2);
});
