"""The sites of a synthetic city as arrays: what stands where, how tall, how old, whose.

A site is one property manager's: a building, or an estate of many. Vectorised: a city of 300,000
lifts has some 30,000 sites. Must not know ids, names or the document.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from liftward_simulator.city.geography import (
    FloatArray,
    districts_of,
    place_m,
    random_places,
)
from liftward_simulator.city.parties import Stations, crowding, firm_weights
from liftward_simulator.city.scale import (
    CITY_SITE_LIFTS,
    ESTATE_LIFTS_MEAN,
    ESTATE_LIFTS_SIGMA,
    LIFTS_PER_EDGE_MAX,
    TOWN_SITE_LIFTS,
    CitySize,
)
from liftward_simulator.city.site_types import FLOOR_PITCH_M, RATED_SPEEDS_MPS, SITE_TYPES

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

# The day on which ages are counted: traces begin soon after.
AGE_REFERENCE_DAY = np.datetime64("2026-01-01")
# Younger than so many years: share of the fleet in service, from its size at the end of the years
# before (SAMR: 5.61 million early in 2018, 7.87 in 2020, 8.80 in 2021, 9.89 in spring 2023, of
# which 7.4 % had served for more than 15 years). The oldest [mem].
_AGES_YEARS = (0.0, 1.25, 2.25, 5.15, 15.0, 30.0)
_YOUNGER_SHARES = (0.0, 0.110, 0.204, 0.433, 0.926, 1.0)
_DAYS_PER_YEAR = 365.25
# Share of lifts with an automatic rescue device by age [mem]: usual only since some years.
_RESCUE_DEVICE_SHARES: tuple[tuple[float, float], ...] = ((5.0, 0.6), (10.0, 0.35), (99.0, 0.15))
_ESTATE_LIFTS_MIN = 4
_BLOCK_LIFTS_RANGE = (1, 4)
_BLOCK_FLOORS_SPREAD = 3  # blocks of one estate differ by a few floors
_STATIONS_NEAR = 3  # a property manager asks the firms around
_STREETS, _HOUSES = 400, 300
OFFICE = list(SITE_TYPES).index("office")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sites:
    """Arrays of shape (n_sites,) unless said otherwise."""

    kind: IntArray  # index into SITE_TYPES
    lifts_count: IntArray
    places: FloatArray  # (n_sites, 2), degrees
    district: IntArray
    maker: IntArray
    station: IntArray  # of the maintainer that looks after it
    installed: NDArray[np.datetime64]  # day
    has_rescue_device: BoolArray
    gateway: IntArray  # index into the shape's gateway types
    load_kg: FloatArray
    street: IntArray
    house: IntArray

    @property
    def count(self) -> int:
        return self.kind.size


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftRows:
    """Arrays of shape (n_lifts,): where each lift belongs, and what its building asks for."""

    site: IntArray
    block: IntArray  # number of its building within the site, from 0
    floors_count: IntArray
    rated_speed_mps: FloatArray


def draw_sizes(
    rng: np.random.Generator, lift_count: int, *, estates: bool
) -> tuple[IntArray, IntArray]:
    """Return kind and number of lifts of sites that together have exactly `lift_count` lifts."""
    shares = np.array([kind.share for kind in SITE_TYPES.values()])
    in_estates = np.array([kind.in_estates and estates for kind in SITE_TYPES.values()])
    low, high = CITY_SITE_LIFTS if estates else TOWN_SITE_LIFTS
    means = np.where(in_estates, ESTATE_LIFTS_MEAN, (low + high) / 2)
    weights = shares / means
    kinds, counts = np.zeros(0, np.int64), np.zeros(0, np.int64)
    while counts.sum() < lift_count:
        more = 1 + int((lift_count - counts.sum()) * weights.sum())
        kind = rng.choice(len(shares), size=more, p=weights / weights.sum())
        log_mean = np.log(ESTATE_LIFTS_MEAN) - ESTATE_LIFTS_SIGMA**2 / 2
        estate = rng.lognormal(log_mean, ESTATE_LIFTS_SIGMA, more).round()
        estate = np.clip(estate, _ESTATE_LIFTS_MIN, LIFTS_PER_EDGE_MAX).astype(np.int64)
        single = rng.integers(low, high + 1, more)
        kinds = np.concatenate([kinds, kind])
        counts = np.concatenate([counts, np.where(in_estates[kind], estate, single)])
    used = int(np.searchsorted(np.cumsum(counts), lift_count)) + 1
    kinds, counts = kinds[:used], counts[:used]
    counts[-1] -= counts.sum() - lift_count
    return kinds, counts


def draw_sites(
    rng: np.random.Generator,
    size: CitySize,
    stations: Stations,
    gateway_weights: FloatArray,
    sizes: tuple[IntArray, IntArray],
) -> Sites:
    """Return what and where the sites of these kinds and sizes are."""
    kind, lifts_count = sizes
    count = kind.size
    places = random_places(rng, count, size.radius_deg, crowding(size))
    age_years = np.interp(_quantiles(rng, lifts_count), _YOUNGER_SHARES, _AGES_YEARS)
    limits, shares = zip(*_RESCUE_DEVICE_SHARES, strict=True)
    device_share = np.array(shares)[np.searchsorted(limits, age_years)]
    load_choice = rng.random(count)
    return Sites(
        kind=kind,
        lifts_count=lifts_count,
        places=places,
        district=districts_of(places, size.radius_deg, size.districts),
        maker=rng.choice(size.makers, size=count, p=firm_weights(size.makers)),
        station=_stations_of(rng, places, stations, size.maintainers),
        installed=AGE_REFERENCE_DAY - (age_years * _DAYS_PER_YEAR).astype("timedelta64[D]"),
        has_rescue_device=rng.random(count) < device_share,
        gateway=np.searchsorted(np.cumsum(gateway_weights)[:-1], _quantiles(rng, lifts_count)),
        load_kg=_loads_kg(kind, load_choice),
        street=rng.integers(1, _STREETS, count),
        house=rng.integers(1, _HOUSES, count),
    )


def _quantiles(rng: np.random.Generator, lifts_count: IntArray) -> FloatArray:
    """Return a place between 0 and 1 for each site, at random, but even over all lifts.

    What is read off it has its exact shares in any town, though an estate has many lifts.
    """
    order = rng.permutation(lifts_count.size)
    quantiles = np.empty(lifts_count.size)
    quantiles[order] = np.cumsum(lifts_count[order]) - lifts_count[order] / 2
    return np.asarray(quantiles / lifts_count.sum())


def _stations_of(
    rng: np.random.Generator, places: FloatArray, stations: Stations, firm_count: int
) -> IntArray:
    """Return the station each site asked: one of the nearest few, large firms more often."""
    near = min(_STATIONS_NEAR, stations.firm.size)
    _, neighbours = KDTree(place_m(stations.places)).query(place_m(places), k=range(1, near + 1))
    found = np.asarray(neighbours, np.int64)
    weights = firm_weights(firm_count)[stations.firm[found]]
    edges = np.cumsum(weights / weights.sum(axis=1, keepdims=True), axis=1)
    choice = (rng.random(len(places))[:, None] > edges[:, :-1]).sum(axis=1)
    return np.asarray(found[np.arange(len(places)), choice])


def _loads_kg(kind: IntArray, choice: FloatArray) -> FloatArray:
    load_kg = np.zeros(kind.size)
    for index, facts in enumerate(SITE_TYPES.values()):
        of_kind = kind == index
        position = (choice[of_kind] * len(facts.loads_kg)).astype(np.int64)
        load_kg[of_kind] = np.array(facts.loads_kg)[position]
    return load_kg


def draw_lifts(rng: np.random.Generator, sites: Sites, *, estates: bool) -> LiftRows:
    """Return the lifts of the sites: blocks of an estate, heights, and the speeds they ask for."""
    kinds = list(SITE_TYPES.values())
    site = np.repeat(np.arange(sites.count), sites.lifts_count)
    number = np.arange(site.size) - np.repeat(
        np.cumsum(sites.lifts_count) - sites.lifts_count, sites.lifts_count
    )
    in_estate = np.array([kind.in_estates and estates for kind in kinds])[sites.kind]
    low, high = _BLOCK_LIFTS_RANGE
    block_lifts = np.where(in_estate, rng.integers(low, high + 1, sites.count), sites.lifts_count)
    block = number // block_lifts[site]
    floors = _site_floors(rng, sites.kind)[site]
    # All lifts of a block draw the same: the number of the block's first lift picks it.
    first = np.arange(site.size) - number % block_lifts[site]
    spread = rng.integers(-_BLOCK_FLOORS_SPREAD, _BLOCK_FLOORS_SPREAD + 1, site.size)[first]
    ranges = np.array([kind.floors_range for kind in kinds])[sites.kind[site]]
    floors = np.clip(floors + spread * in_estate[site], ranges[:, 0], ranges[:, 1])
    return LiftRows(
        site=site,
        block=block,
        floors_count=floors,
        rated_speed_mps=_rated_speeds_mps(floors, sites.kind[site]),
    )


def _site_floors(rng: np.random.Generator, kind: IntArray) -> IntArray:
    facts = list(SITE_TYPES.values())
    median = np.log([one.floors_median for one in facts])[kind]
    sigma = np.array([one.floors_sigma for one in facts])[kind]
    ranges = np.array([one.floors_range for one in facts])[kind]
    drawn = np.exp(rng.normal(median, sigma)).round().astype(np.int64)
    return np.clip(drawn, ranges[:, 0], ranges[:, 1])


def _rated_speeds_mps(floors_count: IntArray, kind: IntArray) -> FloatArray:
    """Return the smallest usual rated speed that climbs each building in its time, m/s."""
    facts = list(SITE_TYPES.values())
    climb_s = np.array([one.climb_s for one in facts])[kind]
    slowest_mps = np.array([one.speed_mps_min for one in facts])[kind]
    speeds = np.array(RATED_SPEEDS_MPS)
    wanted = np.maximum((floors_count - 1) * FLOOR_PITCH_M / climb_s, slowest_mps)
    return np.asarray(speeds[np.minimum(np.searchsorted(speeds, wanted), speeds.size - 1)])
