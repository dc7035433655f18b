"""How often each lift traps people: a gamma mixture over the fleet, by site, age, use and care.

Knows what makes one lift worse than another. Must not know days, hours or how a car moves.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from liftward_simulator.city.town import Town
from liftward_simulator.faults.causes import CAUSES, Cause, Family
from liftward_simulator.physics.lifts import LiftTable
from liftward_simulator.physics.motion import FloatArray
from liftward_simulator.physics.patterns import SITE_TYPES

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

# The middle of Jiangsu 2020 (0.066) and 2023 (0.058 entrapments per lift-year).
ENTRAPMENTS_PER_LIFT_YEAR = 0.062
# Repeaters prove that lifts differ more than chance: Nanjing saw one lift 7 times in a month.
FRAILTY_SHAPE = 0.6
# How much more often than the mean a lift of this kind traps people. Chosen so that the shares of
# Qinghai H1 2023 come out of the town's mix: homes 69-74 %, public places 13.2, hospitals 4.4,
# hotels 3.2, offices 2.3.
SITE_FACTORS = {
    "residential": 1.03,
    "public": 1.1,
    "hospital": 1.0,
    "hotel": 1.0,
    "office": 0.5,
    "shop": 0.9,
    "industrial": 0.6,
}
# Upper end of each age band in years, and its factor. Not monotone: Nanjing 2015 was worst at 11-15
# years (1.45 % a month) and best above 15, after refurbishment (0.68 %); Wuhu 2022 had 1.36 times
# the fleet's rate at 5-10 years.
AGE_BAND_ENDS_YEARS = np.array([5.0, 10.0, 15.0])
AGE_FACTORS = np.array([0.56, 1.44, 1.76, 0.72])
# Entrapments grow with use, but less than in proportion: a busy lift is also a better looked-after
# one. No published figure; assumed.
USE_EXPONENT = 0.5
# Spread (sigma of the logarithm) of makers and maintainers: what an evaluation is there to find.
# Assumed: funnel plots of firms show the worst at two to three times the mean.
MAKER_SIGMA, MAINTAINER_SIGMA = 0.25, 0.35
_DAYS_PER_YEAR = 365.25


class RateGroup(StrEnum):
    """Causes that one lift has more of than another for the same reasons."""

    USE = "use"  # what people do: site, use, age of the doors
    MAINS = "mains"  # cuts hit whole neighbourhoods, good lifts and bad
    SURROUNDINGS = "surroundings"  # water, heat
    MACHINE = "machine"  # the lift's own faults: also its maker and its maintainer


GROUPS = tuple(RateGroup)


def group_of(cause: Cause) -> RateGroup:
    """Return the group whose lifts a cause chooses from."""
    if cause is Cause.MAINS_CUT:
        return RateGroup.MAINS
    return {
        Family.HUMAN: RateGroup.USE,
        Family.EXTERNAL: RateGroup.SURROUNDINGS,
    }.get(CAUSES[cause].family, RateGroup.MACHINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftTraits:
    """What the rates depend on: arrays of shape (n_lifts,) in the order of the lift table."""

    site_type: IntArray  # index in SITE_TYPES
    district: IntArray
    age_years: FloatArray
    use: FloatArray  # journeys a day over the mean of lifts at such sites
    maker: IntArray  # index in the sorted party ids
    maintainer: IntArray
    has_rescue_device: BoolArray

    @property
    def count(self) -> int:
        return int(self.site_type.size)

    @classmethod
    def of_town(cls, town: Town, table: LiftTable, today: date) -> "LiftTraits":
        """Return the traits of the table's lifts as the town document gives them."""
        by_id = {lift.lift_id: lift for lift in town.lifts}
        lifts = [by_id[lift_id] for lift_id in table.lift_ids]
        ages_days = [(today - date.fromisoformat(lift.installed_on)).days for lift in lifts]
        site_type = np.array([SITE_TYPES.index(lift.site_type) for lift in lifts])
        return cls(
            site_type=site_type,
            district=_numbered([lift.district for lift in lifts]),
            age_years=np.maximum(np.array(ages_days), 0) / _DAYS_PER_YEAR,
            use=_over_group_mean(table.arrivals_per_s, site_type),
            maker=_numbered([lift.maker_id for lift in lifts]),
            maintainer=_numbered([lift.maintainer_id for lift in lifts]),
            has_rescue_device=np.array([lift.has_rescue_device for lift in lifts]),
        )


