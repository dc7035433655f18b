"""How one value of another vocabulary and one of ours become each other: the cells of the tables.

`read` returns our value, None for "known there, absent here", or a `Refusal`; `write` returns
theirs, or None where they have no word. Neither raises on any JSON. Must not know messages.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from liftward_wire.code_table import StateMap
from liftward_wire.rejection import RejectReason
from liftward_wire.signals import Signal, SignalType
from liftward_wire.states import DoorState


class Refusal(Enum):
    """A value that is not in the table, by the reason it is refused for."""

    NOT_IN_TABLE = RejectReason.CONTRACT_VIOLATION
    IMPOSSIBLE = RejectReason.IMPOSSIBLE_VALUE


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a profile's page: their value, ours, and whether ours translates back into it."""

    theirs: str
    ours: str
    back: bool


class Conversion(Protocol):
    """One column of another vocabulary. `signal` is ours, or None for a field that only checks."""

    def allowed(self, signal: Signal | None, /) -> str:
        """Return what a value may be, for a sentence."""

    def read(self, value: Any, signal: Signal | None, /) -> Any:  # noqa: ANN401 - any JSON
        """Return our value, None, or a Refusal."""

    def write(self, value: Any, /) -> Any:  # noqa: ANN401 - a value of the signal
        """Return their value, or None."""

    def rows(self, signal: Signal | None, /) -> list[Row]:
        """Return the lines of the page."""


def _whole(value: Any) -> int | None:  # noqa: ANN401 - any JSON
    """Return a whole number, or None: true and 1.0 are not numbers of a list."""
    return value if type(value) is int else None


def _comes_back(states: StateMap[Any], code: int) -> bool:
    """Whether a number is told again: `unknown` is the same as absent, and is left out."""
    return code not in states.folded and states.state(code) is not states.unknown


@dataclass(frozen=True, slots=True)
class Numbers:
    """A state told by the numbers of a list."""

    states: StateMap[Any]

    def allowed(self, _signal: Signal | None) -> str:
        return ", ".join(f"{code} ({name})" for code, name in self.states.names.items())

    def read(self, value: Any, _signal: Signal | None) -> Any:  # noqa: ANN401 - see Conversion
        code = _whole(value)
        state = None if code is None else self.states.to_ours.get(code)
        return Refusal.NOT_IN_TABLE if state is None else state.value

    def write(self, value: Any) -> Any:  # noqa: ANN401 - see Conversion
        return self.states.code(value)

    def rows(self, _signal: Signal | None) -> list[Row]:
        return [
            Row(f"{code} ({name})", self.states.state(code).value, _comes_back(self.states, code))
            for code, name in self.states.names.items()
        ]


@dataclass(frozen=True, slots=True)
class Truth:
    """A state told by JSON's true and false; the list's 0 is false. A number is refused."""

    states: StateMap[Any]

    def allowed(self, _signal: Signal | None) -> str:
        return "true or false"

    def read(self, value: Any, _signal: Signal | None) -> Any:  # noqa: ANN401 - see Conversion
        if type(value) is not bool:
            return Refusal.NOT_IN_TABLE
        return self.states.to_ours[int(value)].value

    def write(self, value: Any) -> Any:  # noqa: ANN401 - see Conversion
        code = self.states.code(value)
        return None if code is None else bool(code)

    def rows(self, _signal: Signal | None) -> list[Row]:
        return [
            Row(str(bool(code)).lower(), state.value, back=True)
            for code, state in self.states.to_ours.items()
        ]


# Of several doors, the one that says most about the way out: an open door is one, whatever the
# other says; a fault is told before a door that is merely shut.
_DOOR_PRECEDENCE = (
    DoorState.OPEN,
    DoorState.CLOSING,
    DoorState.OPENING,
    DoorState.FAULT,
    DoorState.UNKNOWN,
    DoorState.CLOSED,
)
DOORS_MAX = 8  # a car has one or two, rarely three


