"""Numbers that stand still although sensors always tremble, and numbers that fail to come.

Once a minute a lift's numbers are compared with those of a minute before. How often they are the
same while the car rests behind shut doors is learned: many devices hold small changes back, and one
whose numbers never tremble is never said to be frozen at rest. A run of sameness that is too long
for this lift, or any sameness while it travels, is a gateway that lives and tells old news. Numbers
that had been there since the boot and fail for a while, again and again, are a loose plug. Must not
know sensors of states, doors or trips.
"""

from math import isnan

import numpy as np

from liftward_detection.compiling import constant, flattened, helper
from liftward_detection.door_watch import moved_us
from liftward_detection.episodes import Context
from liftward_detection.equipment import (
    BIT_OF_FINDING,
    LOAD,
    NO_SIGNAL,
    POSITION,
    SIGNAL_CODE,
    SPEED,
    whole,
    whole_seconds,
)
from liftward_detection.facts import YES
from liftward_detection.findings import report
from liftward_detection.fleet import NONE_US, Record
from liftward_detection.kinds import DEVICE_HEALTH_KINDS, DetectionKind
from liftward_detection.samples import Sample
from liftward_wire.states import DoorState

_FROZEN = constant(DetectionKind.VALUES_FROZEN.code)
_MISSING = constant(DetectionKind.VALUES_MISSING.code)
_MISSING_PLACE = constant(DEVICE_HEALTH_KINDS.index(DetectionKind.VALUES_MISSING))
_CURRENT = constant(SIGNAL_CODE["motor_current_a"])
_VIBRATION = constant(SIGNAL_CODE["vibration_mps2"])

_DOOR_CLOSED = DoorState.CLOSED.code
_HAS_POSITION, _HAS_SPEED, _HAS_LOAD, _HAS_CURRENT, _HAS_VIBRATION = 1, 2, 4, 8, 16

SHARE_ONE = 255
# The chance of a run of r is at most exp(-r (1 - share)): 16 makes it one in ten million, against
# about 500,000 comparisons in a lift's year.
FROZEN_EXPONENT = 16.0
_SHARE_STEP_SHIFT = 5  # of what is learned: a 32nd
_LEARNING_RUN_MAX = 16  # a longer run is not learned from: it may be the very thing
_RUN_MAX = 250
_BURST_APART_S = 20  # a number that comes with every tenth sample only is not missing
_BURSTS_MAX = 12
_FADING_LOOKS = 30  # comparisons without a failure that take one burst off
_MARK_PRIME = 1_000_003
_PLAUSIBLE_MAX = 1e6


@flattened
def present_numbers(sample: Sample) -> int:
    """Return which of the numbers that a device always has are there, as bits."""
    bits = 0
    if not isnan(sample.position_m):
        bits |= _HAS_POSITION
    if not isnan(sample.speed_mps):
        bits |= _HAS_SPEED
    if not isnan(sample.load_kg):
        bits |= _HAS_LOAD
    if not isnan(sample.motor_current_a):
        bits |= _HAS_CURRENT
    if not isnan(sample.vibration_mps2):
        bits |= _HAS_VIBRATION
    return bits


@helper
def _first_missing(bits: int) -> int:
    if bits & _HAS_POSITION:
        return POSITION
    if bits & _HAS_SPEED:
        return SPEED
    if bits & _HAS_LOAD:
        return LOAD
    return _CURRENT if bits & _HAS_CURRENT else _VIBRATION


