"""How a condition becomes an episode: pending, open, ended; and what is written down then.

One episode at a time for each lift and kind. Our own reading of the signals and the controller's
report may each keep it open. Timers fire with the instant they were due, whoever notices first: a
sample, an event or a tick. Must not know what a condition means.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from liftward_detection.compiling import constant, helper
from liftward_detection.facts import NO, UNKNOWN, YES
from liftward_detection.fleet import (
    BYTE,
    DERIVED,
    DOOR_OPEN_PRESSED,
    LEVEL_SHIFT,
    NEVER_DUE_US,
    NONE_US,
    OPEN,
    PENDING,
    REPORTED,
    TRAVELLED,
    Record,
)
from liftward_detection.kinds import DetectionKind, Evidence, Level, Reason, Transition
from liftward_detection.thresholds import Limits
from liftward_wire.states import ServiceMode

_ENTRAPMENT = constant(DetectionKind.ENTRAPMENT.code)
_GB_02 = constant(DetectionKind.GB_02.code)
_GB_04 = constant(DetectionKind.GB_04.code)
_GB_05 = constant(DetectionKind.GB_05.code)

_BEGAN = constant(Transition.BEGAN.code)
_ENDED = constant(Transition.ENDED.code)
_SUSPECTED = constant(Level.SUSPECTED.code)
_PROBABLE = constant(Level.PROBABLE.code)
_CONFIRMED = constant(Level.CONFIRMED.code)
_OFF_LEVEL_TIMER = constant(Reason.OFF_LEVEL_TIMER.code)
_AT_LEVEL_TIMER = constant(Reason.AT_LEVEL_TIMER.code)
_BY_ALARM_BUTTON = constant(Reason.ALARM_BUTTON.code)
_CONDITION_HELD = constant(Reason.CONDITION_HELD.code)
_CONDITION_CLEARED = constant(Reason.CONDITION_CLEARED.code)
_REPORTED_BY_CONTROLLER = constant(Reason.REPORTED_BY_CONTROLLER.code)

_NO_DETAIL = -1  # as transitions.NO_DETAIL

_OUT_OF_SERVICE_MODE = ServiceMode.OUT_OF_SERVICE.code
_LEVEL_BITS = 3 << LEVEL_SHIFT

_STATIONARY = constant(Evidence.STATIONARY)
_OFF_LEVEL = constant(Evidence.OFF_LEVEL)
_AT_LEVEL = constant(Evidence.AT_LEVEL)
_LEVEL_UNKNOWN = constant(Evidence.LEVEL_UNKNOWN)
_DOORS_SHUT = constant(Evidence.DOORS_SHUT)
_DOORS_OPEN = constant(Evidence.DOORS_OPEN)
_DOORS_UNKNOWN = constant(Evidence.DOORS_UNKNOWN)
_OCCUPIED = constant(Evidence.OCCUPIED)
_EMPTY = constant(Evidence.EMPTY)
_OCCUPANCY_UNKNOWN = constant(Evidence.OCCUPANCY_UNKNOWN)
_ALARM_BUTTON = constant(Evidence.ALARM_BUTTON)
_DOOR_OPEN_PRESSES = constant(Evidence.DOOR_OPEN_PRESSES)
_CAR_CALLS = constant(Evidence.CAR_CALLS)
_ARRIVED_NOT_OPENED = constant(Evidence.ARRIVED_NOT_OPENED)
_SAFETY_CHAIN_OPEN = constant(Evidence.SAFETY_CHAIN_OPEN)
_POWER_LOST = constant(Evidence.POWER_LOST)
_OUT_OF_SERVICE = constant(Evidence.OUT_OF_SERVICE)
_SILENT = constant(Evidence.SILENT)
_EVIDENCE_DERIVED = constant(Evidence.DERIVED)
_EVIDENCE_REPORTED = constant(Evidence.REPORTED)

Rows = NDArray[np.void]  # dtype transitions.ROW, with room for one call's worst case
Cursor = NDArray[np.int64]  # shape (1,): rows filled so far


class Context(NamedTuple):
    """What a step is about and where it writes."""

    lift_index: int
    received_us: int  # of the message, or the tick's now: platform time
    limits: Limits
    rows: Rows
    cursor: Cursor


@helper
def _one_of(fact: int, yes: int, unknown: int, no: int) -> int:
    if fact == YES:
        return yes
    return unknown if fact == UNKNOWN else no


@helper
def evidence_of(record: Record, kind: int, at_us: int, limits: Limits) -> int:
    """Return the Evidence bits for a transition at device time `at_us`."""
    shut, flags, status = record["shut"], record["flags"], record["status"][kind]
    bits = _one_of(record["at_level"], _AT_LEVEL, _LEVEL_UNKNOWN, _OFF_LEVEL)
    bits |= _one_of(shut, _DOORS_SHUT, _DOORS_UNKNOWN, _DOORS_OPEN)
    bits |= _one_of(record["aboard"], _OCCUPIED, _OCCUPANCY_UNKNOWN, _EMPTY)
    bits |= _one_of(record["stationary"], _STATIONARY, 0, 0)
    bits |= _one_of(record["car_calls"], _CAR_CALLS, 0, 0)
    bits |= _one_of(record["chain_open"], _SAFETY_CHAIN_OPEN, 0, 0)
    bits |= _one_of(record["power_lost"], _POWER_LOST, 0, 0)
    if record["alarm_since_us"] != NONE_US:
        bits |= _ALARM_BUTTON
    if flags & DOOR_OPEN_PRESSED:
        bits |= _DOOR_OPEN_PRESSES
    if (
        flags & TRAVELLED
        and record["at_level"] != NO
        and record["stationary"] == YES
        and shut != NO
    ):
        bits |= _ARRIVED_NOT_OPENED
    if record["service_mode"] == _OUT_OF_SERVICE_MODE:
        bits |= _OUT_OF_SERVICE
    if record["observed_us"] != NONE_US and at_us - record["observed_us"] >= limits.silent_after_us:
        bits |= _SILENT
    if status & DERIVED:
        bits |= _EVIDENCE_DERIVED
    if status & REPORTED:
        bits |= _EVIDENCE_REPORTED
    return bits


@helper
def level_of(record: Record, kind: int) -> int:
    """Grade what is known now. A code is confirmed by its second source.

    An entrapment is suspected while anything that decides is unknown, or the lift is said to be out
    of service; the alarm button confirms what is otherwise fully seen.
    """
    if kind != _ENTRAPMENT:
        both = DERIVED | REPORTED
        return _CONFIRMED if record["status"][kind] & both == both else _PROBABLE
    seen = (
        record["stationary"] == YES
        and record["shut"] == YES
        and record["aboard"] == YES
        and record["at_level"] != UNKNOWN
        and record["service_mode"] != _OUT_OF_SERVICE_MODE
    )
    if not seen:
        return _SUSPECTED
    return _CONFIRMED if record["alarm_since_us"] != NONE_US else _PROBABLE


@helper
def raise_level(record: Record, kind: int) -> int:
    """Remember the highest level an open episode reached, and return it."""
    status = record["status"][kind]
    level: int = max(level_of(record, kind), (status & _LEVEL_BITS) >> LEVEL_SHIFT)
    record["status"][kind] = (status & (BYTE ^ _LEVEL_BITS)) | (level << LEVEL_SHIFT)
    return level


@helper
def _write(  # noqa: PLR0917 - one place that knows the row's layout
    record: Record,
    kind: int,
    transition: int,
    reason: int,
    at_us: int,
    context: Context,
) -> None:
    row = context.rows[context.cursor[0]]
    row["lift_index"] = context.lift_index
    row["received_us"] = context.received_us
    row["kind"] = kind
    row["transition"] = transition
    row["level"] = raise_level(record, kind)
    row["reason"] = reason
    row["evidence"] = evidence_of(record, kind, at_us, context.limits)
    row["onset_us"] = record["since_us"][kind]
    row["detected_us"] = at_us
    row["stationary_since_us"] = record["stationary_since_us"]
    row["load_kg"] = record["load_kg"]
    row["floor"] = record["floor"]
    row["baseline_value"] = row["current_value"] = np.nan
    row["trend_per_day"] = row["days_to_limit"] = np.nan
    row["detail_code"] = _NO_DETAIL
    context.cursor[0] += 1


@helper
def begin(
    record: Record,
    kind: int,
    reason: int,
    at_us: int,
    context: Context,
) -> None:
    """Open the episode whose onset stands in `since_us`."""
    source = REPORTED if reason == _REPORTED_BY_CONTROLLER else DERIVED
    record["status"][kind] = OPEN | source
    _write(record, kind, _BEGAN, reason, at_us, context)


@helper
def finish(
    record: Record,
    kind: int,
    reason: int,
    at_us: int,
    context: Context,
) -> None:
    """End the open episode; never before its onset, even when the device's clock was set back."""
    ended_us = max(at_us, record["since_us"][kind])
    _write(record, kind, _ENDED, reason, ended_us, context)
    drop(record, kind)


