"""The ideal jerk-limited trip."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from liftward_simulator.physics.motion import Profile, profile, travelled


def plan(distance_m: float, speed: float, acceleration: float, jerk: float) -> Profile:
    return profile(
        np.array([distance_m]), np.array([speed]), np.array([acceleration]), np.array([jerk])
    )


def ideal_flight_time_s(d: float, v: float, a: float, j: float) -> float:
    """The three published cases, one car at a time; a slow car cannot use more than sqrt(v j)."""
    a = min(a, math.sqrt(v * j))
    if d >= (a**2 * v + v**2 * j) / (j * a):
        return d / v + v / a + a / j
    if d >= 2 * a**3 / j**2:
        return a / j + math.sqrt(4 * d / a + (a / j) ** 2)
    return math.cbrt(32 * d / j)


distances = st.floats(0.05, 250.0)
speeds = st.floats(0.5, 8.0)
accelerations = st.floats(0.4, 1.5)
jerks = st.floats(0.5, 2.0)


@given(distances, speeds, accelerations, jerks)
def test_flight_times_are_the_ideal_ones(d: float, v: float, a: float, j: float) -> None:
    """Every trip takes exactly as long as the closed formulas say."""
    flight_time_s = plan(d, v, a, j).flight_time_s[0]

    assert math.isclose(flight_time_s, ideal_flight_time_s(d, v, a, j), rel_tol=1e-9)


@given(distances, speeds, accelerations, jerks)
def test_a_trip_keeps_its_limits_and_ends_where_it_should(
    d: float, v: float, a: float, j: float
) -> None:
    """Distance never falls and ends at the target; speed and acceleration stay within limits."""
    trip = plan(d, v, a, j)
    elapsed_s = np.linspace(0.0, trip.flight_time_s[0], 500)
    repeated = Profile(
        **{name: np.repeat(getattr(trip, name), 500) for name in Profile.__dataclass_fields__}
    )

    distance_m, speed_mps = travelled(repeated, elapsed_s)

    step_s = elapsed_s[1]
    assert math.isclose(distance_m[-1], d, rel_tol=1e-9)
    assert math.isclose(distance_m[0], 0.0, abs_tol=1e-12)
    assert np.all(np.diff(distance_m) >= -1e-9)
    assert speed_mps.max() <= v * (1 + 1e-9)
    assert np.abs(np.diff(speed_mps)).max() <= a * step_s * (1 + 1e-6) + 1e-9


def test_before_and_after_a_trip_the_car_rests() -> None:
    """Times outside the trip give the ends, at rest; a trip of no length takes no time."""
    trip = plan(30.0, 2.0, 1.0, 1.0)

    before, after = (travelled(trip, np.array([t])) for t in (-1.0, 1_000.0))

    assert (before[0][0], before[1][0]) == (0.0, 0.0)
    assert (after[0][0], after[1][0]) == (30.0, 0.0)
    assert plan(0.0, 2.0, 1.0, 1.0).flight_time_s[0] == 0.0
