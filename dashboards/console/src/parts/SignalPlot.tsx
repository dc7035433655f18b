/** Lanes of signals over one time axis, drawn by hand: lines for numbers, bars for states. */

import type { Incident, Samples, SignalValue } from "../api/types";
import { localTime } from "../lib/duration";
import type { Scale } from "../lib/plot";
import { linePath, place, stateRuns, valueAt, valueRange } from "../lib/plot";
import { useLive, useText } from "./contexts";

const WIDTH_PX = 640;
const NAME_PX = 108;
const LANE_PX = 34;
const GAP_PX = 8;
const AXIS_PX = 34;
/** A state's name is written on its bar when the bar is wider than this for each letter. */
const LETTER_PX = 6.5;
/** The signals that tell an entrapment, in the order one reads them. */
const LANES = ["speed_mps", "car_door", "door_zone", "load_kg", "occupancy", "alarm_button", "power_source"];

/** States that speak of trouble are striped as well as coloured. */
const ALARMING = new Set(["outside", "pressed", "lost", "fault", "occupied"]);

function known(values: SignalValue[] | undefined): values is SignalValue[] {
  return values?.some((value) => value !== null && value !== "unknown") ?? false;
}

interface LaneProps {
  name: string;
  values: SignalValue[];
  times_ms: number[];
  x: Scale;
  top_px: number;
}

function NumberLane({ values, times_ms, x, top_px }: LaneProps) {
  const range = valueRange(values);
  if (!range) return null;
  const y: Scale = { from: range.low, to: range.high, start_px: top_px + LANE_PX - 2, end_px: top_px + 2 };
  const zero_px = place(y, 0);
  const rounded = (value: number) => Math.round(value * 10) / 10;
  return (
    <>
      <line class="plot-zero" x1={NAME_PX} x2={WIDTH_PX} y1={zero_px} y2={zero_px} />
      <path class="plot-line" d={linePath(times_ms, values, x, y)} />
      <text class="plot-value" x={NAME_PX - 6} y={top_px + LANE_PX / 2 + 15} text-anchor="end">
        {rounded(range.low)} … {rounded(range.high)}
      </text>
    </>
  );
}

function StateLane({ values, times_ms, x, top_px }: LaneProps) {
  const { word } = useText();
  return (
    <>
      {stateRuns(times_ms, values).map((run) => {
        const from_px = place(x, run.from_ms);
        const width_px = Math.max(1, place(x, run.to_ms) - from_px);
        const name = word("signal_state", run.state);
        const kind = ALARMING.has(run.state) ? "plot-bar alarming" : "plot-bar";
        return (
          <g key={run.from_ms}>
            <title>{name}</title>
            <rect class={kind} x={from_px} y={top_px + 6} width={width_px} height={LANE_PX - 12} rx="2" />
            {width_px > name.length * LETTER_PX * (/[一-鿿]/.test(name) ? 2 : 1) + 8 && (
              <text class="plot-state" x={from_px + 5} y={top_px + LANE_PX / 2 + 4}>{name}</text>
            )}
          </g>
        );
      })}
    </>
  );
}

interface Mark {
  name: string;
  at_ms: number;
}

function Marks({ marks, x, height_px }: { marks: Mark[]; x: Scale; height_px: number }) {
  return (
    <>
      {marks.map(({ name, at_ms }, index) => {
        const at_px = place(x, at_ms);
        const left = at_px > WIDTH_PX - 80;
        return (
          <g key={name} class="plot-mark">
            <line x1={at_px} x2={at_px} y1="0" y2={height_px + 4 + (index % 2) * 12} />
            <text x={at_px + (left ? -4 : 4)} y={height_px + 10 + (index % 2) * 12} text-anchor={left ? "end" : "start"}>
              {name}
            </text>
          </g>
        );
      })}
    </>
  );
}

export function SignalPlot({ samples, incident }: { samples: Samples; incident: Incident }) {
  const { t, word, language } = useText();
  const { now_ms } = useLive();
  const times_ms = samples.observed_at.map((at) => Date.parse(at));
  const lanes = LANES.map((name) => ({ name, values: samples.signals[name] })).filter((lane) => known(lane.values));
  const from_ms = times_ms[0] ?? 0;
  const to_ms = times_ms.at(-1) ?? 0;
  const x: Scale = { from: from_ms, to: to_ms, start_px: NAME_PX, end_px: WIDTH_PX };
  const height_px = lanes.length * (LANE_PX + GAP_PX);
  const marks = [
    { name: t("evidence.mark_onset"), at: incident.onset_at },
    { name: t("evidence.mark_detected"), at: incident.detected_at },
    { name: t("evidence.mark_freed"), at: incident.freed_at },
  ]
    .map(({ name, at }) => ({ name, at_ms: Date.parse(at ?? "") }))
    .filter(({ at_ms }) => at_ms >= from_ms && at_ms <= to_ms);
  const onset_ms = Date.parse(incident.onset_at);
  const valueWords = (values: SignalValue[]) => {
    const value = valueAt(times_ms, values, onset_ms);
    return typeof value === "string" ? word("signal_state", value) : value === null ? "–" : String(value);
  };
  const summary = lanes.map(({ name, values }) => `${word("signal", name)}: ${valueWords(values ?? [])}`).join(", ");
  const time = (at_ms: number) => localTime(at_ms, now_ms, language);
  return (
    <figure class="plot">
      <svg viewBox={`0 0 ${WIDTH_PX} ${height_px + AXIS_PX}`} role="img" aria-label={`${t("evidence.at_onset")}: ${summary}`}>
        {lanes.map(({ name, values }, index) => {
          const top_px = index * (LANE_PX + GAP_PX);
          const lane = { name, values: values ?? [], times_ms, x, top_px };
          const isState = lane.values.some((value) => typeof value === "string");
          return (
            <g key={name}>
              <rect class="plot-ground" x={NAME_PX} y={top_px} width={WIDTH_PX - NAME_PX} height={LANE_PX} />
              <text class="plot-name" x={NAME_PX - 6} y={top_px + LANE_PX / 2 + (isState ? 4 : 0)} text-anchor="end">
                {word("signal", name)}
              </text>
              {isState ? <StateLane {...lane} /> : <NumberLane {...lane} />}
            </g>
          );
        })}
        <Marks marks={marks} x={x} height_px={height_px} />
      </svg>
      <figcaption class="muted digits">
        {t("evidence.window", { from: time(from_ms), to: time(to_ms) })}
        <br />
        {t("evidence.at_onset")}: {summary}
      </figcaption>
    </figure>
  );
}
