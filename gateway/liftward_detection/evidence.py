"""Which pieces of evidence are there for a car that stands shut, as one word of bits.

A bit for each `kinds.Piece`, and two counts; the same word means the same belief at the same time.
Unknown sets no bit: a device that does not tell something is neither believed nor doubted for it.
Must not know what a piece weighs.
"""

from liftward_detection.compiling import helper
from liftward_detection.facts import NO, UNKNOWN, YES
from liftward_detection.fleet import (
    CAME_AUTOMATIC,
    LEVEL_BITS,
    LOAD_NO,
    LOAD_YES,
    MOVED,
    NONE_US,
    OPEN,
    PRESSED_UNSEEN,
    RAN_AT_SPEED,
    REPORTED,
    SEEN_MODE,
    SEEN_SPEED,
    SENSOR_NO,
    SENSOR_YES,
    TRAVELLED,
    Record,
)
from liftward_detection.kinds import DetectionKind, Piece, Suppression
from liftward_detection.overtaking import has_come
from liftward_detection.sightings import ran_uncalled
from liftward_detection.status import bits_of, status_of
from liftward_detection.thresholds import Limits
from liftward_wire.states import DoorState, ServiceMode

PRESSES_SHIFT, RETRIES_SHIFT, COUNT_BITS = 40, 42, 3  # further ones, 0 to 3

_PLACE = 1 << Piece.PLACE.code
_ARRIVED_NOT_OPENED = 1 << Piece.ARRIVED_NOT_OPENED.code
_CLOSED_HERE = 1 << Piece.CLOSED_HERE.code
_RAN_AT_SPEED = 1 << Piece.RAN_AT_SPEED.code
_CREPT = 1 << Piece.CREPT.code
_AUTOMATIC_SERVICE = 1 << Piece.AUTOMATIC_SERVICE.code
_OUT_OF_SERVICE = 1 << Piece.OUT_OF_SERVICE.code
_SENSOR_OCCUPIED = 1 << Piece.SENSOR_OCCUPIED.code
_SENSOR_FLAPS = 1 << Piece.SENSOR_FLAPS.code
_SENSOR_EMPTY = 1 << Piece.SENSOR_EMPTY.code
_LOAD_OCCUPIED = 1 << Piece.LOAD_OCCUPIED.code
_LOAD_EMPTY = 1 << Piece.LOAD_EMPTY.code
_CAR_CALLS = 1 << Piece.CAR_CALLS.code
_NO_CAR_CALLS = 1 << Piece.NO_CAR_CALLS.code
_DIRECTION_SET = 1 << Piece.DIRECTION_SET.code
_DOORS_UNKNOWN = 1 << Piece.DOORS_UNKNOWN.code
_DOORS_OPEN = 1 << Piece.DOORS_OPEN.code
_DOOR_OPENING = 1 << Piece.DOOR_OPENING.code
_DOOR_FAULT = 1 << Piece.DOOR_FAULT.code
_DOOR_RETRIES = 1 << Piece.DOOR_RETRIES.code
_MORE_DOOR_RETRIES = 1 << Piece.MORE_DOOR_RETRIES.code
_ALARM_BUTTON = 1 << Piece.ALARM_BUTTON.code
_DOOR_OPEN_PRESSES = 1 << Piece.DOOR_OPEN_PRESSES.code
_MORE_DOOR_OPEN_PRESSES = 1 << Piece.MORE_DOOR_OPEN_PRESSES.code
_SAFETY_CHAIN_OPEN = 1 << Piece.SAFETY_CHAIN_OPEN.code
_POWER_LOST = 1 << Piece.POWER_LOST.code
_CONTROLLER_CODE = 1 << Piece.CONTROLLER_CODE.code
SECOND_SOURCES = _ALARM_BUTTON | _CONTROLLER_CODE | _MORE_DOOR_OPEN_PRESSES
POWER_LOST_PIECE = _POWER_LOST
ALARM_PIECE = _ALARM_BUTTON
DOOR_OPENING_PIECE = _DOOR_OPENING
DOOR_MOVES = _DOOR_OPENING | _DOOR_FAULT

_GB_01 = DetectionKind.GB_01.code
_GB_08 = DetectionKind.GB_08.code
_GB_41 = DetectionKind.GB_41.code
_ENTRAPMENT = DetectionKind.ENTRAPMENT.code
_CODE_BITS = bits_of(kind for kind in DetectionKind if _GB_01 <= kind.code <= _GB_08)
_OF_SERVICE = ServiceMode.OUT_OF_SERVICE.code
_COMMANDED_MODES = (
    ServiceMode.INSPECTION.code,
    ServiceMode.FIREFIGHTER.code,
    ServiceMode.INDEPENDENT.code,
)
_DOOR_UNKNOWN = DoorState.UNKNOWN.code
_OPENING = DoorState.OPENING.code
_FAULT = DoorState.FAULT.code
_TEST_CALL = Suppression.TEST_CALL.code
_SENSOR_BOTH = SENSOR_YES | SENSOR_NO
_LOAD_BOTH = LOAD_YES | LOAD_NO


@helper
def alarm_counts(record: Record, at_us: int, limits: Limits) -> bool:
    """Tell whether the alarm button was pressed by `at_us`; a press of a test call does not count.

    A probable entrapment is not doubted because its press came before the samples of its time.
    """
    alarm_us, test_us = record["alarm_since_us"], record["test_at_us"]
    if alarm_us == NONE_US:
        return False
    if not has_come(record, alarm_us, at_us) and not status_of(record, _ENTRAPMENT) & LEVEL_BITS:
        return False
    return test_us == NONE_US or abs(alarm_us - test_us) > limits.suppression_us[_TEST_CALL]  # type: ignore[no-any-return]  # records are untyped


