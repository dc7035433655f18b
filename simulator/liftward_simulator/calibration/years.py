"""Years of a simulated city, counted the way rescue centres count. Pure.

Knows how each published figure is made from occurrences. Must not know the published values.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from liftward_simulator.calibration.published import (
    CITY_YEAR_ENTRAPMENTS,
    WUHU_YEAR_ENTRAPMENTS,
    Quantity,
)
from liftward_simulator.faults.causes import CAUSES, Cause, Family
from liftward_simulator.faults.occurrences import Occurrences
from liftward_simulator.physics.patterns import SITE_TYPES
from liftward_simulator.rates.lift_rates import LiftRates
from liftward_simulator.rates.schedule import draw_occurrences
from liftward_simulator.rates.weather import Weather

FIRST_DAY = date(2025, 1, 1)
DAYS_PER_YEAR = 365
MONTHS_PER_YEAR = 12
HOURS_PER_DAY = 24
WORST_YEARS = 10
LANDFALL = date(2025, 9, 16)
TYPHOON_RATE_FACTOR = 30.0
_SECONDS_PER_DAY = 86_400.0
_DAYS_PER_MONTH = DAYS_PER_YEAR / MONTHS_PER_YEAR

FAMILY_QUANTITIES = {
    Family.HUMAN: Quantity.CAUSE_HUMAN,
    Family.EXTERNAL: Quantity.CAUSE_EXTERNAL,
    Family.DOOR: Quantity.CAUSE_DOOR,
    Family.CONTROL: Quantity.CAUSE_CONTROL,
    Family.ELECTRICAL: Quantity.CAUSE_ELECTRICAL,
    Family.TRACTION: Quantity.CAUSE_TRACTION,
}
CODE_QUANTITIES = {
    "human.rubbish_in_door": Quantity.CAUSE_RUBBISH,
    "human.door_deformed": Quantity.CAUSE_ROUGH_HANDLING,
    "human.overload": Quantity.CAUSE_OVERLOAD,
    "human.door_held": Quantity.CAUSE_DOOR_HELD,
}
SITE_QUANTITIES = {
    "residential": Quantity.SITE_RESIDENTIAL,
    "public": Quantity.SITE_PUBLIC,
    "hospital": Quantity.SITE_HOSPITAL,
    "hotel": Quantity.SITE_HOTEL,
    "office": Quantity.SITE_OFFICE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Years:
    """What happened in some years of one city; entrapments only, unless said otherwise."""

    rates: LiftRates
    years_count: int
    breakdowns_count: int  # cuts that trapped nobody are none: the lift is sound
    lift: NDArray[np.int64]
    cause: NDArray[np.int16]
    hour: NDArray[np.int64]

    @property
    def lifts_count(self) -> int:
        return self.rates.traits.count

    @property
    def count(self) -> int:
        return int(self.lift.size)


def play_years(
    rng: np.random.Generator,
    rates: LiftRates,
    years_count: int,
    tell: Callable[[str], None],
) -> Years:
    """Draw `years_count` years, one after the other, telling a person which is done."""
    kept = []
    for year in range(years_count):
        kept.append(_one_year(rng, rates, year))
        tell(f"year {year + 1} of {years_count}: {kept[-1].count} entrapments")
    together = {
        name: np.concatenate([getattr(one, name) for one in kept])
        for name in ("lift", "cause", "hour")
    }
    return Years(
        rates=rates,
        years_count=years_count,
        breakdowns_count=sum(one.breakdowns_count for one in kept),
        **together,
    )


def _one_year(rng: np.random.Generator, rates: LiftRates, year: int) -> Years:
    drawn = _draw_year(rng, rates, year)
    into_day_s = drawn.at_s[drawn.traps] % _SECONDS_PER_DAY
    return Years(
        rates=rates,
        years_count=1,
        breakdowns_count=_breakdowns_count(drawn),
        lift=drawn.lift[drawn.traps],
        cause=drawn.cause[drawn.traps],
        hour=(into_day_s // (_SECONDS_PER_DAY / HOURS_PER_DAY)).astype(np.int64),
    )


def _draw_year(rng: np.random.Generator, rates: LiftRates, year: int) -> Occurrences:
    first_day = FIRST_DAY + timedelta(days=DAYS_PER_YEAR * year)
    return draw_occurrences(
        rng,
        rates,
        start=datetime.combine(first_day, datetime.min.time()),
        hours=DAYS_PER_YEAR * HOURS_PER_DAY,
        weather=Weather.drawn(rng, first_day, DAYS_PER_YEAR),
    )


def _breakdowns_count(drawn: Occurrences) -> int:
    mains_cut = drawn.cause == tuple(Cause).index(Cause.MAINS_CUT)
    return int((drawn.traps | ~mains_cut).sum())


def year_figures(years: Years) -> dict[Quantity, float]:
    """Return every figure that years of occurrences can give."""
    lift_years = years.lifts_count * years.years_count
    per_lift_year = years.count / lift_years
    return {
        Quantity.ENTRAPMENTS_PER_LIFT_YEAR: per_lift_year,
        Quantity.MONTHLY_RATE_PERCENT: 100 * per_lift_year / MONTHS_PER_YEAR,
        Quantity.BREAKDOWNS_PER_LIFT_YEAR: years.breakdowns_count / lift_years,
        Quantity.BREAKDOWNS_TRAPPING_PERCENT: 100 * years.count / years.breakdowns_count,
        **dict(_cause_figures(years)),
        **hour_figures(years.hour),
        **dict(_site_figures(years)),
        **_age_figures(years),
    }


def _cause_figures(years: Years) -> Iterator[tuple[Quantity, float]]:
    causes = tuple(Cause)
    percent = 100 * np.bincount(years.cause, minlength=len(causes)) / years.count
    facts = [CAUSES[cause] for cause in causes]
    for family, quantity in FAMILY_QUANTITIES.items():
        yield quantity, float(percent[[fact.family is family for fact in facts]].sum())
    for code, quantity in CODE_QUANTITIES.items():
        yield quantity, float(percent[[fact.closing_code == code for fact in facts]].sum())


def hour_figures(hour: NDArray[np.int64]) -> dict[Quantity, float]:
    """Return the shares of the two peaks, and when the quietest two hours begin."""
    blocks = np.bincount(hour // 2, minlength=HOURS_PER_DAY // 2)
    percent = 100 * blocks / hour.size
    return {
        Quantity.HOURS_18_20: float(percent[18 // 2]),
        Quantity.HOURS_08_10: float(percent[8 // 2]),
        Quantity.QUIETEST_HOUR: 2.0 * int(blocks.argmin()),
    }


def _site_figures(years: Years) -> Iterator[tuple[Quantity, float]]:
    site_type = years.rates.traits.site_type[years.lift]
    percent = 100 * np.bincount(site_type, minlength=len(SITE_TYPES)) / years.count
    for name, quantity in SITE_QUANTITIES.items():
        yield quantity, float(percent[SITE_TYPES.index(name)])


def _age_figures(years: Years) -> dict[Quantity, float]:
    age_years = years.rates.traits.age_years
    ends = np.array([5.0, 10.0, 15.0])  # the bands of the published figures
    lifts = np.bincount(np.searchsorted(ends, age_years, side="right"), minlength=4)
    events = np.bincount(np.searchsorted(ends, age_years[years.lift], side="right"), minlength=4)
    rate = events / np.maximum(lifts, 1)
    fleet = years.count / years.lifts_count
    return {
        Quantity.AGE_5_10_OVER_FLEET: float(rate[1] / fleet),
        Quantity.AGE_11_15_OVER_FLEET: float(rate[2] / fleet),
        Quantity.AGE_11_15_OVER_OLDER: float(rate[2] / rate[3]) if rate[3] else float("nan"),
    }


def repeat_figures(rng: np.random.Generator, rates: LiftRates) -> dict[Quantity, float]:
    """Return how often the worst lift of a city traps people, in a month and in a year.

    A worst is one draw from a long tail: the mean of many cities is compared, however few years
    the rest is counted over.
    """
    worst: dict[Quantity, list[int]] = {
        Quantity.WORST_LIFT_YEAR: [],
        Quantity.WORST_LIFT_YEAR_SMALL: [],
        Quantity.WORST_LIFT_MONTH: [],
    }
    for year in range(WORST_YEARS):
        drawn = _draw_year(rng, rates, year)
        at_s, lift = drawn.at_s[drawn.traps], drawn.lift[drawn.traps]
        month = (at_s // (_DAYS_PER_MONTH * _SECONDS_PER_DAY)).astype(np.int64)
        in_year = np.bincount(lift, minlength=rates.traits.count)
        in_month = worst_months(lift, month, rates.traits.count)
        for quantity, per_lift, city_count in (
            (Quantity.WORST_LIFT_YEAR, in_year, CITY_YEAR_ENTRAPMENTS),
            (Quantity.WORST_LIFT_YEAR_SMALL, in_year, WUHU_YEAR_ENTRAPMENTS),
            (Quantity.WORST_LIFT_MONTH, in_month, CITY_YEAR_ENTRAPMENTS),
        ):
            worst[quantity] += worst_of_cities(per_lift, city_count)
    return {quantity: float(np.mean(values)) for quantity, values in worst.items()}


def worst_months(
    lift: NDArray[np.int64], month: NDArray[np.int64], lifts_count: int
) -> NDArray[np.int64]:
    """Return each lift's entrapments in its worst month of one year, shape (lifts_count,)."""
    slots = month * lifts_count + lift
    per_month = np.bincount(slots, minlength=lifts_count * MONTHS_PER_YEAR)
    worst: NDArray[np.int64] = per_month.reshape(MONTHS_PER_YEAR, lifts_count).max(axis=0)
    return worst


