"""What perfect sensors would see of the world now: one array per signal of the contract.

States are looked at for the whole fleet, numbers only for the lifts that speak now. Knows cars and
signals. Must not know devices, sequences or bytes; how real sensors lie is for `sensing`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liftward_simulator.physics.cars import DOOR_ZONE_M, DOORS_CLOSED_PHASES, Cars, Phase
from liftward_simulator.physics.lifts import PERSON_KG, LiftTable
from liftward_wire.signals import SIGNALS, SignalType
from liftward_wire.states import (
    Brake,
    Button,
    CodedState,
    Direction,
    DoorState,
    DoorZone,
    Occupancy,
    PowerSource,
)

Readings = dict[str, NDArray[Any]]

SIGNAL_NAMES = tuple(signal.name for signal in SIGNALS)
# What is worth telling at once; the rest is told with the next sample.
STATE_NAMES = tuple(signal.name for signal in SIGNALS if signal.type is SignalType.STATE)
STATE_ROW = {name: row for row, name in enumerate(STATE_NAMES)}
# Motor current of a mid-sized gearless machine: some amperes to hold speed, more to accelerate it.
_CURRENT_RUN_A, _CURRENT_PER_MPS_A = 8.0, 4.0
_VIBRATION_REST_MPS2, _VIBRATION_RUN_MPS2 = 0.01, 0.12
_SECONDS_PER_HOUR, _MM_PER_M = 3600.0, 1000.0


def _door_of_phase() -> NDArray[np.int8]:
    doors = np.full(len(Phase), DoorState.CLOSED.code, np.int8)
    doors[Phase.OPENING] = DoorState.OPENING.code
    doors[[Phase.OPEN, Phase.HELD_OPEN, Phase.DRIFTING_OPEN]] = DoorState.OPEN.code
    doors[Phase.CLOSING] = DoorState.CLOSING.code
    doors[Phase.HELD_AJAR] = DoorState.FAULT.code
    assert (doors[list(DOORS_CLOSED_PHASES)] == DoorState.CLOSED.code).all()
    return doors


def _phases(*phases: Phase) -> NDArray[np.bool_]:
    chosen = np.zeros(len(Phase), np.bool_)
    chosen[list(phases)] = True
    return chosen


_DOOR_OF_PHASE = _door_of_phase()
_IS_CLOSED = _phases(*DOORS_CLOSED_PHASES)
# Phases in which the controller means to travel, or the car travels by itself.
_TRAVELS = _phases(Phase.STARTING, Phase.MOVING, Phase.CREEPING, Phase.DRIFTING_OPEN, Phase.RUNAWAY)
_IS_BRAKED = _phases(Phase.BRAKING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The whole fleet at a moment.

    Attributes
    ----------
    states : ndarray of shape (n_states, n_lifts), int8
        Codes of `liftward_wire.states`, in the order of STATE_NAMES.
    floor : ndarray of shape (n_lifts,), int64
        The nearest landing, counted from the lowest.
    error_m : ndarray of shape (n_lifts,), float64
        How far the car is above that landing.
    load_kg : ndarray of shape (n_lifts,), float64
    """

    states: NDArray[np.int8]
    floor: NDArray[np.int64]
    error_m: NDArray[np.float64]
    load_kg: NDArray[np.float64]


def look(cars: Cars, table: LiftTable) -> Look:
    """Return the states of all lifts as they are."""
    floor = cars.nearest_floor(table)
    error_m = cars.position_m - floor * table.pitch_m
    persons_count = cars.persons_count
    moving = cars.velocity_mps != 0
    door = _DOOR_OF_PHASE[cars.phase]
    states = {
        "service_mode": cars.mode,
        "direction": _direction(cars, moving),
        "car_door": door,
        "landing_door": door,
        "door_zone": _either(np.abs(error_m) <= DOOR_ZONE_M, DoorZone.INSIDE, DoorZone.OUTSIDE),
        "occupancy": _either(persons_count > 0, Occupancy.OCCUPIED, Occupancy.EMPTY),
        "alarm_button": _either(cars.alarm_left_s > 0, Button.PRESSED, Button.RELEASED),
        "power_source": cars.power,
        "safety_chain": cars.chain_codes(),
        "brake": _either(moving & ~_IS_BRAKED[cars.phase], Brake.RELEASED, Brake.APPLIED),
    }
    return Look(
        states=np.stack([states[name] for name in STATE_NAMES]).astype(np.int8, copy=False),
        floor=floor,
        error_m=error_m,
        load_kg=persons_count * PERSON_KG + cars.goods_kg,
    )


