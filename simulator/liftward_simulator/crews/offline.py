"""Rescues without a platform: who goes, when, and when the doors open, for runs that only simulate.

Everything about a rescue is drawn when its entrapment begins; then a heap says whom to free. Crews
are few: where many are trapped at once, people wait until one is free. Pure and seeded. Must not
know the world's arrays, orders or HTTP.
"""

import heapq
from dataclasses import dataclass, field, replace

import numpy as np

from liftward_simulator.city.geography import METRES_PER_DEGREE, FloatArray, travel_time_s
from liftward_simulator.crews.habits import CrewHabits, PartyHabits
from liftward_simulator.crews.rescue_map import RescueMap
from liftward_simulator.crews.response_times import (
    ARRIVAL_LIMIT_S,
    LATE_LIMIT_S,
    LEVEL_WAIT_S,
    LEVELS_COUNT,
    PUBLISHED_REFUSE_SHARE,
    PUBLISHED_SILENT_SHARE,
    IntArray,
    draw_steps,
)
from liftward_simulator.crews.shifts import on_duty

# Life's own crews, as rescue centres publish them.
PUBLISHED_HABITS = CrewHabits(
    time_scale=1.0,
    refuse_share=PUBLISHED_REFUSE_SHARE,
    silent_share=PUBLISHED_SILENT_SHARE,
    orders_that_go_well=0,
)
CALL_MEAN_S = 40.0  # from the button to an order: the centre answers, finds the lift, calms [mem]
# Where nobody presses: until somebody misses them, hears them, or finds the lift dead [mem].
FOUND_AFTER_MIN_S, FOUND_AFTER_MEAN_S = 120.0, 1_200.0
# Winding to a landing and opening takes so long in the world; it is part of the time on the scene.
WINDING_S = 8.0
_SECONDS_PER_HOUR = 3_600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescue:
    """One rescue; `_s` values are seconds of the world's clock, not yet passed when it is drawn."""

    lift: int
    began_s: float
    known_s: float  # the centre knows: a call came in
    accepted_s: float
    arrived_s: float
    released_s: float
    level: int  # 1 contracted firm, 2 rescue station, 3 public rescue
    party_id: str
    crew_id: str
    called_off: bool = False  # the people were out before

    @property
    def opening_s(self) -> float:
        """Return when the crew begins to open the car."""
        return max(self.released_s - WINDING_S, self.arrived_s)


@dataclass(slots=True, kw_only=True)
class _Bookings:
    """Until when each crew is out, and where it is then; arrays of shape (n_crews, ...)."""

    free_s: FloatArray
    places: FloatArray  # degrees


@dataclass(frozen=True, slots=True, kw_only=True)
class _Offer:
    """When one crew could be there."""

    crew: int
    answer_s: float
    accepted_s: float
    arrived_s: float


