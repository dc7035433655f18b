"""How fast crews really drive, by hour of the day, from past orders. Pure.

A trip is a pair of a straight distance and the time from departure to arrival. Few trips tell
little: each hour's mean pace (time over distance) is shrunk towards the policy's own, as if that
had been seen `PRIOR_TRIPS` times. Paces are averaged, not speeds, because times add up.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# A hour with so many trips is believed half. Ours.
PRIOR_TRIPS = 20.0
# Nearer or shorter trips are people who pressed two buttons at once; faster ones a lost report.
DISTANCE_M_MIN, DURATION_S_MIN, DURATION_S_MAX = 300.0, 60.0, 2 * 3600.0
SPEED_KMH_MIN, SPEED_KMH_MAX = 2.0, 120.0
_MPS_PER_KMH = 1000 / 3600
HOURS_A_DAY = 24


@dataclass(frozen=True, slots=True)
class Trip:
    """One drive of a crew: local hour of departure, straight line, duration."""

    hour: int
    straight_m: float
    duration_s: float


@dataclass(frozen=True, slots=True)
class Calibrated:
    """Speeds on the road by local hour, and how many trips each rests on."""

    speed_kmh: tuple[float, ...]
    trips_count: tuple[int, ...]
    refused_count: int


def trip_of(row: Mapping[str, Any], detour_factor: float) -> Trip:
    """Return the drive of a past order.

    Where a crew started is not kept. The estimate of its order is, and the speed of the hour that
    it was made with: together they give the straight line back.
    """
    straight_m = row["travel_time_s"] * row["speed_kmh"] * _MPS_PER_KMH / detour_factor
    return Trip(row["hour"], straight_m, row["duration_s"])


def calibrate(
    trips: Iterable[Trip], usual_kmh: Sequence[float], *, detour_factor: float
) -> Calibrated:
    """Return the speeds of the hours; an hour nobody drove in keeps its usual one."""
    road_m, driven_s = [0.0] * HOURS_A_DAY, [0.0] * HOURS_A_DAY
    counts, refused_count = [0] * HOURS_A_DAY, 0
    for trip in trips:
        if not is_plausible(trip, detour_factor=detour_factor):
            refused_count += 1
            continue
        road_m[trip.hour] += trip.straight_m * detour_factor
        driven_s[trip.hour] += trip.duration_s
        counts[trip.hour] += 1
    speeds = [
        _shrunk(road_m[hour], driven_s[hour], counts[hour], usual_kmh[hour])
        for hour in range(HOURS_A_DAY)
    ]
    return Calibrated(tuple(speeds), tuple(counts), refused_count)


def is_plausible(trip: Trip, *, detour_factor: float) -> bool:
    """Tell whether a trip can have been driven as reported."""
    if trip.straight_m < DISTANCE_M_MIN:
        return False
    if not DURATION_S_MIN <= trip.duration_s <= DURATION_S_MAX:
        return False
    speed_kmh = trip.straight_m * detour_factor / trip.duration_s / _MPS_PER_KMH
    return SPEED_KMH_MIN <= speed_kmh <= SPEED_KMH_MAX


def _shrunk(road_m: float, driven_s: float, count: int, usual_kmh: float) -> float:
    """Mix what was driven with as many usual trips of the same mean length."""
    if count == 0:
        return usual_kmh
    prior_m = PRIOR_TRIPS * road_m / count
    prior_s = prior_m / (usual_kmh * _MPS_PER_KMH)
    return round((road_m + prior_m) / (driven_s + prior_s) / _MPS_PER_KMH, 2)
