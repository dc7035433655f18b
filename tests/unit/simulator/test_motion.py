"""The ideal jerk-limited trip."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftward_simulator.physics.motion import (
    Trip,
    flight_time_s,
    plan_trip,
    plan_trips,
    travelled,
    turns_off_s,
)


def ideal_flight_time_s(d: float, v: float, a: float, j: float) -> float:
    """The three published cases, one car at a time; a slow car cannot use more than sqrt(v j)."""
    a = min(a, math.sqrt(v * j))
    if d >= (a**2 * v + v**2 * j) / (j * a):
        return d / v + v / a + a / j
    if d >= 2 * a**3 / j**2:
        return a / j + math.sqrt(4 * d / a + (a / j) ** 2)
    return math.cbrt(32 * d / j)


def integrated(trip: Trip, jerk_mps3: float, until_s: float) -> float:
    """Return the distance gone by adding up jerk, acceleration and speed in small steps."""
    lengths_s = (trip.jerk_s, trip.hold_s, trip.jerk_s, trip.cruise_s)
    ends_s = np.cumsum([*lengths_s, trip.jerk_s, trip.hold_s, trip.jerk_s])
    signs = (1, 0, -1, 0, -1, 0, 1)
    moments_s = np.unique(np.append(np.linspace(0.0, until_s, 50), ends_s[ends_s < until_s]))
    acceleration = speed = distance = 0.0
    for begin_s, end_s in pairwise(moments_s.tolist()):
        phase = int(np.searchsorted(ends_s, (begin_s + end_s) / 2))
        jerk = jerk_mps3 * signs[min(phase, len(signs) - 1)]
        step_s = end_s - begin_s
        distance += speed * step_s + acceleration * step_s**2 / 2 + jerk * step_s**3 / 6
        speed += acceleration * step_s + jerk * step_s**2 / 2
        acceleration += jerk * step_s
    return distance


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    """Compile before the properties are timed."""
    trip = plan_trip(1.0, 1.0, 1.0, 1.0)
    travelled(trip, 1.0, 1.0, turns_off_s(trip, 1.0, 1.0) + flight_time_s(trip))


distances = st.floats(0.05, 250.0)
speeds = st.floats(0.5, 8.0)
accelerations = st.floats(0.8, 1.2)
jerks = st.floats(0.8, 1.5)
shares = st.floats(0.0, 1.0)


@given(distances, speeds, accelerations, jerks)
def test_flight_times_are_the_ideal_ones(d: float, v: float, a: float, j: float) -> None:
    """Every trip takes exactly as long as the closed formulas say."""
    trip = plan_trip(d, v, a, j)

    assert math.isclose(flight_time_s(trip), ideal_flight_time_s(d, v, a, j), rel_tol=1e-9)
    many = plan_trips(*(np.full(2, value) for value in (d, v, a, j)))
    np.testing.assert_array_equal(many, [trip, trip])


@given(distances, speeds, accelerations, jerks)
def test_a_trip_keeps_its_limits_and_ends_where_it_should(
    d: float, v: float, a: float, j: float
) -> None:
    """Distance never falls and ends at the target; speed and acceleration stay within limits."""
    trip = plan_trip(d, v, a, j)
    elapsed_s = np.linspace(0.0, flight_time_s(trip), 500)

    distance_m, speed_mps = np.array([travelled(trip, j, d, t) for t in elapsed_s]).T

    step_s = elapsed_s[1]
    assert math.isclose(distance_m[-1], d, rel_tol=1e-9)
    assert math.isclose(distance_m[0], 0.0, abs_tol=1e-12)
    assert np.all(np.diff(distance_m) >= -1e-9)
    assert speed_mps.max() <= v * (1 + 1e-9)
    assert np.abs(np.diff(speed_mps)).max() <= a * step_s * (1 + 1e-6) + 1e-9


@given(distances, speeds, accelerations, jerks, shares)
def test_the_closed_form_agrees_with_adding_up_small_steps(
    d: float, v: float, a: float, j: float, share: float
) -> None:
    """At any moment of a trip, integrating the jerk gives the same place."""
    trip = plan_trip(d, v, a, j)
    until_s = share * flight_time_s(trip)

    distance_m, _ = travelled(trip, j, d, until_s)

    assert math.isclose(integrated(trip, j, until_s), distance_m, rel_tol=1e-6, abs_tol=1e-6)


@given(st.tuples(distances, distances), speeds, accelerations, jerks, shares)
def test_two_trips_part_exactly_when_the_shorter_turns_off(
    ends_m: tuple[float, float], v: float, a: float, j: float, share: float
) -> None:
    """Until that moment both are at the same place; soon after it the shorter is behind."""
    short, long = sorted(ends_m)
    trip, longer = plan_trip(short, v, a, j), plan_trip(long, v, a, j)
    before_s = share * turns_off_s(trip, v, j)
    end_s = flight_time_s(trip)

    for t in (before_s, turns_off_s(trip, v, j)):
        np.testing.assert_allclose(
            travelled(trip, j, short, t), travelled(longer, j, long, t), rtol=1e-9, atol=1e-9
        )
    if long > short * 1.001:
        assert travelled(trip, j, short, end_s)[0] < travelled(longer, j, long, end_s)[0]


def test_before_and_after_a_trip_the_car_rests() -> None:
    """Times outside the trip give the ends, at rest; a trip of no length takes no time."""
    trip = plan_trip(30.0, 2.0, 1.0, 1.0)

    assert travelled(trip, 1.0, 30.0, -1.0) == (0.0, 0.0)
    assert travelled(trip, 1.0, 30.0, 1_000.0) == (30.0, 0.0)
    assert flight_time_s(plan_trip(0.0, 2.0, 1.0, 1.0)) == 0.0
