"""Rates of rare events with their exact uncertainty. Pure.

The numbers of METHOD mean: events are counted, exposure is the time in which events would have been
seen, the interval is Garwood's exact one for a Poisson count (F. Garwood, Biometrika 28, 1936). A
change of any of this changes METHOD's version: figures of different versions are not comparable.
"""

from dataclasses import dataclass

from scipy.special import gammaincinv

SECONDS_PER_YEAR = 365.25 * 86_400
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Method:
    """What was computed, so that somebody else can compute it again."""

    name: str
    version: str


METHOD = Method("entrapments_per_heard_lift_year_garwood", "1")


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval; no end is known without exposure."""

    low: float | None
    high: float | None
    level: float = LEVEL


def poisson_interval(count: int, level: float = LEVEL) -> tuple[float, float]:
    """Return Garwood's exact interval for the mean of a Poisson variable that showed `count`.

    The ends are quantiles of chi-squared halved, written with the inverse of the incomplete gamma
    function that chi-squared stands on.
    """
    if count < 0 or not 0 < level < 1:
        raise ValueError("a count is not negative, and a level lies between 0 and 1")
    tail = (1 - level) / 2
    low = float(gammaincinv(count, tail)) if count else 0.0
    return low, float(gammaincinv(count + 1, 1 - tail))


@dataclass(frozen=True, slots=True)
class Rate:
    """Events per lift-year; None without exposure, because nothing was watched."""

    per_lift_year: float | None
    interval: Interval


def rate_of(count: int, exposure_s: float, level: float = LEVEL) -> Rate:
    """Return the rate and its interval for a count within an exposure in lift-seconds."""
    if exposure_s <= 0:
        return Rate(None, Interval(None, None, level))
    years = exposure_s / SECONDS_PER_YEAR
    low, high = poisson_interval(count, level)
    return Rate(count / years, Interval(low / years, high / years, level))
