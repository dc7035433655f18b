"""When what goes wrong with which lift: every occurrence of a stretch of time, drawn at once.

Three ways: most things befall single lifts, by their own rates and the traffic of the hour; a fault
that was not really mended comes back; a mains cut hits a neighbourhood at one moment. Vectorised: a
year of 300,000 lifts takes a tenth of a second. Must not know how a car moves or what people do.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from liftward_simulator.faults.causes import CAUSES, Cause
from liftward_simulator.faults.occurrences import Occurrences
from liftward_simulator.physics.motion import FloatArray
from liftward_simulator.physics.patterns import hour_curves
from liftward_simulator.rates.lift_rates import (
    GROUPS,
    BoolArray,
    IntArray,
    LiftRates,
    RateGroup,
    group_of,
)
from liftward_simulator.rates.weather import Weather

HOURS_PER_YEAR = 8_766.0
# Of the faults that trapped somebody, so many were not really mended and come back, on average so
# often and after so many days. Chosen between the published worst: Nanjing (about 7,000 entrapments
# a year) had one lift 7 times in a month and 14 times in a year, Wuhu (2,000) 7 times in a year.
BAD_SPELL_SHARE, RETURNS_MEAN, RETURN_GAP_MEAN_DAYS = 0.006, 3.2, 5.0
# Lifts one mains cut hits: a house, a block, a street, a quarter; and how often each. No published
# figure; assumed. A whole district without power is a scenario's event, not an ordinary year's.
CUT_LIFT_COUNTS = np.array([2, 8, 40, 200])
CUT_SHARES = np.array([0.62, 0.3, 0.076, 0.004])
_SECONDS_PER_HOUR, _SECONDS_PER_DAY = 3_600.0, 86_400.0
_FAULTS_PER_ENTRAPMENT = np.array([CAUSES[cause].faults_per_entrapment for cause in Cause])
_GROUP_OF_CAUSE = np.array([GROUPS.index(group_of(cause)) for cause in Cause])
_MAINS_CAUSE = tuple(Cause).index(Cause.MAINS_CUT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """The hours of a stretch of time and how much goes wrong in each.

    Hours are cells of shape (n_cells,); edges have one more. `weights` has shape
    (n_site_types, n_cells): hours of mean traffic and mean weather that the cell is worth.
    """

    edges_s: FloatArray
    hour: IntArray  # of the day
    day_hours: FloatArray  # hours of mean weather, whatever the traffic
    weights: FloatArray

    @classmethod
    def of(cls, start: datetime, hours: float, weather: Weather) -> "Calendar":
        """Return the calendar of `hours` from `start`, the town's own time of day.

        Raises
        ------
        ValueError
            When no time passes, or the weather does not cover every day.
        """
        if hours <= 0:
            raise ValueError(f"{hours} hours; allowed: above 0")
        into_hour_s = (start - start.replace(minute=0, second=0, microsecond=0)).total_seconds()
        cells_count = int(np.ceil(hours + into_hour_s / _SECONDS_PER_HOUR))
        edges_s = np.arange(cells_count + 1) * _SECONDS_PER_HOUR - into_hour_s
        edges_s = np.clip(edges_s, 0.0, hours * _SECONDS_PER_HOUR)
        hours_since_midnight = start.hour + np.arange(cells_count)
        day = (start.date() - weather.first_day).days + hours_since_midnight // 24
        if day[0] < 0 or day[-1] >= weather.day_factors.size:
            last = weather.first_day + timedelta(days=weather.day_factors.size - 1)
            raise ValueError(
                f"{hours} hours from {start:%Y-%m-%d %H:%M}; allowed: days with weather, "
                f"{weather.first_day} to {last}"
            )
        hour = hours_since_midnight % 24
        day_hours = weather.day_factors[day] * np.diff(edges_s) / _SECONDS_PER_HOUR
        return cls(
            edges_s=edges_s,
            hour=hour,
            day_hours=day_hours,
            weights=hour_curves()[:, hour] * day_hours,
        )

    @property
    def end_s(self) -> float:
        return float(self.edges_s[-1])

    def draw_at_s(self, rng: np.random.Generator, weights: FloatArray, count: int) -> FloatArray:
        """Draw moments, each cell of the calendar as likely as its weight."""
        cumulative = np.cumsum(weights)
        place = rng.random(count) * cumulative[-1]
        cell = np.minimum(np.searchsorted(cumulative, place, side="right"), weights.size - 1)
        width_s = np.diff(self.edges_s)[cell]
        drawn: FloatArray = self.edges_s[cell] + rng.random(count) * width_s
        return drawn


def draw_occurrences(
    rng: np.random.Generator,
    rates: LiftRates,
    *,
    start: datetime,
    hours: float,
    weather: Weather,
    rate_factor: float = 1.0,
) -> Occurrences:
    """Draw everything that goes wrong in `hours` from `start`.

    Parameters
    ----------
    start : datetime
        The town's own time of day at second 0 of the world's clock.
    weather : Weather
        Must cover every day of the stretch.
    rate_factor : float
        Everything happens so many times as often.

    Returns
    -------
    Occurrences
        Sorted by time. Those that trap somebody have the rates' mean; to each belong the faults
        of the same mechanism that trap nobody.

    Raises
    ------
    ValueError
        When the factor is negative, no time passes, or a day has no weather.
    """
    if rate_factor < 0:
        raise ValueError(f"rate factor is {rate_factor}; allowed: 0 or more")
    calendar = Calendar.of(start, hours, weather)
    single = [
        _single_lifts(rng, rates, group, calendar, rate_factor)
        for group in GROUPS
        if group is not RateGroup.MAINS
    ]
    returned = [_returns(rng, occurrences, calendar.end_s) for occurrences in single]
    cuts = _mains_cuts(rng, rates, calendar, rate_factor)
    return _sorted_together([*single, *returned, cuts])


def _single_lifts(
    rng: np.random.Generator,
    rates: LiftRates,
    group: RateGroup,
    calendar: Calendar,
    rate_factor: float,
) -> Occurrences:
    """Draw what befalls single lifts: how many, of what, at which lift, and when."""
    traits = rates.traits
    share = np.where(GROUPS.index(group) == _GROUP_OF_CAUSE, rates.cause_shares, 0.0)
    if not share.any():
        return Occurrences.none()
    faults = share / share.sum() * _FAULTS_PER_ENTRAPMENT
    per_hour = rates.entrapments_per_year[:, GROUPS.index(group)] / HOURS_PER_YEAR
    # What comes back is on top: without it the fleet would exceed its rate.
    primary = rate_factor / (1 + BAD_SPELL_SHARE * RETURNS_MEAN)
    expected = np.cumsum(per_hour * calendar.weights.sum(axis=1)[traits.site_type])
    count = int(rng.poisson(expected[-1] * faults.sum() * primary))
    lift = np.searchsorted(expected, rng.random(count) * expected[-1], side="right")
    cause = rng.choice(len(faults), size=count, p=faults / faults.sum())
    at_s = np.empty(count)
    for site_type in range(calendar.weights.shape[0]):
        there = np.flatnonzero(traits.site_type[lift] == site_type)
        at_s[there] = calendar.draw_at_s(rng, calendar.weights[site_type], there.size)
    traps = rng.random(count) < 1 / _FAULTS_PER_ENTRAPMENT[cause]
    return _sorted(at_s, lift, cause.astype(np.int16), traps)


def _returns(rng: np.random.Generator, first: Occurrences, end_s: float) -> Occurrences:
    """Draw how faults that were not really mended come back and trap people again."""
    trapping = np.flatnonzero(first.traps)
    bad = trapping[rng.random(trapping.size) < BAD_SPELL_SHARE]
    # Geometric with this mean, at least one: a spell is a spell only if the fault comes back.
    returns_count = rng.geometric(1 / RETURNS_MEAN, bad.size)
    of = np.repeat(bad, returns_count)
    gaps_s = rng.exponential(RETURN_GAP_MEAN_DAYS * _SECONDS_PER_DAY, of.size)
    summed_s = np.cumsum(gaps_s)
    before = np.repeat(np.cumsum(returns_count) - returns_count, returns_count)
    at_s = first.at_s[of] + summed_s - np.concatenate([[0.0], summed_s])[before]
    kept = at_s < end_s
    of = of[kept]
    return _sorted(at_s[kept], first.lift[of], first.cause[of], np.ones(of.size, np.bool_))


def _mains_cuts(
    rng: np.random.Generator, rates: LiftRates, calendar: Calendar, rate_factor: float
) -> Occurrences:
    """Draw cuts at any hour, each hitting neighbours at once, and whom they catch in a car."""
    traits = rates.traits
    per_year = rates.entrapments_per_year[:, GROUPS.index(RateGroup.MAINS)]
    mean_per_year = float(per_year.mean())
    if mean_per_year == 0:
        return Occurrences.none()
    faults = float(_FAULTS_PER_ENTRAPMENT[_MAINS_CAUSE])
    hit_counts = np.minimum(CUT_LIFT_COUNTS, traits.count)
    lift_cuts = mean_per_year * faults * traits.count * calendar.day_hours.sum() / HOURS_PER_YEAR
    cuts_count = int(rng.poisson(rate_factor * lift_cuts / (hit_counts @ CUT_SHARES)))
    sizes = rng.choice(hit_counts, size=cuts_count, p=CUT_SHARES)
    cut_at_s = calendar.draw_at_s(rng, calendar.day_hours, cuts_count)
    at_s = np.repeat(cut_at_s, sizes)
    within = np.arange(at_s.size) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    first = np.repeat(rng.integers(0, traits.count, cuts_count), sizes)
    # Neighbours stand together in the table; a large cut stays in one district if it can.
    neighbours = np.argsort(traits.district, kind="stable")
    lift = neighbours[(first + within) % traits.count]
    cell = np.searchsorted(calendar.edges_s, at_s, side="right") - 1
    carries = hour_curves()[traits.site_type[lift], calendar.hour[cell]]
    caught = per_year[lift] / mean_per_year / faults * carries
    cause = np.full(at_s.size, _MAINS_CAUSE, np.int16)
    return _sorted(at_s, lift, cause, rng.random(at_s.size) < caught)


def _sorted_together(parts: list[Occurrences]) -> Occurrences:
    return _sorted(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("at_s", "lift", "cause", "traps")
        )
    )


def _sorted(
    at_s: FloatArray, lift: IntArray, cause: NDArray[np.int16], traps: BoolArray
) -> Occurrences:
    order = np.argsort(at_s, kind="stable")
    return Occurrences(at_s=at_s[order], lift=lift[order], cause=cause[order], traps=traps[order])
