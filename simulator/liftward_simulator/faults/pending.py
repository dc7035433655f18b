"""What is to go wrong: plans and draws that wait for their time, then for a car that fits.

Knows occurrences, traps and where they wait. Must not know what a fault does to a car.
"""

from dataclasses import dataclass, field

import numpy as np

from liftward_simulator.faults.agenda import Agenda
from liftward_simulator.faults.breakdowns import Breakdowns
from liftward_simulator.faults.causes import CAUSES, Cause
from liftward_simulator.faults.occurrences import Occurrences
from liftward_simulator.faults.power_cuts import PowerCuts
from liftward_simulator.faults.traps import Trap, TrapHabits, draw_trap
from liftward_simulator.physics.cars import Phase
from liftward_simulator.physics.lifts import BoolArray, IntArray
from liftward_simulator.physics.passengers import GROUP_SHARES_UP_TO, GROUP_SIZES

VICTIM_AFTER_S = 20.0  # in a quiet town someone calls a lift, so that a due trap finds people
CROWD_COUNT = 12  # who come at once to overload a car
# A cut that only one house notices lasts half an hour or so, seldom hours. [mem]
HOUSE_CUT_MEDIAN_S, HOUSE_CUT_SIGMA = 1_800.0, 0.8
# What was drawn for a lift that is out of service, or never fast enough, does not come to pass.
PATIENCE_S = 3_600.0
_CAUSES = tuple(Cause)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Due:
    """Something that strikes as soon as a car fits; without a trap it traps nobody."""

    cause: Cause
    lift: int | None  # None: any
    trap: Trap | None
    expires_s: float = np.inf


