"""How long a crew needs to a lift. Pure; a routing service can stand behind the same protocol."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from liftward_platform.rescue.policy import Policy

# Mean radius of the earth (IUGG R1).
EARTH_RADIUS_M = 6_371_008.8
_MPS_PER_KMH = 1000 / 3600


@dataclass(frozen=True, slots=True)
class Place:
    """A point on the earth, WGS 84."""

    latitude_deg: float
    longitude_deg: float


class TravelTime(Protocol):
    """Anything that estimates a travel time."""

    def seconds(self, start: Place, end: Place, *, now: datetime) -> float:
        """Return the estimated time from start to end when leaving at `now`, seconds."""
        ...


def haversine_m(start: Place, end: Place) -> float:
    """Return the great-circle distance, metres."""
    latitude_a, latitude_b = math.radians(start.latitude_deg), math.radians(end.latitude_deg)
    half_north = (latitude_b - latitude_a) / 2
    half_east = math.radians(end.longitude_deg - start.longitude_deg) / 2
    chord = (
        math.sin(half_north) ** 2
        + math.cos(latitude_a) * math.cos(latitude_b) * math.sin(half_east) ** 2
    )
    # Rounding may carry antipodes past 1.
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, chord)))


@dataclass(frozen=True, slots=True)
class StraightLineEstimate:
    """Straight line times a detour factor, at the usual speed of the local hour."""

    policy: Policy

    def seconds(self, start: Place, end: Place, *, now: datetime) -> float:
        local = now + timedelta(minutes=self.policy.utc_offset_min)
        speed_mps = self.policy.speed_kmh[local.hour] * _MPS_PER_KMH
        return haversine_m(start, end) * self.policy.detour_factor / speed_mps
