"""Where things are and how long a van needs to get there, by the hour of day. Pure, vectorised.

Points are arrays of shape (..., 2): latitude and longitude in degrees. Must not know who drives.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

EARTH_RADIUS_M = 6_371_008.8  # mean radius of the IUGG
METRES_PER_DEGREE = EARTH_RADIUS_M * np.pi / 180
DETOUR_FACTOR = 1.4  # streets are longer than the straight line [mem]
HOURS_PER_DAY = 24.0
# A van door to door, parking included [mem]: free at night, slowest in the two rush hours. Chosen
# so that a mean arrival of 9 to 14 minutes comes out (Nanjing, Jinan, Jiangsu bulletins).
SPEED_KMH_BY_HOUR: tuple[tuple[float, float], ...] = (
    (0.0, 34.0),
    (5.0, 34.0),
    (7.0, 24.0),
    (8.0, 21.0),
    (10.0, 24.0),
    (12.0, 25.0),
    (16.0, 24.0),
    (18.0, 20.0),
    (20.0, 25.0),
    (22.0, 30.0),
    (24.0, 34.0),
)
_KMH_PER_MPS = 3.6
QUADRANTS = ("North", "East", "South", "West")
MIDDLE_SHARE = 0.3  # of the radius: the central district of a larger city


def distance_m(start: ArrayLike, end: ArrayLike) -> FloatArray:
    """Return great-circle distances (haversine), metres.

    Parameters
    ----------
    start, end : array_like of shape (..., 2), degrees
        Latitude and longitude; the two are broadcast against each other.
    """
    start_rad, end_rad = np.radians(np.asarray(start)), np.radians(np.asarray(end))
    half = (end_rad - start_rad) / 2
    cosines = np.cos(start_rad[..., 0]) * np.cos(end_rad[..., 0])
    chord = np.sin(half[..., 0]) ** 2 + cosines * np.sin(half[..., 1]) ** 2
    return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(chord, 1.0))))


def speed_kmh(hour: ArrayLike) -> FloatArray:
    """Return the usual speed of a van, km/h, at an hour of day; any real hour, 25.5 is 1.5."""
    hours, speeds = zip(*SPEED_KMH_BY_HOUR, strict=True)
    return np.asarray(np.interp(np.mod(hour, HOURS_PER_DAY), hours, speeds))


def drive_time_s(straight_m: ArrayLike, hour: ArrayLike) -> FloatArray:
    """Return the usual time of a journey by its straight-line length and the hour it begins."""
    way_m = np.asarray(straight_m, np.float64) * DETOUR_FACTOR
    return np.asarray(way_m / (speed_kmh(hour) / _KMH_PER_MPS))


def travel_time_s(start: ArrayLike, end: ArrayLike, hour: ArrayLike) -> FloatArray:
    """Return the usual time from point to point, seconds, by the hour of day it begins.

    Parameters
    ----------
    start, end : array_like of shape (..., 2), degrees
    hour : array_like, hours of the town's day, broadcast against the points
    """
    return drive_time_s(distance_m(start, end), hour)


def place_m(points: FloatArray) -> FloatArray:
    """Return points as metres east and north of 0 N 0 E, for neighbours near the equator.

    Parameters
    ----------
    points : ndarray of shape (n, 2), degrees, within a degree of the equator
    """
    return points[..., ::-1] * METRES_PER_DEGREE


def random_places(
    rng: np.random.Generator, count: int, radius_deg: float, crowding: float
) -> FloatArray:
    """Return places in a disc around 0 N 0 E, six decimals (a tenth of a metre).

    Parameters
    ----------
    crowding : float
        Exponent of the distance from the middle: 0.5 spreads evenly, more crowds the centre.

    Returns
    -------
    ndarray of shape (count, 2), degrees
    """
    radius = radius_deg * rng.random(count) ** crowding
    angle = 2 * np.pi * rng.random(count)
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return np.asarray(points.round(6), np.float64)


def districts_of(points: FloatArray, radius_deg: float, count: int) -> NDArray[np.int64]:
    """Return the district of each point: the middle is 0 from five districts on, then sectors.

    Four districts are the quadrants north, east, south and west.
    """
    sectors = count if count <= len(QUADRANTS) else count - 1
    angle = np.arctan2(points[:, 1], points[:, 0]) + np.pi / sectors
    sector = (np.mod(angle, 2 * np.pi) * sectors / (2 * np.pi)).astype(np.int64) % sectors
    if sectors == count:
        return sector
    in_the_middle = np.hypot(points[:, 0], points[:, 1]) < MIDDLE_SHARE * radius_deg
    return np.where(in_the_middle, 0, sector + 1)


def district_names(count: int) -> tuple[str, ...]:
    """Return the districts' names, in the order of `districts_of`."""
    if count <= len(QUADRANTS):
        return tuple(f"Example District {name}" for name in QUADRANTS[:count])
    return (
        "Example District Centre",
        *(f"Example District {number:02d}" for number in range(1, count)),
    )
