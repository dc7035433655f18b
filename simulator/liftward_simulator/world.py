"""The town's lifts as one seeded world: `create`, then `step` for as long as wanted.

The same town, plan, generator state and steps give the same arrays and the same happenings. Knows
no wall clock: its own begins at 0. Must not know messages, brokers or the platform.
"""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from liftward_simulator.city.town import HAND_LIFT_ID, Town
from liftward_simulator.faults.causes import Cause
from liftward_simulator.faults.controller import Faults, Happening
from liftward_simulator.faults.director import Director
from liftward_simulator.faults.entrapments import Entrapments
from liftward_simulator.faults.happenings import TrueEvent
from liftward_simulator.faults.traps import Entrapment
from liftward_simulator.faults.trouble import Trouble, TroublePlan
from liftward_simulator.physics.cars import Cars
from liftward_simulator.physics.lifts import LiftTable
from liftward_simulator.physics.traffic import Traffic
from liftward_wire.messages import EventKind

STEP_S_MAX = 0.5  # a step must not jump over a door phase


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
class Plan(TroublePlan):
    """What the world has in store, troubles and all; times in seconds of its own clock."""

    start_hour: float = 17.5  # the town's own time of day when the world begins
    traffic_factor: float = 1.0  # of the usual number of people
    warm_up_s: float = 60.0  # the town lives so long before it begins: cars are on their way


@dataclass(slots=True, kw_only=True)
class World:
    """Mutable; `step` is the only thing that lets time pass."""

    table: LiftTable
    plan: Plan
    cars: Cars
    trouble: Trouble
    traffic: Traffic
    steps_count: int = 0
    clock_s: float = 0.0
    _index_of: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self._index_of = {lift_id: lift for lift, lift_id in enumerate(self.table.lift_ids)}

    @classmethod
    def create(cls, town: Town, rng: np.random.Generator, plan: Plan | None = None) -> "World":
        """Return the world of all lifts of the town that have a simulated device."""
        plan = plan or Plan()
        layout_rng, traffic_rng, trap_rng, visit_rng = rng.spawn(4)
        table = LiftTable.from_town(town, layout_rng, without=frozenset({HAND_LIFT_ID}))
        cars = Cars.at_rest(table, layout_rng)
        world = cls(
            table=table,
            plan=plan,
            cars=cars,
            trouble=Trouble.create(cars, table, (trap_rng, visit_rng), plan),
            traffic=Traffic(
                cars=cars,
                table=table,
                rng=traffic_rng,
                start_hour=plan.start_hour,
                factor=plan.traffic_factor,
            ),
        )
        world._warm_up()
        return world

    @property
    def director(self) -> Director:
        return self.trouble.director

    @property
    def faults(self) -> Faults:
        return self.trouble.director.faults

    @property
    def entrapments(self) -> Entrapments:
        return self.trouble.entrapments

    def _warm_up(self) -> None:
        """Let ordinary traffic begin, in a time before the world's own."""
        steps_count = round(self.plan.warm_up_s / STEP_S_MAX)
        self.traffic.begin(-steps_count * STEP_S_MAX)
        for step in range(1, steps_count + 1):
            self.traffic.advance((step - steps_count) * STEP_S_MAX, STEP_S_MAX)

    def step(self, dt_s: float) -> list[Happening]:
        """Let `dt_s` pass and return what devices tell at once."""
        if not 0 < dt_s <= STEP_S_MAX:
            raise ValueError(f"step of {dt_s} s; allowed: above 0, at most {STEP_S_MAX}")
        self.steps_count += 1
        self.clock_s = round(self.clock_s + dt_s, 6)  # no drift after hours of tenths
        self.trouble.before(self.clock_s)
        for lift in self.traffic.advance(self.clock_s, dt_s):
            self.faults.tell(lift, EventKind.DOOR_RETRY)
        self.trouble.after(self.clock_s, dt_s)
        return self.faults.take()

    def resume_entrapment(
        self, lift_id: str, cause: Cause, persons: int, *, began_s: float
    ) -> Entrapment | None:
        """Go on with an entrapment of an earlier run; None when the town has no such lift."""
        lift = self.lift_index(lift_id)
        if lift is None or lift in self.entrapments.active:
            return None
        return self.entrapments.resume(lift, cause, persons, began_s)

    def release(self, lift_id: str) -> bool:
        """Let a rescuer begin to free the people of a lift; False when nobody is trapped there."""
        lift = self.lift_index(lift_id)
        return lift is not None and self.entrapments.begin_rescue(lift)

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

    def take_true_events(self) -> list[TrueEvent]:
        """Return what else really happened since the last call; call it after every step."""
        return self.faults.chronicle.take()

    def lift_index(self, lift_id: str) -> int | None:
        """Return the place of a lift in the table; None when the town has no such lift."""
        return self._index_of.get(lift_id)
