"""Where every car is now: state in arrays, and the elementary moves that change it.

Knows phases, doors, trips and who is aboard. Must not know why a car is sent anywhere.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from liftward_simulator.physics.lifts import BoolArray, IntArray, LiftTable
from liftward_simulator.physics.motion import FloatArray, plan_trips
from liftward_wire.states import Circuit, PowerSource, ServiceMode

START_DELAY_S = 0.5  # brake lift and motor build-up before a car moves
# A stop by the brake alone is harsher than a normal one, and well under the 1 g of the safety gear.
BRAKE_MPS2 = 2.0
CREEP_MPS = 0.3  # hand-winding, levelling after a reset, inspection speed: 0.3 m/s or less
DOOR_ZONE_M = 0.20  # unlocking zone, EN 81-20
WAITING_PERSONS_MAX = 12  # at one landing in one direction; the others take the stairs
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
    DRIFTING_OPEN = 10  # moves uncommanded with open doors
    RUNAWAY = 11  # faster than rated, doors closed
    HELD_AJAR = 12  # at a landing, door neither open nor locked: nobody can pass


DOORS_CLOSED_PHASES = (
    Phase.IDLE,
    Phase.STARTING,
    Phase.MOVING,
    Phase.CREEPING,
    Phase.BRAKING,
    Phase.HELD_CLOSED,
    Phase.RUNAWAY,
)


@dataclass(slots=True, kw_only=True)
class Cars:
    """Mutable state. Arrays of shape (n_lifts,), or (n_lifts, n_floors) where said.

    Written in place by the loop over the fleet. Whoever else lets people come, board or leave does
    it with the methods here, which keep the sums right.
    """

    phase: NDArray[np.int8]
    phase_left_s: FloatArray
    floor: NDArray[np.int16]  # landing where it stands or which it last left
    target: NDArray[np.int16]  # landing it travels to, -1 none
    heading: NDArray[np.int8]  # which way it serves calls: 1 up, -1 down, 0 none
    position_m: FloatArray  # as the machine counts it: exact at a landing
    level_error_mm: FloatArray  # how much higher the sill stands than that says
    velocity_mps: FloatArray  # upward positive
    trip_from_m: FloatArray
    trip_to_m: FloatArray
    trip_elapsed_s: FloatArray
    trip: FloatArray  # (n_lifts, 3): jerk, acceleration and cruise times
    stop_scatter_mm: FloatArray  # how far off its usual place the present trip will end
    next_arrival_s: FloatArray  # when the next group may come, on the world's clock
    aboard: NDArray[np.int8]  # (n_lifts, n_floors): passengers by destination
    passengers_count: NDArray[np.int16]  # aboard, as the sum of the row above
    staff: NDArray[np.int8]  # technicians and fire-fighters aboard
    lingering: NDArray[np.int8]  # persons aboard who want to go nowhere: a cleaner, a dreamer
    goods_kg: FloatArray  # left in the car
    entered_count: IntArray  # persons through the car door since the start
    left_count: IntArray
    waiting_up: NDArray[np.int8]  # (n_lifts, n_floors)
    waiting_down: NDArray[np.int8]  # (n_lifts, n_floors)
    waiting_count: NDArray[np.int16]  # at all landings, both ways
    scripted: BoolArray  # a script, not the traffic, decides what the car does next
    mode: NDArray[np.int8]  # codes of ServiceMode
    power: NDArray[np.int8]  # codes of PowerSource
    door_factor: FloatArray  # door times multiply by it: wear, a slow door
    door_reopen_share: FloatArray  # of the closings that end in another opening
    levelling_drift_mm: FloatArray  # added to the sill offset wherever the car stops
    vibration_factor: FloatArray
    current_factor: FloatArray
    machine_room_rise_degc: FloatArray  # added to what the machine room usually has
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
        floor = rng.integers(0, table.floors_count).astype(np.int16)
        position_m = floor * table.pitch_m
        trips_count = rng.integers(10_000, 900_000, count)
        return cls(
            phase=np.full(count, Phase.IDLE, np.int8),
            phase_left_s=np.zeros(count),
            floor=floor,
            target=np.full(count, _NOWHERE, np.int16),
            heading=np.zeros(count, np.int8),
            position_m=position_m.copy(),
            level_error_mm=table.sill_offset_mm.copy(),
            velocity_mps=np.zeros(count),
            trip_from_m=position_m.copy(),
            trip_to_m=position_m.copy(),
            trip_elapsed_s=np.zeros(count),
            trip=np.zeros((count, 3)),
            stop_scatter_mm=np.zeros(count),
            next_arrival_s=np.full(count, np.inf),
            aboard=np.zeros((count, floors), np.int8),
            passengers_count=np.zeros(count, np.int16),
            staff=np.zeros(count, np.int8),
            lingering=np.zeros(count, np.int8),
            goods_kg=np.zeros(count),
            entered_count=np.zeros(count, np.int64),
            left_count=np.zeros(count, np.int64),
            waiting_up=np.zeros((count, floors), np.int8),
            waiting_down=np.zeros((count, floors), np.int8),
            waiting_count=np.zeros(count, np.int16),
            scripted=np.zeros(count, np.bool_),
            mode=np.full(count, ServiceMode.NORMAL.code, np.int8),
            power=np.full(count, PowerSource.MAINS.code, np.int8),
            door_factor=np.ones(count),
            door_reopen_share=np.zeros(count),
            levelling_drift_mm=np.zeros(count),
            vibration_factor=np.ones(count),
            current_factor=np.ones(count),
            machine_room_rise_degc=np.zeros(count),
            chain_broken=np.zeros(count, np.bool_),
            alarm_left_s=np.zeros(count),
            trips_count=trips_count,
            door_cycles_count=trips_count + rng.integers(0, 5_000, count),
            presses_count=rng.integers(0, 50_000, count),
            run_time_s=(trips_count * 15.0).astype(np.float64),
            motor_degc=rng.uniform(25.0, 40.0, count).round(1),
        )

    @property
    def persons_count(self) -> IntArray:
        """Return how many are aboard: passengers, staff and those who linger."""
        persons: IntArray = self.passengers_count.astype(np.int64)
        persons += self.staff
        persons += self.lingering
        return persons

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

    def call(self, lift: int, landing: int, *, upward: bool, persons: int = 1) -> None:
        """Let people come to a landing and press the button; too many of them take the stairs."""
        waiting = self.waiting_up if upward else self.waiting_down
        before = int(waiting[lift, landing])
        after = max(before, min(before + persons, WAITING_PERSONS_MAX))
        waiting[lift, landing] = after
        self.waiting_count[lift] += after - before

    def board(self, lift: int, landing: int, persons: int) -> None:
        """Put passengers aboard who want to go to a landing."""
        self.aboard[lift, landing] += persons
        self.passengers_count[lift] += persons
        self.entered_count[lift] += persons

    def let_out(self, lift: int) -> int:
        """Let all passengers leave; return how many they were."""
        persons = int(self.passengers_count[lift])
        self.aboard[lift] = 0
        self.passengers_count[lift] = 0
        self.left_count[lift] += persons
        return persons

    def set_staff(self, lift: int, persons: int) -> None:
        """Let technicians or fire-fighters in or out, until so many are aboard."""
        self._pass(lift, persons - int(self.staff[lift]))
        self.staff[lift] = persons

    def set_lingering(self, lift: int, persons: int) -> None:
        """Let people in or out who want to go nowhere, until so many are aboard."""
        self._pass(lift, persons - int(self.lingering[lift]))
        self.lingering[lift] = persons

    def _pass(self, lift: int, more: int) -> None:
        """Count persons through the door: in when `more` is positive, else out."""
        (self.entered_count if more > 0 else self.left_count)[lift] += abs(more)

    def begin(self, lifts: IntArray, phase: Phase, lasting_s: FloatArray | float = 0.0) -> None:
        """Put these lifts into a phase for so long."""
        self.phase[lifts] = phase
        self.phase_left_s[lifts] = lasting_s

    def begin_trip(self, table: LiftTable, lifts: IntArray, targets: IntArray) -> None:
        """Send these cars to landings, after the start delay."""
        self.target[lifts] = targets
        self.trip_from_m[lifts] = self.position_m[lifts]
        self.trip_to_m[lifts] = targets * table.pitch_m[lifts]
        self.trip[lifts] = plan_trips(
            np.abs(self.trip_to_m[lifts] - self.trip_from_m[lifts]),
            table.speed_mps[lifts],
            table.acceleration_mps2[lifts],
            table.jerk_mps3[lifts],
        )
        self.trip_elapsed_s[lifts] = 0.0
        self.trips_count[lifts] += 1
        self.begin(lifts, Phase.STARTING, START_DELAY_S)

    def begin_creep(self, lift: int, to_m: float) -> None:
        """Move one car slowly to a height, wherever it stands."""
        self.trip_to_m[lift] = to_m
        self.phase[lift] = Phase.CREEPING

    def nearest_floor(self, table: LiftTable) -> IntArray:
        """Return the landing nearest to each car."""
        nearest = np.rint(self.position_m / table.pitch_m).astype(np.int64)
        return np.clip(nearest, 0, table.floors_count - 1)
