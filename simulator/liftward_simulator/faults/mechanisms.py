"""How a fault shows: what the car does, what the controller reports, how people are got out.

Many causes share one mechanism: whether a lock contact or a cable opens the safety chain, the car
stops the same way. Pure data; codes are those of GB/T 24476-2017. Must not know shares or people.
"""

from dataclasses import dataclass
from enum import StrEnum


class Mechanism(StrEnum):
    POWER_LOSS = "power_loss"
    EMERGENCY_STOP = "emergency_stop"
    DRIVE_TRIP = "drive_trip"
    OVERLOAD = "overload"
    OVERHEATING = "overheating"
    CONTROLLER_CRASH = "controller_crash"
    POSITION_LOST = "position_lost"
    OVERSPEED = "overspeed"
    DOOR_WILL_NOT_OPEN = "door_will_not_open"
    DOOR_WILL_NOT_CLOSE = "door_will_not_close"
    WILL_NOT_START = "will_not_start"
    RUN_TIME_LIMIT = "run_time_limit"
    UNINTENDED_MOVEMENT = "unintended_movement"


class Place(StrEnum):
    BETWEEN_FLOORS = "between_floors"
    AT_LEVEL = "at_level"  # the car is there, its doors do not open


class Springs(StrEnum):
    """What a car must be doing for the fault to strike."""

    IN_THE_SHAFT = "in_the_shaft"  # travelling, and it would come to rest off level
    FAST = "fast"  # travelling near its rated speed with room to stop in the shaft
    ARRIVING = "arriving"  # on its way: the fault shows at the landing
    CLOSING = "closing"
    STARTING = "starting"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class MechanismFacts:
    """`codes_at_once` when it strikes, `codes_at_rest` when the car has come to rest for good."""

    place: Place
    springs: Springs
    shows: str  # what a sensor or an onlooker sees
    release_method: str  # a release method of the closing form
    codes_at_once: tuple[str, ...] = ()
    codes_at_rest: tuple[str, ...] = ()
    breaks_chain: bool = False
    cuts_mains: bool = False
    lets_out: bool = False  # when it traps nobody, the car gets to a landing with its people
    clears_share: float = 0.0  # of faults that trap nobody pass without a maintainer; assumed


MECHANISMS: dict[Mechanism, MechanismFacts] = {
    Mechanism.POWER_LOSS: MechanismFacts(
        place=Place.BETWEEN_FLOORS,
        springs=Springs.IN_THE_SHAFT,
        shows="brake falls in, light and drive are dead, the gateway runs on its battery",
        release_method="hand_wind",
        codes_at_once=("41",),
        codes_at_rest=("04",),
        cuts_mains=True,
        clears_share=1.0,
    ),
    Mechanism.EMERGENCY_STOP: MechanismFacts(
        place=Place.BETWEEN_FLOORS,
        springs=Springs.IN_THE_SHAFT,
        shows="safety chain opens while running, hard stop off level, chain stays open",
        release_method="hand_wind",
        codes_at_once=("01",),
        codes_at_rest=("04", "08"),
        breaks_chain=True,
        clears_share=0.2,
    ),
    Mechanism.DRIVE_TRIP: MechanismFacts(
        place=Place.BETWEEN_FLOORS,
        springs=Springs.IN_THE_SHAFT,
        shows="motor current falls to nothing, hard stop off level, chain whole",
        release_method="hand_wind",
        codes_at_once=("08",),
        codes_at_rest=("04",),
        lets_out=True,
        clears_share=0.3,
    ),
    Mechanism.OVERLOAD: MechanismFacts(
        place=Place.BETWEEN_FLOORS,
        springs=Springs.IN_THE_SHAFT,
        shows="high load and current, then as a drive trip",
        release_method="open_at_level",
        codes_at_once=("08",),
        codes_at_rest=("04",),
        lets_out=True,
        clears_share=0.9,
    ),
    Mechanism.OVERHEATING: MechanismFacts(
        place=Place.BETWEEN_FLOORS,
        springs=Springs.IN_THE_SHAFT,
        shows="machine room above 40 degrees for a while, then as a drive trip",
        release_method="hand_wind",
        codes_at_once=("08",),
        codes_at_rest=("04",),
        lets_out=True,
        clears_share=0.5,
    ),
    Mechanism.CONTROLLER_CRASH: MechanismFacts(
        place=Place.BETWEEN_FLOORS,
        springs=Springs.IN_THE_SHAFT,
        shows="hard stop, service mode unknown, no code: only the gateway's own sensors speak",
        release_method="hand_wind",
        clears_share=0.3,
    ),
    Mechanism.POSITION_LOST: MechanismFacts(
        place=Place.BETWEEN_FLOORS,
        springs=Springs.IN_THE_SHAFT,
        shows="stop off level, then a crawl to a landing, or none",
        release_method="open_at_level",
        codes_at_once=("07",),
        codes_at_rest=("04",),
        lets_out=True,
        clears_share=0.6,
    ),
    Mechanism.OVERSPEED: MechanismFacts(
        place=Place.BETWEEN_FLOORS,
        springs=Springs.FAST,
        shows="speed to 115 % of rated, governor opens the chain, safety gear grips",
        release_method="after_adjustment",
        codes_at_rest=("01", "04", "08"),
        breaks_chain=True,
    ),
    Mechanism.DOOR_WILL_NOT_OPEN: MechanismFacts(
        place=Place.AT_LEVEL,
        springs=Springs.ARRIVING,
        shows="car at a landing, doors shut, retries told",
        release_method="force_door",
        codes_at_rest=("03",),
        clears_share=0.2,
    ),
    Mechanism.DOOR_WILL_NOT_CLOSE: MechanismFacts(
        place=Place.AT_LEVEL,
        springs=Springs.CLOSING,
        shows="doors cycle, retries told, then neither open nor locked and the chain open",
        release_method="open_at_level",
        codes_at_rest=("02",),
        clears_share=0.6,
    ),
    Mechanism.WILL_NOT_START: MechanismFacts(
        place=Place.AT_LEVEL,
        springs=Springs.STARTING,
        shows="doors shut and locked, calls waiting, brake stays applied",
        release_method="open_at_level",
        codes_at_rest=("08",),
        clears_share=0.2,
    ),
    Mechanism.RUN_TIME_LIMIT: MechanismFacts(
        place=Place.AT_LEVEL,
        springs=Springs.STARTING,
        shows="direction set and motor running but no motion, until the limiter operates",
        release_method="balance_weight",
        codes_at_rest=("06", "08"),
    ),
    Mechanism.UNINTENDED_MOVEMENT: MechanismFacts(
        place=Place.BETWEEN_FLOORS,
        springs=Springs.OPEN,
        shows="car leaves the landing with open doors until the protection stops it",
        release_method="after_adjustment",
        codes_at_once=("05",),
        codes_at_rest=("04", "08"),
        breaks_chain=True,
    ),
}
