"""Speeds of the hours from what crews really drove: shrunk, and deaf to nonsense."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftward_platform.rescue.calibration import PRIOR_TRIPS, Trip, calibrate

USUAL = (30.0,) * 24
DETOUR = 1.4


def trip(hour: int, speed_kmh: float, straight_m: float = 5_000) -> Trip:
    return Trip(hour, straight_m, straight_m * DETOUR / (speed_kmh / 3.6))


def test_an_hour_nobody_drove_in_keeps_its_usual_speed() -> None:
    """No trips, no news."""
    found = calibrate([trip(8, 15)], USUAL, detour_factor=DETOUR)

    assert found.speed_kmh[9] == 30.0
    assert found.trips_count[8] == 1
    assert 28 < found.speed_kmh[8] < 30


def test_as_many_trips_as_the_prior_are_believed_half() -> None:
    """Paces are averaged: 15 and 30 km/h for the same ways make 20."""
    found = calibrate([trip(8, 15)] * int(PRIOR_TRIPS), USUAL, detour_factor=DETOUR)

    assert found.speed_kmh[8] == pytest.approx(20.0, abs=0.01)


def test_many_trips_are_believed() -> None:
    """A thousand rush hours at 15 km/h."""
    found = calibrate([trip(8, 15)] * 1000, USUAL, detour_factor=DETOUR)

    assert found.speed_kmh[8] == pytest.approx(15.2, abs=0.2)


def test_trips_that_cannot_be_are_counted_and_left_out() -> None:
    """Two buttons pressed at once, an arrival next day, a flight."""
    nonsense = [Trip(8, 5_000, 1), Trip(8, 5_000, 86_400), Trip(8, 50_000, 600), Trip(8, 10, 300)]

    found = calibrate(nonsense, USUAL, detour_factor=DETOUR)

    assert (found.speed_kmh, found.refused_count) == (USUAL, 4)


@given(st.lists(st.tuples(st.integers(0, 23), st.floats(5, 100), st.floats(500, 20_000))))
def test_a_speed_lies_between_the_usual_one_and_those_driven(
    rows: list[tuple[int, float, float]],
) -> None:
    """Shrinkage never leaves the span of what it mixes."""
    trips = [trip(*row) for row in rows]

    found = calibrate(trips, USUAL, detour_factor=DETOUR)

    for hour in range(24):
        speeds = [30.0, *(speed for at, speed, _ in rows if at == hour)]
        assert min(speeds) - 0.01 <= found.speed_kmh[hour] <= max(speeds) + 0.01
