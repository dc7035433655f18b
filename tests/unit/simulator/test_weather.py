"""The weather of simulated years: seasons, cold and windy days, typhoons."""

from datetime import date, timedelta

import numpy as np
import pytest

from liftward_simulator.rates.weather import (
    COLD_WIND_FACTOR,
    TYPHOON_FACTOR,
    TYPHOON_MONTHS,
    TYPHOONS_PER_YEAR,
    Weather,
)

FIRST_DAY = date(2025, 1, 1)
LANDFALL = date(2025, 9, 16)
YEARS = 200


def test_a_long_climate_has_mean_one() -> None:
    """Weather moves entrapments between days; it does not change how many a year has."""
    weather = Weather.drawn(np.random.default_rng(11), FIRST_DAY, 365 * YEARS)

    assert weather.day_factors.mean() == pytest.approx(1.0, abs=0.005)


def test_typhoons_come_in_their_months_about_once_a_year() -> None:
    """Landfalls are a Poisson count over many years, and only from July to September."""
    weather = Weather.drawn(np.random.default_rng(12), FIRST_DAY, 365 * YEARS)
    days = [FIRST_DAY + timedelta(days=int(i)) for i in np.flatnonzero(weather.typhoon)]

    assert len(days) / YEARS == pytest.approx(TYPHOONS_PER_YEAR, abs=3 / YEARS**0.5)
    assert {day.month for day in days} <= TYPHOON_MONTHS


def test_a_landfall_has_three_times_the_day_before() -> None:
    """On the given day of landfall the factor is three times that of its neighbours."""
    weather = Weather.drawn(
        np.random.default_rng(13), date(2025, 9, 15), 3, typhoon_days=frozenset({LANDFALL})
    )

    assert weather.typhoon.tolist() == [False, True, False]
    ratio = weather.day_factors[1] / weather.day_factors[0]
    assert ratio == pytest.approx(TYPHOON_FACTOR, rel=0.01)


def test_cold_and_windy_days_are_winter_days() -> None:
    """A tenth of the winter days stands out by the factor; no summer day does."""
    weather = Weather.drawn(
        np.random.default_rng(14), FIRST_DAY, 365 * 50, typhoon_days=frozenset()
    )
    month = np.array([(FIRST_DAY + timedelta(days=i)).month for i in range(365 * 50)])
    december, july = weather.day_factors[month == 12], weather.day_factors[month == 7]
    limit = (1 + COLD_WIND_FACTOR) / 2

    assert (december > limit).mean() == pytest.approx(0.1, abs=0.025)
    assert not (july > limit).any()


def test_the_same_seed_gives_the_same_weather() -> None:
    """Weather follows from the generator alone."""
    one, other = (Weather.drawn(np.random.default_rng(15), FIRST_DAY, 400) for _ in range(2))

    assert one.day_factors.tobytes() == other.day_factors.tobytes()


def test_no_day_has_no_weather() -> None:
    """A stretch without a day is refused with what is allowed."""
    with pytest.raises(ValueError, match="allowed: 1 or more"):
        Weather.drawn(np.random.default_rng(16), FIRST_DAY, 0)
