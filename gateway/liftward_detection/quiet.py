"""What a sample says, packed into one number, so that a sample without news is known by it.

The number holds each state's code, and on which side of each limit each measurement lies. A sample
that says what the lift's last one said (`record["said"]`), before anything is due, is quiet: the
rules would say the same again, so `intake` notes time, place and load and does not ask them.

That holds because of what the rules promise. A rule that gives the same answer when it is asked the
same again need do nothing. Else there are three ways to be asked:

- `look_again(record)` while a sample is looked at: the next one is looked at whatever it says;
- `due_us`, by `timers.earliest_due_us`: the sample that comes then is looked at;
- `needs_look(record, sample, limits)` in the rule's module, called from `intake.is_quiet`: for a
  measurement that is judged by the lift's own limits. It reads the first two cache lines only.

A car in its run that passes landings is quiet, too (`passes_landing`), where no rule asks for that.
A rule that judges a measurement by a limit of the whole fleet adds a bit to `said_of`. Events,
ticks and changed limits `wake` a lift. Must not know the rules.
"""

from math import isnan

from liftward_detection.compiling import constant, flattened, helper
from liftward_detection.equipment import is_distrusting
from liftward_detection.facts import NO, is_displaced
from liftward_detection.fleet import LEVELS_IN_RUN, NOTHING_SAID, Record
from liftward_detection.samples import Sample
from liftward_detection.thresholds import Limits
from liftward_wire.signals import COUNT_ABSENT
from liftward_wire.states import DoorState, PowerSource, ServiceMode

_STATE_BITS = 4  # for each state: a test holds every class of states to it
_STATE_CODE_MAX = (1 << _STATE_BITS) - 1
_MODE_UNKNOWN = ServiceMode.UNKNOWN.code

_NOTHING_SAID = constant(NOTHING_SAID)

# Bits as `said_of` packs them: where a car is, by its door zone and by its levelling error.
_ZONE_BITS = constant(_STATE_CODE_MAX << 16)
_LEVELLING_BITS = constant((3 << 3 | 3 << 15) << 41)
_CLOSED = DoorState.CLOSED.code
_OPEN = DoorState.OPEN.code
_INDEPENDENT = ServiceMode.INDEPENDENT.code
_SUPPLIED = (PowerSource.UNKNOWN.code, PowerSource.MAINS.code)


@flattened
def _states_said(sample: Sample) -> int:
    """Pack the ten states, the service mode lowest; NOTHING_SAID for a code no state has."""
    all_codes = (
        sample.service_mode
        | sample.direction
        | sample.car_door
        | sample.landing_door
        | sample.door_zone
        | sample.occupancy
        | sample.alarm_button
        | sample.power_source
        | sample.safety_chain
        | sample.brake
    )
    if not 0 <= all_codes <= _STATE_CODE_MAX:
        return _NOTHING_SAID
    return (
        int(sample.service_mode)
        | int(sample.direction) << 4
        | int(sample.car_door) << 8
        | int(sample.landing_door) << 12
        | int(sample.door_zone) << 16
        | int(sample.occupancy) << 20
        | int(sample.alarm_button) << 24
        | int(sample.power_source) << 28
        | int(sample.safety_chain) << 32
        | int(sample.brake) << 36
    )


@flattened
def _measurements_said(sample: Sample, limits: Limits) -> int:
    """Pack on which side of each limit a measurement lies; NaN lies on neither side."""
    speed_mps = abs(float(sample.speed_mps))
    error_mm = abs(float(sample.levelling_error_mm))
    load_kg = float(sample.load_kg)
    room_degc = float(sample.machine_room_temperature_degc)
    return (
        int(speed_mps <= limits.speed_dead_band_mps)
        | int(speed_mps > limits.speed_dead_band_mps) << 1
        | int(speed_mps > limits.relevelling_speed_mps) << 2
        | int(error_mm <= limits.door_zone_half_height_mm) << 3
        | int(error_mm > limits.door_zone_half_height_mm) << 4
        | int(load_kg <= limits.empty_load_kg) << 5
        | int(load_kg >= limits.occupied_load_kg) << 6
        | int(isnan(sample.position_m)) << 7
        | int(sample.car_calls_count > 0) << 8
        | int(sample.car_calls_count == COUNT_ABSENT) << 9
        | int(float(sample.motor_current_a) >= limits.holding_current_a) << 10
        | int(isnan(sample.motor_current_a)) << 11
        | int(float(sample.motor_temperature_degc) >= limits.motor_degc_max) << 12
        | int(room_degc > limits.machine_room_degc_max) << 13
        | int(room_degc < limits.machine_room_degc_min) << 14
        | int(error_mm > limits.levelling_accuracy_mm) << 15
        | int(error_mm > limits.stopping_accuracy_mm) << 16
        | int(sample.floor == COUNT_ABSENT) << 17
    )


@flattened
def said_of(record: Record, sample: Sample, limits: Limits) -> int:
    """Return what the sample says, packed, or NOTHING_SAID when the rules must see it anyway.

    A car that is displaced is moving: news only without a speed that says so, and a contradiction
    to a speed of zero.
    """
    states = _states_said(sample)
    if states == _NOTHING_SAID:
        return _NOTHING_SAID
    displaced = is_displaced(record, sample, limits)
    speed_mps = abs(float(sample.speed_mps))
    if displaced and speed_mps <= limits.speed_dead_band_mps:
        return _NOTHING_SAID
    by_place = int(displaced and isnan(speed_mps))
    return states | (_measurements_said(sample, limits) << 1 | by_place) << 40


@flattened
def passes_landing(record: Record, sample: Sample, said: int, limits: Limits) -> bool:
    """Tell whether a car in its run says another place than before, and nothing else.

    It passes landings: half of what a running lift tells. With doors shut, mains there and nothing
    pending or open, no rule asks where a car is that travels, but for independent service. Where
    something of the lift is not believed, its place is worked out by all rules.
    """
    levelling_counts = not (isnan(sample.levelling_error_mm) or record["seen"] & LEVELS_IN_RUN)
    place_bits = _ZONE_BITS if levelling_counts else _ZONE_BITS | _LEVELLING_BITS
    if said | place_bits != record["said"] | place_bits or record["said"] == _NOTHING_SAID:
        return False
    if sample.car_door != _CLOSED or sample.landing_door == _OPEN:
        return False
    runs = abs(float(sample.speed_mps)) > limits.relevelling_speed_mps
    supplied = sample.power_source in _SUPPLIED and record["service_mode"] != _INDEPENDENT
    return runs and supplied and record["active"] == 0 and not is_distrusting(record)


@helper
def wake(record: Record) -> None:
    """Write down what quiet samples left out, and have the next sample looked at."""
    if record["said"] == _NOTHING_SAID:
        return
    if record["shut"] == NO:
        record["open_at_us"] = record["observed_us"]
    if record["said"] & _STATE_CODE_MAX != _MODE_UNKNOWN:
        record["mode_at_us"] = record["observed_us"]
    record["said"] = _NOTHING_SAID


@helper
def look_again(record: Record) -> None:
    """Have the next sample looked at although it says the same: this one's answer may differ."""
    record["said"] = _NOTHING_SAID
