"""The signals a sample may carry: one table from which messages, arrays, SQL and docs follow.

Absent is NaN for floats, code 0 (`unknown`) for states, COUNT_ABSENT for counts. A test holds the
message types, the database columns and the contract page to this table.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from msgspec import Meta

from liftward_wire.states import (
    Brake,
    Button,
    Circuit,
    CodedState,
    Direction,
    DoorState,
    DoorZone,
    Occupancy,
    PowerSource,
    ServiceMode,
)

StateClass: TypeAlias = type[CodedState]


class SignalType(StrEnum):
    FLOAT = "float"  # float32 in arrays, NaN when absent; SQL real
    COUNT = "count"  # int64 in arrays, COUNT_ABSENT when absent; SQL bigint
    STATE = "state"  # int8 in arrays, 0 when absent; SQL smallint


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One signal: its name everywhere, its type, and the values a real lift can have."""

    name: str
    type: SignalType
    purpose: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    states: StateClass | None = None

    @property
    def allowed(self) -> str:
        """What a value may be, as pages and sentences show it."""
        if self.states is not None:
            return f"the words {', '.join(self.states)}"
        return f"{self.low:.0f} to {self.high:.0f} {self.unit}".rstrip()


def _float(name: str, unit: str, low: float, high: float, purpose: str) -> Signal:
    return Signal(name=name, type=SignalType.FLOAT, unit=unit, low=low, high=high, purpose=purpose)


def _count(name: str, high: int, purpose: str, low: int = 0) -> Signal:
    return Signal(name=name, type=SignalType.COUNT, low=low, high=high, purpose=purpose)


def _state(name: str, states: type[CodedState], purpose: str) -> Signal:
    return Signal(name=name, type=SignalType.STATE, states=states, purpose=purpose)


COUNT_ABSENT = -(2**63)  # int64 minimum: no device can send it, JSON carries 2**53 at most
COUNTER_MAX = 2**53 - 1  # the largest whole number that every JSON reader keeps exact

SIGNALS: tuple[Signal, ...] = (
    _state("service_mode", ServiceMode, "what the lift is set to do"),
    _float("position_m", "m", -200.0, 1500.0, "height of the car floor above the lowest landing"),
    _count("floor", 300, "landing index, 0 is the main landing, basements are negative", low=-50),
    _float("speed_mps", "m/s", -25.0, 25.0, "car speed, upward positive"),
    _state("direction", Direction, "direction the car is set to travel"),
    _state("car_door", DoorState, "car door"),
    _state("landing_door", DoorState, "landing door at the car's landing"),
    _state("door_zone", DoorZone, "car floor inside or outside the unlocking zone"),
    _float(
        "levelling_error_mm", "mm", -1000.0, 1000.0, "car sill above (+) or below (-) the landing's"
    ),
    _float("load_kg", "kg", 0.0, 20_000.0, "load in the car"),
    _state("occupancy", Occupancy, "someone is in the car, by sensor"),
    _state("alarm_button", Button, "alarm button in the car"),
    _state("power_source", PowerSource, "what feeds the lift"),
    _state("safety_chain", Circuit, "safety chain as a whole"),
    _state("brake", Brake, "machine brake"),
    _count("car_calls_count", 300, "registered car calls"),
    _count("door_open_presses_count", COUNTER_MAX, "door-open presses since installation"),
    _float("motor_current_a", "A", 0.0, 2000.0, "motor current, root mean square"),
    _float("motor_temperature_degc", "°C", -50.0, 300.0, "motor winding"),
    _float("machine_room_temperature_degc", "°C", -50.0, 100.0, "machine room or top of the shaft"),
    _float("vibration_mps2", "m/s²", 0.0, 100.0, "vertical vibration, peak to peak"),
    _count("trips_count", COUNTER_MAX, "starts since installation"),
    _count("door_cycles_count", COUNTER_MAX, "door openings since installation"),
    _float("run_time_h", "h", 0.0, 1_000_000.0, "hours in motion since installation"),
)

SIGNAL_BY_NAME: dict[str, Signal] = {signal.name: signal for signal in SIGNALS}


def limits(name: str) -> Meta:
    """Return what a decoder and a JSON Schema need to know of a number signal."""
    signal = SIGNAL_BY_NAME[name]
    unit = {"x-unit": signal.unit} if signal.unit else None
    return Meta(ge=signal.low, le=signal.high, description=signal.purpose, extra_json_schema=unit)