@dataclass(slots=True, kw_only=True)
class Pending:
    """Scripted traps, occurrences, and traps drawn every `every_s` on average after the last."""

    breakdowns: Breakdowns
    power_cuts: PowerCuts
    rng: np.random.Generator
    habits: TrapHabits
    occurrences: Occurrences
    every_s: float | None
    left_count: int | None  # further traps that may be drawn; None: no limit
    next_drawn_s: float
    planned: Agenda[_Due] = field(default_factory=Agenda)
    waiting: list[_Due] = field(default_factory=list)
    _victims: Agenda[_Due] = field(default_factory=Agenda)
    _next_occurrence: int = 0

    @classmethod
    def of(
        cls,
        breakdowns: Breakdowns,
        power_cuts: PowerCuts,
        rng: np.random.Generator,
        *,
        traps: tuple[Trap, ...],
        occurrences: Occurrences,
        habits: TrapHabits,
        every_s: float | None,
        traps_max: int | None,
    ) -> "Pending":
        """Return all that is planned. Of `traps_max`, the scripted traps are a part."""
        last_s = max((trap.at_s for trap in traps), default=0.0)
        pending = cls(
            breakdowns=breakdowns,
            power_cuts=power_cuts,
            rng=rng,
            habits=habits,
            occurrences=occurrences,
            every_s=every_s,
            left_count=None if traps_max is None else max(traps_max - len(traps), 0),
            next_drawn_s=np.inf if every_s is None else last_s + float(rng.exponential(every_s)),
        )
        for trap in traps:
            pending.put(trap.at_s, trap.cause, trap.lift, trap)
        return pending

    @property
    def none_to_trap(self) -> bool:
        """Tell whether nothing that is planned or waits is to trap anybody."""
        more = self.every_s is not None and self.left_count != 0
        later = self.occurrences.traps[self._next_occurrence :].any()
        return not (more or later or self.planned or any(due.trap for due in self.waiting))

    def put(self, at_s: float, cause: Cause, lift: int | None, trap: Trap | None) -> None:
        """Plan one more fault."""
        self.planned.put(at_s, _Due(cause=cause, lift=lift, trap=trap))

    def spring(self, now_s: float) -> None:
        """Take up what is due, and let it strike the cars that fit."""
        self._draw(now_s)
        self._take_occurrences(now_s)
        for due in self.planned.take_due(now_s):
            self._wait(due, now_s)
        if self.waiting:
            self.waiting = [due for due in self.waiting if now_s < due.expires_s]
            self._strike(now_s)
            self._ask_for_victims(now_s)

    def _draw(self, now_s: float) -> None:
        while self.every_s is not None and now_s >= self.next_drawn_s and self.left_count != 0:
            trap = draw_trap(self.rng, self.next_drawn_s, self.habits)
            self.put(trap.at_s, trap.cause, None, trap)
            self.next_drawn_s += float(self.rng.exponential(self.every_s))
            self.left_count = None if self.left_count is None else self.left_count - 1

    def _take_occurrences(self, now_s: float) -> None:
        drawn = self.occurrences
        while self._next_occurrence < drawn.count and drawn.at_s[self._next_occurrence] <= now_s:
            index = self._next_occurrence
            self._next_occurrence += 1
            at_s, lift = float(drawn.at_s[index]), int(drawn.lift[index])
            cause = _CAUSES[drawn.cause[index]]
            trap = None
            if drawn.traps[index]:
                trap = draw_trap(self.rng, at_s, self.habits, cause=cause, lift=lift)
            expires_s = at_s + PATIENCE_S
            due = _Due(cause=cause, lift=lift, trap=trap, expires_s=expires_s)
            self.planned.put(at_s, due)

    def _wait(self, due: _Due, now_s: float) -> None:
        self.waiting.append(due)
        if due.trap is not None:
            self._victims.put(now_s, due)

    def _strike(self, now_s: float) -> None:
        groups: dict[tuple[Cause, bool], list[_Due]] = {}
        for due in self.waiting:
            groups.setdefault((due.cause, due.trap is not None), []).append(due)
        struck: set[int] = set()
        for (cause, traps), group in groups.items():
            named = [due for due in group if due.lift is not None]
            lifts = np.array([due.lift for due in named], np.int64)
            fits = self._fitting(cause, lifts, traps=traps) if named else ()
            for due, lift, fit in zip(named, lifts.tolist(), fits, strict=True):
                if fit and not self.breakdowns.director.cars.scripted[lift]:
                    self._begin(due, lift, now_s)
                    struck.add(id(due))
            for due in group:
                if due.lift is None and (lift := self._any_fitting(due)) is not None:
                    self._begin(due, lift, now_s)
                    struck.add(id(due))
        if struck:
            self.waiting = [due for due in self.waiting if id(due) not in struck]

    def _fitting(self, cause: Cause, lifts: IntArray, *, traps: bool) -> BoolArray:
        facts = CAUSES[cause]
        if facts.cuts_mains and not traps:
            return self.power_cuts.unnoticed(lifts)
        return self.breakdowns.fitting(facts.mechanism, lifts, traps=traps)

    def _any_fitting(self, due: _Due) -> int | None:
        """Return a lift that fits; a working rescue device spares people a mains cut."""
        table = self.breakdowns.director.table
        fits = self._fitting(due.cause, np.arange(table.count), traps=due.trap is not None)
        if CAUSES[due.cause].cuts_mains:
            fits &= ~table.has_rescue_device
        choice = np.flatnonzero(fits)
        return int(self.rng.choice(choice)) if choice.size else None

    def _begin(self, due: _Due, lift: int, now_s: float) -> None:
        if CAUSES[due.cause].cuts_mains and due.trap is None:
            factor = float(self.rng.lognormal(0.0, HOUSE_CUT_SIGMA))
            self.power_cuts.begin(np.array([lift]), now_s, now_s + HOUSE_CUT_MEDIAN_S * factor)
        else:
            self.breakdowns.begin(lift, due.cause, due.trap, now_s)

    def _ask_for_victims(self, now_s: float) -> None:
        """Let someone call an idle lift that a trap waits for, at once and again after a while."""
        asking = self._victims.take_due(now_s)
        waiting = {id(due) for due in self.waiting} if asking else set()
        for due in asking:
            if id(due) in waiting:
                self._ask_for_victim(due)
                self._victims.put(now_s + VICTIM_AFTER_S, due)

    def _ask_for_victim(self, due: _Due) -> None:
        cars, table = self.breakdowns.director.cars, self.breakdowns.director.table
        lifts = np.arange(table.count) if due.lift is None else np.array([due.lift])
        choice = lifts[(cars.phase[lifts] == Phase.IDLE) & ~cars.scripted[lifts]]
        if not choice.size:
            return
        lift = int(self.rng.choice(choice))
        floor = int(cars.floor[lift])
        upper_half = 2 * floor >= int(table.floors_count[lift])
        persons = CROWD_COUNT if due.cause is Cause.OVERLOAD else self._group_size()
        cars.call(lift, floor, upward=not upper_half, persons=persons)

    def _group_size(self) -> int:
        """Return how many come together, as everywhere in the town."""
        row = np.searchsorted(GROUP_SHARES_UP_TO, self.rng.random(), side="right")
        return int(GROUP_SIZES[min(int(row), GROUP_SIZES.size - 1)])
