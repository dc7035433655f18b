"""Entrapments as they unfold: springing traps, people inside, and how each one ends.

Holds the sparse part of the world: only lifts with trapped people have an object here. Must not
know traffic, messages or the platform.
"""

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from liftward_simulator.faults.controller import Faults
from liftward_simulator.faults.scripts import (
    Director,
    jammed_door_scene,
    recovery_scene,
    rescue_scene,
)
from liftward_simulator.faults.traps import (
    CAUSES,
    Cause,
    CauseFacts,
    EndedBy,
    Entrapment,
    Place,
    Trap,
    TrapHabits,
    draw_trap,
)
from liftward_simulator.physics.cars import BRAKE_MPS2, Cars, Phase
from liftward_simulator.physics.lifts import BoolArray, IntArray, LiftTable
from liftward_wire.messages import EventKind
from liftward_wire.states import PowerSource

OFF_LEVEL_M_MIN = 0.5  # a trapped car stands clearly outside the unlocking zone (0.35 m at most)
SPEED_MPS_MIN = 0.3  # the fault hits a car that really travels
ALARM_HELD_S = 3.0
ALARM_AGAIN_S = (40.0, 80.0)  # people press again when nothing seems to happen
DOOR_BUTTON_PRESSES_PER_S = 0.2
VICTIM_AFTER_S = 20.0  # in a quiet town someone calls a lift, so that a due trap finds people
ENDED_KEPT_MAX = 1_000  # for reports at the scene; the truth file keeps them all