@dataclass(frozen=True, slots=True)
class Doors:
    """A list with one number for each door of the car; `absent` numbers say that it has no such."""

    states: StateMap[DoorState]
    absent: frozenset[int]

    def allowed(self, _signal: Signal | None) -> str:
        listed = ", ".join(f"{code} ({name})" for code, name in self.states.names.items())
        return f"a list of 1 to {DOORS_MAX} of {listed}"

    def read(self, value: Any, _signal: Signal | None) -> Any:  # noqa: ANN401 - see Conversion
        if not isinstance(value, list) or not 1 <= len(value) <= DOORS_MAX:
            return Refusal.NOT_IN_TABLE
        if any(_whole(code) is None or code not in self.states.names for code in value):
            return Refusal.NOT_IN_TABLE
        seen = {self.states.state(code) for code in value if code not in self.absent}
        return next((state.value for state in _DOOR_PRECEDENCE if state in seen), "unknown")

    def write(self, value: Any) -> Any:  # noqa: ANN401 - see Conversion
        code = self.states.code(value)
        return None if code is None else [code]

    def rows(self, _signal: Signal | None) -> list[Row]:
        return [
            Row(f"[{code}] ({name})", self.states.state(code).value, _comes_back(self.states, code))
            for code, name in self.states.names.items()
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaled:
    """A number: ours is theirs times `ours_per_theirs`, plus `offset`.

    `whole`: they tell whole numbers only. `absent` is a number that says "not known".
    """

    unit: str
    ours_per_theirs: float = 1.0
    offset: int = 0
    whole: bool = False
    absent: int | None = None

    def allowed(self, signal: Signal | None) -> str:
        assert signal is not None
        assert signal.low is not None
        assert signal.high is not None
        low, high = self._theirs(signal.low), self._theirs(signal.high)
        kind = "a whole number" if self.whole else "a number"
        return f"{kind} from {low:g} to {high:g} {self.unit}".rstrip()

    def read(self, value: Any, signal: Signal | None) -> Any:  # noqa: ANN401 - see Conversion
        assert signal is not None
        assert signal.low is not None
        assert signal.high is not None
        if type(value) not in ((int,) if self.whole else (int, float)):
            return Refusal.NOT_IN_TABLE
        if value == self.absent:
            return None
        # Before any arithmetic: a whole number of JSON may be too large for a float.
        if not self._theirs(signal.low) <= value <= self._theirs(signal.high):
            return Refusal.IMPOSSIBLE
        if self.ours_per_theirs == 1.0:
            ours = value + self.offset
        else:
            ours = value * self.ours_per_theirs + self.offset
            ours = min(max(ours, signal.low), signal.high)  # rounding at the ends
        return float(ours) if signal.type is SignalType.FLOAT else ours

    def write(self, value: Any) -> Any:  # noqa: ANN401 - see Conversion
        theirs = self._theirs(value)
        theirs = round(theirs) if self.whole else theirs
        return None if theirs == self.absent else theirs  # it would be read as "not known"

    def rows(self, signal: Signal | None) -> list[Row]:
        assert signal is not None
        text = f"x {self.ours_per_theirs:g}" if self.ours_per_theirs != 1.0 else ""
        text += f"{self.offset:+d}" if self.offset else ""
        rows = [Row(self.allowed(signal), f"{text or 'same'} {signal.unit}".strip(), back=True)]
        if self.absent is not None:
            rows.append(Row(f"{self.absent} (not known)", "absent", back=False))
        return rows

    def _theirs(self, ours: float) -> float:
        if self.ours_per_theirs == 1.0:
            return ours - self.offset
        return (ours - self.offset) / self.ours_per_theirs


LANDING_CHARACTERS_MAX = 4  # GB/T 24476-2017: a landing's name as the car shows it


@dataclass(frozen=True, slots=True)
class Landing:
    """The text a car shows for a landing: "1" is the main landing (0), "B1" the one below (-1).

    Other texts ("M", "1A") are landings whose place nobody can know from the text: absent.
    """

    def allowed(self, _signal: Signal | None) -> str:
        return f"a text of 1 to {LANDING_CHARACTERS_MAX} characters"

    def read(self, value: Any, signal: Signal | None) -> Any:  # noqa: ANN401 - see Conversion
        assert signal is not None
        assert signal.low is not None
        assert signal.high is not None
        if not isinstance(value, str) or not 1 <= len(value) <= LANDING_CHARACTERS_MAX:
            return Refusal.NOT_IN_TABLE
        below = value[0] in "Bb-"
        digits = value[1:] if below else value
        if not (digits.isascii() and digits.isdigit()) or int(digits) == 0:
            return None
        floor = -int(digits) if below else int(digits) - 1
        return floor if signal.low <= floor <= signal.high else Refusal.IMPOSSIBLE

    def write(self, value: Any) -> Any:  # noqa: ANN401 - see Conversion
        return f"B{-value}" if value < 0 else str(value + 1)

    def rows(self, _signal: Signal | None) -> list[Row]:
        return [
            Row('"1", "2", ... (digits n)', "n - 1", back=True),
            Row('"B1", "B2", ... (B and digits n)', "-n", back=True),
            Row('"b1", "-1", "01"', "as B1, B1, 1", back=False),
            Row('any other text, as "M" or "1A"', "absent", back=False),
        ]


@dataclass(frozen=True, slots=True)
class Standstill:
    """A list that tells standing from moving but not how fast: standing is 0 m/s, the rest absent.

    What moves is told by the direction then.
    """

    names: Mapping[int, str]
    standing: int
    moving: int  # what any other speed of ours is told as

    def allowed(self, _signal: Signal | None) -> str:
        return ", ".join(f"{code} ({name})" for code, name in self.names.items())

    def read(self, value: Any, _signal: Signal | None) -> Any:  # noqa: ANN401 - see Conversion
        code = _whole(value)
        if code is None or code not in self.names:
            return Refusal.NOT_IN_TABLE
        return 0.0 if code == self.standing else None

    def write(self, value: Any) -> Any:  # noqa: ANN401 - see Conversion
        return self.standing if value == 0 else self.moving

    def rows(self, _signal: Signal | None) -> list[Row]:
        return [
            Row(
                f"{code} ({name})",
                "0 m/s" if code == self.standing else "absent",
                back=code == self.standing,
            )
            for code, name in self.names.items()
        ]


@dataclass(frozen=True, slots=True)
class Only:
    """A field that must say this if it is there, as the unit that another field is in."""

    value: int
    meaning: str

    def allowed(self, _signal: Signal | None) -> str:
        return f"{self.value} ({self.meaning}) alone"

    def read(self, value: Any, _signal: Signal | None) -> Any:  # noqa: ANN401 - see Conversion
        return None if _whole(value) == self.value else Refusal.NOT_IN_TABLE

    def write(self, _value: Any) -> Any:  # noqa: ANN401 - see Conversion
        return None

    def rows(self, _signal: Signal | None) -> list[Row]:
        return [Row(f"{self.value} ({self.meaning})", "checked, not kept", back=False)]
