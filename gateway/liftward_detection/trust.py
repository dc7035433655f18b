"""What the rules hear of a sample when sensor health has found a sensor of the lift out.

What a distrusted sensor says is left out, as if the device did not have it: it begins nothing, ends
nothing, and is no piece of evidence for or against anybody. Of a device whose numbers are frozen, a
repetition is no word at all: the lift is silent, and what may be concluded from silence is known
(`rhythm`). So is a device that has said one thing only since it was first heard. A change is a
word: someone presses, a door moves. Then its states are heard, and its frozen numbers are not. What
was known before a sensor was found out stays known until the doors open: a person is not unseen
because of it. Sensor health itself hears everything, or nothing would ever be believed again.

Must not know how a sensor is found out, nor what the rules make of a sample.
"""

from math import isnan

import numpy as np

from liftward_detection.compiling import constant, flattened, helper
from liftward_detection.door_watch import door_told
from liftward_detection.equipment import (
    CAR_DOOR,
    DOOR_ZONE,
    FROZEN_BIT,
    LEVELLING_ERROR,
    LOAD,
    OCCUPANCY,
    POSITION,
    SPEED,
    distrusted,
    found_out,
    whole,
)
from liftward_detection.facts import UNKNOWN, YES
from liftward_detection.fleet import HEARD_CHANGE, Record
from liftward_detection.samples import Sample
from liftward_detection.thresholds import Limits
from liftward_detection.value_health import mark_of, present_numbers
from liftward_wire.signals import COUNT_ABSENT
from liftward_wire.states import Brake, Button, DoorState, DoorZone

_PRESSED = Button.PRESSED.code
_DOOR_UNKNOWN = DoorState.UNKNOWN.code
_DOOR_CLOSED = DoorState.CLOSED.code
_DOOR_OPEN = DoorState.OPEN.code
_DOOR_CLOSING = DoorState.CLOSING.code
_DOOR_FAULT = DoorState.FAULT.code
_ZONE_OUTSIDE = DoorZone.OUTSIDE.code
_BRAKE_RELEASED = Brake.RELEASED.code
_ALL_NUMBERS = constant(31)  # all that `present_numbers` knows
_ABSENT = np.float32(np.nan)


@helper
def is_read_anew(record: Record) -> bool:
    """Tell whether a sample must be looked at although it says the same as the last one.

    The short way (`quiet`) notes place, speed and load as they were told.
    """
    by_number = found_out(record, POSITION) or found_out(record, SPEED) or found_out(record, LOAD)
    return by_number or _is_frozen(record) or not record["seen"] & HEARD_CHANGE


@helper
def _is_frozen(record: Record) -> bool:
    return np.int64(record["wrong_findings"]) & FROZEN_BIT != 0  # type: ignore[no-any-return]  # records are untyped


@helper
def _says_the_same(record: Record, sample: Sample) -> bool:
    presses_count = sample.door_open_presses_count
    pressed = sample.alarm_button == _PRESSED and record["sample_button"] != _PRESSED
    return bool(
        sample.car_door == door_told(record)
        and sample.occupancy == record["occupancy_before"]
        and presses_count in (COUNT_ABSENT, record["door_open_presses_count"])
        and not pressed
    )


@helper
def only_repeats(record: Record, sample: Sample) -> bool:
    """Tell whether a device that stands still says what it has said before: no word of the lift."""
    if sample.boot_id != record["boot_id"]:
        return False
    stands_still = _is_frozen(record) or not record["seen"] & HEARD_CHANGE
    return stands_still and _says_the_same(record, sample)


@helper
def note_change(record: Record, sample: Sample) -> None:
    """Note that a device is alive: it has said two things since it was first heard.

    Five numbers of which none ever trembles come from a device that froze before we listened. One
    that has fewer may hold small changes back, and is alive.
    """
    if present_numbers(sample) != _ALL_NUMBERS:
        record["seen"] |= HEARD_CHANGE
    elif sample.boot_id == record["boot_id"]:
        moved = sample.floor != COUNT_ABSENT and sample.floor != record["floor"]
        trembles = mark_of(sample) != record["values_mark"]
        if moved or trembles or not _says_the_same(record, sample):
            record["seen"] |= HEARD_CHANGE


@helper
def _number(value: float, wrong: bool) -> float:  # noqa: FBT001 - positional in compiled code
    return _ABSENT if wrong else value  # type: ignore[return-value]  # as good as a float


@helper
def _state(record: Record, code: int, signal: int) -> int:
    return np.int8(0) if found_out(record, signal) else code  # type: ignore[return-value]  # as good as an int


@helper
def _door(record: Record, sample: Sample, limits: Limits) -> int:
    """Return the car door's word, or unknown.

    A door switch is found out by trips with a door that was not closed, mostly `closing` for ever:
    that it is closed, or in fault, is never in doubt, of a car that travels nothing else is
    believed, and of one at rest no `closing`. Where no landing door tells it, too, it may stand
    open: the way out of a passenger must be seen.
    """
    door = sample.car_door
    if door == _DOOR_CLOSED or not found_out(record, CAR_DOOR):
        return door
    travels = abs(float(sample.speed_mps)) > limits.relevelling_speed_mps
    told_twice = door == _DOOR_OPEN and sample.landing_door != _DOOR_UNKNOWN
    doubted = travels or told_twice or door == _DOOR_CLOSING
    return np.int8(0) if doubted else door  # type: ignore[return-value]  # as good as an int


@flattened
def is_place_in_doubt(record: Record, sample: Sample, limits: Limits) -> bool:
    """Tell whether a zone that was contradicted at this stop must not be asked alone now.

    The levelling error that contradicts it fails with a loose plug's numbers, and as the car
    starts: a car that stands has not left its landing by that.
    """
    if sample.door_zone != _ZONE_OUTSIDE or not isnan(sample.levelling_error_mm):
        return False
    if record["at_level"] != UNKNOWN or record["stationary"] != YES:
        return False
    if abs(float(sample.speed_mps)) > limits.speed_dead_band_mps:
        return False
    lost = present_numbers(sample) != whole(record["present_ever"])
    return bool(lost or sample.brake == _BRAKE_RELEASED)


@helper
def _zone(record: Record, sample: Sample, limits: Limits) -> int:
    if is_place_in_doubt(record, sample, limits):
        return np.int8(0)  # type: ignore[return-value]  # as good as an int
    return _state(record, sample.door_zone, DOOR_ZONE)


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
        _zone(record, sample, limits),
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