@helper
def mains_lost(record: Record, at_us: int) -> bool:
    """Tell whether the mains are gone, by the last sample or the controller's code 41."""
    if record["power_lost"] == YES:
        return True
    return status_of(record, _GB_41) & OPEN != 0 and has_come(
        record, record["since_us"][_GB_41], at_us
    )


@helper
def _code_raised(record: Record, at_us: int, limits: Limits) -> bool:
    if not record["active"] & _CODE_BITS:
        return False
    earliest_us = record["rest_since_us"] - limits.code_before_us
    if record["flags"] & PRESSED_UNSEEN:  # since when it stands is not known
        earliest_us = min(earliest_us, record["observed_us"])
    for kind in range(_GB_01, _GB_08 + 1):
        if status_of(record, kind) & REPORTED:
            since_us = record["since_us"][kind]
            if since_us >= earliest_us and has_come(record, since_us, at_us):
                return True
    return False


@helper
def _way_pieces(record: Record, at_us: int) -> int:
    """Return how the car came to stand where it stands."""
    flags = record["flags"]
    bits = 0
    if record["at_level"] != NO and record["car_door"] != _DOOR_UNKNOWN:
        bits |= _ARRIVED_NOT_OPENED if flags & TRAVELLED else _CLOSED_HERE
    if flags & RAN_AT_SPEED:
        bits |= _RAN_AT_SPEED
    elif flags & MOVED and record["seen"] & SEEN_SPEED and not mains_lost(record, at_us):
        bits |= _CREPT
    return bits


@helper
def is_automatic(record: Record, service_mode: int) -> bool:
    """Tell whether the controller is known to be in command now."""
    held = service_mode in _COMMANDED_MODES or service_mode == _OF_SERVICE
    return not held and record["seen"] & SEEN_MODE != 0


@helper
def _command_pieces(record: Record, service_mode: int) -> int:
    """Return who is in command: what took itself out of service at this stop came by itself."""
    bits = 0
    if record["seen"] & CAME_AUTOMATIC or is_automatic(record, service_mode):
        bits |= _AUTOMATIC_SERVICE
    if service_mode == _OF_SERVICE:
        bits |= _OUT_OF_SERVICE
    return bits


@helper
def _people_pieces(record: Record) -> int:
    sensor, load = record["sightings"] & _SENSOR_BOTH, record["sightings"] & _LOAD_BOTH
    bits = 0
    if sensor:
        bits |= _SENSOR_FLAPS if sensor == _SENSOR_BOTH else 0
        bits |= _SENSOR_OCCUPIED if sensor == SENSOR_YES else 0
        bits |= _SENSOR_EMPTY if sensor == SENSOR_NO else 0
    if load == LOAD_YES:
        bits |= _LOAD_OCCUPIED
    elif load == LOAD_NO:
        bits |= _LOAD_EMPTY
    return bits


@helper
def _door_pieces(record: Record) -> int:
    door = record["car_door"]
    if record["at_level"] == NO:
        shut_or_silent = record["shut"] == YES or door == _DOOR_UNKNOWN
        return 0 if shut_or_silent else _DOORS_OPEN
    if door == _OPENING:
        return _DOOR_OPENING
    if door == _FAULT:
        return _DOOR_FAULT
    return _DOORS_UNKNOWN if record["shut"] == UNKNOWN else 0


@helper
def _is_uncalled(record: Record) -> bool:
    """Tell whether the car has closed here, or ran until here, without a car call."""
    at_landing = record["at_level"] != NO
    if at_landing and not record["flags"] & TRAVELLED:
        return True
    door_told = record["car_door"] != _DOOR_UNKNOWN
    return (door_told or not at_landing) and ran_uncalled(record)


@helper
def _call_pieces(record: Record) -> int:
    """Return what the car was asked for at this stop; controllers cancel calls after a fault."""
    waited = record["car_calls"] == YES or record["pieces"] & _CAR_CALLS != 0
    bits = _CAR_CALLS if waited else 0
    at_landing = record["at_level"] != NO
    if record["car_calls"] == NO and not waited and _is_uncalled(record):
        bits |= _NO_CAR_CALLS
    if record["direction_set"] == YES and at_landing:
        bits |= _DIRECTION_SET
    return bits


@helper
def _counted(count: int, first: int, more: int, shift: int) -> int:
    if count == 0:
        return 0
    return first if count == 1 else first | more | (int(count) - 1 << shift)


@helper
def pieces_of(record: Record, service_mode: int, at_us: int, limits: Limits) -> int:
    """Return the pieces that are there at `at_us`, by what is remembered of this stop."""
    bits = _PLACE | _way_pieces(record, at_us) | _command_pieces(record, service_mode)
    bits |= _people_pieces(record) | _door_pieces(record) | _call_pieces(record)
    bits |= _counted(record["presses"], _DOOR_OPEN_PRESSES, _MORE_DOOR_OPEN_PRESSES, PRESSES_SHIFT)
    bits |= _counted(record["retries"], _DOOR_RETRIES, _MORE_DOOR_RETRIES, RETRIES_SHIFT)
    if alarm_counts(record, at_us, limits):
        bits |= _ALARM_BUTTON
    if record["chain_open"] == YES and record["shut"] == YES:
        bits |= _SAFETY_CHAIN_OPEN
    if mains_lost(record, at_us):
        bits |= _POWER_LOST
    if _code_raised(record, at_us, limits):
        bits |= _CONTROLLER_CODE
    return bits
