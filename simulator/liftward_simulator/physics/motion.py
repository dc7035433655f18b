"""How a car travels: the ideal jerk-limited profile, in closed form, for many cars at once.

Formulas of the ideal lift kinematics (R. Peters): accelerate with constant jerk, hold the
acceleration, hold the speed, and the same backwards. Knows distances and times. Must not know
landings, doors or people.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The phases of trips that start and end at rest; each array of shape (n_trips,), float64.

    A trip is: jerk, constant acceleration, jerk, constant speed, and the first three mirrored.
    """

    distance_m: FloatArray  # not negative
    jerk_mps3: FloatArray
    jerk_s: FloatArray  # length of one jerk phase
    acceleration_s: FloatArray  # constant acceleration, may be 0
    cruise_s: FloatArray  # constant speed, may be 0

    @property
    def flight_time_s(self) -> FloatArray:
        """Return the time from start to rest."""
        return 4 * self.jerk_s + 2 * self.acceleration_s + self.cruise_s


def profile(
    distance_m: FloatArray,
    speed_mps: FloatArray,
    acceleration_mps2: FloatArray,
    jerk_mps3: FloatArray,
) -> Profile:
    """Return the quickest profile within the three limits, elementwise; all float64, one shape.

    A slow car never reaches its acceleration limit: sqrt(v j) is the most it needs.
    """
    acceleration = np.minimum(acceleration_mps2, np.sqrt(speed_mps * jerk_mps3))
    full_jerk_s = acceleration / jerk_mps3
    distance_to_speed_m = speed_mps**2 / acceleration + speed_mps * full_jerk_s
    reaches_speed = distance_m >= distance_to_speed_m
    reaches_acceleration = distance_m >= 2 * acceleration**3 / jerk_mps3**2
    jerk_s = np.where(
        reaches_speed | reaches_acceleration, full_jerk_s, np.cbrt(distance_m / (2 * jerk_mps3))
    )
    climbing_s = (np.sqrt(full_jerk_s**2 + 4 * distance_m / acceleration) - 3 * full_jerk_s) / 2
    acceleration_s = np.where(
        reaches_speed,
        speed_mps / acceleration - full_jerk_s,
        np.where(reaches_acceleration, climbing_s, 0.0),
    )
    cruise_s = np.where(reaches_speed, (distance_m - distance_to_speed_m) / speed_mps, 0.0)
    return Profile(
        distance_m=distance_m,
        jerk_mps3=jerk_mps3,
        jerk_s=jerk_s,
        acceleration_s=np.maximum(acceleration_s, 0.0),
        cruise_s=np.maximum(cruise_s, 0.0),
    )


def travelled(trip: Profile, elapsed_s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return distance gone (m) and speed (m/s) after `elapsed_s`; at rest before and after.

    The second half mirrors the first, so only the first half is computed.
    """
    total_s = trip.flight_time_s
    inside_s = np.clip(elapsed_s, 0.0, total_s)
    mirrored = inside_s > total_s / 2
    half_s = np.where(mirrored, total_s - inside_s, inside_s)
    first_s = np.minimum(half_s, trip.jerk_s)
    second_s = np.clip(half_s - trip.jerk_s, 0.0, trip.acceleration_s)
    third_s = np.clip(half_s - trip.jerk_s - trip.acceleration_s, 0.0, trip.jerk_s)
    cruise_s = np.maximum(half_s - 2 * trip.jerk_s - trip.acceleration_s, 0.0)

    jerk, acceleration = trip.jerk_mps3, trip.jerk_mps3 * first_s
    distance = jerk * first_s**3 / 6
    speed = jerk * first_s**2 / 2
    distance = distance + speed * second_s + acceleration * second_s**2 / 2
    speed = speed + acceleration * second_s
    distance = distance + speed * third_s + acceleration * third_s**2 / 2 - jerk * third_s**3 / 6
    speed = speed + acceleration * third_s - jerk * third_s**2 / 2
    distance = distance + speed * cruise_s
    return np.where(mirrored, trip.distance_m - distance, distance), np.maximum(speed, 0.0)
