"""What one sample says, each fact as one of three values: yes, unknown, no.

"Unknown" is between the other two, so `min` is "and", `max` is "or", and minus is "not" (Kleene's
strong logic). Unknown never starts anything and never ends anything: it holds. Must not know
timers, kinds or episodes.
"""

from math import isnan
from typing import NamedTuple

from liftward_detection.compiling import flattened, helper
from liftward_detection.fleet import (
    LEVELS_IN_RUN,
    NO_FLOOR,
    NONE_US,
    OPEN,
    ZONE_DOUBTED,
    ZONE_STOPS_BITS,
    Record,
)
from liftward_detection.kinds import DetectionKind
from liftward_detection.samples import Sample
from liftward_detection.status import status_of
from liftward_detection.thresholds import MICROSECONDS_PER_SECOND, Limits
from liftward_wire.signals import COUNT_ABSENT
from liftward_wire.states import (
    Brake,
    Circuit,
    Direction,
    DoorState,
    DoorZone,
    Occupancy,
    PowerSource,
)

YES = 1
UNKNOWN = 0
NO = -1

_ENTRAPMENT = DetectionKind.ENTRAPMENT.code
_DIRECTION_NONE = Direction.NONE.code
_DIRECTION_UNKNOWN = Direction.UNKNOWN.code
_DOOR_UNKNOWN = DoorState.UNKNOWN.code
_DOOR_CLOSED = DoorState.CLOSED.code
_DOOR_OPENING = DoorState.OPENING.code
_DOOR_OPEN = DoorState.OPEN.code
_DOOR_CLOSING = DoorState.CLOSING.code
_DOOR_FAULT = DoorState.FAULT.code
_ZONE_INSIDE = DoorZone.INSIDE.code
_ZONE_UNKNOWN = DoorZone.UNKNOWN.code
_EMPTY = Occupancy.EMPTY.code
_OCCUPIED = Occupancy.OCCUPIED.code
_POWER_UNKNOWN = PowerSource.UNKNOWN.code
_POWER_MAINS = PowerSource.MAINS.code
_CIRCUIT_OPEN = Circuit.OPEN.code
_CIRCUIT_CLOSED = Circuit.CLOSED.code
_BRAKE_APPLIED = Brake.APPLIED.code
_BRAKE_UNKNOWN = Brake.UNKNOWN.code


class Facts(NamedTuple):
    """Facts of one sample; `displaced` compares it with the lift's last one."""

    displaced: bool  # the car is elsewhere than at the last sample
    stationary: int
    travelling: int  # faster than re-levelling
    at_level: int  # within the unlocking zone of a landing
    shut: int  # the way out is shut: no = one can leave
    door_known: bool  # one of the doors says something
    door_struggles: bool  # says opening or fault: asked to open, not seen open
    door_held: int  # open, closing or in fault: not shut
    door_open: int  # car or landing door fully open
    occupied: int  # by sensor or load, at this moment
    car_calls: int
    chain_open: int
    power_lost: int
    sensor: int  # someone is aboard, by the people sensor alone
    load: int  # by the load cell alone
    at_speed: int  # faster than a car in inspection
    direction_set: int
    car_door: int  # code


@helper
def known(condition: bool) -> int:  # noqa: FBT001 - a conversion of a truth value
    return YES if condition else NO


@flattened
def is_displaced(record: Record, sample: Sample, limits: Limits) -> bool:
    floor = sample.floor
    if floor != COUNT_ABSENT and record["floor"] != NO_FLOOR and floor != record["floor"]:
        return True
    # NaN on either side compares as false: not known to be displaced.
    moved_m = abs(float(sample.position_m) - float(record["position_anchor_m"]))
    return moved_m > limits.position_dead_band_m