@helper
def drop(record: Record, kind: int) -> None:
    """Forget a pending condition or an ended episode."""
    record["status"][kind] = 0
    record["since_us"][kind] = NONE_US


@helper
def _hold_us(kind: int, limits: Limits) -> int:
    """Return how long a code's condition must hold; those of a plain state need not."""
    if kind == _GB_02:
        return limits.door_not_closed_us
    if kind == _GB_04:
        return limits.stopped_outside_zone_us
    return limits.moving_with_door_open_us if kind == _GB_05 else 0


@helper
def _due_us(record: Record, kind: int, limits: Limits) -> int:
    """Return the device time at which a pending condition has held long enough."""
    if kind == _ENTRAPMENT:
        return record["entrapment_due_us"]  # type: ignore[no-any-return]  # records are untyped
    return record["since_us"][kind] + _hold_us(kind, limits)  # type: ignore[no-any-return]  # records are untyped


@helper
def _reason_when_due(record: Record, kind: int, at_us: int, limits: Limits) -> int:
    if kind != _ENTRAPMENT:
        return _CONDITION_HELD
    off_level = record["at_level"] == NO
    limit_us = limits.off_level_us if off_level else limits.at_level_us
    if at_us < record["since_us"][kind] + limit_us:
        return _BY_ALARM_BUTTON
    return _OFF_LEVEL_TIMER if off_level else _AT_LEVEL_TIMER


