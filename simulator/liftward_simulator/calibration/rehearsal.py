"""A day played out in the physical world: who is in the cars that stop, and who gets out alone.

The day comes in twelve blocks of two hours, as centres publish it, each a world of its own; far
more goes wrong than in life, and crews are always free, so that a day says enough. Pure. Must not
know the published values.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from liftward_simulator.calibration.published import Quantity
from liftward_simulator.calibration.years import (
    DAYS_PER_YEAR,
    FIRST_DAY,
    HOURS_PER_DAY,
    hour_figures,
)
from liftward_simulator.city.town import HAND_LIFT_ID, Town, make_town, town_from
from liftward_simulator.crews.offline import FOUND_AFTER_MEAN_S
from liftward_simulator.crews.rescue_map import RescueMap
from liftward_simulator.crews.response_times import draw_responses
from liftward_simulator.faults.occurrences import Occurrences
from liftward_simulator.faults.traps import EndedBy, Entrapment
from liftward_simulator.physics.lifts import LiftTable
from liftward_simulator.physics.motion import FloatArray
from liftward_simulator.rates.lift_rates import (
    ENTRAPMENTS_PER_LIFT_YEAR,
    LiftRates,
    LiftTraits,
    draw_rates,
)
from liftward_simulator.rates.schedule import draw_occurrences
from liftward_simulator.rates.weather import Weather
from liftward_simulator.world import STEP_S_MAX, Plan, World

BLOCK_HOURS = 2
BLOCKS_PER_DAY = HOURS_PER_DAY // BLOCK_HOURS
# Whoever gets out alone does so within this; the others wait for a crew.
ALONE_WITHIN_S = 1_200.0
_SECONDS_PER_HOUR = 3_600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsalSize:
    """How much of a day is played out; a block is played around its middle."""

    lifts: int
    block_s: float
    entrapments: int  # expected in all blocks together


FULL = RehearsalSize(lifts=3_000, block_s=BLOCK_HOURS * _SECONDS_PER_HOUR, entrapments=4_000)
QUICK = RehearsalSize(lifts=3_000, block_s=600.0, entrapments=2_000)


def rehearse(
    rng: np.random.Generator, tell: Callable[[str], None], *, quick: bool
) -> dict[Quantity, float]:
    """Play a day and return the figures that only a played day can give."""
    rehearsal = Rehearsal.of_size(rng, QUICK if quick else FULL)
    for block in range(BLOCKS_PER_DAY):
        rehearsal.play(block)
        played_h = BLOCK_HOURS * (block + 1)
        tell(f"played out {played_h} of 24 hours: {len(rehearsal.persons)} entrapments")
    return rehearsal.figures()


@dataclass(slots=True, kw_only=True)
class Rehearsal:
    """A town, and what has happened in it over all blocks played."""

    rng: np.random.Generator
    size: RehearsalSize
    town: Town
    rates: LiftRates
    to_crews_m: FloatArray  # (n_lifts, 3): from each lift, by level
    hours: list[int] = field(default_factory=list)  # of the day, one for each entrapment
    persons: list[int] = field(default_factory=list)
    self_freed_count: int = 0

    @classmethod
    def of_size(cls, rng: np.random.Generator, size: RehearsalSize) -> "Rehearsal":
        """Return a new town of this size in which nothing has happened."""
        town = town_from(make_town(rng, size.lifts))
        table = LiftTable.from_town(town, rng, without=frozenset({HAND_LIFT_ID}))
        return cls(
            rng=rng,
            size=size,
            town=town,
            rates=draw_rates(rng, LiftTraits.of_town(town, table, FIRST_DAY)),
            to_crews_m=RescueMap.of_town(town, table.lift_ids).nearest_m(),
        )

    def play(self, block: int) -> None:
        """Play one block, and on until nobody more gets out alone."""
        middle = datetime.combine(FIRST_DAY, datetime.min.time())
        middle += timedelta(hours=BLOCK_HOURS * (block + 0.5))
        start = middle - timedelta(seconds=self.size.block_s / 2)
        start_hour = start.hour + start.minute / 60
        occurrences = self._to_come(start)
        plan = Plan(start_hour=start_hour, occurrences=occurrences, visit_every_s=None)
        world = World.create(self.town, self.rng, plan)
        opening: list[tuple[float, int]] = []  # heap of when a crew opens which lift
        end_s = self.size.block_s + ALONE_WITHIN_S
        while world.clock_s < end_s and not world.entrapments.all_over:
            world.step(STEP_S_MAX)
            for begun in world.take_begun():
                hour = start_hour + begun.began_s / _SECONDS_PER_HOUR
                self.hours.append(int(hour) % HOURS_PER_DAY)
                self.persons.append(begun.persons)
                heapq.heappush(opening, (self._opening_s(begun, hour), begun.lift))
            while opening and opening[0][0] <= world.clock_s:
                world.release(world.table.lift_ids[heapq.heappop(opening)[1]])
            self.self_freed_count += sum(
                ended.ended_by is EndedBy.SELF_FREED for ended in world.take_ended()
            )

    def _to_come(self, start: datetime) -> Occurrences:
        """Draw a block's entrapments, so dense that the day has its number of them."""
        in_life = ENTRAPMENTS_PER_LIFT_YEAR * self.size.lifts / DAYS_PER_YEAR
        in_life *= self.size.block_s / (BLOCK_HOURS * _SECONDS_PER_HOUR)
        drawn = draw_occurrences(
            self.rng,
            self.rates,
            start=start,
            hours=self.size.block_s / _SECONDS_PER_HOUR,
            weather=Weather.even(FIRST_DAY, 1),
            rate_factor=self.size.entrapments / in_life,
        )
        return Occurrences(
            at_s=drawn.at_s[drawn.traps],
            lift=drawn.lift[drawn.traps],
            cause=drawn.cause[drawn.traps],
            traps=drawn.traps[drawn.traps],
        )

    def _opening_s(self, begun: Entrapment, hour: float) -> float:
        """Return when a crew opens the car; where nobody presses, somebody finds them later."""
        pressed_s = begun.trap.alarm_after_s
        known_s = FOUND_AFTER_MEAN_S if pressed_s is None else pressed_s
        response = draw_responses(self.rng, self.to_crews_m[[begun.lift]], hour)
        return begun.began_s + known_s + float(response.released_s[0])

    def figures(self) -> dict[Quantity, float]:
        """Return what centres would publish of it; there must have been entrapments."""
        hours = hour_figures(np.array(self.hours))
        freed_by_crews = len(self.persons) - self.self_freed_count
        return {
            Quantity.PERSONS: float(np.mean(self.persons)),
            Quantity.ALONE: 100 * float(np.mean(np.array(self.persons) == 1)),
            Quantity.SELF_RELEASE: 100 * self.self_freed_count / freed_by_crews,
            Quantity.WORLD_HOURS_18_20: hours[Quantity.HOURS_18_20],
            Quantity.WORLD_HOURS_08_10: hours[Quantity.HOURS_08_10],
        }
