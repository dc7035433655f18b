"""The BACnet Lift object (ASHRAE 135-2020, clause 12.59): its properties as a sample's fields.

Enumerations are numbers and BOOLEAN is true or false, as in the standard; arrays of one element
for each car door are lists.
"""

from types import MappingProxyType

from liftward_wire import bacnet_lift
from liftward_wire.profiles.conversions import Doors, Numbers, Only, Scaled, Standstill, Truth
from liftward_wire.profiles.form import EventForm, Field, ProfileForm, code_meanings
from liftward_wire.profiles.names import ProfileName

KILOGRAMS = 39  # BACnetEngineeringUnits
_NO_DOOR = frozenset((4, 5))  # BACnetDoorStatus unused, none
# BACnetEventState, as an intrinsic event report has it.
_NORMAL, _FAULT = 0, 1
_RATED_SPEED = 5

FORM = ProfileForm(
    name=ProfileName.BACNET_LIFT,
    title="BACnet Lift object, ASHRAE 135-2020 clause 12.59",
    fields=(
        Field("Car_Mode", "service_mode", Numbers(bacnet_lift.CAR_MODE)),
        Field("Car_Moving_Direction", "direction", Numbers(bacnet_lift.CAR_DIRECTION)),
        Field(
            "Car_Drive_Status",
            "speed_mps",
            Standstill(
                bacnet_lift.DRIVE_STATUS,
                standing=bacnet_lift.DRIVE_STATIONARY,
                moving=_RATED_SPEED,
            ),
        ),
        # Landings count from 1, the lowest. Which of them is the main one BACnet does not say, so
        # our 0 is the lowest here.
        Field("Car_Position", "floor", Scaled(unit="", offset=-1, whole=True, absent=0)),
        Field("Car_Door_Status", "car_door", Doors(bacnet_lift.DOOR_STATUS, _NO_DOOR)),
        Field("Car_Door_Zone", "door_zone", Truth(bacnet_lift.CAR_DOOR_ZONE)),
        Field("Car_Load", "load_kg", Scaled(unit="kg")),
        Field("Car_Load_Units", None, Only(KILOGRAMS, "kilograms")),
        Field("Passenger_Alarm", "alarm_button", Truth(bacnet_lift.PASSENGER_ALARM)),
    ),
    event=EventForm(
        vocabulary=bacnet_lift.VOCABULARY,
        code_field="Fault_Signal",
        code_is_number=True,
        turn_field="To_State",
        begun=_FAULT,
        ended=_NORMAL,
        codes=code_meanings(bacnet_lift.VOCABULARY),
        state_fields=(
            Field("Passenger_Alarm", "alarm_button", Truth(bacnet_lift.PASSENGER_ALARM)),
            Field("Car_Mode", "service_mode", Numbers(bacnet_lift.CAR_MODE)),
        ),
    ),
    refused=MappingProxyType(
        {
            "Fault_Signals": "each fault is told as an event message with Fault_Signal, one when it"
            " appears in the list and one when it leaves; leave the list out of samples"
        }
    ),
    missing_here=(
        "all other properties (Registered_Car_Call, Landing_Door_Status, and so on): ignored",
        "what tells VIP from attendant, and cabinet recall from inspection",
        "what tells safety-locked from closed, and limited-opened from opened",
        "occupant-evacuation, which is `unknown`; which of two doors is the open one",
    ),
)