def worst_of_cities(per_lift: NDArray[np.int64], city_events_count: int) -> list[int]:
    """Return the worst lift of each of the cities, with so many entrapments, that a year holds.

    A worst grows with the number of lifts looked at: only like may be compared with like.
    """
    cities_count = max(1, round(int(per_lift.sum()) / city_events_count))
    return [int(city.max()) for city in np.array_split(per_lift, cities_count)]


def typhoon_figure(rng: np.random.Generator, rates: LiftRates) -> dict[Quantity, float]:
    """Return the entrapments of a day of landfall over those of the month's other days.

    Most years bring none or one: a month with one is drawn, so dense that chance has little say.
    """
    first_day, days_count = LANDFALL.replace(day=1), 30
    weather = Weather.drawn(rng, first_day, days_count, typhoon_days=frozenset({LANDFALL}))
    drawn = draw_occurrences(
        rng,
        rates,
        start=datetime.combine(first_day, datetime.min.time()),
        hours=days_count * HOURS_PER_DAY,
        weather=weather,
        rate_factor=TYPHOON_RATE_FACTOR,
    )
    stormy = weather.typhoon[(drawn.at_s[drawn.traps] // _SECONDS_PER_DAY).astype(np.int64)]
    usual_per_day = (~stormy).sum() / (days_count - 1)
    return {Quantity.TYPHOON_DAY: float(stormy.sum() / usual_per_day)}
