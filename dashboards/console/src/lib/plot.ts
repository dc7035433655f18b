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

/** A line that breaks where a value is missing: absent is not zero. */
export function linePath(times_ms: number[], values: SignalValue[], x: Scale, y: Scale): string {
  let path = "";
  let drawing = false;
  times_ms.forEach((time_ms, index) => {
    const value = values[index];
    if (typeof value !== "number") {
      drawing = false;
      return;
    }
    path += `${drawing ? "L" : "M"}${px(place(x, time_ms))} ${px(place(y, value))}`;
    drawing = true;
  });
  return path;
}

export interface StateRun {
  state: string;
  from_ms: number;
  to_ms: number;
}

/** Equal neighbours become one run; a run lasts until the next sample; unknown leaves a hole. */
export function stateRuns(times_ms: number[], values: SignalValue[]): StateRun[] {
  const runs: StateRun[] = [];
  let open: StateRun | null = null;
  times_ms.forEach((time_ms, index) => {
    const value = values[index];
    const known = typeof value === "string" && value !== "unknown";
    if (open) open.to_ms = time_ms;
    if (known && open?.state === value) return;
    if (open) runs.push(open);
    open = known ? { state: value, from_ms: time_ms, to_ms: time_ms } : null;
  });
  if (open) runs.push(open);
  return runs;
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
