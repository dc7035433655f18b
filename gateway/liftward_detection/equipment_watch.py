"""When condition and sensor health look at a sample, and in which order.

A look is taken when the car door or the people sensor says another word, while a trip is being
measured and when it ends, when numbers come or fail, and once a minute; all other samples pass by
at the price of `needs_look`. Must not know what is concluded.
"""

from liftward_detection.compiling import flattened, helper
from liftward_detection.door_watch import DoorBefore, door_before, door_moved
from liftward_detection.episodes import Context
from liftward_detection.equipment import IN_TRIP, whole, whole_seconds
from liftward_detection.facts import YES
from liftward_detection.fleet import NONE_US, Record
from liftward_detection.samples import Sample
from liftward_detection.sensor_health import (
    at_travel_speed,
    doors_opened,
    occupancy_changed,
    shutting_over,
    trip_over,
)
from liftward_detection.suppression import service_mode_of
from liftward_detection.thresholds import MICROSECONDS_PER_SECOND, Limits
from liftward_detection.trip_watch import (
    TRIP_SAMPLES_MAX,
    is_moving,
    take_moving,
    take_stop,
)
from liftward_detection.value_health import (
    compare_values,
    device_started,
    presence_changed,
    present_numbers,
)
from liftward_wire.states import DoorState, ServiceMode

_CLOSED = DoorState.CLOSED.code
_OPEN = DoorState.OPEN.code
_COMMANDED = (
    ServiceMode.INSPECTION.code,
    ServiceMode.FIREFIGHTER.code,
    ServiceMode.OUT_OF_SERVICE.code,
)


@flattened
def needs_look(record: Record, sample: Sample, limits: Limits) -> bool:
    """Tell whether a sample with the states of the last one says more about the equipment."""
    if sample.observed_at_us >= record["health_due_us"]:
        return True
    if present_numbers(sample) != whole(record["present"]):
        return True
    in_trip: bool = whole(record["equipment_seen"]) & IN_TRIP != 0
    if is_moving(sample, limits):
        return not in_trip or bool(whole(record["trip_samples"]) < TRIP_SAMPLES_MAX)
    return in_trip


@helper
def _take_trip(record: Record, sample: Sample, counts: bool, context: Context) -> None:  # noqa: FBT001
    at_us = sample.observed_at_us
    if is_moving(sample, context.limits):
        if take_moving(record, sample) and counts:
            at_travel_speed(record, sample, at_us, context)
    elif whole(record["equipment_seen"]) & IN_TRIP and record["stationary"] == YES:
        take_stop(record, sample, at_us, counts, context)
        if counts:
            trip_over(record, sample, at_us, context)


@helper
def watch_equipment(
    record: Record, before: DoorBefore, sample: Sample, sampled_us: int, context: Context
) -> None:
    """Look at a sample of which the rules for people are done; `sampled_us`: the one before."""
    at_us = sample.observed_at_us
    counts = service_mode_of(record) not in _COMMANDED
    _take_trip(record, sample, counts, context)
    if sample.occupancy != record["occupancy_before"]:
        occupancy_changed(record, before.door, sample, sampled_us, context)
    door = sample.car_door
    if door != before.door:
        if before.door == _CLOSED:
            shutting_over(record, before, at_us, counts, context)
        door_moved(record, before, door, at_us, sampled_us, counts, context)
        if door == _OPEN and counts and record["stationary"] == YES:
            doors_opened(record, sample, at_us, context)
    if present_numbers(sample) != whole(record["present"]):
        presence_changed(record, sample, sampled_us, context)
    if at_us >= record["health_due_us"]:
        compare_values(record, sample, at_us, context)
        record["health_due_us"] = at_us + context.limits.equipment.look_us
    if door == _CLOSED and sample.load_kg == sample.load_kg:
        record["shut_load_kg"] = sample.load_kg
    record["occupancy_before"] = sample.occupancy


@helper
def look_at_equipment(
    record: Record, before: DoorBefore, sample: Sample, sampled_us: int, context: Context
) -> None:
    """Watch the equipment as far as this sample asks for it; `sampled_us`: the one before."""
    changed = sample.car_door != before.door or sample.occupancy != record["occupancy_before"]
    if changed or needs_look(record, sample, context.limits):
        watch_equipment(record, before, sample, sampled_us, context)


@flattened
def look_without_news(record: Record, sample: Sample, sampled_us: int, context: Context) -> None:
    """Do the same for a sample whose states are those of the last one."""
    if needs_look(record, sample, context.limits):
        watch_equipment(record, door_before(record, sample.car_door), sample, sampled_us, context)


@helper
def shift_equipment(record: Record, step_us: int) -> None:
    """Move what runs by the step of the device's clock, so that what has elapsed stays."""
    if record["health_due_us"] != NONE_US:
        record["health_due_us"] = record["health_due_us"] + step_us
    until_s = whole(record["missing_until_s"])
    if until_s != 0:
        record["missing_until_s"] = whole_seconds(until_s * MICROSECONDS_PER_SECOND + step_us)


__all__ = ["device_started", "look_at_equipment", "look_without_news", "shift_equipment"]
