"""How a condition becomes an episode: pending, open, ended; and what is written down then.

One episode at a time for each lift and kind. Our own reading of the signals and the controller's
report may each keep it open. Must not know what a condition means.
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
    LEVEL_BITS,
    LEVEL_SHIFT,
    NEVER_DUE_US,
    NONE_US,
    OPEN,
    PENDING,
    REPORTED,
    TRAVELLED,
    Record,
)
from liftward_detection.kinds import (
    CONDITION_KINDS,
    DEVICE_HEALTH_KINDS,
    NO_PLACE,
    PLACE_OF_WORST,
    DetectionKind,
    Evidence,
    Level,
    Piece,
    Reason,
    Transition,
)
from liftward_detection.quiet import look_again
from liftward_detection.status import bits_of, is_active, set_status, status_of
from liftward_detection.thresholds import MICROSECONDS_PER_SECOND, Limits
from liftward_wire.states import ServiceMode

_ENTRAPMENT = constant(DetectionKind.ENTRAPMENT.code)
_GB_06 = constant(DetectionKind.GB_06.code)
# The conditions whose time runs on without a sample. What is measured (a speed, a temperature) must
# instead be seen again when its time is over: `settle_seen`.
_TIMED_KINDS = (
    DetectionKind.GB_02,
    DetectionKind.GB_03,
    DetectionKind.GB_04,
    DetectionKind.GB_06,
    DetectionKind.GB_08,
    DetectionKind.MOVING_WITH_DOOR_OPEN,
    DetectionKind.RESCUE_DEVICE_FAILED,
    DetectionKind.CONTROLLER_FAULT,
)
_TIMED = tuple(constant(kind.code) for kind in _TIMED_KINDS)
_TIMED_BITS = bits_of(_TIMED_KINDS)
# Kinds of the equipment come last: findings, whose onset is kept in seconds, then drifts, whose
# onset is that of the drift, in minutes.
_FIRST_FINDING = constant(DEVICE_HEALTH_KINDS[0].code)
_FIRST_DRIFT = constant(CONDITION_KINDS[0].code)
_MINUTE_US = 60 * MICROSECONDS_PER_SECOND
_NO_DETAIL = -1  # as transitions.NO_DETAIL

_BEGAN = constant(Transition.BEGAN.code)
_ENDED = constant(Transition.ENDED.code)
_PROBABLE = constant(Level.PROBABLE.code)
_CONFIRMED = constant(Level.CONFIRMED.code)
_CONDITION_HELD = constant(Reason.CONDITION_HELD.code)
_CONDITION_CLEARED = constant(Reason.CONDITION_CLEARED.code)
_REPORTED_BY_CONTROLLER = constant(Reason.REPORTED_BY_CONTROLLER.code)

_OUT_OF_SERVICE_MODE = ServiceMode.OUT_OF_SERVICE.code

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

_NAN = np.float32(np.nan)
_WEIGHTS_COUNT = len(Piece) + 2

Rows = NDArray[np.void]  # dtype transitions.ROW, with room for one call's worst case
Cursor = NDArray[np.int64]  # shape (2,): rows filled, samples that were quiet


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
    """Grade what is known of a code: confirmed by its second source."""
    both = DERIVED | REPORTED
    return _CONFIRMED if record["status"][kind] & both == both else _PROBABLE


@helper
def raise_to(record: Record, kind: int, level: int) -> None:
    """Remember the highest level an open episode reached."""
    status = record["status"][kind]
    level = max(level, (status & LEVEL_BITS) >> LEVEL_SHIFT)
    set_status(record, kind, (status & (BYTE ^ LEVEL_BITS)) | (level << LEVEL_SHIFT))


@helper
def raise_level(record: Record, kind: int) -> None:
    """Grade an open episode of a code anew; the level of an entrapment is the belief's."""
    if kind != _ENTRAPMENT:
        raise_to(record, kind, level_of(record, kind))


@helper
def onset_us(record: Record, kind: int) -> int:
    """Return when the episode of a kind began."""
    if kind >= _FIRST_DRIFT:
        return np.int64(record["drift_since"][kind - _FIRST_DRIFT]) * _MINUTE_US  # type: ignore[return-value]  # as good as an int
    if kind >= _FIRST_FINDING:
        seconds = np.int64(record["found_s"][kind - _FIRST_FINDING])
        return seconds * MICROSECONDS_PER_SECOND  # type: ignore[return-value]  # the same
    return record["since_us"][kind]  # type: ignore[no-any-return]  # records are untyped


@helper
def forget_worst(record: Record, kind: int) -> None:
    if PLACE_OF_WORST[kind] != NO_PLACE:
        record["worst"][PLACE_OF_WORST[kind]] = _NAN


