"""When a lift fault is not derived: a person in command of the car does such things on purpose.

Inspection and fire-fighter operation stop everything that has not opened yet. Out of service is
often set by the controller itself after a fault: it starts nothing, and stops what had begun before
only for a door that stands open, which then is meant. An open episode stays as it is until the
signals clear it. Must not know the conditions.
"""

from liftward_detection.compiling import constant, helper
from liftward_detection.episodes import Context, drop, settle
from liftward_detection.facts import NO, UNKNOWN, YES
from liftward_detection.fleet import OPEN, PENDING, Record
from liftward_detection.kinds import DetectionKind
from liftward_detection.status import bits_of, is_active, status_of
from liftward_detection.suppression import service_mode_of
from liftward_wire.states import ServiceMode

_GB_02 = constant(DetectionKind.GB_02.code)
# Those that time alone would open while the lift says nothing.
_RUNNING_ON_KINDS = (
    DetectionKind.GB_02,
    DetectionKind.GB_03,
    DetectionKind.GB_04,
    DetectionKind.GB_06,
    DetectionKind.GB_08,
    DetectionKind.MOVING_WITH_DOOR_OPEN,
    DetectionKind.RESCUE_DEVICE_FAILED,
    DetectionKind.CONTROLLER_FAULT,
)
_RUNNING_ON = tuple(constant(kind.code) for kind in _RUNNING_ON_KINDS)
_RUNNING_ON_BITS = bits_of(_RUNNING_ON_KINDS)

_OUT_OF_SERVICE = ServiceMode.OUT_OF_SERVICE.code
_INSPECTION = ServiceMode.INSPECTION.code
_FIREFIGHTER = ServiceMode.FIREFIGHTER.code


@helper
def is_suppressed(record: Record, kind: int) -> bool:
    """Tell whether this kind must not go on towards an episode now."""
    mode = service_mode_of(record)
    if mode == _OUT_OF_SERVICE:
        return kind == _GB_02 or not status_of(record, kind) & PENDING
    return mode in (_INSPECTION, _FIREFIGHTER)


@helper
def unless_suppressed(record: Record, kind: int, condition: int) -> int:
    """Return what a condition counts for in the lift's mode."""
    if condition == NO or not is_suppressed(record, kind):
        return condition
    return UNKNOWN if status_of(record, kind) & OPEN else NO


@helper
def settle_unless_suppressed(
    record: Record, kind: int, condition: int, at_us: int, context: Context
) -> None:
    """Take note of a condition, for what it counts for in the lift's mode."""
    if condition == YES or is_active(record, kind):
        settle(record, kind, unless_suppressed(record, kind, condition), at_us, context)


@helper
def drop_suppressed(record: Record) -> None:
    """Drop what runs and must not now: a silent lift sends no sample that would do it."""
    if not record["active"] & _RUNNING_ON_BITS:
        return
    for kind in _RUNNING_ON:
        if status_of(record, kind) & PENDING and is_suppressed(record, kind):
            drop(record, kind)
