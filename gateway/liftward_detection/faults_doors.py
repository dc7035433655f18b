"""Doors that fail to close or to open, that cycle, and cars that move with open doors.

Codes 02, 03 and 05 of GB/T 24476-2017, door cycling, moving with a door open. Must not know
entrapment.
"""

from math import isnan

from liftward_detection.compiling import constant, flattened, helper
from liftward_detection.episodes import Context, settle
from liftward_detection.facts import NO, UNKNOWN, YES, Facts, known
from liftward_detection.fault_memory import (
    ASKED_TO_OPEN,
    MOVED_OPEN,
    OPENED_AT_LEVEL,
    counted,
    matters,
    note_worst,
    settle_since,
)
from liftward_detection.faults_suppressed import settle_unless_suppressed, unless_suppressed
from liftward_detection.fleet import (
    BYTE,
    DOOR_OPEN_PRESSED,
    DOOR_RETRIED,
    NONE_US,
    OPEN,
    TRAVELLED,
    Record,
)
from liftward_detection.kinds import DetectionKind
from liftward_detection.quiet import look_again
from liftward_detection.samples import Sample
from liftward_detection.status import is_active, status_of
from liftward_wire.states import DoorState

_GB_02 = constant(DetectionKind.GB_02.code)
_GB_03 = constant(DetectionKind.GB_03.code)
_GB_05 = constant(DetectionKind.GB_05.code)
_MOVING_OPEN = constant(DetectionKind.MOVING_WITH_DOOR_OPEN.code)
_CYCLING = constant(DetectionKind.DOOR_CYCLING.code)

_DOOR_UNKNOWN = DoorState.UNKNOWN.code
_DOOR_CLOSED = DoorState.CLOSED.code
_DOOR_OPENING = DoorState.OPENING.code
_DOOR_OPEN = DoorState.OPEN.code
_DOOR_CLOSING = DoorState.CLOSING.code
_DOOR_FAULT = DoorState.FAULT.code


@helper
def note_retry(record: Record, at_us: int, context: Context) -> None:
    """Take a re-try of the doors, told by an event: to close, or when they are shut, to open."""
    record["flags"] |= DOOR_RETRIED
    if record["shut"] == YES:
        record["fault_flags"] |= ASKED_TO_OPEN
    if record["reopened_us"] == NONE_US:
        record["reopened_us"] = at_us
    record["retries_count"] = counted(record["retries_count"])
    watch_cycling(record, at_us, context)


@flattened
def note_doors(record: Record, sample: Sample, facts: Facts, at_us: int) -> None:
    """Count re-openings at this stop, and keep what the doors did at their landing."""
    before, door = record["door_known_before"], sample.car_door
    if facts.travelling == YES:
        record["reopenings_count"] = record["retries_count"] = 0
        record["reopened_us"] = NONE_US
        record["fault_flags"] &= BYTE ^ ASKED_TO_OPEN
    if door == _DOOR_UNKNOWN:
        return
    record["door_known_before"] = door
    gave_up = before in (_DOOR_CLOSING, _DOOR_FAULT) and door in (_DOOR_OPENING, _DOOR_OPEN)
    if gave_up and facts.travelling != YES:
        if record["reopened_us"] == NONE_US:
            record["reopened_us"] = at_us
        record["reopenings_count"] = counted(record["reopenings_count"])
    if before == _DOOR_OPENING and door == _DOOR_CLOSED:
        record["fault_flags"] |= ASKED_TO_OPEN  # it was to open, and is shut again
        look_again(record)  # a car that travels forgets it with its next sample
    if facts.shut == NO:
        record["fault_flags"] &= BYTE ^ ASKED_TO_OPEN


@flattened
def note_leaving(record: Record, sample: Sample, facts: Facts, at_us: int) -> None:
    """Keep whether the car has moved since its doors stood open at a landing."""
    flags = record["fault_flags"]
    if facts.door_open == NO:
        record["fault_flags"] = flags & (BYTE ^ (OPENED_AT_LEVEL | MOVED_OPEN))
    elif min(facts.door_open, facts.at_level, facts.stationary) == YES:
        stays = flags & OPENED_AT_LEVEL and not flags & MOVED_OPEN
        if not stays or isnan(record["opened_at_m"]):
            record["opened_at_m"] = sample.position_m
        record["fault_flags"] = (flags | OPENED_AT_LEVEL) & (BYTE ^ MOVED_OPEN)
    elif (
        flags & OPENED_AT_LEVEL
        and not flags & MOVED_OPEN
        and facts.at_level != YES
        and (facts.travelling == YES or facts.displaced)
    ):
        record["fault_flags"] = flags | MOVED_OPEN
        record["left_landing_us"] = at_us


