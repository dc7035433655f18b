/** One lane of the plot each: reports, numbers as steps, states as bars, the alarm that the detector knew of. */

import type { SignalValue } from "../api/types";
import type { AlarmPress } from "../lib/alarm";
import { localTime } from "../lib/duration";
import type { Held, Scale, Span } from "../lib/plot";
import { numberRuns, place, stateRuns, stepPath, valueRange } from "../lib/plot";
import { useLive, useText } from "./contexts";
import { ageText } from "./words";

export const WIDTH_PX = 640;
export const NAME_PX = 108;
export const LANE_PX = 34;
/** A text is written where it has this much room for each letter; Chinese characters are twice as wide. */
const LETTER_PX = 6.5;

/** States that speak of trouble are striped as well as coloured. */
const ALARMING = new Set(["outside", "pressed", "lost", "fault", "occupied"]);

function fits(text: string, width_px: number): boolean {
  return width_px > text.length * LETTER_PX * (/[一-鿿]/.test(text) ? 2 : 1) + 8;
}

interface LaneFrameProps {
  name: string;
  /** A second, smaller line under the name. */
  detail?: string | undefined;
  top_px: number;
}

export function LaneFrame({ name, detail, top_px }: LaneFrameProps) {
  return (
    <>
      <rect class="plot-ground" x={NAME_PX} y={top_px} width={WIDTH_PX - NAME_PX} height={LANE_PX} />
      <text class="plot-name" x={NAME_PX - 6} y={top_px + LANE_PX / 2 + (detail ? 0 : 4)} text-anchor="end">{name}</text>
      {detail && (
        <text class="plot-value" x={NAME_PX - 6} y={top_px + LANE_PX / 2 + 15} text-anchor="end">{detail}</text>
      )}
    </>
  );
}

/** A stroke for each report, so that one sees how often the lift spoke; how long it did not, in words. */
export function ReportStrip({ times_ms, quiet, x, height_px }: { times_ms: number[]; quiet: Span[]; x: Scale; height_px: number }) {
  const text = useText();
  const strokes = times_ms.map((at_ms) => `M${Math.round(place(x, at_ms) * 10) / 10} 3V${height_px - 3}`).join("");
  return (
    <>
      <text class="plot-value" x={NAME_PX - 6} y={height_px - 4} text-anchor="end">{text.t("evidence.reports")}</text>
      <path class="plot-reports" d={strokes} />
      {quiet.map(({ from_ms, to_ms }) => {
        const from_px = place(x, from_ms);
        const label = text.t("evidence.silence", { age: ageText(text, (to_ms - from_ms) / 1000) });
        return fits(label, place(x, to_ms) - from_px) && (
          <text key={from_ms} class="plot-state" x={from_px + 5} y={height_px - 4}>{label}</text>
        );
      })}
    </>
  );
}

/** Hatched over all lanes. */
export function Silences({ quiet, x, height_px }: { quiet: Span[]; x: Scale; height_px: number }) {
  const text = useText();
  const { now_ms } = useLive();
  const time = (at_ms: number) => localTime(at_ms, now_ms, text.language);
  return (
    <>
      <defs>
        <pattern id="plot-hatching" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <line class="plot-hatch" x1="0" x2="0" y1="0" y2="7" />
        </pattern>
      </defs>
      {quiet.map(({ from_ms, to_ms }) => {
        const from_px = place(x, from_ms);
        const age = ageText(text, (to_ms - from_ms) / 1000);
        return (
          <rect
            key={from_ms} class="plot-silence" fill="url(#plot-hatching)"
            x={from_px} y="0" width={place(x, to_ms) - from_px} height={height_px}
          >
            <title>{text.t("evidence.silence_whole", { age, from: time(from_ms), to: time(to_ms) })}</title>
          </rect>
        );
      })}
    </>
  );
}

export interface LaneProps {
  values: SignalValue[];
  times_ms: number[];
  until_ms: number;
  x: Scale;
  top_px: number;
}

export function NumberLane({ values, times_ms, until_ms, x, top_px }: LaneProps) {
  const range = valueRange(values);
  if (!range) return null;
  const y: Scale = { from: range.low, to: range.high, start_px: top_px + LANE_PX - 2, end_px: top_px + 2 };
  const zero_px = place(y, 0);
  const runs = numberRuns(times_ms, values, until_ms);
  return (
    <>
      <line class="plot-zero" x1={NAME_PX} x2={WIDTH_PX} y1={zero_px} y2={zero_px} />
      <path class="plot-line" d={stepPath(runs, false, x, y)} />
      <path class="plot-line silent" d={stepPath(runs, true, x, y)} />
    </>
  );
}

/** "0 … 1.6", under the name of a lane of numbers. */
export function rangeText(values: SignalValue[]): string | undefined {
  const range = valueRange(values);
  const rounded = (value: number) => Math.round(value * 10) / 10;
  return range ? `${rounded(range.low)} … ${rounded(range.high)}` : undefined;
}

export function StateLane({ values, times_ms, until_ms, x, top_px }: LaneProps) {
  return (
    <>
      {stateRuns(times_ms, values, until_ms).map((run) => (
        <StateBar key={run.from_ms} run={run} x={x} top_px={top_px} />
      ))}
    </>
  );
}

function StateBar({ run, x, top_px }: { run: Held<string>; x: Scale; top_px: number }) {
  const { word } = useText();
  const from_px = place(x, run.from_ms);
  const width_px = Math.max(1, place(x, run.to_ms) - from_px);
  const name = word("signal_state", run.value);
  const kind = `plot-bar ${ALARMING.has(run.value) ? "alarming" : ""} ${run.silent ? "silent" : ""}`;
  return (
    <g>
      <title>{name}</title>
      <rect class={kind} x={from_px} y={top_px + 6} width={width_px} height={LANE_PX - 12} rx="2" />
      {fits(name, width_px) && (
        <text class="plot-state" x={from_px + 5} y={top_px + LANE_PX / 2 + 4}>{name}</text>
      )}
    </g>
  );
}

/** A press told by an event stands in no sample: it has a lane of its own, with one mark. */
export function AlarmLane({ press, x, top_px }: { press: AlarmPress; x: Scale; top_px: number }) {
  const { t, language } = useText();
  const { now_ms } = useLive();
  const inside_ms = Math.min(Math.max(Date.parse(press.at), x.from), x.to);
  const at_px = place(x, inside_ms);
  const middle_px = top_px + LANE_PX / 2;
  const left = at_px > (NAME_PX + WIDTH_PX) / 2;
  const words = t(press.exact ? "evidence.pressed_at" : "evidence.pressed_by", { time: localTime(press.at, now_ms, language) });
  return (
    <g class="plot-alarm">
      <path d={`M${at_px} ${middle_px - 8}l8 8l-8 8l-8 -8z`} />
      <text class="plot-state" x={at_px + (left ? -13 : 13)} y={middle_px + 4} text-anchor={left ? "end" : "start"}>{words}</text>
    </g>
  );
}
