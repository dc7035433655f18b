"""Travel times: the distance is right, the hour of day counts."""

import math
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftward_platform.rescue.policy import load
from liftward_platform.rescue.travel import (
    EARTH_RADIUS_M,
    Place,
    StraightLineEstimate,
    haversine_m,
    haversines_m,
)
from support.virtual_time import START

places = st.builds(Place, st.floats(-90, 90), st.floats(-180, 180))


def chord_m(start: Place, end: Place) -> float:
    """The naive twin: the angle between two unit vectors."""

    def vector(place: Place) -> tuple[float, float, float]:
        latitude, longitude = math.radians(place.latitude_deg), math.radians(place.longitude_deg)
        return (
            math.cos(latitude) * math.cos(longitude),
            math.cos(latitude) * math.sin(longitude),
            math.sin(latitude),
        )

    length = math.dist(vector(start), vector(end))
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, length / 2))


@given(places, places)
def test_the_distance_agrees_with_the_angle_between_vectors(start: Place, end: Place) -> None:
    """Anywhere on earth, poles and date line included, to the metre."""
    assert haversine_m(start, end) == pytest.approx(chord_m(start, end), abs=1.0)


def test_one_degree_north_is_about_111_km() -> None:
    """A figure everybody knows."""
    assert haversine_m(Place(31, 121), Place(32, 121)) == pytest.approx(111_195, abs=1)


def test_the_rush_hour_is_slower_than_the_night() -> None:
    """10 km as the crow flies at 18:00 and at 03:00 local time: detour and speed of the hour."""
    policy = load()
    estimate = StraightLineEstimate(policy)
    start, end = Place(31.0, 121.4), Place(31.0 + 10_000 / 111_195, 121.4)
    midnight_local = START.replace(hour=16)  # UTC+8

    rush_s = estimate.seconds(start, end, now=midnight_local + timedelta(hours=18))
    night_s = estimate.seconds(start, end, now=midnight_local + timedelta(hours=3))

    assert rush_s == pytest.approx(14_000 / (policy.speed_kmh[18] / 3.6), rel=1e-3)
    assert night_s == pytest.approx(14_000 / (policy.speed_kmh[3] / 3.6), rel=1e-3)
    assert rush_s > 2 * night_s


@given(st.lists(places, min_size=1, max_size=10), places)
def test_many_distances_at_once_are_those_one_by_one(starts: list[Place], end: Place) -> None:
    """The columns of a ranking and the single estimate agree."""
    latitude = np.array([start.latitude_deg for start in starts])
    longitude = np.array([start.longitude_deg for start in starts])

    found = haversines_m(latitude, longitude, end)

    assert found == pytest.approx([haversine_m(start, end) for start in starts], abs=1e-3)
