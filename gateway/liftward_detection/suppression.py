"""Why a car that stands shut is no sign of entrapment now, and for how long that is believed.

Each reason has a time box in `thresholds.toml`. When it is over, `suppression_expired` begins and
the lift is watched again, with the doubt that the mode still leaves (see `evidence`); it ends with
the reason. Five reasons stop the watch; the others describe a car at which there is nothing to
watch, because it moves or its doors stand open, and a test call only takes back the alarm press.

It must never hide someone. Inspection and fire-fighter operation have a person on site in command
of the car. Out of service is often set by the controller itself after a fault: it stops no watch
over people who stand in the car already, and hides no alarm press. Independent service holds a car
at a landing on purpose, never between floors. Fire recall, earthquake and emergency power do not
suppress: a car must reach a landing and open, and whoever is inside when it does not is trapped.
"""

from math import isnan

from liftward_detection.alarm_button import forget_alarm
from liftward_detection.compiling import constant, flattened, helper
from liftward_detection.episodes import Context, begin, drop, finish
from liftward_detection.evidence import alarm_counts, mains_lost
from liftward_detection.facts import NO, YES
from liftward_detection.fleet import NEVER_DUE_US, NONE_US, OPEN, PENDING, REPORTED, Record
from liftward_detection.kinds import DetectionKind, Reason, Suppression
from liftward_detection.quiet import look_again
from liftward_detection.samples import Sample
from liftward_detection.status import is_active, set_status, status_of
from liftward_detection.thresholds import Limits
from liftward_wire.states import ServiceMode

_EXPIRED = constant(DetectionKind.SUPPRESSION_EXPIRED.code)
_ENTRAPMENT = constant(DetectionKind.ENTRAPMENT.code)
_GB_42 = constant(DetectionKind.GB_42.code)
_GB_43 = constant(DetectionKind.GB_43.code)
_GB_45 = constant(DetectionKind.GB_45.code)
_TIME_BOX_OVER = constant(Reason.TIME_BOX_OVER.code)
_CONDITION_CLEARED = constant(Reason.CONDITION_CLEARED.code)

_MODE_UNKNOWN = ServiceMode.UNKNOWN.code
_MODE_OUT_OF_SERVICE = ServiceMode.OUT_OF_SERVICE.code
_MODE_INSPECTION = ServiceMode.INSPECTION.code
_MODE_FIREFIGHTER = ServiceMode.FIREFIGHTER.code
_MODE_INDEPENDENT = ServiceMode.INDEPENDENT.code
_MODE_PARKING = ServiceMode.PARKING.code

_NONE = Suppression.NONE.code
_INSPECTION = Suppression.INSPECTION.code
_FIREFIGHTER = Suppression.FIREFIGHTER.code
_OUT_OF_SERVICE = Suppression.OUT_OF_SERVICE.code
_INDEPENDENT = Suppression.INDEPENDENT.code
_PARKED_EMPTY = Suppression.PARKED_EMPTY.code
_RESCUE_DEVICE = Suppression.RESCUE_DEVICE.code
_RELEVELLING = Suppression.RELEVELLING.code
_OVERLOAD = Suppression.OVERLOAD.code
_DOOR_HELD_OPEN = Suppression.DOOR_HELD_OPEN.code
_TEST_CALL = Suppression.TEST_CALL.code

# Overload must be told at 110 % of the rated load, and not before 75 kg over it (EN 81-20). [mem]
_OVERLOAD_SHARE, _OVERLOAD_KG_MIN = 1.1, 75.0


@helper
def service_mode_of(record: Record) -> int:
    """Return the service mode, as told, or as the controller's reported codes imply."""
    if record["service_mode"] != _MODE_UNKNOWN:
        return record["service_mode"]  # type: ignore[no-any-return]  # records are untyped
    if status_of(record, _GB_43) & REPORTED:
        return _MODE_INSPECTION
    if status_of(record, _GB_45) & REPORTED:
        return _MODE_FIREFIGHTER
    return _MODE_OUT_OF_SERVICE if status_of(record, _GB_42) & REPORTED else _MODE_UNKNOWN


