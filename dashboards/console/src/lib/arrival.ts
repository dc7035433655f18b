/** How an estimated time of arrival is spoken of once it has come. Pure. */

/** An estimate is good to a minute or two: within this nobody is late yet. */
const ABOUT_NOW_S = 120;

export type ArrivalEstimate = { kind: "ahead" } | { kind: "about_now" } | { kind: "ago"; minutes: number };

export function arrivalEstimate(passed_s: number): ArrivalEstimate {
  if (passed_s < 0) return { kind: "ahead" };
  if (passed_s <= ABOUT_NOW_S) return { kind: "about_now" };
  return { kind: "ago", minutes: Math.floor(passed_s / 60) };
}