def numbers(cars: Cars, table: LiftTable, seen: Look, lifts: NDArray[np.int64]) -> Readings:
    """Return every number signal of these lifts, each an array of shape (n,).

    Floats are float64 with NaN where there is nothing to measure, counts int64.
    """
    error_m = seen.error_m[lifts]
    velocity_mps = cars.velocity_mps[lifts].astype(np.float64)
    moving = velocity_mps != 0
    levelled = (np.abs(error_m) <= DOOR_ZONE_M) & ~moving
    level_mm = error_m * _MM_PER_M + cars.level_error_mm[lifts]
    vibration_mps2 = np.where(
        moving, _VIBRATION_RUN_MPS2 * cars.vibration_factor[lifts], _VIBRATION_REST_MPS2
    )
    return {
        "position_m": cars.position_m[lifts].astype(np.float64),
        "floor": (seen.floor[lifts] - table.main_floor[lifts]).astype(np.int64),
        "speed_mps": velocity_mps,
        "levelling_error_mm": np.where(levelled, level_mm, np.nan),
        "load_kg": seen.load_kg[lifts],
        "car_calls_count": (cars.aboard[lifts] > 0).sum(axis=1, dtype=np.int64),
        "door_open_presses_count": cars.presses_count[lifts].astype(np.int64),
        "motor_current_a": _motor_current_a(cars, lifts),
        "motor_temperature_degc": cars.motor_degc[lifts].astype(np.float64),
        "machine_room_temperature_degc": table.machine_room_degc[lifts]
        + cars.machine_room_rise_degc[lifts],
        "vibration_mps2": vibration_mps2,
        "trips_count": cars.trips_count[lifts].astype(np.int64),
        "door_cycles_count": cars.door_cycles_count[lifts].astype(np.int64),
        "run_time_h": cars.run_time_s[lifts] / _SECONDS_PER_HOUR,
    }


def readings(cars: Cars, table: LiftTable) -> Readings:
    """Return every signal of every lift as it is, each an array of shape (n_lifts,)."""
    seen = look(cars, table)
    signals = numbers(cars, table, seen, np.arange(table.count))
    signals.update(zip(STATE_NAMES, seen.states, strict=True))
    return signals


def _either(condition: NDArray[np.bool_], yes: CodedState, no: CodedState) -> NDArray[np.int8]:
    return np.where(condition, np.int8(yes.code), np.int8(no.code))


def _direction(cars: Cars, moving: NDArray[np.bool_]) -> NDArray[np.int8]:
    """Return the direction each car is set to travel, or travels: none while it stands."""
    upward = np.where(moving, cars.velocity_mps > 0, cars.trip_to_m > cars.position_m)
    codes = _either(upward, Direction.UP, Direction.DOWN)
    return np.where(_TRAVELS[cars.phase], codes, np.int8(Direction.NONE.code))


def _motor_current_a(cars: Cars, lifts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the motor current: none while the brake holds or the mains are gone."""
    speed_mps = np.abs(cars.velocity_mps[lifts])
    driven = (speed_mps > 0) & ~_IS_BRAKED[cars.phase[lifts]]
    driven &= cars.power[lifts] == PowerSource.MAINS.code
    current_a = (_CURRENT_RUN_A + _CURRENT_PER_MPS_A * speed_mps) * cars.current_factor[lifts]
    return np.where(driven, current_a, 0.0)
