"""How often each lift traps people: the mixture, its mean, and what makes one lift worse."""

from datetime import date

import numpy as np
import pytest
from scipy.stats import gamma

from liftward_simulator.city.town import make_town, town_from
from liftward_simulator.faults.causes import CAUSES, Cause, Family
from liftward_simulator.physics.lifts import LiftTable
from liftward_simulator.physics.patterns import SITE_TYPES
from liftward_simulator.rates.lift_rates import (
    ENTRAPMENTS_PER_LIFT_YEAR,
    FRAILTY_SHAPE,
    GROUPS,
    LiftTraits,
    RateGroup,
    draw_rates,
    group_of,
    published_cause_shares,
)
from support.alike_lifts import traits_of

SURROUNDINGS = GROUPS.index(RateGroup.SURROUNDINGS)
MAINS = GROUPS.index(RateGroup.MAINS)
MACHINE = GROUPS.index(RateGroup.MACHINE)
USE = GROUPS.index(RateGroup.USE)


def halves(first: object, second: object, count: int = 100_000) -> np.ndarray:
    return np.repeat(np.array([first, second]), count // 2)


def ratio_of_halves(values: np.ndarray) -> float:
    first, second = np.split(values, 2)
    return float(second.mean() / first.mean())


def test_the_fleet_has_the_published_mean() -> None:
    """Whatever its lifts are like, a fleet's mean is the target."""
    rng = np.random.default_rng(21)
    traits = traits_of(
        100_000,
        age_years=rng.uniform(0, 25, 100_000),
        site_type=rng.integers(0, len(SITE_TYPES), 100_000),
        use=rng.lognormal(0, 0.3, 100_000),
        maintainer=rng.integers(0, 100, 100_000),
    )

    rates = draw_rates(rng, traits).entrapments_per_year

    assert rates.sum(axis=1).mean() == pytest.approx(ENTRAPMENTS_PER_LIFT_YEAR, rel=0.02)


def test_lifts_that_look_alike_differ_like_a_gamma() -> None:
    """Among alike lifts the rates are a gamma: variance is mean squared over its shape."""
    rates = draw_rates(np.random.default_rng(22), traits_of(200_000)).entrapments_per_year
    own = rates[:, USE] + rates[:, MACHINE] + rates[:, SURROUNDINGS]

    assert own.var() / own.mean() ** 2 == pytest.approx(1 / FRAILTY_SHAPE, rel=0.03)
    quartiles = np.quantile(own / own.mean(), [0.25, 0.5, 0.75, 0.99])
    expected = gamma.ppf([0.25, 0.5, 0.75, 0.99], FRAILTY_SHAPE) / FRAILTY_SHAPE
    np.testing.assert_allclose(quartiles, expected, rtol=0.03)


def test_each_group_has_its_share() -> None:
    """The columns' means are as the causes' shares: people, mains, surroundings, machine."""
    rates = draw_rates(np.random.default_rng(23), traits_of(200_000)).entrapments_per_year
    for column, group in enumerate(GROUPS):
        of_group = [group_of(cause) is group for cause in Cause]
        expected = published_cause_shares()[of_group].sum()
        assert rates[:, column].mean() / ENTRAPMENTS_PER_LIFT_YEAR == pytest.approx(
            expected, rel=0.03
        )


def test_age_is_not_monotone() -> None:
    """Lifts of 11-15 years are worst; those above 15, refurbished, are better again."""
    twelve = draw_rates(
        np.random.default_rng(24), traits_of(100_000, age_years=halves(12.0, 20.0))
    ).entrapments_per_year[:, MACHINE]
    three = draw_rates(
        np.random.default_rng(24), traits_of(100_000, age_years=halves(3.0, 12.0))
    ).entrapments_per_year[:, MACHINE]

    assert 0.35 < ratio_of_halves(twelve) < 0.55
    assert ratio_of_halves(three) > 2


def test_a_maintainer_shows_in_machine_faults_alone() -> None:
    """A poor firm's lifts break more often; what people throw into doors is not its doing."""
    rates = draw_rates(
        np.random.default_rng(25), traits_of(100_000, maintainer=halves(0, 1))
    ).entrapments_per_year

    assert abs(ratio_of_halves(rates[:, MACHINE]) - 1) > 0.1
    assert ratio_of_halves(rates[:, USE]) == pytest.approx(1.0, abs=0.03)


def test_a_mains_cut_traps_nobody_where_a_rescue_device_is() -> None:
    """Lifts that creep to a landing on their battery have no rate; the others have theirs too."""
    rates = draw_rates(
        np.random.default_rng(26), traits_of(1_000, has_rescue_device=halves(False, True, 1_000))
    ).entrapments_per_year[:, MAINS]

    assert rates[:500].min() > 0
    assert rates[500:].max() == 0
    assert rates.mean() == pytest.approx(ENTRAPMENTS_PER_LIFT_YEAR * published_cause_shares()[0])


def test_every_cause_has_a_group() -> None:
    """Human causes follow use, cuts the mains, other external ones the surroundings."""
    assert {group_of(cause) for cause in Cause if CAUSES[cause].family is Family.HUMAN} == {
        RateGroup.USE
    }
    assert {group_of(cause) for cause in Cause} == set(RateGroup)


def test_the_traits_are_those_of_the_town() -> None:
    """Age, firms and use come from the town document and the lift table, in the table's order."""
    town = town_from(make_town(np.random.default_rng(27), 60))
    table = LiftTable.from_town(town, np.random.default_rng(28), without=frozenset({"HAND-001"}))

    traits = LiftTraits.of_town(town, table, date(2026, 1, 1))

    third = next(lift for lift in town.lifts if lift.lift_id == table.lift_ids[2])
    age_years = (date(2026, 1, 1) - date.fromisoformat(third.installed_on)).days / 365.25
    assert traits.count == table.count
    assert traits.age_years[2] == pytest.approx(age_years)
    assert SITE_TYPES[traits.site_type[2]] == third.site_type
    for kind in np.unique(traits.site_type):
        assert traits.use[traits.site_type == kind].mean() == pytest.approx(1.0)


def test_the_same_seed_gives_the_same_rates() -> None:
    """Rates follow from the generator alone."""
    one, other = (
        draw_rates(np.random.default_rng(29), traits_of(500)).entrapments_per_year for _ in range(2)
    )

    assert one.tobytes() == other.tobytes()


def test_impossible_rates_are_refused() -> None:
    """A negative rate, or shares that are no shares, are refused with what is allowed."""
    rng, traits = np.random.default_rng(30), traits_of(10)
    with pytest.raises(ValueError, match="allowed: 0 or more"):
        draw_rates(rng, traits, entrapments_per_lift_year=-0.1)
    with pytest.raises(ValueError, match="sum 1"):
        draw_rates(rng, traits, cause_shares=published_cause_shares() * 2)


def test_an_ordinary_year_has_no_earthquake() -> None:
    """Nothing is put down to one, and every family still has its published share."""
    shares = dict(zip(Cause, published_cause_shares(), strict=True))

    assert shares[Cause.EARTHQUAKE] == 0
    for family in Family:
        of_family = [cause for cause in Cause if CAUSES[cause].family is family]
        expected = sum(CAUSES[cause].share for cause in of_family)
        assert sum(shares[cause] for cause in of_family) == pytest.approx(expected)
