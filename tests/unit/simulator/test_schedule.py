"""The schedule of what goes wrong: how many, at which hour, in which clusters."""

from datetime import date, datetime

import numpy as np
import pytest

from liftward_simulator.faults.causes import CAUSES, Cause
from liftward_simulator.faults.occurrences import Occurrences
from liftward_simulator.physics.patterns import SITE_TYPES, hour_curves
from liftward_simulator.rates.lift_rates import (
    ENTRAPMENTS_PER_LIFT_YEAR,
    GROUPS,
    LiftRates,
    RateGroup,
    draw_rates,
    published_cause_shares,
)
from liftward_simulator.rates.schedule import HOURS_PER_YEAR, draw_occurrences
from liftward_simulator.rates.weather import Weather
from support.alike_lifts import FIRST_DAY, traits_of

MIDNIGHT = datetime.combine(FIRST_DAY, datetime.min.time())
YEAR_HOURS = 365 * 24
MAINS_CUT = tuple(Cause).index(Cause.MAINS_CUT)


def rates_of(count: int = 50_000, seed: int = 41, **given: np.ndarray) -> LiftRates:
    return draw_rates(np.random.default_rng(seed), traits_of(count, **given))


def year_of(rates: LiftRates, seed: int, rate_factor: float = 1.0) -> Occurrences:
    return draw_occurrences(
        np.random.default_rng(seed),
        rates,
        start=MIDNIGHT,
        hours=YEAR_HOURS,
        weather=Weather.even(FIRST_DAY, 365),
        rate_factor=rate_factor,
    )


def test_a_year_traps_as_many_as_the_rates_say() -> None:
    """The count is Poisson about the sum of the rates, a little wider for spells and cuts."""
    rates = rates_of()
    drawn = year_of(rates, seed=42)

    expected = rates.entrapments_per_year.sum() * YEAR_HOURS / HOURS_PER_YEAR
    assert drawn.traps.sum() == pytest.approx(expected, abs=4 * np.sqrt(expected))


def test_each_cause_has_its_share_and_its_faults() -> None:
    """Entrapments split as the causes' shares; to each belong faults that trap nobody."""
    drawn = year_of(rates_of(), seed=43, rate_factor=10.0)
    trapped = np.bincount(drawn.cause[drawn.traps], minlength=len(Cause))
    every = np.bincount(drawn.cause, minlength=len(Cause))
    for index, cause in enumerate(Cause):
        expected = published_cause_shares()[index] * trapped.sum()
        clusters = 4.0 if cause is Cause.MAINS_CUT else 1.2
        assert trapped[index] == pytest.approx(expected, abs=4 * np.sqrt(clusters * expected) + 1)
        faults = CAUSES[cause].faults_per_entrapment * expected
        if cause is not Cause.MAINS_CUT:
            assert every[index] == pytest.approx(faults, abs=5 * np.sqrt(faults) + 1)


def test_a_lift_has_its_own_rate() -> None:
    """Lifts with five times the rate have five times the entrapments."""
    rates = rates_of()
    worst = rates.entrapments_per_year.sum(axis=1) > 5 * ENTRAPMENTS_PER_LIFT_YEAR
    drawn = year_of(rates, seed=44)

    happened = worst[drawn.lift[drawn.traps]].sum()
    expected = rates.entrapments_per_year[worst].sum()
    assert expected > 200
    assert happened == pytest.approx(expected, abs=5 * np.sqrt(expected))


