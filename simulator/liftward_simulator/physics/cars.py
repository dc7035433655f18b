"""Where every car is now: state in arrays, and the elementary moves that change it.

Knows phases, doors, trips and who is aboard. Must not know why a car is sent anywhere.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from liftward_simulator.physics.lifts import (
    ACCELERATION_MPS2,
    JERK_MPS3,
    BoolArray,
    IntArray,
    LiftTable,
)
from liftward_simulator.physics.motion import FloatArray, Profile, profile, travelled
from liftward_wire.states import Circuit, PowerSource, ServiceMode

START_DELAY_S = 0.5  # brake lift and motor build-up before a car moves
# A stop by the brake alone is harsher than a normal one, and well under the 1 g of the safety gear.
BRAKE_MPS2 = 2.0
CREEP_MPS = 0.3  # hand-winding, levelling after a reset, inspection speed: 0.3 m/s or less
DOOR_ZONE_M = 0.20  # unlocking zone, EN 81-20
_NOWHERE = -1


class Phase(IntEnum):
    """What a car does. HELD phases wait for a script, not for the clock."""

    IDLE = 0
    OPENING = 1
    OPEN = 2
    CLOSING = 3
    STARTING = 4
    MOVING = 5
    CREEPING = 6
    BRAKING = 7
    HELD_CLOSED = 8
    HELD_OPEN = 9


DOORS_CLOSED_PHASES = (
    Phase.IDLE,
    Phase.STARTING,
    Phase.MOVING,
    Phase.CREEPING,
    Phase.BRAKING,
    Phase.HELD_CLOSED,
)


@dataclass(slots=True, kw_only=True)
class Cars:
    """Mutable state. Arrays of shape (n_lifts,), or (n_lifts, n_floors) where said."""

    phase: NDArray[np.int8]
    phase_left_s: FloatArray
    floor: IntArray  # landing where it stands or which it last left
    target: IntArray  # landing it travels to, -1 none
    heading: NDArray[np.int8]  # which way it serves calls: 1 up, -1 down, 0 none
    position_m: FloatArray
    velocity_mps: FloatArray  # upward positive
    trip_from_m: FloatArray
    trip_to_m: FloatArray
    trip_elapsed_s: FloatArray
    trip: NDArray[np.float64]  # (n_lifts, 3): jerk, acceleration and cruise times
    aboard: NDArray[np.int16]  # (n_lifts, n_floors): persons by destination
    staff: NDArray[np.int8]  # technicians and fire-fighters aboard
    waiting_up: NDArray[np.int16]  # (n_lifts, n_floors)
    waiting_down: NDArray[np.int16]  # (n_lifts, n_floors)
    scripted: BoolArray  # a script, not the traffic, decides what the car does next
    mode: NDArray[np.int8]  # codes of ServiceMode
    power: NDArray[np.int8]  # codes of PowerSource
    chain_broken: BoolArray  # the safety chain is open although the doors are closed
    alarm_left_s: FloatArray  # the alarm button is held for so long
    trips_count: IntArray
    door_cycles_count: IntArray
    presses_count: IntArray
    run_time_s: FloatArray
    motor_degc: FloatArray

    @classmethod
    def at_rest(cls, table: LiftTable, rng: np.random.Generator) -> "Cars":
        """Return every car idle, empty and closed at some landing of its own."""
        count, floors = table.count, table.floors_count_max
        floor = rng.integers(0, table.floors_count)
        position_m = floor * table.pitch_m
        trips_count = rng.integers(10_000, 900_000, count)
        return cls(
            phase=np.full(count, Phase.IDLE, np.int8),
            phase_left_s=np.zeros(count),
            floor=floor,
            target=np.full(count, _NOWHERE, np.int64),
            heading=np.zeros(count, np.int8),
            position_m=position_m.copy(),
            velocity_mps=np.zeros(count),
            trip_from_m=position_m.copy(),
            trip_to_m=position_m.copy(),
            trip_elapsed_s=np.zeros(count),
            trip=np.zeros((count, 3)),
            aboard=np.zeros((count, floors), np.int16),
            staff=np.zeros(count, np.int8),
            waiting_up=np.zeros((count, floors), np.int16),
            waiting_down=np.zeros((count, floors), np.int16),
            scripted=np.zeros(count, np.bool_),
            mode=np.full(count, ServiceMode.NORMAL.code, np.int8),
            power=np.full(count, PowerSource.MAINS.code, np.int8),
            chain_broken=np.zeros(count, np.bool_),
            alarm_left_s=np.zeros(count),
            trips_count=trips_count,
            door_cycles_count=trips_count + rng.integers(0, 5_000, count),
            presses_count=rng.integers(0, 50_000, count),
            run_time_s=(trips_count * 15.0).astype(np.float64),
            motor_degc=rng.uniform(25.0, 40.0, count).round(1),
        )

    @property
    def passengers_count(self) -> IntArray:
        persons: IntArray = self.aboard.sum(axis=1, dtype=np.int64)
        return persons

    @property
    def persons_count(self) -> IntArray:
        return self.passengers_count + self.staff

    @property
    def doors_closed(self) -> BoolArray:
        return np.isin(self.phase, DOORS_CLOSED_PHASES)

    def chain_codes(self) -> NDArray[np.int8]:
        """Return codes of Circuit: open while a door is open or the chain is broken.

        Without mains the chain has no voltage and nobody can say.
        """
        is_open = self.chain_broken | ~self.doors_closed
        codes = np.where(is_open, Circuit.OPEN.code, Circuit.CLOSED.code)
        dead = self.power == PowerSource.BATTERY.code
        return np.where(dead, Circuit.UNKNOWN.code, codes).astype(np.int8)

    def begin(self, lifts: IntArray, phase: Phase, lasting_s: FloatArray | float = 0.0) -> None:
        """Put these lifts into a phase for so long."""
        self.phase[lifts] = phase
        self.phase_left_s[lifts] = lasting_s

    def begin_trip(self, table: LiftTable, lifts: IntArray, targets: IntArray) -> None:
        """Send these cars to landings, after the start delay."""
        self.target[lifts] = targets
        self.trip_from_m[lifts] = self.position_m[lifts]
        self.trip_to_m[lifts] = targets * table.pitch_m[lifts]
        limits = np.ones(lifts.size)
        plan = profile(
            np.abs(self.trip_to_m[lifts] - self.trip_from_m[lifts]),
            table.speed_mps[lifts],
            ACCELERATION_MPS2 * limits,
            JERK_MPS3 * limits,
        )
        self.trip[lifts] = np.stack([plan.jerk_s, plan.acceleration_s, plan.cruise_s], axis=1)
        self.trip_elapsed_s[lifts] = 0.0
        self.trips_count[lifts] += 1
        self.begin(lifts, Phase.STARTING, START_DELAY_S)

    def begin_creep(self, lift: int, to_m: float) -> None:
        """Move one car slowly to a height, wherever it stands."""
        self.trip_to_m[lift] = to_m
        self.phase[lift] = Phase.CREEPING

    def move(self, dt_s: float) -> None:
        """Advance every car that travels on its profile, creeps or brakes."""
        self._move_on_profile(np.flatnonzero(self.phase == Phase.MOVING), dt_s)
        creeping = np.flatnonzero(self.phase == Phase.CREEPING)
        left_m = self.trip_to_m[creeping] - self.position_m[creeping]
        step_m = np.clip(left_m, -CREEP_MPS * dt_s, CREEP_MPS * dt_s)
        self.position_m[creeping] += step_m
        self.velocity_mps[creeping] = step_m / dt_s
        braking = np.flatnonzero(self.phase == Phase.BRAKING)
        before = self.velocity_mps[braking]
        after = np.sign(before) * np.maximum(np.abs(before) - BRAKE_MPS2 * dt_s, 0.0)
        self.position_m[braking] += (before + after) / 2 * dt_s
        self.velocity_mps[braking] = after
        self.run_time_s += dt_s * (self.velocity_mps != 0.0)

    def _move_on_profile(self, lifts: IntArray, dt_s: float) -> None:
        if not lifts.size:
            return
        self.trip_elapsed_s[lifts] += dt_s
        distance_m, speed_mps = travelled(self._profile_of(lifts), self.trip_elapsed_s[lifts])
        sign = np.sign(self.trip_to_m[lifts] - self.trip_from_m[lifts])
        self.position_m[lifts] = self.trip_from_m[lifts] + sign * distance_m
        self.velocity_mps[lifts] = sign * speed_mps

    def _profile_of(self, lifts: IntArray) -> Profile:
        times = self.trip[lifts]
        return Profile(
            distance_m=np.abs(self.trip_to_m[lifts] - self.trip_from_m[lifts]),
            jerk_mps3=np.full(lifts.size, JERK_MPS3),
            jerk_s=times[:, 0],
            acceleration_s=times[:, 1],
            cruise_s=times[:, 2],
        )

    def trip_left_s(self, lifts: IntArray) -> FloatArray:
        """Return the rest of the flight time of cars on their profile."""
        return self._profile_of(lifts).flight_time_s - self.trip_elapsed_s[lifts]

    def stand(self, table: LiftTable, lifts: IntArray) -> None:
        """Bring these cars to rest exactly where they were sent."""
        self.position_m[lifts] = self.trip_to_m[lifts]
        self.velocity_mps[lifts] = 0.0
        self.floor[lifts] = np.rint(self.position_m[lifts] / table.pitch_m[lifts]).astype(np.int64)
        self.target[lifts] = _NOWHERE

    def nearest_floor(self, table: LiftTable) -> IntArray:
        """Return the landing nearest to each car."""
        nearest = np.rint(self.position_m / table.pitch_m).astype(np.int64)
        return np.clip(nearest, 0, table.floors_count - 1)
