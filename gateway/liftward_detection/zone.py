"""Whether the door-zone switch of a lift is to be believed: by the doors that open where it speaks.

Doors open at landings. A car that stops, run after run, and opens its doors fully where the switch
says `outside` has a switch that is wired the wrong way round; once, it may be a car stuck between
floors whose doors were forced. At that one stop the switch is not asked any more, unless people are
held to be trapped there, which takes less time than forcing doors; nor is it doubted for doors that
were open as the car came. A levelling error is measured beside a landing only; a sensor that
tells one in the middle of a run is dead and contradicts nothing. Must not know what follows from
the place of a car.
"""

from math import isnan

from liftward_detection.compiling import helper
from liftward_detection.facts import UNKNOWN, YES, Facts, zone_is_believed
from liftward_detection.fleet import (
    BYTE,
    LEVELS_IN_RUN,
    NONE_US,
    ZONE_DOUBTED,
    ZONE_JUDGED,
    ZONE_STOPS_BITS,
    ZONE_STOPS_MAX,
    Record,
)
from liftward_detection.quiet import look_again
from liftward_detection.thresholds import Limits
from liftward_wire.states import DoorZone

_UNKNOWN = DoorZone.UNKNOWN.code
_OUTSIDE = DoorZone.OUTSIDE.code


@helper
def note_levelling(record: Record, facts: Facts, error_mm: float) -> None:
    """Note that a levelling error is told in a run: it says nothing of where the car is."""
    in_run = facts.travelling == YES and not isnan(error_mm)
    if in_run and not record["seen"] & LEVELS_IN_RUN:
        record["seen"] |= LEVELS_IN_RUN
        look_again(record)  # the same sample is read differently next time


@helper
def judge_zone(record: Record, facts: Facts, door_zone: int, limits: Limits) -> None:
    """Count the stops at which doors opened outside the zone, less those inside; one each run."""
    if facts.travelling == YES:
        if record["zone_stops"] & ZONE_DOUBTED:
            look_again(record)  # the same sample is read differently next time
        record["zone_stops"] &= BYTE ^ (ZONE_JUDGED | ZONE_DOUBTED)
        return
    judged = record["zone_stops"] & ZONE_JUDGED != 0
    opened = facts.door_open == YES and facts.stationary == YES and facts.travelling != UNKNOWN
    if judged or not opened or door_zone == _UNKNOWN:
        return
    believed = zone_is_believed(record, limits)
    stops = int(record["zone_stops"]) & ZONE_STOPS_BITS
    stops = min(stops + 1, ZONE_STOPS_MAX) if door_zone == _OUTSIDE else max(stops - 1, 0)
    record["zone_stops"] = stops | ZONE_JUDGED
    if door_zone == _OUTSIDE and record["rest_since_us"] != NONE_US:
        record["zone_stops"] |= ZONE_DOUBTED
    if zone_is_believed(record, limits) != believed:
        look_again(record)  # the same sample is read differently next time
