"""What the position tells: lost, past a terminal landing, off level stop after stop.

Code 07 of GB/T 24476-2017, overrun at top and bottom, levelling error. The heights of the terminal
landings are learned from where the doors open: the lowest is 0 by the contract, the highest is
known when as many floors have been served as are registered. Must not know entrapment.
"""

from math import isnan

from liftward_detection.compiling import constant, flattened, helper
from liftward_detection.episodes import Context, forget_worst
from liftward_detection.facts import NO, UNKNOWN, YES, Facts, known
from liftward_detection.fault_memory import (
    STOP_BAD,
    STOP_TO_JUDGE,
    counted,
    matters,
    note_worst,
    settle_seen,
    settle_since,
)
from liftward_detection.faults_suppressed import is_suppressed, unless_suppressed
from liftward_detection.fleet import BYTE, NO_FLOOR, NONE_US, Record
from liftward_detection.kinds import DetectionKind
from liftward_detection.samples import Sample
from liftward_detection.status import bits_of, is_active, status_of
from liftward_detection.thresholds import MICROSECONDS_PER_SECOND, Limits
from liftward_wire.signals import COUNT_ABSENT

_GB_07 = constant(DetectionKind.GB_07.code)
_TOP = constant(DetectionKind.OVERRUN_TOP.code)
_BOTTOM = constant(DetectionKind.OVERRUN_BOTTOM.code)
_LEVELLING = constant(DetectionKind.LEVELLING_ERROR.code)
_OVERRUNS = bits_of((DetectionKind.OVERRUN_TOP, DetectionKind.OVERRUN_BOTTOM))


@flattened
def touch_position(record: Record, sample: Sample, at_us: int) -> None:
    """Note a position that did not jump: all there is to do where no look is needed."""
    if not isnan(sample.position_m):
        record["position_m"] = sample.position_m
        record["position_at_us"] = at_us


@flattened
def jumped(record: Record, sample: Sample, at_us: int, limits: Limits) -> bool:
    """Tell whether the position changed as no car can, or against its own floor."""
    moved_m = float(sample.position_m) - float(record["position_m"])
    if isnan(moved_m) or record["position_at_us"] == NONE_US:
        return False
    rated_mps = float(record["rated_speed_mps"])
    fastest_mps = limits.fastest_mps
    if rated_mps > 0:
        fastest_mps = rated_mps * limits.jump_over_rated_share
    passed_s = max(at_us - record["position_at_us"], 0) / MICROSECONDS_PER_SECOND
    return bool(abs(moved_m) > fastest_mps * passed_s + limits.jump_margin_m)


@helper
def came_back_soon(record: Record, sample: Sample, at_us: int, limits: Limits) -> bool:
    """Tell whether a jump leads back to where the one before it came from: a single odd reading."""
    doubted_us = record["position_doubted_us"]
    if doubted_us == NONE_US or at_us - doubted_us > limits.hold_us[_GB_07]:
        return False
    from_m = abs(float(sample.position_m) - float(record["jumped_from_m"]))
    return from_m <= limits.jump_margin_m


@flattened
def note_position(record: Record, sample: Sample, at_us: int, limits: Limits) -> None:
    """Keep the position, and whether it is to be doubted; a jump that comes back was a reading."""
    position_m = sample.position_m
    if isnan(position_m):
        return
    if jumped(record, sample, at_us, limits):
        if came_back_soon(record, sample, at_us, limits):
            record["position_doubted_us"] = NONE_US
        else:
            record["jumped_from_m"] = record["position_m"]
            record["position_doubted_us"] = at_us
    doubted_us = record["position_doubted_us"]
    if doubted_us != NONE_US and at_us - doubted_us >= limits.position_doubted_us:
        record["position_doubted_us"] = NONE_US
    record["position_m"] = position_m
    record["position_at_us"] = at_us


@flattened
def learn_landing(record: Record, sample: Sample, facts: Facts) -> None:
    """Learn how high the highest landing is, from where the doors open."""
    if min(facts.stationary, facts.at_level) != YES or facts.shut != NO:
        return
    if record["position_doubted_us"] != NONE_US or isnan(sample.position_m):
        return
    if sample.floor == COUNT_ABSENT:
        return
    if record["floor_low"] == NO_FLOOR or sample.floor < record["floor_low"]:
        record["floor_low"] = sample.floor
    if record["floor_high"] == NO_FLOOR or sample.floor > record["floor_high"]:
        record["floor_high"] = sample.floor
        record["top_m"] = sample.position_m


