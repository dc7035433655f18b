/** The alarm button as the detector knew it: an event may tell of a press that no sample shows. Pure. */

import type { Detection } from "../api/types";

/** The code of the car's alarm button among the detections (gateway: liftward_detection/kinds.py). */
const ALARM_BUTTON_KIND = "gb_90";

export interface AlarmPress {
  at: string;
  /** The press itself; otherwise the moment by which it had been pressed. */
  exact: boolean;
}

function carriesAlarm(evidence: unknown): boolean {
  return typeof evidence === "object" && evidence !== null && "alarm_button" in evidence && evidence.alarm_button === true;
}

/** The first press that the detections of an incident tell of, or null. */
export function alarmPress(detections: Detection[]): AlarmPress | null {
  const presses = detections
    .filter((one) => one.transition === "began")
    .flatMap((one): AlarmPress[] => {
      if (one.kind === ALARM_BUTTON_KIND) return [{ at: one.onset_at, exact: true }];
      return carriesAlarm(one.evidence) ? [{ at: one.detected_at, exact: false }] : [];
    });
  const [first, ...others] = presses;
  if (!first) return null;
  return others.reduce((a, b) => (Date.parse(b.at) < Date.parse(a.at) ? b : a), first);
}
