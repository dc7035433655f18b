"""What the rules hear of a sample when sensor health has found a sensor of the lift out.

What a distrusted sensor says is left out, as if the device did not have it: it begins nothing, ends
nothing, and is no piece of evidence for or against anybody. Of a device whose numbers are frozen, a
repetition is no word at all: the lift is silent, and what may be concluded from silence is known
(`rhythm`). A change is a word: someone presses, a door moves. Then its states are heard, and its
numbers are not. What was known before a sensor was found out stays known until the doors open: a
person is not unseen because of it. Sensor health itself hears everything, or nothing would ever be
believed again. Must not know how a sensor is found out, nor what the rules make of a sample.
"""

import numpy as np

from liftward_detection.compiling import helper
from liftward_detection.equipment import (
    CAR_DOOR,
    DISTRUST_BITS,
    DOOR_ZONE,
    FROZEN_BIT,
    LEVELLING_ERROR,
    LOAD,
    OCCUPANCY,
    POSITION,
    SPEED,
    distrusted,
    found_out,
)
from liftward_detection.fleet import Record
from liftward_detection.samples import Sample
from liftward_detection.thresholds import Limits
from liftward_wire.signals import COUNT_ABSENT
from liftward_wire.states import Button, DoorState

_PRESSED = Button.PRESSED.code
_DOOR_UNKNOWN = DoorState.UNKNOWN.code
_DOOR_CLOSED = DoorState.CLOSED.code
_DOOR_OPEN = DoorState.OPEN.code
_ABSENT = np.float32(np.nan)


@helper
def is_distrusting(record: Record) -> bool:
    """Tell whether anything that this lift says is not to be believed: nearly never."""
    return np.int64(record["wrong_findings"]) & DISTRUST_BITS != 0  # type: ignore[no-any-return]  # records are untyped


@helper
def is_read_anew(record: Record) -> bool:
    """Tell whether a sample must be looked at although it says the same as the last one.

    The short way (`quiet`) notes place, speed and load as they were told.
    """
    by_number = found_out(record, POSITION) or found_out(record, SPEED) or found_out(record, LOAD)
    return by_number or _is_frozen(record)


@helper
def _is_frozen(record: Record) -> bool:
    return np.int64(record["wrong_findings"]) & FROZEN_BIT != 0  # type: ignore[no-any-return]  # records are untyped


@helper
def only_repeats(record: Record, sample: Sample) -> bool:
    """Tell whether a frozen device says what it has said before: no word of the lift."""
    if not _is_frozen(record) or sample.boot_id != record["boot_id"]:
        return False
    presses_count = sample.door_open_presses_count
    pressed = sample.alarm_button == _PRESSED and record["sample_button"] != _PRESSED
    return bool(
        sample.car_door == record["door_before"]
        and sample.occupancy == record["occupancy_before"]
        and presses_count in (COUNT_ABSENT, record["door_open_presses_count"])
        and not pressed
    )


@helper
def _number(value: float, wrong: bool) -> float:  # noqa: FBT001 - positional in compiled code
    return _ABSENT if wrong else value  # type: ignore[return-value]  # as good as a float


@helper
def _state(record: Record, code: int, signal: int) -> int:
    return np.int8(0) if found_out(record, signal) else code  # type: ignore[return-value]  # as good as an int


@helper
def _door(record: Record, sample: Sample, limits: Limits) -> int:
    """Return the car door's word, or unknown.

    A door switch is found out by trips with a door that was not closed: that it is closed is never
    in doubt, and that it stands open is, where nothing else would tell it, not doubted of a car at
    rest: the way out of a passenger must be seen.
    """
    door = sample.car_door
    if door == _DOOR_CLOSED or not found_out(record, CAR_DOOR):
        return door
    travels = abs(float(sample.speed_mps)) > limits.relevelling_speed_mps
    alone = sample.landing_door == _DOOR_UNKNOWN
    return door if door == _DOOR_OPEN and alone and not travels else np.int8(0)  # type: ignore[return-value]  # as good as an int


@helper
def believed(record: Record, sample: Sample, limits: Limits) -> Sample:
    """Return the sample without what is not believed."""
    frozen = _is_frozen(record)
    return Sample(
        sample.lift_index,
        sample.observed_at_us,
        sample.received_at_us,
        sample.boot_id,
        sample.sequence,
        sample.service_mode,
        _number(sample.position_m, distrusted(record, POSITION)),
        COUNT_ABSENT if frozen else sample.floor,
        _number(sample.speed_mps, distrusted(record, SPEED)),
        sample.direction,
        _door(record, sample, limits),
        sample.landing_door,
        _state(record, sample.door_zone, DOOR_ZONE),
        _number(sample.levelling_error_mm, distrusted(record, LEVELLING_ERROR)),
        _number(sample.load_kg, distrusted(record, LOAD)),
        _state(record, sample.occupancy, OCCUPANCY),
        sample.alarm_button,
        sample.power_source,
        sample.safety_chain,
        sample.brake,
        sample.car_calls_count,
        sample.door_open_presses_count,
        _number(sample.motor_current_a, frozen),
        _number(sample.motor_temperature_degc, frozen),
        _number(sample.machine_room_temperature_degc, frozen),
        _number(sample.vibration_mps2, frozen),
    )