@helper
def knows_top(record: Record) -> bool:
    served_count = int(record["floor_high"]) - int(record["floor_low"]) + 1
    return bool(record["floors_count"] > 1 and served_count >= record["floors_count"])


@flattened
def overrun(record: Record, sample: Sample, facts: Facts, beyond: int) -> int:
    """Stands outside the zone past a terminal landing; `beyond` tells whether it is past it."""
    if isnan(sample.position_m) or record["position_doubted_us"] != NONE_US:
        return UNKNOWN
    return min(facts.stationary, -facts.at_level, beyond)


@flattened
def judge_stop(record: Record, sample: Sample, facts: Facts, at_us: int, limits: Limits) -> None:
    """Judge each stop once by its stopping accuracy, and while people pass by the wider one.

    The first look is at the car as it has stopped, before people who step in or out lower or lift
    it; from then on the controller levels again, and the levelling accuracy counts.
    """
    flags = record["fault_flags"]
    if facts.travelling == YES:
        record["fault_flags"] = (flags | STOP_TO_JUDGE) & (BYTE ^ STOP_BAD)
        return
    error_mm = abs(float(sample.levelling_error_mm))
    if isnan(error_mm) or min(facts.stationary, facts.at_level) != YES or flags & STOP_BAD:
        return
    if is_suppressed(record, _LEVELLING):
        return
    first = flags & STOP_TO_JUDGE != 0
    limit_mm = limits.stopping_accuracy_mm if first else limits.levelling_accuracy_mm
    if error_mm > limit_mm and (first or facts.shut == NO):
        if record["bad_stops_count"] == 0:
            record["badly_stopped_us"] = at_us
            if not is_active(record, _LEVELLING):
                forget_worst(record, _LEVELLING)
        record["bad_stops_count"] = counted(record["bad_stops_count"])
        record["good_stops_count"] = 0
        record["fault_flags"] = (flags | STOP_BAD) & (BYTE ^ STOP_TO_JUDGE)
        note_worst(record, _LEVELLING, float(sample.levelling_error_mm))
    elif first:
        record["good_stops_count"] = counted(record["good_stops_count"])
        record["bad_stops_count"] = 0
        record["fault_flags"] = flags & (BYTE ^ STOP_TO_JUDGE)


@helper
def levelling_error(record: Record, limits: Limits) -> int:
    """Off level at so many stops in a row; one stop alone is nobody's fault."""
    if record["bad_stops_count"] >= limits.bad_stops_count:
        return YES
    return NO if record["good_stops_count"] >= limits.bad_stops_count else UNKNOWN


@helper
def _settle_measured(  # noqa: PLR0917 - positional in compiled code
    record: Record, kind: int, condition: int, measured: float, at_us: int, context: Context
) -> None:
    if matters(record, kind, condition):
        judged = unless_suppressed(record, kind, condition)
        if judged == YES:
            note_worst(record, kind, measured)
        settle_seen(record, kind, judged, at_us, context)


@helper
def _watch_overruns(
    record: Record, sample: Sample, facts: Facts, at_us: int, context: Context
) -> None:
    position_m = float(sample.position_m)
    too_low = known(position_m < -context.limits.overrun_m)
    too_high = UNKNOWN
    if knows_top(record):
        too_high = known(position_m > float(record["top_m"]) + context.limits.overrun_m)
    bottom = overrun(record, sample, facts, too_low)
    top = overrun(record, sample, facts, too_high)
    _settle_measured(record, _BOTTOM, bottom, position_m, at_us, context)
    _settle_measured(record, _TOP, top, position_m, at_us, context)


@flattened
def watch_position(
    record: Record, sample: Sample, facts: Facts, at_us: int, context: Context
) -> None:
    """Settle everything about position by this sample."""
    limits, position_m = context.limits, float(sample.position_m)
    note_position(record, sample, at_us, limits)
    learn_landing(record, sample, facts)
    judge_stop(record, sample, facts, at_us, limits)
    if record["position_doubted_us"] != NONE_US or is_active(record, _GB_07):
        lost = UNKNOWN if isnan(position_m) else known(record["position_doubted_us"] != NONE_US)
        from_m = position_m - float(record["jumped_from_m"])
        _settle_measured(record, _GB_07, lost, from_m, at_us, context)
    if min(facts.stationary, -facts.at_level) == YES or record["active"] & _OVERRUNS:
        _watch_overruns(record, sample, facts, at_us, context)
    off_level = levelling_error(record, limits)
    if off_level == YES or status_of(record, _LEVELLING) != 0:
        judged = unless_suppressed(record, _LEVELLING, off_level)
        settle_since(record, _LEVELLING, judged, record["badly_stopped_us"], at_us, context)
