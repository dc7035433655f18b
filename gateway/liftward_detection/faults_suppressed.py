"""When a lift fault is not derived: a person in command of the car does such things on purpose.

Inspection and fire-fighter operation stop everything that has not opened yet. Out of service is
often set by the controller itself after a fault: it starts nothing, and stops what had begun before
only for a door that stands open, which then is meant. An open episode stays as it is until the
signals clear it. Must not know the conditions.
"""

from liftward_detection.compiling import constant, helper
from liftward_detection.episodes import drop
from liftward_detection.facts import NO, UNKNOWN
from liftward_detection.fleet import OPEN, PENDING, Record
from liftward_detection.kinds import DetectionKind
from liftward_detection.suppression import service_mode_of
from liftward_wire.states import ServiceMode

_GB_02 = constant(DetectionKind.GB_02.code)
# Those that time alone would open while the lift says nothing.
_RUNNING_ON = (
    _GB_02,
    constant(DetectionKind.GB_03.code),
    constant(DetectionKind.GB_04.code),
    constant(DetectionKind.GB_06.code),
    constant(DetectionKind.GB_08.code),
    constant(DetectionKind.MOVING_WITH_DOOR_OPEN.code),
    constant(DetectionKind.RESCUE_DEVICE_FAILED.code),
    constant(DetectionKind.CONTROLLER_FAULT.code),
)

_OUT_OF_SERVICE = ServiceMode.OUT_OF_SERVICE.code
_INSPECTION = ServiceMode.INSPECTION.code
_FIREFIGHTER = ServiceMode.FIREFIGHTER.code


@helper
def is_suppressed(record: Record, kind: int) -> bool:
    """Tell whether this kind must not go on towards an episode now."""
    mode = service_mode_of(record)
    if mode == _OUT_OF_SERVICE:
        return kind == _GB_02 or not record["status"][kind] & PENDING
    return mode in (_INSPECTION, _FIREFIGHTER)


@helper
def unless_suppressed(record: Record, kind: int, condition: int) -> int:
    """Return what a condition counts for in the lift's mode."""
    if condition == NO or not is_suppressed(record, kind):
        return condition
    return UNKNOWN if record["status"][kind] & OPEN else NO


@helper
def drop_suppressed(record: Record) -> None:
    """Drop what runs and must not now: a silent lift sends no sample that would do it."""
    for kind in _RUNNING_ON:
        if record["status"][kind] & PENDING and is_suppressed(record, kind):
            drop(record, kind)
