"""Who wants what, which landing comes next, and whether a car under way can still stop there."""

import numpy as np
import pytest

from liftward_simulator.physics.calls import Calls, next_heading, next_stop
from liftward_simulator.physics.cars import Phase
from liftward_simulator.physics.kernel import retarget
from liftward_simulator.physics.motion import plan_trip, travelled
from liftward_simulator.physics.traffic import Traffic, car_arrays, table_arrays
from support.small_fleet import STEP_S, run, table_of, traffic_of

FLOORS_COUNT = 9


def naive_next_stop(
    floor: int, heading: int, car: list[bool], up: list[bool], down: list[bool]
) -> int:
    """Collective control for one car, as one would tell it to a child."""

    def upwards() -> int:
        for landing in range(floor + 1, len(car)):
            if car[landing] or up[landing]:
                return landing
        return max((i for i in range(floor + 1, len(car)) if down[i]), default=-1)

    def downwards() -> int:
        for landing in range(floor - 1, -1, -1):
            if car[landing] or down[landing]:
                return landing
        return min((i for i in range(floor) if up[i]), default=-1)

    first, second = (upwards, downwards) if heading >= 0 else (downwards, upwards)
    stop = first()
    return stop if stop >= 0 else second()


def naive_heading(
    floor: int, heading: int, car: list[bool], up: list[bool], down: list[bool]
) -> int:
    """Straight on while anyone wants that, else turn, else rest."""
    anyone = [any(wants) for wants in zip(car, up, down, strict=True)]
    goes_up = any(anyone[floor + 1 :]) or up[floor]
    goes_down = any(anyone[:floor]) or down[floor]
    order = ((goes_up, 1), (goes_down, -1)) if heading >= 0 else ((goes_down, -1), (goes_up, 1))
    return next((way for goes, way in order if goes), 0)


@pytest.mark.parametrize("answered", [True, False])
def test_collective_control_agrees_with_its_naive_twin(answered: bool) -> None:  # noqa: FBT001
    """On random calls the compiled rules decide as the obvious ones; a full car passes calls."""
    rng = np.random.default_rng(7)
    nobody = [False] * FLOORS_COUNT
    for _ in range(400):
        car, up, down = (rng.random((3, FLOORS_COUNT)) < 0.15).astype(np.int8)
        floor, heading = int(rng.integers(0, FLOORS_COUNT)), int(rng.integers(-1, 2))
        calls = Calls(car, up, down, answered)
        wanted = (
            (car > 0).tolist(),
            (up > 0).tolist() if answered else nobody,
            (down > 0).tolist() if answered else nobody,
        )

        stop = next_stop(calls, floor, FLOORS_COUNT - 1, heading)
        way = next_heading(calls, floor, FLOORS_COUNT - 1, heading)

        assert stop == naive_next_stop(floor, heading, *wanted)
        assert way == naive_heading(floor, heading, *wanted)


def under_way(target: int, seconds: float) -> Traffic:
    """Return a car that left landing 0 for another one so many seconds ago."""
    traffic = traffic_of(table_of())
    traffic.cars.board(0, target, 1)
    run(traffic, seconds)
    assert traffic.cars.phase[0] == Phase.MOVING
    return traffic


def naive_stops_at(traffic: Traffic, landing: int) -> bool:
    """Compare, moment by moment, the way gone with the trip that would end at the landing."""
    cars, table = traffic.cars, traffic.table
    limits = (float(table.speed_mps[0]), float(table.acceleration_mps2[0]), 1.0)
    gone_m, wanted_m = float(cars.trip_to_m[0]), landing * float(table.pitch_m[0])
    trips = (plan_trip(gone_m, *limits), plan_trip(wanted_m, *limits))
    return all(
        np.allclose(
            travelled(trips[0], 1.0, gone_m, t), travelled(trips[1], 1.0, wanted_m, t), atol=1e-9
        )
        for t in np.linspace(0.0, float(cars.trip_elapsed_s[0]), 50)
    )


@pytest.mark.parametrize("seconds", [0.8, 2.1, 3.4, 4.6, 5.9, 7.6, 9.2, 11.0])
def test_a_car_stops_on_its_way_only_where_it_still_can(seconds: float) -> None:
    """A new call is taken when the trips coincide until now, and else passed."""
    for call in range(1, 8):
        traffic = under_way(8, seconds)
        cars = traffic.cars
        can_stop = naive_stops_at(traffic, call)
        before = (float(cars.position_m[0]), float(cars.velocity_mps[0]))
        cars.call(0, call, upward=True)

        retarget(car_arrays(cars), table_arrays(traffic.table), 0)

        assert cars.target[0] == (call if can_stop else 8)
        run(traffic, STEP_S, from_s=seconds)
        moved_m = abs(float(cars.position_m[0]) - before[0])
        assert moved_m <= (abs(before[1]) + STEP_S) * STEP_S


@pytest.mark.parametrize(
    ("upward", "call", "target"), [(True, 5, 5), (False, 5, 8), (False, 9, 8), (True, 9, 8)]
)
def test_only_calls_of_its_direction_stop_a_car(upward: bool, call: int, target: int) -> None:  # noqa: FBT001
    """People who want the other way, or who stand beyond where somebody gets out, wait."""
    traffic = under_way(8, 2.0)
    traffic.cars.call(0, call, upward=upward)

    retarget(car_arrays(traffic.cars), table_arrays(traffic.table), 0)

    assert traffic.cars.target[0] == target


@pytest.mark.parametrize(("seconds", "target"), [(1.5, 7), (6.2, 7), (6.8, 4), (9.0, 4)])
def test_a_car_that_comes_to_turn_goes_on_to_a_higher_call(seconds: float, target: int) -> None:
    """Sent up for somebody who goes down, it first fetches one from further up, until it brakes."""
    traffic = traffic_of(table_of())
    traffic.cars.call(0, 4, upward=False)
    run(traffic, seconds)  # of these 0.5 to start; it brakes from 6.5 on
    traffic.cars.call(0, 7, upward=False)

    retarget(car_arrays(traffic.cars), table_arrays(traffic.table), 0)

    assert traffic.cars.target[0] == target


def test_a_full_car_does_not_stop_for_more() -> None:
    """Where nobody could board there is no stop."""
    traffic = traffic_of(table_of())
    traffic.cars.board(0, 8, 10)
    run(traffic, 2.0)
    traffic.cars.call(0, 5, upward=True)

    retarget(car_arrays(traffic.cars), table_arrays(traffic.table), 0)

    assert traffic.cars.target[0] == 8
