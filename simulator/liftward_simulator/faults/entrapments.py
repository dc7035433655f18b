"""Entrapments as they unfold: what the people inside do, and how each one ends.

Only lifts with trapped people have an object here, woken when one of them acts. Must not know
traffic, messages or the platform.
"""

from collections import deque
from dataclasses import dataclass, field
from enum import Enum, auto

import numpy as np

from liftward_simulator.faults import scripts
from liftward_simulator.faults.agenda import Agenda
from liftward_simulator.faults.breakdowns import Breakdowns, is_at_level
from liftward_simulator.faults.causes import CAUSES, Cause
from liftward_simulator.faults.city_events import CityEvents
from liftward_simulator.faults.controller import ALARM_CODE
from liftward_simulator.faults.director import Director
from liftward_simulator.faults.mechanisms import Place
from liftward_simulator.faults.pending import Pending
from liftward_simulator.faults.traps import EndedBy, Entrapment, Trap
from liftward_simulator.physics.cars import Phase
from liftward_wire.messages import EventKind

ALARM_HELD_S = 3.0
ALARM_AGAIN_S = (40.0, 80.0)  # people press again when nothing seems to happen
# Between two presses of door-open: a few seconds at first, then ever longer as hope fades. [mem]
OPEN_AGAIN_S, OPEN_AGAIN_GROWTH = 5.0, 0.25
ENDED_KEPT_MAX = 1_000  # for reports at the scene; the truth file keeps them all


class _Act(Enum):
    PRESS_ALARM = auto()
    RELEASE_ALARM = auto()
    PRESS_OPEN = auto()
    PRY = auto()
    RECOVER = auto()  # not theirs: the fault passes


