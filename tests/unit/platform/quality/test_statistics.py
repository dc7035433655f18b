"""Exact Poisson intervals against published values and a twin that adds up probabilities."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftward_platform.quality.statistics import (
    LEVEL,
    SECONDS_PER_YEAR,
    poisson_interval,
    rate_of,
)


def naive_at_most(count: int, mean: float) -> float:
    """P(X <= count) for a Poisson variable, term by term."""
    term, total = math.exp(-mean), 0.0
    for index in range(count + 1):
        total += term
        term *= mean / (index + 1)
    return total


def naive_interval(count: int, level: float) -> tuple[float, float]:
    """The definition: each end is the mean at which the count is just too far out; by bisection."""
    tail = (1 - level) / 2

    def mean_where(at_most: int, probability: float) -> float:
        low, high = 0.0, 10.0 * (count + 10)
        for _ in range(200):
            middle = (low + high) / 2
            if naive_at_most(at_most, middle) > probability:
                low = middle
            else:
                high = middle
        return low

    lower = mean_where(count - 1, 1 - tail) if count else 0.0
    return lower, mean_where(count, tail)


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [(0, 0.0, 3.6889), (1, 0.0253, 5.5716), (5, 1.6235, 11.6683), (10, 4.7954, 18.3904)],
)
def test_intervals_are_the_published_ones(count: int, low: float, high: float) -> None:
    """Garwood's 95 % limits as every table of them prints them."""
    assert poisson_interval(count) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(0, 60), st.sampled_from([0.5, 0.8, 0.95, 0.99]))
def test_the_closed_form_is_the_definition(count: int, level: float) -> None:
    """The inverse gamma function gives what adding up probabilities gives."""
    assert poisson_interval(count, level) == pytest.approx(naive_interval(count, level), rel=1e-6)


@given(st.integers(0, 1000), st.floats(1.0, 1e12))
def test_the_rate_lies_in_its_interval(count: int, exposure_s: float) -> None:
    """Low, rate and high stand in order, and more events never lower an end."""
    rate, more = rate_of(count, exposure_s), rate_of(count + 1, exposure_s)

    assert rate.interval.low is not None
    assert rate.interval.high is not None
    assert rate.per_lift_year is not None
    assert more.interval.low is not None
    assert more.interval.high is not None
    assert rate.interval.low <= rate.per_lift_year <= rate.interval.high
    assert rate.interval.low <= more.interval.low
    assert rate.interval.high <= more.interval.high


def test_one_event_in_one_year_is_one_a_year() -> None:
    """Exposure is in lift-seconds, the rate per lift-year of 365.25 days."""
    rate = rate_of(1, SECONDS_PER_YEAR)

    assert rate.per_lift_year == 1.0
    assert rate.interval.level == LEVEL == 0.95


def test_without_exposure_there_is_no_rate() -> None:
    """A lift that was never heard is neither good nor bad."""
    rate = rate_of(3, 0.0)

    assert (rate.per_lift_year, rate.interval.low, rate.interval.high) == (None, None, None)


@pytest.mark.parametrize(("count", "level"), [(-1, 0.95), (0, 0.0), (0, 1.0)])
def test_nonsense_is_refused(count: int, level: float) -> None:
    """A negative count or a level that is none is a mistake of the caller."""
    with pytest.raises(ValueError, match="not negative"):
        poisson_interval(count, level)
