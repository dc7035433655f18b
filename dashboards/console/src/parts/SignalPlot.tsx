/** Lanes of signals over one time axis, drawn by hand: steps for numbers, bars for states, hatching for silence. */

import type { Detection, Incident, Samples, SignalValue } from "../api/types";
import { alarmPress } from "../lib/alarm";
import { localTime } from "../lib/duration";
import type { Scale } from "../lib/plot";
import { place, silences, valueAt } from "../lib/plot";
import { useLive, useText } from "./contexts";
import { AlarmLane, LANE_PX, LaneFrame, NAME_PX, NumberLane, rangeText, ReportStrip, Silences, StateLane, WIDTH_PX } from "./PlotLanes";
import { ageText } from "./words";

const REPORTS_PX = 20;
const GAP_PX = 8;
const AXIS_PX = 34;
/** The signals that tell an entrapment, in the order one reads them. */
const LANES = ["speed_mps", "car_door", "door_zone", "load_kg", "occupancy", "alarm_button", "power_source"];

function known(values: SignalValue[] | undefined): values is SignalValue[] {
  return values?.some((value) => value !== null && value !== "unknown") ?? false;
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

interface SignalPlotProps {
  samples: Samples;
  incident: Incident;
  detections: Detection[];
  /** Up to here reports would be known: the end of the window, or when they were asked for. */
  until_ms: number;
}

function useMarks(incident: Incident, from_ms: number, to_ms: number): Mark[] {
  const { t } = useText();
  return [
    { name: t("evidence.mark_onset"), at: incident.onset_at },
    { name: t("evidence.mark_detected"), at: incident.detected_at },
    { name: t("evidence.mark_freed"), at: incident.freed_at },
  ]
    .map(({ name, at }) => ({ name, at_ms: Date.parse(at ?? "") }))
    .filter(({ at_ms }) => at_ms >= from_ms && at_ms <= to_ms);
}

/** What stands under the plot, which is also what a screen reader is told of it. */
function useCaption(samples: Samples, names: string[], times_ms: number[], until_ms: number, onset_ms: number) {
  const text = useText();
  const { t, word, language } = text;
  const { now_ms } = useLive();
  const time = (at_ms: number) => localTime(at_ms, now_ms, language);
  const valueWords = (name: string) => {
    const value = valueAt(times_ms, samples.signals[name] ?? [], onset_ms);
    return typeof value === "string" ? word("signal_state", value) : value === null ? "–" : String(value);
  };
  const nameWords = (name: string) =>
    word("signal", name) + (name === "alarm_button" ? ` (${t("evidence.in_samples")})` : "");
  const summary = `${t("evidence.at_onset")}: ${names.map((name) => `${nameWords(name)}: ${valueWords(name)}`).join(", ")}`;
  const last_ms = times_ms.at(-1) ?? until_ms;
  const ended = silences([], last_ms, until_ms).length > 0;
  const age = ageText(text, (until_ms - last_ms) / 1000);
  const silence = ended ? t("evidence.last_report", { time: time(last_ms), age }) : null;
  return { summary, silence, time };
}

export function SignalPlot({ samples, incident, detections, until_ms }: SignalPlotProps) {
  const { t, word } = useText();
  const times_ms = samples.observed_at.map((at) => Date.parse(at));
  const names = LANES.filter((name) => known(samples.signals[name]));
  const press = alarmPress(detections);
  const first_ms = times_ms[0] ?? 0;
  const from_ms = Math.min(first_ms, Date.parse(samples.window_from));
  const to_ms = Math.max(times_ms.at(-1) ?? 0, until_ms);
  const x: Scale = { from: from_ms, to: to_ms, start_px: NAME_PX, end_px: WIDTH_PX };
  const top_px = (index: number) => REPORTS_PX + index * (LANE_PX + GAP_PX);
  const height_px = top_px(names.length + (press ? 1 : 0));
  const quiet = silences(times_ms, from_ms, to_ms);
  const marks = useMarks(incident, from_ms, to_ms);
  const { summary, silence, time } = useCaption(samples, names, times_ms, to_ms, Date.parse(incident.onset_at));
  const lanes = names.map((name, index) => {
    const values = samples.signals[name] ?? [];
    const isState = values.some((value) => typeof value === "string");
    return { name, values, isState, top_px: top_px(index) };
  });
  const detailOf = ({ name, values, isState }: (typeof lanes)[number]) =>
    name === "alarm_button" ? t("evidence.in_samples") : isState ? undefined : rangeText(values);
  const legend = silence ?? (quiet.length > 0 ? t("evidence.silence_legend") : null);
  return (
    <figure class="plot">
      <svg viewBox={`0 0 ${WIDTH_PX} ${height_px + AXIS_PX}`} role="img" aria-label={silence ? `${summary}. ${silence}` : summary}>
        {lanes.map((lane) => (
          <LaneFrame key={lane.name} name={word("signal", lane.name)} detail={detailOf(lane)} top_px={lane.top_px} />
        ))}
        {press && <LaneFrame name={word("signal", "alarm_button")} detail={t("evidence.in_detection")} top_px={top_px(names.length)} />}
        <Silences quiet={quiet} x={x} height_px={height_px - GAP_PX} />
        <ReportStrip times_ms={times_ms} quiet={quiet} x={x} height_px={REPORTS_PX} />
        {lanes.map((lane) => {
          const drawn = { values: lane.values, times_ms, until_ms: to_ms, x, top_px: lane.top_px };
          return lane.isState ? <StateLane key={lane.name} {...drawn} /> : <NumberLane key={lane.name} {...drawn} />;
        })}
        {press && <AlarmLane press={press} x={x} top_px={top_px(names.length)} />}
        <Marks marks={marks} x={x} height_px={height_px} />
      </svg>
      <figcaption class="muted digits">
        {t("evidence.window", { from: time(from_ms), to: time(to_ms) })}
        <br />
        {summary}
        {legend && <><br />{legend}</>}
      </figcaption>
    </figure>
  );
}