@pytest.mark.parametrize("site", ["residential", "office"])
def test_the_hours_are_those_of_the_site(site: str) -> None:
    """What befalls single lifts follows the traffic of their own kind of building."""
    rates = rates_of(site_type=np.full(50_000, SITE_TYPES.index(site)))
    drawn = year_of(rates, seed=45, rate_factor=5.0)
    own = drawn.traps & (drawn.cause != MAINS_CUT)
    hour = (drawn.at_s[own] % 86_400 // 3_600).astype(np.int64)

    shares = np.bincount(hour, minlength=24) / hour.size
    expected = hour_curves()[SITE_TYPES.index(site)] / 24
    np.testing.assert_allclose(shares, expected, atol=4 * np.sqrt(0.1 / hour.size))


def test_a_stretch_begins_where_it_begins() -> None:
    """From half past five, for ninety minutes: times within, and the hours' shares kept."""
    drawn = draw_occurrences(
        np.random.default_rng(46),
        rates_of(),
        start=MIDNIGHT.replace(hour=17, minute=30),
        hours=1.5,
        weather=Weather.even(FIRST_DAY, 1),
        rate_factor=2_000.0,
    )
    own = drawn.at_s[drawn.traps & (drawn.cause != MAINS_CUT)]

    curve = hour_curves()[SITE_TYPES.index("residential")]
    first_half_hour = (own < 1_800).mean()
    assert drawn.at_s.min() >= 0
    assert drawn.at_s.max() <= 5_400
    assert first_half_hour == pytest.approx(curve[17] / 2 / (curve[17] / 2 + curve[18]), abs=0.02)


def test_a_mains_cut_hits_neighbours_at_one_moment() -> None:
    """Cuts come in clusters of one district, at any hour; they catch whom the traffic brings."""
    district = np.repeat(np.arange(10), 5_000)
    rates = rates_of(district=district)
    drawn = year_of(rates, seed=47)
    cut = drawn.cause == MAINS_CUT
    moments, sizes = np.unique(drawn.at_s[cut], return_counts=True)
    largest = drawn.at_s == moments[sizes.argmax()]

    assert sizes.max() >= 200
    assert np.bincount(district[drawn.lift[largest]], minlength=10).max() >= 0.5 * sizes.max()
    night = moments % 86_400 < 6 * 3_600
    assert night.mean() == pytest.approx(0.25, abs=4 * np.sqrt(0.25 * 0.75 / moments.size))
    caught_hour = drawn.at_s[cut & drawn.traps] % 86_400 // 3_600
    assert (caught_hour < 6).mean() < 0.15


def test_a_cut_never_hits_a_lift_twice_at_once() -> None:
    """In a small town a large cut takes all its lifts, each once."""
    drawn = year_of(rates_of(30), seed=48, rate_factor=100.0)
    cut = drawn.cause == MAINS_CUT
    hits = np.stack([drawn.at_s[cut], drawn.lift[cut]])

    assert cut.sum() > 30
    assert np.unique(hits, axis=1).shape == hits.shape


def test_some_faults_come_back_within_days() -> None:
    """Spells put far more entrapments of one cause on one lift in a week than chance would."""
    rates = rates_of()
    drawn = year_of(rates, seed=49)
    own = drawn.traps & (drawn.cause != MAINS_CUT)
    order = np.lexsort((drawn.at_s[own], drawn.cause[own], drawn.lift[own]))
    lift, cause, at_s = (array[own][order] for array in (drawn.lift, drawn.cause, drawn.at_s))
    same = (np.diff(lift) == 0) & (np.diff(cause) == 0) & (np.diff(at_s) < 7 * 86_400)

    # Two independent entrapments of one lift within a week: a handful in such a fleet-year.
    assert same.sum() / own.sum() == pytest.approx(0.02, abs=0.012)


def test_a_landfall_day_has_three_times_as_many() -> None:
    """The weather of the day carries over to its count."""
    landfall = date(2025, 9, 16)
    weather = Weather.drawn(
        np.random.default_rng(50), date(2025, 9, 11), 10, typhoon_days=frozenset({landfall})
    )
    drawn = draw_occurrences(
        np.random.default_rng(51),
        rates_of(),
        start=datetime(2025, 9, 11),  # noqa: DTZ001 - the town's own time
        hours=240,
        weather=weather,
        rate_factor=50.0,
    )
    own = drawn.at_s[drawn.traps & (drawn.cause != MAINS_CUT)]
    per_day = np.bincount((own // 86_400).astype(np.int64), minlength=10)

    usual = np.delete(per_day, 5).mean()
    assert per_day[5] / usual == pytest.approx(3.0, abs=0.35)


def test_the_schedule_is_sorted_and_the_same_for_the_same_seed() -> None:
    """Same generator, same bytes; times never go back."""
    one, other = (year_of(rates_of(5_000), seed=52) for _ in range(2))

    assert (np.diff(one.at_s) >= 0).all()
    for name in ("at_s", "lift", "cause", "traps"):
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes()


def test_no_mains_cut_where_every_lift_has_a_rescue_device() -> None:
    """With a battery under every car a cut traps nobody."""
    rates = rates_of(5_000, has_rescue_device=np.ones(5_000, np.bool_))
    drawn = year_of(rates, seed=53)

    assert rates.entrapments_per_year[:, GROUPS.index(RateGroup.MAINS)].sum() == 0
    assert not (drawn.cause[drawn.traps] == MAINS_CUT).any()


def test_impossible_schedules_are_refused() -> None:
    """No time, a negative factor, a day without weather: refused with what is allowed."""
    rng, rates = np.random.default_rng(54), rates_of(10)
    for hours, factor, words in (
        (0.0, 1.0, "allowed: above 0"),
        (1.0, -1.0, "allowed: 0 or more"),
        (25.0, 1.0, "2025-01-01 to 2025-01-01"),
    ):
        with pytest.raises(ValueError, match=words):
            draw_occurrences(
                rng,
                rates,
                start=MIDNIGHT,
                hours=hours,
                weather=Weather.even(FIRST_DAY, 1),
                rate_factor=factor,
            )