@helper
def fire_due(record: Record, horizon_us: int, context: Context) -> None:
    """Open each pending episode that was due at device time `horizon_us` or before."""
    for kind in (_ENTRAPMENT, _GB_02, _GB_04, _GB_05):
        if record["status"][kind] & PENDING:
            at_us = _due_us(record, kind, context.limits)
            if at_us <= horizon_us:
                reason = _reason_when_due(record, kind, at_us, context.limits)
                begin(record, kind, reason, at_us, context)


@helper
def earliest_due_us(record: Record, limits: Limits) -> int:
    """Return when the first pending condition is due, device time, or NEVER_DUE_US."""
    earliest_us = NEVER_DUE_US
    for kind in (_ENTRAPMENT, _GB_02, _GB_04, _GB_05):
        if record["status"][kind] & PENDING:
            earliest_us = min(earliest_us, _due_us(record, kind, limits))
    return earliest_us


@helper
def is_news(record: Record, kind: int, condition: int) -> bool:
    """Tell whether `settle` has anything to do: asked first, for it nearly never has."""
    return condition != UNKNOWN and (record["status"][kind] != 0 or condition == YES)


@helper
def settle(
    record: Record,
    kind: int,
    condition: int,
    at_us: int,
    context: Context,
) -> None:
    """Take note of what a derived condition is at `at_us`; unknown changes nothing."""
    status = record["status"][kind]
    if not is_news(record, kind, condition):
        return
    if condition == NO:
        record["status"][kind] = status & (BYTE ^ DERIVED)
        if not status & OPEN:
            drop(record, kind)
        elif not status & REPORTED:
            record["status"][kind] = status
            finish(record, kind, _CONDITION_CLEARED, at_us, context)
    elif status & OPEN:
        record["status"][kind] = status | DERIVED
        raise_level(record, kind)
    elif not status & PENDING:
        record["status"][kind] = PENDING
        record["since_us"][kind] = at_us
        if _hold_us(kind, context.limits) == 0:
            begin(record, kind, _CONDITION_HELD, at_us, context)
