/** Geometry of the plots around an onset: numbers in, SVG path text and rectangles out. Pure. */

import type { SignalValue } from "../api/types";

export interface Scale {
  from: number;
  to: number;
  start_px: number;
  end_px: number;
}

export function place(scale: Scale, value: number): number {
  const span = scale.to - scale.from || 1;
  const share = (value - scale.from) / span;
  return scale.start_px + share * (scale.end_px - scale.start_px);
}

/** One decimal of a pixel is enough, and keeps the markup small. */
function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** Nothing reported for longer than this is shown as silence. What was last said still stands, but with its age. */
const SILENT_AFTER_MS = 15_000;

/** A value from its sample until the next one; `silent` where the next one was long in coming. */
export interface Held<Value> {
  value: Value;
  from_ms: number;
  to_ms: number;
  silent: boolean;
}

export interface Span {
  from_ms: number;
  to_ms: number;
}

/** The stretches of a window in which nothing was reported at all. */
export function silences(times_ms: number[], from_ms: number, until_ms: number): Span[] {
  const bounds = [from_ms, ...times_ms, until_ms];
  return bounds
    .slice(1)
    .map((to_ms, index) => ({ from_ms: bounds[index] ?? to_ms, to_ms }))
    .filter((span) => span.to_ms - span.from_ms > SILENT_AFTER_MS);
}

/** Each known value holds until the next sample; equal neighbours join; unknown leaves a hole. */
function held<Value extends string | number>(
  times_ms: number[],
  values: SignalValue[],
  until_ms: number,
  isKnown: (value: SignalValue | undefined) => value is Value,
): Held<Value>[] {
  const runs: Held<Value>[] = [];
  times_ms.forEach((from_ms, index) => {
    const value = values[index];
    if (!isKnown(value)) return;
    const to_ms = times_ms[index + 1] ?? Math.max(until_ms, from_ms);
    const silent = to_ms - from_ms > SILENT_AFTER_MS;
    const last = runs.at(-1);
    if (last?.to_ms === from_ms && last.value === value && last.silent === silent) last.to_ms = to_ms;
    else runs.push({ value, from_ms, to_ms, silent });
  });
  return runs;
}

export function numberRuns(times_ms: number[], values: SignalValue[], until_ms: number): Held<number>[] {
  return held(times_ms, values, until_ms, (value): value is number => typeof value === "number");
}

export function stateRuns(times_ms: number[], values: SignalValue[], until_ms: number): Held<string>[] {
  return held(times_ms, values, until_ms, (value): value is string => typeof value === "string" && value !== "unknown");
}

/**
 * Steps, never slopes: nobody reported what lies between two samples. Breaks where values are missing:
 * absent is not zero. One call draws the silent stretches, one the others.
 */
export function stepPath(runs: Held<number>[], silent: boolean, x: Scale, y: Scale): string {
  return runs
    .map((run, index) => {
      if (run.silent !== silent) return "";
      const before = runs[index - 1];
      const joins = before?.to_ms === run.from_ms;
      const start_px = px(place(x, run.from_ms));
      const rise = joins ? `V${px(place(y, run.value))}` : "";
      const move = joins && before.silent === silent ? "" : `M${start_px} ${px(place(y, joins ? before.value : run.value))}`;
      return `${move}${rise}H${px(place(x, run.to_ms))}`;
    })
    .join("");
}

/** The smallest and largest known number, with zero always inside: motion reads against rest. */
export function valueRange(values: SignalValue[]): { low: number; high: number } | null {
  const known = values.filter((value): value is number => typeof value === "number");
  if (known.length === 0) return null;
  const low = Math.min(0, ...known);
  const high = Math.max(0, ...known);
  return { low, high: high === low ? low + 1 : high };
}

/** The last known value at or before a time. */
export function valueAt(times_ms: number[], values: SignalValue[], at_ms: number): SignalValue {
  let found: SignalValue = null;
  times_ms.forEach((time_ms, index) => {
    const value = values[index] ?? null;
    if (time_ms <= at_ms && value !== null) found = value;
  });
  return found;
}