@helper
def presence_changed(record: Record, sample: Sample, sampled_us: int, context: Context) -> None:
    """Take a sample with other numbers than the last: a burst of absence begins or ends."""
    at_us = sample.observed_at_us
    now, before = present_numbers(sample), whole(record["present"])
    lost = whole(record["present_ever"]) & (31 ^ now)
    was_whole = whole(record["present_ever"]) & (31 ^ before) == 0
    record["present"] = now
    record["present_ever"] = whole(record["present_ever"]) | (now)
    until_s = np.int64(record["missing_until_s"])
    if lost == 0:
        record["missing_until_s"] = whole_seconds(at_us)
        return
    if not was_whole:
        return
    apart = until_s == 0 or whole_seconds(at_us) - until_s >= _BURST_APART_S
    if apart and sampled_us != NONE_US:
        record["bursts"] = min(whole(record["bursts"]) + 1, _BURSTS_MAX)
        record["bursts_fading"] = 0
    if whole(record["bursts"]) >= context.limits.equipment.bursts:
        report(record, _MISSING, _first_missing(lost), True, at_us, context)


@helper
def device_started(record: Record) -> None:
    """Forget what the device had before its boot: another firmware may have other numbers."""
    record["present"] = record["present_ever"] = 0
    record["missing_until_s"] = 0


@helper
def _rounded(value: float) -> int:
    # Not so for NaN, infinity and what no sensor can mean.
    number = float(value)
    return round(number * 1000.0) if abs(number) < _PLAUSIBLE_MAX else 0


@helper
def mark_of(sample: Sample) -> int:
    """Return the numbers that tremble, as one number."""
    mark = _rounded(sample.position_m)
    for value in (
        sample.speed_mps,
        sample.levelling_error_mm,
        sample.load_kg,
        sample.motor_current_a,
        sample.vibration_mps2,
    ):
        mark = (mark * _MARK_PRIME + _rounded(value)) & 0x7FFFFFFFFFFF
    return mark


@helper
def _fade_bursts(record: Record, at_us: int, context: Context) -> None:
    if whole(record["bursts"]) == 0:
        return
    record["bursts_fading"] = whole(record["bursts_fading"]) + 1
    if whole(record["bursts_fading"]) < _FADING_LOOKS:
        return
    record["bursts_fading"] = 0
    record["bursts"] = whole(record["bursts"]) - 1
    if whole(record["bursts"]) == 0:
        for signal in (POSITION, SPEED, LOAD, _CURRENT, _VIBRATION):
            if whole(record["told_findings"]) & BIT_OF_FINDING[_MISSING_PLACE, signal + 1]:
                report(record, _MISSING, signal, False, at_us, context)


@helper
def compare_values(record: Record, sample: Sample, at_us: int, context: Context) -> None:
    """Compare the numbers with those of a minute before."""
    _fade_bursts(record, at_us, context)
    if present_numbers(sample) == 0:
        return
    mark, before, first = mark_of(sample), record["values_mark"], record["health_due_us"] == NONE_US
    record["values_mark"] = mark
    if first:
        return
    share, run = whole(record["same_share"]), whole(record["same_run"])
    rests = _rests(record, context)
    if mark != before:
        if rests:
            record["same_share"] = share - (share >> _SHARE_STEP_SHIFT)
        record["same_run"] = 0
        report(record, _FROZEN, NO_SIGNAL, False, at_us, context)
        return
    run = min(run + 1, _RUN_MAX)
    record["same_run"] = run
    if rests and run <= _LEARNING_RUN_MAX:
        record["same_share"] = share + ((SHARE_ONE - share) >> _SHARE_STEP_SHIFT)
    too_still = run * (SHARE_ONE - whole(record["same_share"])) >= FROZEN_EXPONENT * SHARE_ONE
    moves = record["travelling"] == YES and not isnan(sample.position_m)
    if too_still or moves:
        report(record, _FROZEN, NO_SIGNAL, True, at_us, context)


@helper
def _rests(record: Record, context: Context) -> bool:
    """Tell whether car and door have been at rest since the last comparison at least."""
    last_us = record["health_due_us"] - context.limits.equipment.look_us
    rest_us, door_us = record["stationary_since_us"], moved_us(record)
    return (
        NONE_US not in (rest_us, door_us)
        and max(rest_us, door_us) <= last_us
        and record["car_door"] == _DOOR_CLOSED
    )
