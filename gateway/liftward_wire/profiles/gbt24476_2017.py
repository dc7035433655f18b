"""GB/T 24476-2017: real-time state (clause 9), statistics (10), faults, events and alarms (11).

The standard fixes what is told, not the keys of a JSON object: those here are ours, after its
headings. Numbers as read in public lift-gateway software (facts only).
"""

from types import MappingProxyType

from liftward_wire import gbt24476
from liftward_wire.code_table import state_map
from liftward_wire.profiles.conversions import Landing, Numbers, Scaled, Standstill
from liftward_wire.profiles.form import EventForm, Field, ProfileForm, code_meanings
from liftward_wire.profiles.names import ProfileName
from liftward_wire.states import DoorState, DoorZone, Occupancy

DOOR_ZONE = state_map(
    DoorZone.UNKNOWN, ((1, "in the zone", DoorZone.INSIDE), (2, "outside", DoorZone.OUTSIDE))
)
# A contact that says "closed" or nothing. Field firmware takes "not closed, at a landing" as open:
# that is when a door opens, and the end of an entrapment.
DOOR_STATUS = state_map(
    DoorState.UNKNOWN,
    ((1, "closed", DoorState.CLOSED), (2, "no closed signal", DoorState.OPEN)),
)
PASSENGER_STATUS = state_map(
    Occupancy.UNKNOWN, ((1, "someone", Occupancy.OCCUPIED), (2, "nobody", Occupancy.EMPTY))
)
CAR_STATUS = Standstill(MappingProxyType({0: "stopped", 1: "running"}), standing=0, moving=1)

FAULTS_ARE_EVENTS = (
    "faults are told as event messages, one when a fault begins and one when it ends; "
    "leave the field out of samples"
)

FORM = ProfileForm(
    name=ProfileName.GBT24476,
    title="GB/T 24476-2017",
    fields=(
        Field("service_mode", "service_mode", Numbers(gbt24476.SERVICE_MODE)),
        Field("car_status", "speed_mps", CAR_STATUS),
        Field("car_direction", "direction", Numbers(gbt24476.DIRECTION)),
        Field("door_zone", "door_zone", Numbers(DOOR_ZONE)),
        Field("car_position", "floor", Landing()),
        Field("door_status", "car_door", Numbers(DOOR_STATUS)),
        Field("passenger_status", "occupancy", Numbers(PASSENGER_STATUS)),
        Field("run_hours", "run_time_h", Scaled(unit="h")),
        Field("run_count", "trips_count", Scaled(unit="", whole=True)),
    ),
    event=EventForm(
        vocabulary=gbt24476.VOCABULARY,
        code_field="fault_code",
        code_is_number=False,
        turn_field="fault_status",
        begun=1,
        ended=0,
        codes=code_meanings(gbt24476.VOCABULARY),
        mode_codes=gbt24476.EVENT_BY_MODE,
    ),
    refused=MappingProxyType({"fault_code": FAULTS_ARE_EVENTS}),
    missing_here=(
        "code `00` (no fault): nothing happened, so there is nothing to tell",
        "how fast a running car moves, and landings with names that are not numbers",
    ),
)
