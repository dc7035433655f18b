"""How long crews need to a lift: the built-in estimate, and the seam for any other.

Pure. A routing service answers before a ranking begins (routing.py); what it does not answer is
estimated here.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import numpy as np
import numpy.typing as npt

from liftward_platform.rescue.policy import Policy

# Mean radius of the earth (IUGG R1).
EARTH_RADIUS_M = 6_371_008.8
_MPS_PER_KMH = 1000 / 3600

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Place:
    """A point on the earth, WGS 84."""

    latitude_deg: float
    longitude_deg: float


class TravelTime(Protocol):
    """Anything that estimates travel times to one place."""

    def seconds_from(
        self, latitude_deg: FloatArray, longitude_deg: FloatArray, end: Place, *, now: datetime
    ) -> FloatArray:
        """Return the estimated times from many places to one when leaving at `now`, seconds."""
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


def haversines_m(latitude_deg: FloatArray, longitude_deg: FloatArray, end: Place) -> FloatArray:
    """Return the great-circle distances of many places to one, metres."""
    latitude, end_latitude = np.radians(latitude_deg), math.radians(end.latitude_deg)
    half_north = (end_latitude - latitude) / 2
    half_east = np.radians(end.longitude_deg - longitude_deg) / 2
    chord = (
        np.sin(half_north) ** 2 + np.cos(latitude) * math.cos(end_latitude) * np.sin(half_east) ** 2
    )
    metres: FloatArray = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(1.0, chord)))
    return metres


def local_hour(policy: Policy, now: datetime) -> int:
    """Return the hour of the day where the policy holds, 0 to 23."""
    return (now + timedelta(minutes=policy.utc_offset_min)).hour


@dataclass(frozen=True, slots=True)
class StraightLineEstimate:
    """Straight line times a detour factor, at the usual speed of the local hour."""

    policy: Policy

    def seconds(self, start: Place, end: Place, *, now: datetime) -> float:
        """Return the estimated time from start to end when leaving at `now`, seconds."""
        return haversine_m(start, end) * self.policy.detour_factor / self._speed_mps(now)

    def seconds_from(
        self, latitude_deg: FloatArray, longitude_deg: FloatArray, end: Place, *, now: datetime
    ) -> FloatArray:
        """Return the estimated times from many places to one when leaving at `now`, seconds."""
        distance_m = haversines_m(latitude_deg, longitude_deg, end)
        return distance_m * (self.policy.detour_factor / self._speed_mps(now))

    def _speed_mps(self, now: datetime) -> float:
        return self.policy.speed_kmh[local_hour(self.policy, now)] * _MPS_PER_KMH