@helper
def _by_mode(record: Record, at_us: int, limits: Limits) -> int:
    mode = service_mode_of(record)
    if mode == _MODE_INSPECTION:
        return _INSPECTION
    if mode == _MODE_FIREFIGHTER:
        return _FIREFIGHTER
    if alarm_counts(record, at_us, limits):
        return _NONE
    if mode == _MODE_OUT_OF_SERVICE:
        watched = record["rest_since_us"] != NONE_US and record["aboard"] == YES
        return _NONE if watched else _OUT_OF_SERVICE
    if mode == _MODE_INDEPENDENT and record["at_level"] != NO:
        return _INDEPENDENT
    return _PARKED_EMPTY if mode == _MODE_PARKING and record["aboard"] == NO else _NONE


@helper
def _is_overload(record: Record, load_kg: float) -> bool:
    rated_kg = float(record["rated_load_kg"])
    # NaN on either side compares as false.
    return bool(load_kg > max(rated_kg * _OVERLOAD_SHARE, rated_kg + _OVERLOAD_KG_MIN))


@flattened
def needs_look(record: Record, sample: Sample) -> bool:
    """Tell whether a sample with the states of the last one tells of another load than before."""
    if record["shut"] != NO or isnan(sample.load_kg):
        return False
    is_noted: bool = record["suppression"] == _OVERLOAD
    return _is_overload(record, float(sample.load_kg)) != is_noted


@helper
def _by_motion(record: Record, at_us: int) -> int:
    """Return what a car with open doors, or one that creeps, is doing."""
    creeps = record["stationary"] == NO and record["travelling"] != YES
    if record["shut"] != NO:
        return _RESCUE_DEVICE if creeps and mains_lost(record, at_us) else _NONE
    if creeps:
        return _RELEVELLING
    if record["stationary"] != YES:
        return _NONE
    return _OVERLOAD if _is_overload(record, float(record["load_kg"])) else _DOOR_HELD_OPEN


@helper
def suppression_of(record: Record, at_us: int, limits: Limits) -> int:
    by_mode = _by_mode(record, at_us, limits)
    if by_mode != _NONE:
        return by_mode
    by_motion = _by_motion(record, at_us)
    if by_motion != _NONE:
        return by_motion
    test_us = record["test_at_us"]
    testing = test_us != NONE_US and at_us - test_us <= limits.suppression_us[_TEST_CALL]
    return _TEST_CALL if testing else _NONE


@helper
def is_blocked(record: Record) -> bool:
    """Tell whether the reason stops the watch; one whose time box is over does not."""
    blocks = _NONE < record["suppression"] <= _PARKED_EMPTY
    return blocks and not status_of(record, _EXPIRED) & OPEN


@helper
def update_suppression(record: Record, at_us: int, context: Context) -> None:
    """Note why the lift is not watched now, and since when.

    With a person in command of the car, a press of the alarm button is theirs, mostly a test of it:
    forgotten, so that it does not count when the lift goes back to normal with its doors shut. An
    entrapment that is already open keeps it.
    """
    suppression = suppression_of(record, at_us, context.limits)
    if suppression == _TEST_CALL:
        look_again(record)  # it ends by time alone
    if suppression != record["suppression"]:
        if status_of(record, _EXPIRED) & OPEN:
            finish(record, _EXPIRED, _CONDITION_CLEARED, at_us, context)
        elif is_active(record, _EXPIRED):
            drop(record, _EXPIRED)
        record["suppression"] = suppression
        if suppression not in (_NONE, _TEST_CALL):
            set_status(record, _EXPIRED, PENDING)
            record["since_us"][_EXPIRED] = at_us
    commanded = suppression in (_INSPECTION, _FIREFIGHTER) and is_blocked(record)
    if commanded and not status_of(record, _ENTRAPMENT) & OPEN:
        forget_alarm(record, at_us)


@helper
def expiry_due_us(record: Record, limits: Limits) -> int:
    """Return when the time box of the present reason is over, device time, or NEVER_DUE_US."""
    if not status_of(record, _EXPIRED) & PENDING:
        return NEVER_DUE_US
    return record["since_us"][_EXPIRED] + limits.suppression_us[record["suppression"]]  # type: ignore[no-any-return]  # records are untyped


@helper
def expire(record: Record, at_us: int, context: Context) -> None:
    begin(record, _EXPIRED, _TIME_BOX_OVER, at_us, context)