@helper
def write(  # noqa: PLR0917 - one place that knows the row's layout
    record: Record,
    kind: int,
    transition: int,
    reason: int,
    at_us: int,
    context: Context,
) -> None:
    raise_level(record, kind)
    row = context.rows[context.cursor[0]]
    row["lift_index"] = context.lift_index
    row["received_us"] = context.received_us
    row["kind"] = kind
    row["transition"] = transition
    row["level"] = (record["status"][kind] & LEVEL_BITS) >> LEVEL_SHIFT
    row["reason"] = reason
    row["evidence"] = evidence_of(record, kind, at_us, context.limits)
    row["onset_us"] = onset_us(record, kind)
    row["detected_us"] = at_us
    row["stationary_since_us"] = record["stationary_since_us"]
    row["load_kg"] = record["load_kg"]
    row["floor"] = record["floor"]
    row["probability"] = _NAN
    for weight in range(_WEIGHTS_COUNT):
        row["weights"][weight] = 0
    row["suppression"] = record["suppression"]
    place = PLACE_OF_WORST[kind]
    row["worst"] = record["worst"][place] if place != NO_PLACE else _NAN
    row["baseline_value"] = row["current_value"] = _NAN
    row["trend_per_day"] = row["days_to_limit"] = _NAN
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
    """Open the episode whose onset is set; see `onset_us`."""
    if kind < _FIRST_FINDING:  # the equipment has looks of its own
        look_again(record)
    source = REPORTED if reason == _REPORTED_BY_CONTROLLER else DERIVED
    set_status(record, kind, OPEN | source)
    write(record, kind, _BEGAN, reason, at_us, context)


@helper
def finish(
    record: Record,
    kind: int,
    reason: int,
    at_us: int,
    context: Context,
) -> None:
    """End the open episode; never before its onset, even when the device's clock was set back."""
    ended_us = max(at_us, onset_us(record, kind))
    write(record, kind, _ENDED, reason, ended_us, context)
    drop(record, kind)


@helper
def drop(record: Record, kind: int) -> None:
    """Forget a pending condition or an ended episode."""
    if kind < _FIRST_FINDING:
        if status_of(record, kind) & OPEN:
            look_again(record)  # what stands open is evidence of something else, too
        record["since_us"][kind] = NONE_US
        forget_worst(record, kind)
    set_status(record, kind, 0)


@helper
def hold_us(record: Record, kind: int, limits: Limits) -> int:
    """Return how long a code's condition must hold; those of a plain state need not.

    A motor run-time limiter is set for the lift's own travel: the lesser of 45 s and the time for
    it plus 10 s, at least 20 s (EN 81-20 5.9.2.7.3, as remembered).
    """
    floors_count, speed_mps = record["floors_count"], record["rated_speed_mps"]
    if kind == _GB_06 and floors_count > 1 and speed_mps > 0:
        travel_s = (floors_count - 1) * limits.floor_height_m / float(speed_mps)
        own_us = int(travel_s * MICROSECONDS_PER_SECOND) + limits.run_time_margin_us
        return min(max(own_us, limits.run_time_us_min), limits.hold_us[_GB_06])
    return limits.hold_us[kind]


@helper
def fire_codes(record: Record, horizon_us: int, context: Context) -> None:
    """Open each pending episode of a code that was due at device time `horizon_us` or before."""
    if not record["active"] & _TIMED_BITS:
        return
    for kind in _TIMED:
        if status_of(record, kind) & PENDING:
            at_us = record["since_us"][kind] + hold_us(record, kind, context.limits)
            if at_us <= horizon_us:
                begin(record, kind, _CONDITION_HELD, at_us, context)


@helper
def earliest_code_due_us(record: Record, limits: Limits) -> int:
    """Return when the first pending code is due, device time, or NEVER_DUE_US."""
    earliest_us = NEVER_DUE_US
    if not record["active"] & _TIMED_BITS:
        return earliest_us
    for kind in _TIMED:
        if status_of(record, kind) & PENDING:
            earliest_us = min(earliest_us, record["since_us"][kind] + hold_us(record, kind, limits))
    return earliest_us


@helper
def is_news(record: Record, kind: int, condition: int) -> bool:
    """Tell whether `settle` has anything to do: asked first, for it nearly never has."""
    return condition != UNKNOWN and (condition == YES or is_active(record, kind))


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
        set_status(record, kind, status & (BYTE ^ DERIVED))
        if not status & OPEN:
            drop(record, kind)
        elif not status & REPORTED:
            set_status(record, kind, status)
            finish(record, kind, _CONDITION_CLEARED, at_us, context)
    elif status & OPEN:
        set_status(record, kind, status | DERIVED)
        raise_level(record, kind)
    elif not status & PENDING:
        set_status(record, kind, PENDING)
        record["since_us"][kind] = at_us
        if context.limits.hold_us[kind] == 0:
            begin(record, kind, _CONDITION_HELD, at_us, context)
