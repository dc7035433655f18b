"""What perfect sensors would see of the world now: one array per signal of the contract.

Knows cars and signals. Must not know devices, sequences or bytes; how real sensors lie is for the
devices.
"""

import numpy as np
from numpy.typing import NDArray

from liftward_simulator.physics.cars import DOOR_ZONE_M, DOORS_CLOSED_PHASES, Cars, Phase
from liftward_simulator.physics.lifts import PERSON_KG, LiftTable
from liftward_wire.signals import SIGNALS, SignalType
from liftward_wire.states import (
    Brake,
    Button,
    Direction,
    DoorState,
    DoorZone,
    Occupancy,
    PowerSource,
)

Readings = dict[str, NDArray[np.generic]]

SIGNAL_NAMES = tuple(signal.name for signal in SIGNALS)
# What is worth telling at once; the rest is told with the next sample.
STATE_NAMES = tuple(signal.name for signal in SIGNALS if signal.type is SignalType.STATE)
# Motor current of a mid-sized gearless machine: some amperes to hold speed, more to accelerate it.
_CURRENT_RUN_A, _CURRENT_PER_MPS_A = 8.0, 4.0
_VIBRATION_REST_MPS2, _VIBRATION_RUN_MPS2 = 0.01, 0.12
_DOOR_OF_PHASE = np.full(len(Phase), DoorState.CLOSED.code, np.int8)
_DOOR_OF_PHASE[Phase.OPENING] = DoorState.OPENING.code
_DOOR_OF_PHASE[Phase.OPEN] = DoorState.OPEN.code
_DOOR_OF_PHASE[Phase.CLOSING] = DoorState.CLOSING.code
_DOOR_OF_PHASE[Phase.HELD_OPEN] = DoorState.OPEN.code
assert all(_DOOR_OF_PHASE[phase] == DoorState.CLOSED.code for phase in DOORS_CLOSED_PHASES)


def readings(cars: Cars, table: LiftTable) -> Readings:
    """Return every signal, each an array of shape (n_lifts,).

    Floats are float64 with NaN where there is nothing to measure, counts int64, states the int8
    codes of `liftward_wire.states`.
    """
    nearest = cars.nearest_floor(table)
    error_m = cars.position_m - nearest * table.pitch_m
    inside = np.abs(error_m) <= DOOR_ZONE_M
    speed_mps = np.abs(cars.velocity_mps)
    moving = speed_mps > 0
    door = _DOOR_OF_PHASE[cars.phase]
    level_mm = error_m * 1000 + table.sill_offset_mm
    return {
        "service_mode": cars.mode,
        "position_m": np.round(cars.position_m, 3),
        "floor": nearest - table.main_floor,
        "speed_mps": np.round(cars.velocity_mps, 3),
        "direction": _direction(cars),
        "car_door": door,
        "landing_door": door,
        "door_zone": _either(inside, DoorZone.INSIDE, DoorZone.OUTSIDE),
        "levelling_error_mm": np.where(inside & ~moving, np.round(level_mm, 1), np.nan),
        "load_kg": cars.persons_count * PERSON_KG,
        "occupancy": _either(cars.persons_count > 0, Occupancy.OCCUPIED, Occupancy.EMPTY),
        "alarm_button": _either(cars.alarm_left_s > 0, Button.PRESSED, Button.RELEASED),
        "power_source": cars.power,
        "safety_chain": cars.chain_codes(),
        "brake": _either(moving & (cars.phase != Phase.BRAKING), Brake.RELEASED, Brake.APPLIED),
        "car_calls_count": (cars.aboard > 0).sum(axis=1, dtype=np.int64),
        "door_open_presses_count": cars.presses_count,
        "motor_current_a": _motor_current_a(cars, speed_mps),
        "motor_temperature_degc": np.round(cars.motor_degc, 1),
        "machine_room_temperature_degc": table.machine_room_degc,
        "vibration_mps2": np.where(moving, _VIBRATION_RUN_MPS2, _VIBRATION_REST_MPS2),
        "trips_count": cars.trips_count,
        "door_cycles_count": cars.door_cycles_count,
        "run_time_h": np.round(cars.run_time_s / 3600, 3),
    }


def _either(
    condition: NDArray[np.bool_],
    yes: DoorZone | Occupancy | Button | Brake,
    no: DoorZone | Occupancy | Button | Brake,
) -> NDArray[np.int8]:
    return np.where(condition, yes.code, no.code).astype(np.int8)


def _direction(cars: Cars) -> NDArray[np.int8]:
    """Return the direction each car is set to travel: none while it stands."""
    travelling = np.isin(cars.phase, (Phase.STARTING, Phase.MOVING, Phase.CREEPING))
    upward = cars.trip_to_m > cars.position_m
    codes = np.where(upward, Direction.UP.code, Direction.DOWN.code)
    return np.where(travelling, codes, Direction.NONE.code).astype(np.int8)


def _motor_current_a(cars: Cars, speed_mps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the motor current: none while the brake holds or the mains are gone."""
    driven = (
        (speed_mps > 0) & (cars.phase != Phase.BRAKING) & (cars.power == PowerSource.MAINS.code)
    )
    return np.where(driven, np.round(_CURRENT_RUN_A + _CURRENT_PER_MPS_A * speed_mps, 1), 0.0)
