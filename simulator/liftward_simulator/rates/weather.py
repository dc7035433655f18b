"""What the days of a year do to lifts: the season, cold and windy days, typhoons. Pure and seeded.

Knows days and factors. Must not know lifts or causes.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from liftward_simulator.physics.motion import FloatArray

# Nanjing 2016 counted 545 entrapments in May and 695 in June, Huai'an 335 in February and 418 in
# August: heat and cold both are worse than spring and autumn.
SEASON_SWING = 0.1
SEASON_PEAK_DAY = 15  # mid-January, and half a year later mid-July
# High wind (stack effect on doors) and cold raise faults in December (Jinan Q4 2018); how often and
# how much is assumed.
COLD_WIND_MONTHS = frozenset({11, 12, 1, 2})
COLD_WIND_SHARE, COLD_WIND_FACTOR = 0.1, 1.5
# The landfall of 2024-09-16 brought three times a usual day's orders in Jiangsu.
TYPHOON_MONTHS = frozenset({7, 8, 9})
TYPHOONS_PER_YEAR, TYPHOON_FACTOR = 1.0, 3.0
_DAYS_PER_YEAR = 365.25
_TYPHOON_DAYS_PER_YEAR = 92  # July to September


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """Arrays of shape (n_days,), the first day being the one the world begins on."""

    first_day: date
    day_factors: FloatArray  # what goes wrong on this day over the mean day of the climate
    typhoon: NDArray[np.bool_]

    @classmethod
    def drawn(
        cls,
        rng: np.random.Generator,
        first_day: date,
        days_count: int,
        *,
        typhoon_days: frozenset[date] | None = None,
    ) -> "Weather":
        """Draw the weather of some days.

        Parameters
        ----------
        typhoon_days : frozenset of date, optional
            The days of landfall; when not given they are drawn from the climate.

        Raises
        ------
        ValueError
            When there is no day.
        """
        if days_count < 1:
            raise ValueError(f"weather of {days_count} days; allowed: 1 or more")
        days = [first_day + timedelta(days=i) for i in range(days_count)]
        windy_chance, typhoon_chance = rng.random((2, days_count))
        windy = _in_months(days, COLD_WIND_MONTHS) & (windy_chance < COLD_WIND_SHARE)
        if typhoon_days is None:
            per_day = TYPHOONS_PER_YEAR / _TYPHOON_DAYS_PER_YEAR
            typhoon = _in_months(days, TYPHOON_MONTHS) & (typhoon_chance < per_day)
        else:
            typhoon = np.array([day in typhoon_days for day in days])
        factors = (
            _season(days)
            * np.where(windy, COLD_WIND_FACTOR, 1.0)
            * np.where(typhoon, TYPHOON_FACTOR, 1.0)
        )
        return cls(first_day=first_day, day_factors=factors / _climate_mean(), typhoon=typhoon)

    @classmethod
    def even(cls, first_day: date, days_count: int) -> "Weather":
        """Return weather that changes nothing."""
        return cls(
            first_day=first_day,
            day_factors=np.ones(days_count),
            typhoon=np.zeros(days_count, np.bool_),
        )


def _in_months(days: list[date], months: frozenset[int]) -> NDArray[np.bool_]:
    return np.array([day.month in months for day in days])


def _season(days: list[date]) -> FloatArray:
    """Return the two waves of the year, with mean 1 over it."""
    number = np.array([day.timetuple().tm_yday for day in days])
    turns = 2 * (number - SEASON_PEAK_DAY) / _DAYS_PER_YEAR
    swing: FloatArray = 1 + SEASON_SWING * np.cos(2 * np.pi * turns)
    return swing


def _climate_mean() -> float:
    """Return the mean factor over a year's days, so that a usual year has its usual number."""
    windy_gain = COLD_WIND_SHARE * (COLD_WIND_FACTOR - 1)
    typhoon_gain = TYPHOONS_PER_YEAR / _TYPHOON_DAYS_PER_YEAR * (TYPHOON_FACTOR - 1)
    year = [date(2025, 1, 1) + timedelta(days=i) for i in range(365)]
    gains = np.where(_in_months(year, COLD_WIND_MONTHS), windy_gain, 0.0) + np.where(
        _in_months(year, TYPHOON_MONTHS), typhoon_gain, 0.0
    )
    return float((_season(year) * (1 + gains)).mean())
