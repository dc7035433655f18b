"""Places, districts and travel times."""

import numpy as np
import pytest

from liftward_simulator.city.geography import (
    DETOUR_FACTOR,
    distance_m,
    district_names,
    districts_of,
    random_places,
    speed_kmh,
    travel_time_s,
)

HOURS = np.arange(0.0, 24.0, 0.25)


def test_distances_are_great_circles_and_broadcast() -> None:
    """A degree at the equator is 111 km; many starts go to one end."""
    ways_m = distance_m([[0.0, 1.0], [1.0, 0.0], [0.0, 0.0]], [0.0, 0.0])

    assert ways_m == pytest.approx([111_195, 111_195, 0.0], rel=1e-4)


def test_travel_time_is_way_over_speed() -> None:
    """One degree of longitude, by a detour, at noon's speed."""
    expected_s = 111_195 * DETOUR_FACTOR / (float(speed_kmh(12.0)) / 3.6)

    assert float(travel_time_s([0.0, 0.0], [0.0, 1.0], 12.0)) == pytest.approx(expected_s, rel=1e-4)


def test_rush_hours_are_slow_and_the_night_is_fast() -> None:
    """The slowest moments are about 08 and 18 o'clock; midnight is the same from both sides."""
    speeds = speed_kmh(HOURS)

    assert HOURS[int(np.argmin(speeds))] == 18.0
    assert float(speed_kmh(8.0)) < float(speed_kmh(12.0)) < float(speed_kmh(3.0))
    assert float(speed_kmh(23.999)) == pytest.approx(float(speed_kmh(0.0)), rel=1e-3)
    assert float(speed_kmh(25.5)) == float(speed_kmh(1.5))


@pytest.mark.parametrize("count", [4, 9])
def test_districts_cover_the_town_and_have_names(count: int) -> None:
    """Every place is in one of the districts, and no district is empty of places."""
    places = random_places(np.random.default_rng(1), 2_000, 0.3, 0.7)

    districts = districts_of(places, 0.3, count)

    assert set(districts.tolist()) == set(range(count))
    assert len(set(district_names(count))) == count
    assert np.hypot(places[:, 0], places[:, 1]).max() <= 0.3 + 1e-6


def test_four_districts_are_the_quadrants() -> None:
    """North is where latitude is largest, and so around the clock."""
    compass = np.array([[0.05, 0.0], [0.0, 0.05], [-0.05, 0.0], [0.0, -0.05]])

    names = [district_names(4)[i] for i in districts_of(compass, 0.06, 4)]

    assert [name.rsplit(" ", 1)[1] for name in names] == ["North", "East", "South", "West"]