@flattened
def stationary_fact(  # noqa: PLR0911 - a list of signals, best first
    record: Record,
    sample: Sample,
    limits: Limits,
    displaced: bool,  # noqa: FBT001
) -> int:
    """Use the best signal there is: speed, else position, else what cannot be so while moving.

    A direction that is set counts as moving although a stalled car shows one too: without speed,
    position and brake the two look alike, and every long trip would be an alarm.
    """
    if not isnan(sample.speed_mps):
        return known(abs(float(sample.speed_mps)) <= limits.speed_dead_band_mps)
    if displaced:
        return NO
    if not isnan(sample.position_m):
        return UNKNOWN if isnan(record["position_anchor_m"]) else YES
    if sample.brake == _BRAKE_APPLIED or sample.safety_chain == _CIRCUIT_OPEN:
        return YES
    if sample.direction == _DIRECTION_UNKNOWN:
        return UNKNOWN
    if sample.direction == _DIRECTION_NONE:
        return YES if sample.brake == _BRAKE_UNKNOWN else UNKNOWN
    return NO


@flattened
def travelling_fact(
    sample: Sample,
    limits: Limits,
    displaced: bool,  # noqa: FBT001 - positional in compiled code
    stationary: int,
) -> int:
    if not isnan(sample.speed_mps):
        return known(abs(float(sample.speed_mps)) > limits.relevelling_speed_mps)
    return YES if displaced else -stationary


@helper
def is_trapped(record: Record) -> bool:
    """Tell whether an entrapment is open."""
    return status_of(record, _ENTRAPMENT) & OPEN != 0


@helper
def zone_is_believed(record: Record, limits: Limits) -> bool:
    """Tell whether the door-zone switch may be asked where the car is; see `zone`."""
    if record["zone_stops"] & ZONE_DOUBTED and not is_trapped(record):
        return False
    return record["zone_stops"] & ZONE_STOPS_BITS < limits.zone_wrong_stops  # type: ignore[no-any-return]  # records are untyped


@flattened
def at_level_fact(record: Record, sample: Sample, limits: Limits) -> int:
    """Ask the door-zone switch, else the levelling error; of two that contradict, neither."""
    error_mm = abs(float(sample.levelling_error_mm))
    levelled = UNKNOWN if isnan(error_mm) else known(error_mm <= limits.door_zone_half_height_mm)
    if not zone_is_believed(record, limits) or sample.door_zone == _ZONE_UNKNOWN:
        return levelled
    if sample.door_zone == _ZONE_INSIDE:
        return YES
    contradicted = levelled == YES and not record["seen"] & LEVELS_IN_RUN
    return UNKNOWN if contradicted else NO


@flattened
def shut_fact(sample: Sample, at_level: int) -> int:
    """Tell whether the way out is shut. The landing door speaks when the car door cannot.

    Between floors an open door is no way out; a door that says so contradicts the zone: unknown.
    """
    car_door, landing_door = sample.car_door, sample.landing_door
    if car_door == _DOOR_CLOSED:
        return YES
    if at_level == NO:
        return UNKNOWN
    if car_door in (_DOOR_OPEN, _DOOR_CLOSING) or landing_door == _DOOR_OPEN:
        return NO
    return YES if landing_door == _DOOR_CLOSED else UNKNOWN


@helper
def door_held_fact(car_door: int) -> int:
    if car_door in (_DOOR_OPEN, _DOOR_CLOSING, _DOOR_FAULT):
        return YES
    return NO if car_door == _DOOR_CLOSED else UNKNOWN


@helper
def door_open_fact(car_door: int, landing_door: int) -> int:
    if _DOOR_OPEN in (car_door, landing_door):
        return YES
    return NO if car_door == _DOOR_CLOSED else UNKNOWN


@flattened
def occupied_fact(sample: Sample, limits: Limits) -> int:
    """A yes of either source outweighs a no of the other: sensors miss people who stand still."""
    sensor, load = sensor_fact(sample.occupancy), load_fact(sample.load_kg, limits)
    if YES in (sensor, load):
        return YES
    return min(sensor, load)


