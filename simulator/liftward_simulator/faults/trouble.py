"""Everything that goes wrong, looks as if it did, and comes right again, in step with the world.

Puts the parts of this folder together; the world calls `before` and `after` around its traffic.
Must not know traffic, messages or files.
"""

from dataclasses import dataclass, field

import numpy as np

from liftward_simulator.faults.breakdowns import Breakdowns, is_at_level
from liftward_simulator.faults.causes import Cause
from liftward_simulator.faults.city_events import CityEvent, CityEvents
from liftward_simulator.faults.controller import Faults
from liftward_simulator.faults.director import Director
from liftward_simulator.faults.entrapments import Entrapments
from liftward_simulator.faults.look_alikes import LookAlikes
from liftward_simulator.faults.occurrences import Occurrences
from liftward_simulator.faults.pending import Pending
from liftward_simulator.faults.power_cuts import PowerCuts
from liftward_simulator.faults.scripted_motion import ScriptedMotion
from liftward_simulator.faults.scripts import StepKind
from liftward_simulator.faults.traps import Trap, TrapHabits, draw_trap
from liftward_simulator.faults.wear import Wear
from liftward_simulator.physics.cars import Cars
from liftward_simulator.physics.lifts import IntArray, LiftTable

# When the mains return, some controllers find a landing by themselves; the others wait. [mem]
RECOVERS_WITH_MAINS_SHARE = 0.3
RECOVERS_WITH_MAINS_S = (20.0, 60.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class TroublePlan:
    """What is in store; times in seconds of the world's clock."""

    traps: tuple[Trap, ...] = ()
    trap_every_s: float | None = None  # mean gap of further, drawn traps; None: no more
    traps_max: int | None = None
    occurrences: Occurrences | None = None
    city_events: tuple[CityEvent, ...] = ()
    visit_every_s: float | None = 120.0  # mean gap of short inspections and fire tests; None: none
    look_alike_factor: float = 0.0  # so many times the usual rates of all look-alikes
    wear_lead_factor: float = 1.0  # stretches how long wear shows before it fails
    habits: TrapHabits = field(default_factory=TrapHabits)
    repair_s: float | None = 20.0  # how long a lift stays out of service; None: drawn as in life


@dataclass(slots=True, kw_only=True)
class Trouble:
    """All parts, sharing one director; each with random numbers of its own."""

    director: Director
    breakdowns: Breakdowns
    power_cuts: PowerCuts
    pending: Pending
    entrapments: Entrapments
    look_alikes: LookAlikes
    wear: Wear
    city_events: CityEvents
    rng: np.random.Generator

    @classmethod
    def create(
        cls,
        cars: Cars,
        table: LiftTable,
        rngs: tuple[np.random.Generator, np.random.Generator],
        plan: TroublePlan,
    ) -> "Trouble":
        """Return a town in which nothing has happened yet.

        The first generator is for what goes wrong, the second for what only looks like it.
        """
        trap_rng, visit_rng = rngs
        fault_rng, people_rng, power_rng, wear_rng, event_rng = trap_rng.spawn(5)
        faults = Faults(cars)
        director = Director(cars, table, faults)
        breakdowns = Breakdowns(
            director=director,
            motion=ScriptedMotion(cars, table),
            rng=fault_rng,
            repair_s=plan.repair_s,
        )
        power_cuts = PowerCuts(director=director, rng=power_rng)
        occurrences = plan.occurrences or Occurrences.none()
        pending = Pending.of(
            breakdowns,
            power_cuts,
            trap_rng,
            traps=plan.traps,
            occurrences=occurrences,
            habits=plan.habits,
            every_s=plan.trap_every_s,
            traps_max=plan.traps_max,
        )
        look_alikes = LookAlikes(
            director=director,
            rng=visit_rng,
            factor=plan.look_alike_factor,
            visit_every_s=plan.visit_every_s,
        )
        city_events = CityEvents(
            pending=pending, power_cuts=power_cuts, look_alikes=look_alikes, rng=event_rng
        )
        for event in plan.city_events:
            city_events.coming.put(event.at_s, event)
        return cls(
            director=director,
            breakdowns=breakdowns,
            power_cuts=power_cuts,
            pending=pending,
            entrapments=Entrapments(
                director=director,
                breakdowns=breakdowns,
                city_events=city_events,
                pending=pending,
                rng=people_rng,
            ),
            look_alikes=look_alikes,
            wear=Wear.leading_to(faults, occurrences, wear_rng, plan.wear_lead_factor),
            city_events=city_events,
            rng=power_rng,
        )

    def before(self, now_s: float) -> None:
        """Let begin what is due, before the cars move."""
        self.director.faults.chronicle.now_s = now_s
        self.wear.advance(now_s)
        self.city_events.advance(now_s)
        for lifts in self.power_cuts.take_returned(now_s):
            self._mains_are_back(lifts, now_s)
        self.power_cuts.restart_due(now_s)
        self.look_alikes.advance(now_s)
        self.pending.spring(now_s)

    def after(self, now_s: float, dt_s: float) -> None:
        """Let scenes and people go on, after the cars have moved."""
        self.breakdowns.move(dt_s)
        self.director.advance(now_s)
        for lift, kind in self.director.take_told():
            if kind is StepKind.SETTLE:
                self._settle(lift, now_s)
            elif kind is StepKind.PEOPLE_OUT:
                self.entrapments.out(lift, now_s)
            else:
                self._over(lift)
        self.entrapments.live(now_s)

    def _settle(self, lift: int, now_s: float) -> None:
        """Take note of a car that stands for good: who is aboard may be trapped."""
        breakdown = self.breakdowns.settle(lift)
        if breakdown is not None:
            if breakdown.trap is not None:
                self.entrapments.begin(lift, breakdown.trap, now_s)
            return
        if not is_at_level(self.director, lift):
            self.director.faults.raise_codes(lift, ("04",))
        if self.director.cars.passengers_count[lift]:
            trap = draw_trap(self.rng, now_s, self.pending.habits, cause=Cause.MAINS_CUT, lift=lift)
            self.entrapments.begin(lift, trap, now_s)

    def _over(self, lift: int) -> None:
        breakdown = self.breakdowns.over(lift)
        if breakdown is not None:
            self.wear.mend(lift, breakdown.cause)
        else:
            self.look_alikes.over(lift)

    def _mains_are_back(self, lifts: IntArray, now_s: float) -> None:
        trapped = self.entrapments.active
        waiting = [lift for lift in lifts.tolist() if lift in trapped and not trapped[lift].ending]
        for lift in waiting:
            if self.rng.random() < RECOVERS_WITH_MAINS_SHARE:
                after_s = float(self.rng.uniform(*RECOVERS_WITH_MAINS_S))
                self.entrapments.recover_at(lift, now_s + after_s)
        self.power_cuts.restart(lifts[~np.isin(lifts, waiting)], now_s)
