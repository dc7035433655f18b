"""Motor current and vibration at travel speed, levelling at the stop: once for each trip.

A trip begins with a sample faster than re-levelling and ends with the first one at rest. What is
measured at travel speed (95 % of the lift's usual top speed, which is learned) is averaged over the
trip's first such samples: acceleration and short trips would measure something else. Without a
speed there are no trips. Must not know baselines.
"""

from math import isfinite, isnan

from liftward_detection.compiling import helper
from liftward_detection.condition import measure
from liftward_detection.episodes import Context
from liftward_detection.equipment import (
    DOOR_AT_SPEED,
    IN_TRIP,
    LEVELLING,
    LEVELLING_ERROR,
    MOTOR_CURRENT,
    SPEED,
    TRIP_MADE,
    VIBRATION,
    distrusted,
    whole,
)
from liftward_detection.fleet import BYTE, Record
from liftward_detection.samples import Sample
from liftward_detection.thresholds import Limits

TRIP_SAMPLES_MAX = 6  # at travel speed: more of them would cost and not tell more
AT_SPEED_SHARE = 0.95
SPEED_FALL = 0.998  # of the usual top speed, with each trip that stays below it
SPEED_RISE_MAX = 1.2  # one reading from nowhere must not make every later trip a slow one


@helper
def is_moving(sample: Sample, limits: Limits) -> bool:
    """Tell whether the car makes a trip; false without a speed."""
    return abs(float(sample.speed_mps)) > limits.relevelling_speed_mps


@helper
def is_at_speed(record: Record, speed_mps: float) -> bool:
    usual_mps = float(record["travel_speed_mps"])
    return usual_mps > 0.0 and speed_mps >= AT_SPEED_SHARE * usual_mps


@helper
def take_moving(record: Record, sample: Sample) -> bool:
    """Take a sample of a trip; return whether it is one at travel speed."""
    if not whole(record["equipment_seen"]) & IN_TRIP:
        record["equipment_seen"] = (
            (whole(record["equipment_seen"]) & (BYTE ^ DOOR_AT_SPEED)) | IN_TRIP | TRIP_MADE
        )
        record["trip_speed_mps"] = record["trip_current_a"] = record["trip_vibration_mps2"] = 0.0
        record["trip_currents"] = record["trip_vibrations"] = record["trip_samples"] = 0
    if whole(record["trip_samples"]) >= TRIP_SAMPLES_MAX:
        return False
    speed_mps = abs(float(sample.speed_mps))
    record["trip_speed_mps"] = max(float(record["trip_speed_mps"]), speed_mps)
    if not is_at_speed(record, speed_mps):
        return False
    record["trip_samples"] = whole(record["trip_samples"]) + 1
    if isfinite(sample.motor_current_a):
        record["trip_current_a"] = float(record["trip_current_a"]) + float(sample.motor_current_a)
        record["trip_currents"] = whole(record["trip_currents"]) + 1
    if isfinite(sample.vibration_mps2):
        before_mps2 = float(record["trip_vibration_mps2"])
        record["trip_vibration_mps2"] = before_mps2 + float(sample.vibration_mps2)
        record["trip_vibrations"] = whole(record["trip_vibrations"]) + 1
    return True


@helper
def _note_top_speed(record: Record) -> None:
    usual_mps, now_mps = float(record["travel_speed_mps"]), float(record["trip_speed_mps"])
    if usual_mps == 0.0 or now_mps <= usual_mps:
        fallen_mps = usual_mps * SPEED_FALL
        record["travel_speed_mps"] = max(fallen_mps, now_mps)
    else:
        record["travel_speed_mps"] = min(now_mps, usual_mps * SPEED_RISE_MAX)


@helper
def take_stop(record: Record, sample: Sample, at_us: int, counts: bool, context: Context) -> None:  # noqa: FBT001
    """End the trip; `counts` is false while the lift is not in ordinary service."""
    record["equipment_seen"] = whole(record["equipment_seen"]) & (BYTE ^ IN_TRIP)
    if counts and not distrusted(record, SPEED):
        if whole(record["trip_currents"]) > 0:
            mean_a = float(record["trip_current_a"]) / whole(record["trip_currents"])
            measure(record, MOTOR_CURRENT, mean_a, at_us, context)
        if whole(record["trip_vibrations"]) > 0:
            mean_mps2 = float(record["trip_vibration_mps2"]) / whole(record["trip_vibrations"])
            measure(record, VIBRATION, mean_mps2, at_us, context)
        error_mm = float(sample.levelling_error_mm)
        if not isnan(error_mm) and not distrusted(record, LEVELLING_ERROR):
            measure(record, LEVELLING, error_mm, at_us, context)
    _note_top_speed(record)