def _numbered(names: list[str]) -> IntArray:
    """Return the index of each name among the sorted names."""
    return np.unique(names, return_inverse=True)[1].astype(np.int64)


def _over_group_mean(values: FloatArray, group: IntArray) -> FloatArray:
    sums, counts = np.bincount(group, weights=values), np.bincount(group)
    return values / (sums / np.maximum(counts, 1))[group]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftRates:
    """How often each lift traps people, and of what.

    `entrapments_per_year` has shape (n_lifts, n_groups); its columns are GROUPS and its mean over
    many lifts the fleet's rate times the share of the group's causes.
    """

    traits: LiftTraits
    entrapments_per_year: FloatArray
    cause_shares: FloatArray  # shape (n_causes,), in the order of Cause; sums to 1


def published_cause_shares() -> FloatArray:
    """Return the share of each cause among an ordinary year's entrapments, in the order of Cause.

    An ordinary year has no earthquake: its share goes to the other external causes, so that each
    family keeps its own.
    """
    shares = np.array([CAUSES[cause].share for cause in Cause])
    quake = tuple(Cause).index(Cause.EARTHQUAKE)
    external = np.array([CAUSES[cause].family is Family.EXTERNAL for cause in Cause])
    total = shares[external].sum()
    shares[quake] = 0.0
    shares[external] *= total / shares[external].sum()
    return shares


def draw_rates(
    rng: np.random.Generator,
    traits: LiftTraits,
    *,
    entrapments_per_lift_year: float = ENTRAPMENTS_PER_LIFT_YEAR,
    cause_shares: FloatArray | None = None,
) -> LiftRates:
    """Draw each lift's rates.

    Parameters
    ----------
    entrapments_per_lift_year : float
        The mean over the fleet; 0 or more.
    cause_shares : ndarray of shape (n_causes,), optional
        Shares of the causes among entrapments; default the published ones.

    Raises
    ------
    ValueError
        When the rate or a share is negative, or the shares do not sum to 1.
    """
    shares = published_cause_shares() if cause_shares is None else cause_shares
    if entrapments_per_lift_year < 0:
        raise ValueError(f"rate is {entrapments_per_lift_year} per lift-year; allowed: 0 or more")
    if (shares < 0).any() or not np.isclose(shares.sum(), 1.0):
        raise ValueError(f"cause shares sum to {shares.sum():.4f}; allowed: 0 or more, sum 1")
    weights = _group_weights(rng, traits)
    group = np.array([GROUPS.index(group_of(cause)) for cause in Cause])
    group_shares = np.bincount(group, weights=shares, minlength=len(GROUPS))
    return LiftRates(
        traits=traits,
        entrapments_per_year=entrapments_per_lift_year * group_shares * weights,
        cause_shares=shares,
    )


def _group_weights(rng: np.random.Generator, traits: LiftTraits) -> FloatArray:
    """Return relative rates of shape (n_lifts, n_groups), each column with mean 1 in the long run.

    What can be seen (site, age, use, firms) is scaled to mean 1 over this fleet; the frailty, which
    nobody can see, keeps its own chance.
    """
    site = np.array([SITE_FACTORS[name] for name in SITE_TYPES])[traits.site_type]
    age = AGE_FACTORS[np.searchsorted(AGE_BAND_ENDS_YEARS, traits.age_years, side="right")]
    surroundings = site * age
    use = surroundings * traits.use**USE_EXPONENT
    care = _quality(rng, traits.maker, MAKER_SIGMA) * _quality(
        rng, traits.maintainer, MAINTAINER_SIGMA
    )
    frailty = rng.gamma(FRAILTY_SHAPE, 1 / FRAILTY_SHAPE, traits.count)
    seen = {
        RateGroup.USE: use,
        RateGroup.SURROUNDINGS: surroundings,
        RateGroup.MACHINE: use * care,
    }
    columns = [
        # A lift with a rescue device creeps to a landing on its battery and traps nobody.
        _mean_one(~traits.has_rescue_device)
        if group is RateGroup.MAINS
        else _mean_one(seen[group]) * frailty
        for group in GROUPS
    ]
    return np.column_stack(columns)


def _quality(rng: np.random.Generator, firm: IntArray, sigma: float) -> FloatArray:
    """Return each lift's factor from its firm; how many lifts a firm has does not matter."""
    factors = rng.lognormal(0.0, sigma, int(firm.max()) + 1)
    return factors[firm]


def _mean_one(values: NDArray[np.generic]) -> FloatArray:
    given = values.astype(np.float64)
    mean = given.mean()
    return given / mean if mean > 0 else given