@helper
def sensor_fact(occupancy: int) -> int:
    if occupancy == _OCCUPIED:
        return YES
    return NO if occupancy == _EMPTY else UNKNOWN


@helper
def load_fact(load_kg: float, limits: Limits) -> int:
    if load_kg >= limits.occupied_load_kg:
        return YES
    return NO if load_kg <= limits.empty_load_kg else UNKNOWN


@flattened
def at_speed_fact(record: Record, sample: Sample, limits: Limits) -> int:
    """Tell whether the car is faster than inspection, by its speed, else by its way and time."""
    if not isnan(sample.speed_mps):
        return known(abs(float(sample.speed_mps)) > limits.inspection_speed_mps)
    moved_m = abs(float(sample.position_m) - float(record["position_anchor_m"]))
    if isnan(moved_m) or record["observed_us"] == NONE_US:
        return UNKNOWN
    passed_us = sample.observed_at_us - record["observed_us"]
    if passed_us <= 0:
        return UNKNOWN
    return known(moved_m * MICROSECONDS_PER_SECOND > limits.inspection_speed_mps * passed_us)


@helper
def direction_set_fact(direction: int) -> int:
    if direction == _DIRECTION_UNKNOWN:
        return UNKNOWN
    return known(direction != _DIRECTION_NONE)


@helper
def circuit_open_fact(circuit: int) -> int:
    if circuit == _CIRCUIT_OPEN:
        return YES
    return NO if circuit == _CIRCUIT_CLOSED else UNKNOWN


@helper
def power_lost_fact(power_source: int) -> int:
    if power_source == _POWER_UNKNOWN:
        return UNKNOWN
    return known(power_source != _POWER_MAINS)


@helper
def car_calls_fact(car_calls_count: int) -> int:
    return UNKNOWN if car_calls_count == COUNT_ABSENT else known(car_calls_count > 0)


@flattened
def facts_of(record: Record, sample: Sample, limits: Limits) -> Facts:
    """Read a sample of the lift whose last sample `record` remembers."""
    displaced = is_displaced(record, sample, limits)
    stationary = stationary_fact(record, sample, limits, displaced)
    at_level = at_level_fact(record, sample, limits)
    car_door = sample.car_door
    return Facts(
        displaced,
        stationary,
        travelling_fact(sample, limits, displaced, stationary),
        at_level,
        shut_fact(sample, at_level),
        car_door != _DOOR_UNKNOWN or sample.landing_door != _DOOR_UNKNOWN,
        car_door in (_DOOR_OPENING, _DOOR_FAULT),
        door_held_fact(car_door),
        door_open_fact(car_door, sample.landing_door),
        occupied_fact(sample, limits),
        car_calls_fact(sample.car_calls_count),
        circuit_open_fact(sample.safety_chain),
        power_lost_fact(sample.power_source),
        sensor_fact(sample.occupancy),
        load_fact(sample.load_kg, limits),
        at_speed_fact(record, sample, limits),
        direction_set_fact(sample.direction),
        car_door,
    )


@flattened
def aboard_after(aboard: int, facts: Facts) -> int:
    """Latch occupancy: people cannot appear or vanish while there is no way out.

    Shut in, a yes is believed at once and for good (the earlier no was a sensor looking away), and
    a no is believed only when nothing is known yet. With a way out, the sensor's word counts; with
    a way out and no word, nothing is known any more. A door that says nothing at a landing may be
    open: then the sensor's word counts, too.
    """
    may_be_open = (
        facts.shut == UNKNOWN
        and min(facts.at_level, facts.stationary) != NO
        and not facts.door_struggles
    )
    if facts.shut == NO:
        return facts.occupied
    if may_be_open:
        return aboard if facts.occupied == UNKNOWN else facts.occupied
    if facts.occupied == YES or aboard == UNKNOWN:
        return facts.occupied
    return aboard
