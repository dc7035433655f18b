"""The town's lifts as one seeded world: `create`, then `step` for as long as wanted.

The same town, plan, generator state and steps give the same arrays and the same happenings. Knows
no wall clock: its own begins at 0. Must not know messages, brokers or the platform.
"""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from liftward_simulator.city.town import HAND_LIFT_ID, Town
from liftward_simulator.faults.controller import Faults, Happening
from liftward_simulator.faults.entrapments import Entrapments
from liftward_simulator.faults.scripts import Director, fire_test_scene, inspection_scene
from liftward_simulator.faults.traps import Cause, Entrapment, Trap, TrapHabits
from liftward_simulator.physics.cars import Cars, Phase
from liftward_simulator.physics.lifts import DOOR_DWELL_S, IntArray, LiftTable
from liftward_simulator.physics.traffic import arrive, calls_of, exchange, hour_weight, next_stop

STEP_S_MAX = 0.5  # a step must not jump over a door phase
EXTRA_DWELL_S = 1.5  # for each one who comes while the doors stand open
VISIT_LASTING_S = (60.0, 120.0)  # well past every detector's waiting time
_MOTOR_DEGC_REST, _MOTOR_DEGC_RUN, _MOTOR_TIME_CONSTANT_S = 30.0, 85.0, 900.0


