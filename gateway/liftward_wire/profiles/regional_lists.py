"""Two regional vocabularies that diverge from the national one, and from each other.

As read in public lift-gateway software (facts only): the codes, the 1 and 2 of the one and the 0
and 1 of the other. The names of the fields, and numbers not published, are ours; an integrator
compares this table with the region's own before choosing the profile.
"""

from types import MappingProxyType

from liftward_wire import gbt24476, regional
from liftward_wire.code_table import state_map
from liftward_wire.profiles.conversions import Landing, Numbers, Scaled
from liftward_wire.profiles.form import EventForm, Field, ProfileForm, code_meanings
from liftward_wire.profiles.gbt24476_2017 import (
    CAR_STATUS,
    DOOR_STATUS,
    DOOR_ZONE,
    FAULTS_ARE_EVENTS,
    PASSENGER_STATUS,
)
from liftward_wire.profiles.names import ProfileName
from liftward_wire.states import Brake, Circuit, DoorState, DoorZone, Occupancy, PowerSource

POWER_STATUS_A = state_map(
    PowerSource.UNKNOWN, ((1, "mains", PowerSource.MAINS), (2, "lost", PowerSource.LOST))
)

FORM_A = ProfileForm(
    name=ProfileName.REGIONAL_A,
    title="regional list A: a provincial upper platform",
    fields=(
        Field("serviceMode", "service_mode", Numbers(gbt24476.SERVICE_MODE)),
        Field("runStatus", "speed_mps", CAR_STATUS),
        Field("runDirection", "direction", Numbers(gbt24476.DIRECTION)),
        Field("doorZone", "door_zone", Numbers(DOOR_ZONE)),
        Field("currentFloor", "floor", Landing()),
        Field("doorClosed", "car_door", Numbers(DOOR_STATUS)),
        Field("hasPassenger", "occupancy", Numbers(PASSENGER_STATUS)),
        Field("powerStatus", "power_source", Numbers(POWER_STATUS_A)),
        Field("totalRunHours", "run_time_h", Scaled(unit="h")),
        Field("totalRunCount", "trips_count", Scaled(unit="", whole=True)),
    ),
    event=EventForm(
        vocabulary=regional.VOCABULARY_A,
        code_field="faultType",
        code_is_number=False,
        turn_field="faultState",
        begun="01",  # a fault's record: 01 occurred, 00 closed
        ended="00",
        codes=code_meanings(regional.VOCABULARY_A),
    ),
    refused=MappingProxyType({"faultType": FAULTS_ARE_EVENTS}),
    missing_here=(
        "02 responded, 04 on the scene, 05 false alarm of a fault's record: what rescuers do",
    ),
)

# The other way round: 0 is at the level, and nobody.
LEVEL_B = state_map(
    DoorZone.UNKNOWN, ((0, "at level", DoorZone.INSIDE), (1, "off level", DoorZone.OUTSIDE))
)
PERSON_B = state_map(
    Occupancy.UNKNOWN, ((0, "nobody", Occupancy.EMPTY), (1, "someone", Occupancy.OCCUPIED))
)
DOOR_B = state_map(
    DoorState.UNKNOWN, ((0, "closed", DoorState.CLOSED), (1, "open", DoorState.OPEN))
)
BRAKE_B = state_map(Brake.UNKNOWN, ((0, "applied", Brake.APPLIED), (1, "lifted", Brake.RELEASED)))
LOOP_B = state_map(Circuit.UNKNOWN, ((0, "closed", Circuit.CLOSED), (1, "open", Circuit.OPEN)))

FORM_B = ProfileForm(
    name=ProfileName.REGIONAL_B,
    title="regional list B: the Shanghai lineage",
    fields=(
        Field("mode", "service_mode", Numbers(gbt24476.SERVICE_MODE)),
        Field("speed_mmps", "speed_mps", Scaled(unit="mm/s", ours_per_theirs=0.001, whole=True)),
        Field("dir", "direction", Numbers(gbt24476.DIRECTION)),
        Field("level", "door_zone", Numbers(LEVEL_B)),
        Field("floor", "floor", Landing()),
        Field("door", "car_door", Numbers(DOOR_B)),
        Field("person", "occupancy", Numbers(PERSON_B)),
        Field("brake", "brake", Numbers(BRAKE_B)),
        Field("safety_loop", "safety_chain", Numbers(LOOP_B)),
        Field(
            "room_temp_ddegc",
            "machine_room_temperature_degc",
            Scaled(unit="0.1 °C", ours_per_theirs=0.1, whole=True),
        ),
        Field("door_open_count", "door_cycles_count", Scaled(unit="", whole=True)),
        Field("run_count", "trips_count", Scaled(unit="", whole=True)),
        Field(
            "run_minutes",
            "run_time_h",
            Scaled(unit="min", ours_per_theirs=1 / 60, whole=True),
        ),
    ),
    event=EventForm(
        vocabulary=regional.VOCABULARY_B,
        code_field="code",
        code_is_number=True,
        turn_field="flag",
        begun=1,
        ended=0,
        codes=code_meanings(regional.VOCABULARY_B),
    ),
    refused=MappingProxyType({"code": FAULTS_ARE_EVENTS}),
    missing_here=("battery level, door-lock loop, tilt and rope bends: ignored",),
)