@dataclass(slots=True, kw_only=True)
class Entrapments:
    """Traps to come, traps that wait for a car, and the entrapments of now."""

    table: LiftTable
    cars: Cars
    faults: Faults
    director: Director
    rng: np.random.Generator
    habits: TrapHabits
    every_s: float | None
    left_count: int | None  # further traps that may be drawn; None: no limit
    waiting: list[Trap]
    next_drawn_s: float
    braking: dict[int, Trap] = field(default_factory=dict)
    jamming: dict[int, Trap] = field(default_factory=dict)
    active: dict[int, Entrapment] = field(default_factory=dict)
    ended: deque[Entrapment] = field(default_factory=lambda: deque(maxlen=ENDED_KEPT_MAX))
    begun_untaken: list[Entrapment] = field(default_factory=list)
    ended_untaken: list[Entrapment] = field(default_factory=list)
    victim_asked_s: dict[Trap, float] = field(default_factory=dict)

    @classmethod
    def planned(
        cls,
        director: Director,
        rng: np.random.Generator,
        *,
        traps: tuple[Trap, ...],
        habits: TrapHabits,
        every_s: float | None,
        traps_max: int | None,
    ) -> "Entrapments":
        """Return the scripted traps, followed by drawn ones every `every_s` on average."""
        last_s = max((trap.at_s for trap in traps), default=0.0)
        return cls(
            table=director.table,
            cars=director.cars,
            faults=director.faults,
            director=director,
            rng=rng,
            habits=habits,
            every_s=every_s,
            left_count=None if traps_max is None else max(traps_max - len(traps), 0),
            waiting=sorted(traps, key=lambda trap: trap.at_s),
            next_drawn_s=np.inf if every_s is None else last_s + float(rng.exponential(every_s)),
        )

    @property
    def all_over(self) -> bool:
        """Tell whether no trap is to come and nobody is trapped."""
        more = self.every_s is not None and self.left_count != 0
        return not (more or self.waiting or self.braking or self.jamming or self.active)

    def spring(self, now_s: float) -> None:
        """Draw the traps that are due, and let each due trap catch a car that fits it."""
        while self.every_s is not None and now_s >= self.next_drawn_s and self.left_count != 0:
            self.waiting.append(draw_trap(self.rng, self.next_drawn_s, self.habits))
            self.next_drawn_s += float(self.rng.exponential(self.every_s))
            self.left_count = None if self.left_count is None else self.left_count - 1
        for trap in [trap for trap in self.waiting if trap.at_s <= now_s]:
            choice = np.flatnonzero(self._fits(trap))
            if choice.size:
                self._catch(int(self.rng.choice(choice)), trap)
                self.waiting.remove(trap)
            else:
                self._ask_for_victim(trap, now_s)

    def settle(self, now_s: float) -> None:
        """Begin the entrapment of every braking car that has come to rest."""
        for lift in sorted(self.braking):
            if self.cars.velocity_mps[lift] == 0.0:
                trap = self.braking.pop(lift)
                self.cars.phase[lift] = Phase.HELD_CLOSED
                self.faults.raise_codes(lift, CAUSES[trap.cause].codes_at_rest)
                self._begin(lift, trap, now_s)

    def jam_doors(self, arrived: IntArray, now_s: float) -> IntArray:
        """Trap the people of arriving cars whose doors are to fail; return the other cars."""
        for lift in [int(lift) for lift in arrived if int(lift) in self.jamming]:
            trap = self.jamming.pop(lift)
            self.cars.phase[lift] = Phase.HELD_CLOSED
            self.director.begin(lift, jammed_door_scene(), stays=True)
            self._begin(lift, trap, now_s)
        return arrived[~np.isin(arrived, list(self.active))]

    def live(self, now_s: float, dt_s: float) -> None:
        """Let trapped people press buttons, faults pass by themselves, and endings happen."""
        self._release_buttons(dt_s)
        for lift in sorted(self.active):
            entrapment = self.active[lift]
            if not self.cars.aboard[lift].any():
                self._end(entrapment, now_s)
                continue
            if self.rng.random() < DOOR_BUTTON_PRESSES_PER_S * dt_s:
                self.cars.presses_count[lift] += 1
            if entrapment.next_press_s is not None and now_s >= entrapment.next_press_s:
                self.cars.alarm_left_s[lift] = ALARM_HELD_S
                self.faults.tell(lift, EventKind.ALARM_PRESSED)
                entrapment.next_press_s = now_s + float(self.rng.uniform(*ALARM_AGAIN_S))
            recovers_s = entrapment.trap.recovers_after_s
            recovers = recovers_s is not None and now_s >= entrapment.began_s + recovers_s
            if recovers and entrapment.ending is None:
                entrapment.ending = EndedBy.SELF_FREED
                self.director.begin(lift, recovery_scene(self._level_m(lift)))

    def begin_rescue(self, lift: int, repair_s: float) -> bool:
        """Let rescuers begin; False when nobody is trapped or the car moves by itself already."""
        entrapment = self.active.get(lift)
        if entrapment is None:
            return False
        if entrapment.ending is None:
            entrapment.ending = EndedBy.FREED
            self.director.begin(lift, rescue_scene(self._level_m(lift), repair_s))
        return entrapment.ending is EndedBy.FREED

    def resume(self, lift: int, cause: Cause, persons: int, began_s: float) -> None:
        """Put people back into a car where an earlier run of this town left them trapped."""
        facts, cars = CAUSES[cause], self.cars
        landings = self.table.floors_count[lift]
        floor = min(int(cars.floor[lift]), int(landings) - 2)
        between = 0.0 if facts.place is Place.AT_LEVEL else 0.5
        cars.position_m[lift] = cars.trip_to_m[lift] = (floor + between) * self.table.pitch_m[lift]
        cars.velocity_mps[lift] = cars.staff[lift] = 0
        cars.aboard[lift] = 0  # whoever this run had put there
        cars.aboard[lift, 0 if floor else int(landings) - 1] = persons
        cars.phase[lift] = Phase.HELD_CLOSED
        self._break(lift, facts)
        self.faults.raise_codes(lift, facts.codes_at_once + facts.codes_at_rest)
        trap = Trap(at_s=began_s, cause=cause, lift=lift, alarm_after_s=0.0)
        self._begin(lift, trap, began_s)

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

    def _fits(self, trap: Trap) -> BoolArray:
        """Return which cars this trap could catch now: travelling, with people, in the open."""
        cars, table = self.cars, self.table
        fits: BoolArray = (
            (cars.phase == Phase.MOVING) & ~cars.scripted & (cars.passengers_count > 0)
        )
        fits[list(self.jamming)] = False
        if trap.lift is not None:
            fits &= np.arange(table.count) == trap.lift
        if CAUSES[trap.cause].place is Place.AT_LEVEL:
            return fits
        stop_m = cars.position_m + np.sign(cars.velocity_mps) * cars.velocity_mps**2 / (
            2 * BRAKE_MPS2
        )
        off_level_m = np.abs(stop_m - np.rint(stop_m / table.pitch_m) * table.pitch_m)
        in_shaft = (stop_m > 0) & (stop_m < (table.floors_count - 1) * table.pitch_m)
        fast = np.abs(cars.velocity_mps) >= SPEED_MPS_MIN
        fits &= fast & in_shaft & (off_level_m >= OFF_LEVEL_M_MIN)
        return fits

    def _catch(self, lift: int, trap: Trap) -> None:
        facts = CAUSES[trap.cause]
        self.victim_asked_s.pop(trap, None)
        if facts.place is Place.AT_LEVEL:
            self.jamming[lift] = trap
            return
        self.braking[lift] = trap
        self.cars.scripted[lift] = True
        self.cars.phase[lift] = Phase.BRAKING
        self._break(lift, facts)
        self.faults.raise_codes(lift, facts.codes_at_once)

    def _break(self, lift: int, facts: CauseFacts) -> None:
        self.cars.chain_broken[lift] = facts.breaks_chain
        if facts.cuts_mains:
            self.cars.power[lift] = PowerSource.BATTERY.code

    def _ask_for_victim(self, trap: Trap, now_s: float) -> None:
        """Let one person call an idle lift, at once and again after a while."""
        if now_s < self.victim_asked_s.get(trap, -np.inf) + VICTIM_AFTER_S:
            return
        self.victim_asked_s[trap] = now_s
        idle = (self.cars.phase == Phase.IDLE) & ~self.cars.scripted
        if trap.lift is not None:
            idle &= np.arange(self.table.count) == trap.lift
        choice = np.flatnonzero(idle)
        if not choice.size:
            return
        lift = int(self.rng.choice(choice))
        floor = int(self.cars.floor[lift])
        upper_half = 2 * floor >= self.table.floors_count[lift]
        waiting = self.cars.waiting_down if upper_half else self.cars.waiting_up
        waiting[lift, floor] += 1

    def _begin(self, lift: int, trap: Trap, now_s: float) -> None:
        persons = int(self.cars.passengers_count[lift])
        assert persons > 0, "a trap springs only on a car with people"
        self.cars.scripted[lift] = True
        press_s = None if trap.alarm_after_s is None else now_s + trap.alarm_after_s
        entrapment = Entrapment(
            lift=lift, trap=trap, began_s=now_s, persons=persons, next_press_s=press_s
        )
        self.active[lift] = entrapment
        self.begun_untaken.append(entrapment)

    def _end(self, entrapment: Entrapment, now_s: float) -> None:
        entrapment.ended_s, entrapment.ended_by = now_s, entrapment.ending
        del self.active[entrapment.lift]
        self.ended.append(entrapment)
        self.ended_untaken.append(entrapment)

    def _release_buttons(self, dt_s: float) -> None:
        pressed = self.cars.alarm_left_s > 0
        self.cars.alarm_left_s -= dt_s
        for lift in np.flatnonzero(pressed & (self.cars.alarm_left_s <= 0)):
            self.faults.tell(int(lift), EventKind.ALARM_RELEASED)

    def _level_m(self, lift: int) -> float:
        floor = self.cars.nearest_floor(self.table)[lift]
        return float(floor * self.table.pitch_m[lift])
