"""Figures and their intervals, against published values and by hand."""

import random

import pytest

from liftward_runtime.detect.figures import (
    curve_of,
    figures_of,
    quantile,
    quantile_interval,
    wilson_interval,
)
from liftward_runtime.detect.matching import Case, Standing, TrueEntrapment


def case(seconds: float | None, standing: Standing = Standing.COUNTED) -> Case:
    one = TrueEntrapment(lift=0, begin_us=0, end_us=None, first_heard_us=0)
    return Case(entrapment=one, standing=standing, seconds=(seconds, seconds, None))


def test_wilson_interval_has_the_published_values() -> None:
    """R. G. Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263, and 0 of 20."""
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson_interval(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson_interval(0, 0) == (None, None)


def test_a_missed_one_takes_for_ever() -> None:
    """Recall and quantiles speak of the same entrapments: nobody drops out by being missed."""
    figures = figures_of([case(float(second)) for second in range(1, 99)] + [case(None)] * 2, 0, 10)

    assert figures["recall_probable"] == 0.98
    assert figures["missed_probable"] == 2
    assert figures["time_to_probable_s"]["p50"] == 50.0
    assert figures["time_to_probable_s"]["p99"] is None
    assert figures["levels"]["confirmed"]["recall"] == 0.0


def test_a_rate_without_any_event_has_an_upper_end() -> None:
    """None in 10,000 lift-days: at most 0.369 in 1,000 (3.689 by Garwood's interval)."""
    figures = figures_of([], 0, 10_000.0)

    assert figures["false_probable_per_1000_lift_days"] == 0.0
    assert figures["false_probable_interval"] == pytest.approx([0.0, 0.3689])
    assert figures["recall_probable"] is None


def test_what_does_not_count_is_shown_apart() -> None:
    """How many there were of each reason, and how many of them were found all the same."""
    cases = [case(5.0), case(None, Standing.NOT_HEARD), case(9.0, Standing.SHORT)]
    figures = figures_of(cases, 0, 1.0)

    assert figures["true_entrapments"] == 1
    assert figures["apart"]["not_heard"] == {"count": 1, "found_probable": 0}
    assert figures["apart"]["short"] == {"count": 1, "found_probable": 1}
    assert curve_of(cases)[4:6] == [0.0, 1.0]


def test_interval_of_a_quantile_covers_it_as_often_as_it_says() -> None:
    """Of 400 samples of 200 uniform numbers, at least 95 % of the intervals hold the median."""
    rng = random.Random(1)
    covered = 0
    for _ in range(400):
        values = sorted(rng.random() for _ in range(200))
        low, high = quantile_interval(values, 0.5)
        covered += low is not None and high is not None and low <= 0.5 <= high

    assert 0.94 <= covered / 400 <= 0.99
    assert quantile([1.0, 2.0, 3.0, 4.0], 0.5) == 2.0
    assert quantile([], 0.5) is None