class SceneState(StrEnum):
    """What someone finds who goes to a lift and asks the people there."""

    TRAPPED = "trapped"
    FREED = "freed"
    SELF_FREED = "self_freed"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneReport:
    state: SceneState
    persons: int = 0
    cause: Cause | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the world has in store; times in seconds of its own clock."""

    start_hour: float = 17.5  # the town's own time of day when the world begins
    traps: tuple[Trap, ...] = ()
    trap_every_s: float | None = None  # mean gap of further, drawn traps; None: no more
    traps_max: int | None = None
    visit_every_s: float | None = 120.0  # mean gap of look-alikes; None: none
    habits: TrapHabits = field(default_factory=TrapHabits)
    warm_up_s: float = 60.0  # the town lives so long before it begins: cars are on their way
    repair_s: float = 20.0  # how long a lift stays out of service after a rescue


@dataclass(slots=True, kw_only=True)
class World:
    """Mutable; `step` is the only thing that lets time pass."""

    table: LiftTable
    plan: Plan
    cars: Cars
    faults: Faults
    director: Director
    entrapments: Entrapments
    traffic_rng: np.random.Generator
    visit_rng: np.random.Generator
    steps_count: int = 0
    clock_s: float = 0.0
    next_visit_s: float = np.inf

    @classmethod
    def create(cls, town: Town, rng: np.random.Generator, plan: Plan | None = None) -> "World":
        """Return the world of all lifts of the town that have a simulated device."""
        plan = plan or Plan()
        layout_rng, traffic_rng, trap_rng, visit_rng = rng.spawn(4)
        table = LiftTable.from_town(town, layout_rng, without=frozenset({HAND_LIFT_ID}))
        cars = Cars.at_rest(table, layout_rng)
        faults = Faults(cars)
        director = Director(cars, table, faults)
        world = cls(
            table=table,
            plan=plan,
            cars=cars,
            faults=faults,
            director=director,
            entrapments=Entrapments.planned(
                director,
                trap_rng,
                traps=plan.traps,
                habits=plan.habits,
                every_s=plan.trap_every_s,
                traps_max=plan.traps_max,
            ),
            traffic_rng=traffic_rng,
            visit_rng=visit_rng,
            next_visit_s=_gap_s(visit_rng, plan.visit_every_s),
        )
        world._warm_up()
        return world

    def _warm_up(self) -> None:
        """Let ordinary traffic begin, in a time before the world's own."""
        for _ in range(round(self.plan.warm_up_s / STEP_S_MAX)):
            self._traffic(STEP_S_MAX)

    def step(self, dt_s: float) -> list[Happening]:
        """Let `dt_s` pass and return what devices tell at once."""
        if not 0 < dt_s <= STEP_S_MAX:
            raise ValueError(f"step of {dt_s} s; allowed: above 0, at most {STEP_S_MAX}")
        self.steps_count += 1
        self.clock_s = round(self.clock_s + dt_s, 6)  # no drift after hours of tenths
        self._begin_visits()
        self.entrapments.spring(self.clock_s)
        self._traffic(dt_s)
        self.entrapments.settle(self.clock_s)
        self.director.advance(dt_s)
        self.entrapments.live(self.clock_s, dt_s)
        self._warm(dt_s)
        return self.faults.take()

    def resume_entrapment(
        self, lift_id: str, cause: Cause, persons: int, *, began_s: float
    ) -> Entrapment | None:
        """Go on with an entrapment of an earlier run; None when the town has no such lift."""
        lift = self.lift_index(lift_id)
        if lift is None or lift in self.entrapments.active:
            return None
        self.entrapments.resume(lift, cause, persons, began_s)
        return self.entrapments.begun_untaken.pop()

    def release(self, lift_id: str) -> bool:
        """Let a rescuer begin to free the people of a lift; False when nobody is trapped there."""
        lift = self.lift_index(lift_id)
        return lift is not None and self.entrapments.begin_rescue(lift, self.plan.repair_s)

    def report(self, lift_id: str, *, since_s: float) -> SceneReport:
        """Return what is found at a lift, looking back to `since_s`."""
        lift = self.lift_index(lift_id)
        last = None if lift is None else self.entrapments.latest(lift)
        if last is None:
            return SceneReport(state=SceneState.NOTHING)
        if last.ended_s is None:
            state = SceneState.TRAPPED
        elif last.ended_s < since_s or last.ended_by is None:
            return SceneReport(state=SceneState.NOTHING)
        else:
            state = SceneState(last.ended_by)
        return SceneReport(state=state, persons=last.persons, cause=last.trap.cause)

    def take_begun(self) -> list[Entrapment]:
        """Return the entrapments that began since the last call."""
        return self.entrapments.take_begun()

    def take_ended(self) -> list[Entrapment]:
        """Return the entrapments that ended since the last call."""
        return self.entrapments.take_ended()

    def lift_index(self, lift_id: str) -> int | None:
        try:
            return self.table.lift_ids.index(lift_id)
        except ValueError:
            return None

    def _traffic(self, dt_s: float) -> None:
        """Let people come and cars go their way."""
        weight = hour_weight(self.clock_s, self.plan.start_hour)
        arrive(self.cars, self.table, self.traffic_rng, self.table.arrivals_per_s * weight * dt_s)
        self.cars.phase_left_s -= dt_s
        self._doors()
        self._departures()
        self.cars.move(dt_s)
        self._arrivals()

    def _finished(self, phase: Phase) -> IntArray:
        return np.flatnonzero((self.cars.phase == phase) & (self.cars.phase_left_s <= 0))

    def _doors(self) -> None:
        cars, table = self.cars, self.table
        opened = self._finished(Phase.OPENING)
        waited = self._finished(Phase.OPEN)
        closed = self._finished(Phase.CLOSING)
        cars.door_cycles_count[opened] += 1
        held, serving = _split(opened, cars.scripted)
        cars.begin(held, Phase.HELD_OPEN)
        exchange(cars, table, serving, self.traffic_rng)
        cars.begin(serving, Phase.OPEN, DOOR_DWELL_S)
        boarded = exchange(cars, table, waited, self.traffic_rng)
        cars.begin(waited[boarded], Phase.OPEN, EXTRA_DWELL_S)
        leaving = waited[~boarded]
        cars.begin(leaving, Phase.CLOSING, table.door_close_s[leaving])
        held, serving = _split(closed, cars.scripted)
        cars.begin(held, Phase.HELD_CLOSED)
        cars.begin(serving, Phase.IDLE)

    def _departures(self) -> None:
        """Send idle cars to where somebody wants them; let starting cars go."""
        cars = self.cars
        cars.begin(self._finished(Phase.STARTING), Phase.MOVING)
        idle = np.flatnonzero((cars.phase == Phase.IDLE) & ~cars.scripted)
        car_calls, up_calls, down_calls = calls_of(cars, idle)
        rows, floor = np.arange(idle.size), cars.floor[idle]
        called_here = up_calls[rows, floor] | down_calls[rows, floor]
        opens = called_here & ~car_calls.any(axis=1)
        cars.begin(idle[opens], Phase.OPENING, self.table.door_open_s[idle[opens]])
        stop = next_stop(floor, cars.heading[idle], car_calls, up_calls, down_calls)
        goes = ~opens & (stop >= 0)
        cars.heading[idle[goes]] = np.sign(stop[goes] - floor[goes])
        cars.begin_trip(self.table, idle[goes], stop[goes])

    def _arrivals(self) -> None:
        cars = self.cars
        moving = np.flatnonzero(cars.phase == Phase.MOVING)
        there = moving[cars.trip_left_s(moving) <= 0]
        creeping = np.flatnonzero(cars.phase == Phase.CREEPING)
        crept = creeping[cars.position_m[creeping] == cars.trip_to_m[creeping]]
        cars.stand(self.table, np.concatenate([there, crept]))
        cars.begin(crept, Phase.HELD_CLOSED)
        held, serving = _split(there, cars.scripted)
        cars.begin(held, Phase.HELD_CLOSED)
        serving = self.entrapments.jam_doors(serving, self.clock_s)
        cars.begin(serving, Phase.OPENING, self.table.door_open_s[serving])

    def _begin_visits(self) -> None:
        """Begin what looks like an entrapment and is none, at an idle lift nobody waits for."""
        if self.clock_s < self.next_visit_s:
            return
        cars, rng = self.cars, self.visit_rng
        quiet = (cars.phase == Phase.IDLE) & ~cars.scripted & (self.table.floors_count > 2)  # noqa: PLR2004
        choice = np.flatnonzero(quiet)
        if not choice.size:
            return
        lift, lasting_s = int(rng.choice(choice)), float(rng.uniform(*VISIT_LASTING_S))
        self.next_visit_s = self.clock_s + _gap_s(rng, self.plan.visit_every_s)
        if rng.random() < 0.5:  # noqa: PLR2004 - as often the one as the other
            floor_m = float(cars.position_m[lift])
            half_m = float(self.table.pitch_m[lift]) / 2
            between_m = floor_m - half_m if cars.floor[lift] > 0 else floor_m + half_m
            self.director.begin(lift, inspection_scene(floor_m, between_m, lasting_s))
        else:
            main, top = int(self.table.main_floor[lift]), int(self.table.floors_count[lift]) - 1
            self.director.begin(lift, fire_test_scene(main, top, lasting_s))

    def _warm(self, dt_s: float) -> None:
        goal = np.where(self.cars.velocity_mps != 0, _MOTOR_DEGC_RUN, _MOTOR_DEGC_REST)
        self.cars.motor_degc += (goal - self.cars.motor_degc) * (dt_s / _MOTOR_TIME_CONSTANT_S)


def _split(lifts: IntArray, scripted: np.ndarray) -> tuple[IntArray, IntArray]:
    """Return those of the lifts that play a scene, and the others."""
    return lifts[scripted[lifts]], lifts[~scripted[lifts]]


def _gap_s(rng: np.random.Generator, mean_s: float | None) -> float:
    return float("inf") if mean_s is None else float(rng.exponential(mean_s))
