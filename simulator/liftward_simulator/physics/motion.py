"""How a car travels: the ideal jerk-limited profile, in closed form.

Formulas of the ideal lift kinematics (R. Peters): accelerate with constant jerk, hold the
acceleration, hold the speed, and the same backwards. Knows distances and times. Must not know
landings, doors or people.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from liftward_simulator.physics.compiling import SOURCE_FINGERPRINT, entry_point, helper

FloatArray = NDArray[np.float64]

SAME_SPEED_SHARE = (
    1.0 - 1e-9
)  # a trip that reaches so much of its speed reaches it, but for rounding


class Trip(NamedTuple):
    """How long the phases of a trip last that starts and ends at rest.

    A trip is: jerk, constant acceleration, jerk, constant speed, and the first three mirrored.
    """

    jerk_s: float  # one jerk phase
    hold_s: float  # constant acceleration, may be 0
    cruise_s: float  # constant speed, may be 0


@helper
def plan_trip(
    distance_m: float, speed_mps: float, acceleration_mps2: float, jerk_mps3: float
) -> Trip:
    """Return the quickest trip within the three limits.

    A slow car never reaches its acceleration limit: sqrt(v j) is the most it needs.
    """
    acceleration = min(acceleration_mps2, math.sqrt(speed_mps * jerk_mps3))
    full_jerk_s = acceleration / jerk_mps3
    distance_to_speed_m = speed_mps**2 / acceleration + speed_mps * full_jerk_s
    if distance_m >= distance_to_speed_m:
        hold_s = max(speed_mps / acceleration - full_jerk_s, 0.0)
        return Trip(full_jerk_s, hold_s, (distance_m - distance_to_speed_m) / speed_mps)
    if distance_m >= 2 * acceleration * full_jerk_s**2:
        root_s = math.sqrt(full_jerk_s**2 + 4 * distance_m / acceleration)
        return Trip(full_jerk_s, max((root_s - 3 * full_jerk_s) / 2, 0.0), 0.0)
    return Trip((distance_m / (2 * jerk_mps3)) ** (1 / 3), 0.0, 0.0)


@helper
def flight_time_s(trip: Trip) -> float:
    """Return the time from start to rest."""
    return 4 * trip.jerk_s + 2 * trip.hold_s + trip.cruise_s


@helper
def turns_off_s(trip: Trip, speed_mps: float, jerk_mps3: float) -> float:
    """Return until when every longer trip of the same car has gone the same way.

    A trip that reaches its rated speed parts from longer ones where it begins to brake; any other
    where it stops to gather acceleration or to hold it. So a car under way can be sent to another
    landing in its direction exactly while the shorter of both trips has not turned off.
    """
    top_speed_mps = jerk_mps3 * trip.jerk_s * (trip.jerk_s + trip.hold_s)
    if top_speed_mps >= speed_mps * SAME_SPEED_SHARE:
        return 2 * trip.jerk_s + trip.hold_s + trip.cruise_s
    return trip.jerk_s + trip.hold_s


@helper
def travelled(
    trip: Trip, jerk_mps3: float, distance_m: float, elapsed_s: float
) -> tuple[float, float]:
    """Return distance gone (m) and speed (m/s) after `elapsed_s`; at rest before and after.

    The second half mirrors the first, so only the first half is computed.
    """
    jerk_s, hold_s, total_s = trip.jerk_s, trip.hold_s, flight_time_s(trip)
    inside_s = min(max(elapsed_s, 0.0), total_s)
    half_s = min(inside_s, total_s - inside_s)
    first_s = min(half_s, jerk_s)
    distance, speed = jerk_mps3 * first_s**3 / 6, jerk_mps3 * first_s**2 / 2
    if half_s > jerk_s:
        acceleration = jerk_mps3 * jerk_s
        second_s = min(half_s - jerk_s, hold_s)
        distance += speed * second_s + acceleration * second_s**2 / 2
        speed += acceleration * second_s
        third_s = min(half_s - jerk_s - second_s, jerk_s)
        distance += speed * third_s + acceleration * third_s**2 / 2 - jerk_mps3 * third_s**3 / 6
        speed += acceleration * third_s - jerk_mps3 * third_s**2 / 2
        distance += speed * max(half_s - 2 * jerk_s - hold_s, 0.0)
    if inside_s > total_s / 2:
        distance = distance_m - distance
    return distance, max(speed, 0.0)


def _build_plan_all(source_fingerprint: int) -> Callable[..., None]:
    """Return the compiled loop; what it captures is part of numba's cache key."""

    @entry_point
    def plan_all(
        distance_m: FloatArray,
        speed_mps: FloatArray,
        acceleration_mps2: FloatArray,
        jerk_mps3: FloatArray,
        trips: FloatArray,
    ) -> None:
        assert source_fingerprint >= 0
        for i in range(distance_m.size):
            trip = plan_trip(distance_m[i], speed_mps[i], acceleration_mps2[i], jerk_mps3[i])
            trips[i, 0], trips[i, 1], trips[i, 2] = trip

    return plan_all


_plan_all = _build_plan_all(SOURCE_FINGERPRINT)


def plan_trips(
    distance_m: FloatArray,
    speed_mps: FloatArray,
    acceleration_mps2: FloatArray,
    jerk_mps3: FloatArray,
) -> FloatArray:
    """Return what `plan_trip` says of many trips, shape (n, 3); all arguments of shape (n,)."""
    trips = np.empty((distance_m.size, 3))
    _plan_all(distance_m, speed_mps, acceleration_mps2, jerk_mps3, trips)
    return trips