@dataclass(slots=True)
class OfflineRescue:
    """The rescuers of a town; `begun`, `due` and `over` as the world tells.

    Parameters
    ----------
    town : RescueMap
        Its lifts in the order of the world's.
    start_hour : float
        Hour of the town's day at second 0 of the world's clock.
    """

    town: RescueMap
    habits: CrewHabits
    rng: np.random.Generator
    start_hour: float = 0.0
    records: list[Rescue] = field(default_factory=list)  # over, in the order they were
    _active: dict[int, Rescue] = field(default_factory=dict)
    _opening: list[tuple[float, int]] = field(default_factory=list)  # heap of (opening_s, lift)
    _bookings: _Bookings = field(init=False)
    _crews_of: dict[int, IntArray] = field(init=False)  # by party
    _level_crews: dict[int, IntArray] = field(init=False)
    _parties: tuple[PartyHabits, ...] = field(init=False)
    _time_factors: FloatArray = field(init=False)  # by party

    def __post_init__(self) -> None:
        town = self.town
        self._bookings = _Bookings(
            free_s=np.full(len(town.crew_ids), -np.inf), places=town.crew_places.copy()
        )
        order = np.argsort(town.crew_party, kind="stable")
        parties, starts = np.unique(town.crew_party[order], return_index=True)
        groups = np.split(order, starts[1:])
        self._crews_of = dict(zip(parties.tolist(), groups, strict=True))
        self._level_crews = {
            level: np.flatnonzero(town.crew_level == level) for level in range(2, LEVELS_COUNT + 1)
        }
        self._parties = tuple(self.habits.of_party(party_id) for party_id in town.party_ids)
        factors = np.array([party.time_factor for party in self._parties])
        self._time_factors = factors / self.habits.time_scale

    def begun(self, lift: int, at_s: float, pressed_after_s: float | None) -> Rescue:
        """Plan the rescue of people trapped at `at_s`; None: nobody inside presses the button."""
        rng, scale = self.rng, self.habits.time_scale
        if pressed_after_s is None:
            unheard_s = FOUND_AFTER_MIN_S + rng.exponential(FOUND_AFTER_MEAN_S - FOUND_AFTER_MIN_S)
        else:
            unheard_s = pressed_after_s
        known_s = at_s + float(unheard_s + rng.exponential(CALL_MEAN_S) / scale)
        level, offer = self._choose(lift, known_s)
        steps = draw_steps(rng, 1)
        rescue = Rescue(
            lift=lift,
            began_s=at_s,
            known_s=known_s,
            accepted_s=offer.accepted_s,
            arrived_s=offer.arrived_s,
            released_s=offer.arrived_s + float(steps.on_scene_s[0]) / scale,
            level=level,
            party_id=self.town.party_ids[int(self.town.crew_party[offer.crew])],
            crew_id=self.town.crew_ids[offer.crew],
        )
        self._bookings.free_s[offer.crew] = rescue.released_s
        self._bookings.places[offer.crew] = self.town.lift_places[lift]
        self._active[lift] = rescue
        heapq.heappush(self._opening, (rescue.opening_s, lift))
        return rescue

    def due(self, now_s: float) -> list[int]:
        """Return the lifts whose crews begin to open the car by now, each once."""
        lifts = []
        while self._opening and self._opening[0][0] <= now_s:
            opening_s, lift = heapq.heappop(self._opening)
            rescue = self._active.get(lift)
            if rescue is not None and rescue.opening_s == opening_s:
                lifts.append(lift)
        return lifts

    def over(self, lift: int, now_s: float) -> Rescue | None:
        """Take note that the people are out, however; None when no rescue was planned."""
        rescue = self._active.pop(lift, None)
        if rescue is None:
            return None
        if now_s < rescue.opening_s:
            self._call_off(rescue, now_s)
            rescue = replace(rescue, called_off=True)
        self.records.append(rescue)
        return rescue

    def _call_off(self, rescue: Rescue, now_s: float) -> None:
        """Let a crew turn back whose people are out, unless it is wanted elsewhere after that."""
        crew = self.town.crew_ids.index(rescue.crew_id)
        if self._bookings.free_s[crew] == rescue.released_s:
            self._bookings.free_s[crew] = now_s

    @property
    def active(self) -> dict[int, Rescue]:
        """Return the rescues that are not over, by lift."""
        return dict(self._active)

    def _choose(self, lift: int, known_s: float) -> tuple[int, _Offer]:
        """Return the level that goes and its crew; the nearest of all where no level has one."""
        asked_s, level, best = known_s, 1, None
        for level in range(1, LEVELS_COUNT + 1):
            crews = self._on_duty(level, lift, asked_s)
            if not crews.size:
                asked_s += self._wait_s(level)
                continue
            offer = self._offer(crews, lift, asked_s)
            lost_s = self._lost_s(level, offer)
            if lost_s is not None:
                asked_s += lost_s
                continue
            if best is None or offer.arrived_s < best[1].arrived_s:
                best = (level, offer)
            limit_s = ARRIVAL_LIMIT_S if level == 1 else LATE_LIMIT_S
            if best[1].arrived_s - known_s <= limit_s / self.habits.time_scale:
                break
        if best is None:  # nobody on duty answered: whoever is nearest is called out
            everyone = np.arange(len(self.town.crew_ids))
            best = (LEVELS_COUNT, self._offer(everyone, lift, asked_s))
        return best

    def _on_duty(self, level: int, lift: int, at_s: float) -> IntArray:
        if level == 1:
            none = np.zeros(0, np.int64)
            crews = self._crews_of.get(int(self.town.lift_party[lift]), none)
        else:
            crews = self._level_crews[level]
        return crews[on_duty(self.town.crew_shift[crews], self._hour(at_s))]

    def _hour(self, at_s: float) -> float:
        return self.start_hour + at_s / _SECONDS_PER_HOUR

    def _wait_s(self, level: int) -> float:
        """Return how long a level that does not answer is waited for; the last is not."""
        waits_s = (*LEVEL_WAIT_S, 0.0)
        return waits_s[level - 1] / self.habits.time_scale

    def _lost_s(self, level: int, offer: _Offer) -> float | None:
        """Return what asking that crew's party in vain costs, None when it says yes."""
        party = self._parties[int(self.town.crew_party[offer.crew])]
        chance = float(self.rng.random())
        if level == LEVELS_COUNT or chance >= party.refuse_share + party.silent_share:
            return None
        wait_s = self._wait_s(level)
        return min(offer.answer_s, wait_s) if chance < party.refuse_share else wait_s

    def _offer(self, crews: IntArray, lift: int, asked_s: float) -> _Offer:
        """Return the crew that can be there first; it answers at once and leaves when it is free.

        A crew that was out last goes on from there; the others come from their rounds.
        """
        town, bookings, steps = self.town, self._bookings, draw_steps(self.rng, 1)
        place = town.lift_places[lift]
        waits = bookings.free_s[crews] > asked_s
        starts = np.where(waits[:, None], bookings.places[crews], town.crew_places[crews])
        hour = self._hour(asked_s)
        factors = self._time_factors[town.crew_party[crews]]
        free_s = np.maximum(bookings.free_s[crews], asked_s)
        first = int(np.argmin(free_s + travel_time_s(starts, place, hour) * factors))
        start, factor = starts[first], float(factors[first])
        if not waits[first]:
            start = start + steps.rounds_m[0] / METRES_PER_DEGREE
        drive_s = float(travel_time_s(start, place, hour)) * float(steps.traffic[0]) * factor
        answer_s = float(steps.answer_s[0]) * factor
        leaving_s = max(asked_s + answer_s, float(free_s[first]))
        leaving_s += float(steps.depart_s[0]) * factor
        return _Offer(
            crew=int(crews[first]),
            answer_s=answer_s,
            accepted_s=asked_s + answer_s,
            arrived_s=leaving_s + drive_s,
        )
