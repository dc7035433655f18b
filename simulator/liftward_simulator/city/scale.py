"""How a city grows with its number of lifts: area, companies, stations, districts. Pure.

The exponents come from published counts; a town of a few hundred lifts stays what the demo shows.
"""

import math
from dataclasses import dataclass, field
from typing import Self

from liftward_simulator.city.document import TownError
from liftward_simulator.city.geography import METRES_PER_DEGREE

LIFT_COUNT_MAX = 300_000  # one large city
# From here on a town is a city: estates, shifts, edges for whole estates, mixed gateways.
CITY_LIFTS_MIN = 1_000
TOWN_RADIUS_DEG = 0.06  # about 6.7 km: a trip across takes a crew well under 30 minutes
# Nanjing: 110,989 lifts in 6,587 square kilometres (bulletin of September 2023; area [mem]).
LIFTS_PER_SQUARE_KM = 17.0
TOWN_LIFTS = 200  # the demo's; what grows, grows from here
# Rizhao 2020: 52 firms, 22 public stations for 12,277 lifts; Nanjing 2017: 149 firms for 84,363.
MAINTAINERS_MIN, MAINTAINERS_EXPONENT = 6, 0.53
STATIONS_MIN, STATIONS_EXPONENT = 4, 0.41
MAKERS_MIN, MAKERS_EXPONENT, MAKERS_MAX = 5, 0.25, 30
DISTRICTS_MIN, DISTRICTS_EXPONENT = 4, 0.17
# Maintenance stations: Rizhao 103 for 12,277 lifts, Jining 702 for 46,815.
LIFTS_PER_MAINTENANCE_STATION = 100
LIFTS_PER_PUBLIC_RESCUE_CREW = 5_000  # the fire service's [mem]; never fewer than two
LIFTS_PER_EDGE_MAX = 100
# Homes are in estates of about 30 lifts, other sites have 1 to 6: together 9 lifts per use unit
# (Nanjing 2017: 84,363 lifts, 8,762 use units; Rizhao: 12,277 and 1,540).
ESTATE_LIFTS_MEAN, ESTATE_LIFTS_SIGMA = 30.0, 0.7
TOWN_SITE_LIFTS, CITY_SITE_LIFTS = (1, 4), (1, 6)  # of a site that is one building
# What is fitted to the lifts of a city [mem]: half see most of the lift, the others a part.
CITY_GATEWAY_SHARES: dict[str, float] = {
    "full": 0.25,
    "factory": 0.25,
    "car_top": 0.30,
    "machine_room": 0.10,
    "single_box": 0.10,
}
CITY_EDGE_SHARE = 0.6  # of the lifts: those of most estates


@dataclass(frozen=True, slots=True, kw_only=True)
class CityShape:
    """How a city's lifts are wired; `None` for the edge share means the demo's two towers."""

    edge_share: float | None = None
    lifts_per_edge_max: int = LIFTS_PER_EDGE_MAX
    gateway_shares: dict[str, float] = field(default_factory=lambda: {"full": 1.0})

    def __post_init__(self) -> None:
        if self.edge_share is not None and not 0 <= self.edge_share <= 1:
            raise TownError(f"edge share is {self.edge_share}; allowed: 0 to 1")
        if not 1 <= self.lifts_per_edge_max <= LIFTS_PER_EDGE_MAX:
            limit = self.lifts_per_edge_max
            raise TownError(f"lifts per edge is {limit}; allowed: 1 to {LIFTS_PER_EDGE_MAX}")
        shares = self.gateway_shares.values()
        if not shares or min(shares) < 0 or not math.isclose(sum(shares), 1.0):
            raise TownError(f"gateway shares are {self.gateway_shares}; allowed: 0 or more, sum 1")

    @classmethod
    def of_size(cls, lift_count: int) -> Self:
        """Return what is usual: the demo's wiring for a town, a mixture for a city."""
        if lift_count < CITY_LIFTS_MIN:
            return cls()
        return cls(edge_share=CITY_EDGE_SHARE, gateway_shares=dict(CITY_GATEWAY_SHARES))


@dataclass(frozen=True, slots=True, kw_only=True)
class CitySize:
    """Counts that follow from the number of lifts."""

    lifts: int
    radius_deg: float
    districts: int
    makers: int
    maintainers: int
    maintenance_stations: int
    rescue_stations: int
    public_crews: int

    @property
    def is_city(self) -> bool:
        return self.lifts >= CITY_LIFTS_MIN

    @classmethod
    def of(cls, lift_count: int) -> Self:
        """Return the counts of a city.

        Raises
        ------
        TownError
            When the number of lifts is not one of a town.
        """
        if not 1 <= lift_count <= LIFT_COUNT_MAX:
            raise TownError(f"lift count is {lift_count}; allowed: 1 to {LIFT_COUNT_MAX}")
        area_m2 = lift_count / LIFTS_PER_SQUARE_KM * 1e6
        maintainers = _grown(MAINTAINERS_MIN, MAINTAINERS_EXPONENT, lift_count)
        return cls(
            lifts=lift_count,
            radius_deg=max(TOWN_RADIUS_DEG, math.sqrt(area_m2 / math.pi) / METRES_PER_DEGREE),
            districts=_grown(DISTRICTS_MIN, DISTRICTS_EXPONENT, lift_count),
            makers=min(_grown(MAKERS_MIN, MAKERS_EXPONENT, lift_count), MAKERS_MAX),
            maintainers=maintainers,
            maintenance_stations=max(2 * maintainers, lift_count // LIFTS_PER_MAINTENANCE_STATION),
            rescue_stations=_grown(STATIONS_MIN, STATIONS_EXPONENT, lift_count),
            public_crews=max(2, lift_count // LIFTS_PER_PUBLIC_RESCUE_CREW),
        )


def _grown(smallest: int, exponent: float, lift_count: int) -> int:
    return round(smallest * math.pow(max(1.0, lift_count / TOWN_LIFTS), exponent))