@flattened
def door_fails_to_close(record: Record, facts: Facts) -> int:
    """Code 02: the door stands open at a landing although something asks for it to close.

    Many lifts wait with open doors; only a waiting car call, a re-try or a door in fault says that
    this one should not. A lift that tells none of them is left to its controller's own report.
    """
    fault = facts.door_struggles and facts.door_held == YES
    demand = max(known(fault), known(record["flags"] & DOOR_RETRIED != 0), facts.car_calls)
    return min(facts.stationary, facts.door_held, demand, known(facts.at_level != NO))


@flattened
def door_fails_to_open(record: Record, sample: Sample, facts: Facts) -> int:
    """Code 03: the car has arrived, or is asked to open, and its doors stay shut.

    A car may park with shut doors: only people who arrived in it, a press of door-open or a re-try
    say that this one should open. Without mains no door opens, which is no fault of the door.
    """
    flags = record["flags"]
    arrived = min(known(flags & TRAVELLED != 0), record["aboard"])
    asked = known(
        flags & DOOR_OPEN_PRESSED != 0
        or record["fault_flags"] & ASKED_TO_OPEN != 0
        or status_of(record, _GB_03) & OPEN != 0
    )
    stays_shut = facts.shut
    if sample.car_door == _DOOR_OPENING and facts.shut == UNKNOWN:
        stays_shut = YES
    standing = min(facts.stationary, facts.at_level, known(facts.power_lost != YES))
    return min(standing, stays_shut, max(arrived, asked))  # type: ignore[no-any-return]  # records are untyped


@flattened
def unintended_movement(record: Record, facts: Facts) -> int:
    """Code 05: the car has left its landing with open doors and stands outside the zone.

    One that goes on is `moving_with_door_open`: a door contact that is stuck open looks the same
    until the car arrives, and only a car that stops between landings cannot be explained by it.
    """
    if facts.door_open == NO or facts.at_level == YES:
        return NO
    left = record["fault_flags"] & MOVED_OPEN != 0
    standing = min(facts.door_open, -facts.at_level, facts.stationary)
    return YES if left and standing == YES else UNKNOWN


@helper
def watch_cycling(record: Record, at_us: int, context: Context) -> None:
    """Open door cycling when the doors have failed so often at one stop."""
    count = max(record["reopenings_count"], record["retries_count"])
    if count >= context.limits.door_cycles_count:
        condition = unless_suppressed(record, _CYCLING, YES)
        if condition == YES:
            note_worst(record, _CYCLING, float(count))
        settle_since(record, _CYCLING, condition, record["reopened_us"], at_us, context)


@flattened
def watch_doors(record: Record, sample: Sample, facts: Facts, at_us: int, context: Context) -> None:
    """Settle everything about doors by this sample."""
    note_doors(record, sample, facts, at_us)
    note_leaving(record, sample, facts, at_us)
    if facts.travelling == YES and is_active(record, _CYCLING):
        settle_since(record, _CYCLING, NO, at_us, at_us, context)
    watch_cycling(record, at_us, context)
    if min(facts.stationary, facts.door_held) == YES or is_active(record, _GB_02):
        fails = door_fails_to_close(record, facts)
        settle_unless_suppressed(record, _GB_02, fails, at_us, context)
    if min(facts.stationary, facts.at_level) == YES or is_active(record, _GB_03):
        fails = door_fails_to_open(record, sample, facts)
        settle_unless_suppressed(record, _GB_03, fails, at_us, context)
    moving_open = min(facts.travelling, facts.door_open)
    if matters(record, _MOVING_OPEN, moving_open):
        judged = unless_suppressed(record, _MOVING_OPEN, moving_open)
        if judged == YES:
            note_worst(record, _MOVING_OPEN, float(sample.speed_mps))
        settle(record, _MOVING_OPEN, judged, at_us, context)
    left = unintended_movement(record, facts)
    if matters(record, _GB_05, left):
        judged = unless_suppressed(record, _GB_05, left)
        if judged == YES:
            note_worst(record, _GB_05, float(sample.position_m) - float(record["opened_at_m"]))
        settle_since(record, _GB_05, judged, record["left_landing_us"], at_us, context)