@dataclass(slots=True, kw_only=True)
class Entrapments:
    """The entrapments of now by lift, and the last ones that ended."""

    director: Director
    breakdowns: Breakdowns
    pending: Pending
    city_events: CityEvents
    rng: np.random.Generator
    active: dict[int, Entrapment] = field(default_factory=dict)
    ended: deque[Entrapment] = field(default_factory=lambda: deque(maxlen=ENDED_KEPT_MAX))
    begun_untaken: list[Entrapment] = field(default_factory=list)
    ended_untaken: list[Entrapment] = field(default_factory=list)
    _acts: Agenda[tuple[Entrapment, _Act]] = field(default_factory=Agenda)

    @property
    def all_over(self) -> bool:
        """Tell whether no trap is to come and nobody is trapped."""
        springing = any(one.trap is not None for one in self.breakdowns.active.values())
        more = springing or self.city_events.may_trap or not self.pending.none_to_trap
        return not (self.active or more)

    def begin(self, lift: int, trap: Trap, now_s: float) -> None:
        """Let the people of a car that has come to rest for good be trapped."""
        persons = int(self.director.cars.passengers_count[lift])
        assert persons > 0, "a trap springs only on a car with people"
        self.director.cars.scripted[lift] = True
        entrapment = Entrapment(lift=lift, trap=trap, began_s=now_s, persons=persons)
        self.active[lift] = entrapment
        self.begun_untaken.append(entrapment)
        for after_s, act in (
            (trap.alarm_after_s, _Act.PRESS_ALARM),
            (trap.pries_after_s, _Act.PRY),
            (trap.recovers_after_s, _Act.RECOVER),
            (None if trap.silent else OPEN_AGAIN_S, _Act.PRESS_OPEN),
        ):
            if after_s is not None:
                self._acts.put(now_s + after_s, (entrapment, act))

    def live(self, now_s: float) -> None:
        """Let trapped people do what is due."""
        for entrapment, act in self._acts.take_due(now_s):
            if entrapment.ended_s is None:
                self._do(entrapment, act, now_s)
            elif act is _Act.RELEASE_ALARM:
                self._release_alarm(entrapment.lift)

    def recover_at(self, lift: int, at_s: float) -> None:
        """Let what made a car stand pass by itself, unless a rescue has begun by then."""
        self._acts.put(at_s, (self.active[lift], _Act.RECOVER))

    def out(self, lift: int, now_s: float) -> None:
        """Note that the last one has left a car."""
        entrapment = self.active.pop(lift, None)
        if entrapment is not None:
            entrapment.ended_s, entrapment.ended_by = now_s, entrapment.ending
            self.ended.append(entrapment)
            self.ended_untaken.append(entrapment)

    def begin_rescue(self, lift: int) -> bool:
        """Let rescuers begin; False when nobody is trapped or they free themselves already."""
        entrapment = self.active.get(lift)
        if entrapment is None:
            return False
        if entrapment.ending is None:
            entrapment.ending = EndedBy.FREED
            if self.director.faults.dark[lift]:
                self.director.begin(lift, scripts.release_in_the_dark(), stays=True)
            else:
                repair_s = sum(self.breakdowns.repair_times_s()) / 2
                self.director.begin(lift, scripts.rescue_scene(repair_s))
        return entrapment.ending is EndedBy.FREED

    def resume(self, lift: int, cause: Cause, persons: int, began_s: float) -> Entrapment:
        """Put people back into a car where an earlier run of this town left them trapped."""
        facts, cars, table = CAUSES[cause], self.director.cars, self.director.table
        top = int(table.floors_count[lift]) - 1
        floor = min(int(cars.floor[lift]), top - 1)
        between = 0.0 if facts.place is Place.AT_LEVEL else 0.5
        cars.position_m[lift] = cars.trip_to_m[lift] = (floor + between) * table.pitch_m[lift]
        cars.velocity_mps[lift] = 0
        cars.let_out(lift)  # whoever this run had put there
        cars.set_staff(lift, 0)
        cars.board(lift, 0 if floor else top, persons)
        cars.phase[lift] = Phase.HELD_CLOSED
        trap = Trap(at_s=began_s, cause=cause, lift=lift, alarm_after_s=0.0)
        self.breakdowns.resume(lift, cause, trap, began_s)
        self.begin(lift, trap, began_s)
        return self.begun_untaken.pop()

    def latest(self, lift: int) -> Entrapment | None:
        """Return the entrapment of now at this lift, else the last one."""
        past = (entrapment for entrapment in reversed(self.ended) if entrapment.lift == lift)
        return self.active.get(lift) or next(past, None)

    def take_begun(self) -> list[Entrapment]:
        taken, self.begun_untaken = self.begun_untaken, []
        return taken

    def take_ended(self) -> list[Entrapment]:
        taken, self.ended_untaken = self.ended_untaken, []
        return taken

    def _do(self, entrapment: Entrapment, act: _Act, now_s: float) -> None:
        lift, cars = entrapment.lift, self.director.cars
        match act:
            case _Act.PRESS_ALARM:
                cars.alarm_left_s[lift] = ALARM_HELD_S
                self.director.faults.tell(lift, EventKind.ALARM_PRESSED, ALARM_CODE)
                self._acts.put(now_s + ALARM_HELD_S, (entrapment, _Act.RELEASE_ALARM))
                again_s = float(self.rng.uniform(*ALARM_AGAIN_S))
                self._acts.put(now_s + again_s, (entrapment, _Act.PRESS_ALARM))
            case _Act.RELEASE_ALARM:
                self._release_alarm(lift)
            case _Act.PRESS_OPEN:
                cars.presses_count[lift] += 1
                mean_s = OPEN_AGAIN_S + OPEN_AGAIN_GROWTH * (now_s - entrapment.began_s)
                again_s = float(self.rng.exponential(mean_s))
                self._acts.put(now_s + again_s, (entrapment, _Act.PRESS_OPEN))
            case _Act.PRY:
                self._pry(entrapment)
            case _Act.RECOVER if entrapment.ending is None and not self.director.faults.dark[lift]:
                entrapment.ending = EndedBy.SELF_FREED
                self.director.begin(lift, scripts.recovery_scene())
            case _Act.RECOVER:
                pass  # the rescuers were quicker, or there are no mains to recover with

    def _pry(self, entrapment: Entrapment) -> None:
        """Open the doors by hand, if there is a landing behind them."""
        lift = entrapment.lift
        if entrapment.ending is not None or not is_at_level(self.director, lift):
            return
        entrapment.ending = EndedBy.SELF_FREED
        if self.director.faults.dark[lift]:
            self.director.begin(lift, scripts.release_in_the_dark(), stays=True)
        else:
            self.director.begin(lift, scripts.pried_scene(*self.breakdowns.repair_times_s()))

    def _release_alarm(self, lift: int) -> None:
        self.director.cars.alarm_left_s[lift] = 0.0
        self.director.faults.tell(lift, EventKind.ALARM_RELEASED)
