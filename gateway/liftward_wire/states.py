"""The words a device may use for a state. Each one has `UNKNOWN`: absent is not zero.

Wire form: the lower-case text. Array form: its `code`, a small integer, where UNKNOWN is 0; the
codes are ours alone and never cross the wire. New words go at the end: the codes are stored.
"""

from enum import StrEnum
from typing import Self


class CodedState(StrEnum):
    """A text state with a stable small code: its position in the class."""

    code: int

    def __new__(cls, word: str) -> Self:
        member = str.__new__(cls, word)
        member._value_ = word
        member.code = len(cls.__members__)
        return member

    @classmethod
    def from_code(cls, code: int) -> Self:
        """Return the state with this code.

        Raises
        ------
        ValueError
            When no state of this class has the code.
        """
        if not 0 <= code < len(cls):
            raise ValueError(f"{code} is no code of {cls.__name__}: allowed is 0 to {len(cls) - 1}")
        return cls[cls._member_names_[code]]


class ServiceMode(CodedState):
    """What the lift is set to do (GB/T 24476-2017 service mode; BACnet LiftCarMode)."""

    UNKNOWN = "unknown"
    NORMAL = "normal"
    OUT_OF_SERVICE = "out_of_service"
    INSPECTION = "inspection"
    FIRE_RECALL = "fire_recall"
    FIREFIGHTER = "firefighter"
    EMERGENCY_POWER = "emergency_power"
    EARTHQUAKE = "earthquake"
    INDEPENDENT = "independent"  # attendant or VIP: someone holds the lift on purpose
    PARKING = "parking"
    HOMING = "homing"


class Direction(CodedState):
    UNKNOWN = "unknown"
    NONE = "none"
    UP = "up"
    DOWN = "down"


class DoorState(CodedState):
    UNKNOWN = "unknown"
    CLOSED = "closed"
    OPENING = "opening"
    OPEN = "open"
    CLOSING = "closing"
    FAULT = "fault"


class DoorZone(CodedState):
    """Whether the car floor is within the unlocking zone of a landing (EN 81-20: +-0.20 m)."""

    UNKNOWN = "unknown"
    INSIDE = "inside"
    OUTSIDE = "outside"


class Occupancy(CodedState):
    UNKNOWN = "unknown"
    EMPTY = "empty"
    OCCUPIED = "occupied"


class Button(CodedState):
    UNKNOWN = "unknown"
    RELEASED = "released"
    PRESSED = "pressed"


class PowerSource(CodedState):
    UNKNOWN = "unknown"
    MAINS = "mains"
    EMERGENCY = "emergency"  # building generator or automatic rescue device drives the lift
    BATTERY = "battery"  # the gateway lives, the lift does not
    LOST = "lost"


class Circuit(CodedState):
    """A safety chain or lock circuit: closed is the safe state."""

    UNKNOWN = "unknown"
    CLOSED = "closed"
    OPEN = "open"


class Brake(CodedState):
    UNKNOWN = "unknown"
    APPLIED = "applied"
    RELEASED = "released"
