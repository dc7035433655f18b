"""What is remembered of people in a car since its way out was last open: sensor, load, car calls.

Who rides has called, mostly: a car that ran without a car call ran to a landing call, or to where
it waits, and had nobody in it. Only a device that has told a car call before says something by
none. Must not know what a sighting weighs.
"""

from liftward_detection.compiling import flattened, helper
from liftward_detection.facts import NO, UNKNOWN, YES, Facts
from liftward_detection.fleet import (
    CALLED,
    CALLS_TOLD,
    LOAD_NO,
    LOAD_YES,
    SENSOR_NO,
    SENSOR_YES,
    TRAVELLED,
    Record,
)
from liftward_detection.quiet import look_again
from liftward_detection.thresholds import Limits
from liftward_wire.states import DoorState

_SOMEBODY = SENSOR_YES | LOAD_YES
_DOOR_UNKNOWN = DoorState.UNKNOWN.code


@helper
def _people_now(facts: Facts) -> int:
    now = SENSOR_YES if facts.sensor == YES else 0
    now |= SENSOR_NO if facts.sensor == NO else 0
    now |= LOAD_YES if facts.load == YES else 0
    return now | (LOAD_NO if facts.load == NO else 0)


@flattened
def note_sightings(record: Record, facts: Facts, passed_us: int, limits: Limits) -> None:
    """Keep what each source has said; `passed_us`: since the sample before.

    A door that says nothing at a landing may be open: then the last word counts. So it does where
    both sources see that they are out, with a door open, whatever the zone says of it, or after a
    silence in which doors may have opened and shut again.
    """
    if facts.car_calls == YES:
        record["seen"] |= CALLS_TOLD
    if facts.shut == NO:
        record["sightings"] = 0
        return
    now = _people_now(facts)
    calls = CALLED if facts.car_calls == YES else 0
    if min(-facts.sensor, -facts.load) == YES:
        if facts.door_open == YES or passed_us > limits.equipment.gap_us_max:
            record["sightings"] = now | calls
            record["aboard"] = NO
            return
        if record["aboard"] == YES or record["sightings"] & _SOMEBODY:
            look_again(record)  # the same again after a silence says that they are out
    silent_door = facts.shut == UNKNOWN and facts.car_door == _DOOR_UNKNOWN
    if silent_door and min(facts.at_level, facts.stationary) != NO:
        record["sightings"] = (now or record["sightings"] & (CALLED - 1)) | calls
    else:
        record["sightings"] |= now | calls


@helper
def ran_uncalled(record: Record) -> bool:
    """Tell whether the car has run since its doors were last open, and never had a car call."""
    if not record["flags"] & TRAVELLED or record["sightings"] & CALLED:
        return False
    return record["car_calls"] == NO and record["seen"] & CALLS_TOLD != 0  # type: ignore[no-any-return]  # records are untyped
