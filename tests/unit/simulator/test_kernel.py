"""One lift through its moments: doors, loading, levelling; and the loop as a whole."""

import inspect
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from liftward_simulator.physics import motion
from liftward_simulator.physics.cars import Phase
from liftward_simulator.physics.compiling import SOURCE_FINGERPRINT
from liftward_simulator.physics.kernel import RELEVEL_MPS, RELEVELS_FROM_MM, advance
from liftward_simulator.physics.motion import flight_time_s, plan_trip
from support.small_fleet import run, table_of, traffic_of


def test_a_journey_takes_as_long_as_its_parts() -> None:
    """Start delay, ideal flight time, doors: no step of the loop loses or gains time."""
    traffic = traffic_of(table_of())
    traffic.cars.board(0, 6, 1)
    flight_s = flight_time_s(plan_trip(18.0, 2.0, 1.0, 1.0))
    left_s = 0.5 + flight_s + 2.5

    run(traffic, left_s - 0.15)
    assert traffic.cars.passengers_count[0] == 1
    run(traffic, 0.4, from_s=left_s - 0.15)

    assert traffic.cars.passengers_count[0] == 0
    assert traffic.cars.phase[0] == Phase.OPEN
    assert (traffic.cars.floor[0], traffic.cars.position_m[0]) == (6, 18.0)


def test_those_who_do_not_fit_wait() -> None:
    """A car takes its rated load and leaves the others for its next round."""
    table = table_of(60)
    traffic = traffic_of(table)
    for lift in range(table.count):
        traffic.cars.call(lift, 0, upward=True, persons=12)

    run(traffic, 3.0)

    usual = traffic.cars.passengers_count == table.capacity_persons
    assert usual.mean() > 0.8
    np.testing.assert_array_equal(
        traffic.cars.passengers_count + traffic.cars.waiting_count, np.full(table.count, 12)
    )


def test_an_overloaded_car_keeps_its_doors_open_until_somebody_leaves() -> None:
    """Above 110 % of the rated load it stays; those who step back wait again."""
    traffic = traffic_of(table_of())
    cars = traffic.cars
    cars.board(0, 5, 13)
    cars.phase[0] = Phase.OPEN
    seen = []
    for second in range(120):
        run(traffic, 1.0, from_s=second)
        seen.append((int(cars.passengers_count[0]), int(cars.phase[0])))
        if cars.phase[0] == Phase.MOVING:
            break

    assert all(phase == Phase.OPEN for persons, phase in seen if persons * 75.0 > 880.0)
    assert seen[-1] == (11, Phase.MOVING)
    assert cars.waiting_up[0, 0] == 2


def test_people_stay_out_of_a_car_full_of_goods() -> None:
    """What lies in the car counts; nobody steps in and out for ever."""
    traffic = traffic_of(table_of())
    traffic.cars.goods_kg[0] = 700.0
    traffic.cars.call(0, 0, upward=True, persons=3)

    for second in range(200):
        run(traffic, 1.0, from_s=second)
        assert traffic.cars.passengers_count[0] <= 1

    assert traffic.cars.entered_count[0] == traffic.cars.left_count[0] == 3


def test_loading_lowers_the_car_and_it_levels_again() -> None:
    """Ten persons stretch the ropes by more than 10 mm; the car creeps back with open doors."""
    table = table_of(floors_count=40)
    traffic = traffic_of(table)
    cars = traffic.cars
    cars.level_error_mm[0] = 0.0
    cars.call(0, 0, upward=True, persons=10)
    errors_mm, speeds_mps = [], []
    for step in range(80):
        run(traffic, 0.1, from_s=step * 0.1)
        errors_mm.append(float(cars.level_error_mm[0]))
        speeds_mps.append(float(cars.velocity_mps[0]))
        assert cars.velocity_mps[0] == 0 or cars.phase[0] == Phase.OPEN

    assert min(errors_mm) < -RELEVELS_FROM_MM
    assert errors_mm[-1] == pytest.approx(0.0, abs=1e-9)
    assert max(speeds_mps) == RELEVEL_MPS
    assert cars.position_m[0] == 0.0 or cars.phase[0] != Phase.OPEN


def test_a_drifted_lift_stops_off_level_and_corrects_itself() -> None:
    """Wear adds to the sill offset at every stop; above 10 mm the car levels again."""
    traffic = traffic_of(table_of(sill_offset_mm=2.0))
    cars = traffic.cars
    cars.levelling_drift_mm[0] = 15.0
    cars.board(0, 3, 1)
    while cars.phase[0] != Phase.OPENING:
        run(traffic, 0.1, from_s=float(cars.trip_elapsed_s[0]))
    stopped_mm = float(cars.level_error_mm[0])

    run(traffic, 4.0)

    assert 15.5 <= stopped_mm <= 18.5
    assert abs(cars.level_error_mm[0]) < 1e-9


def test_a_door_that_will_not_close_opens_again_and_says_so() -> None:
    """The share is drawn at every closing; each re-opening is told and counts as a cycle."""
    table = table_of(200)
    traffic = traffic_of(table)
    traffic.cars.door_reopen_share[:] = 0.5
    traffic.cars.begin(np.arange(table.count), Phase.CLOSING, 1.0)
    cycles_before = traffic.cars.door_cycles_count.copy()

    retried = run(traffic, 120.0)

    assert 150 <= len(retried) <= 250
    np.testing.assert_array_equal(
        traffic.cars.door_cycles_count - cycles_before, np.bincount(retried, minlength=table.count)
    )
    assert np.all(traffic.cars.phase == Phase.IDLE)


def test_slow_doors_take_longer() -> None:
    """The door factor stretches opening and closing alike."""
    usual, slow = traffic_of(table_of()), traffic_of(table_of())
    slow.cars.door_factor[0] = 2.0
    for traffic in (usual, slow):
        traffic.cars.call(0, 0, upward=True)
        run(traffic, 3.0)

    assert usual.cars.phase[0] == Phase.OPEN
    assert slow.cars.phase[0] == Phase.OPENING


def test_people_who_want_the_other_way_do_not_hold_a_car() -> None:
    """A car that goes up for somebody above does not open for ever for one who wants down."""
    traffic = traffic_of(table_of(), floor=4)
    cars = traffic.cars
    cars.heading[0] = 1
    cars.call(0, 4, upward=False)
    cars.call(0, 7, upward=False)

    run(traffic, 150.0)

    assert cars.waiting_count[0] == 0
    assert cars.left_count[0] == 2


def test_a_scripted_car_finishes_its_phase_and_holds() -> None:
    """Opening ends held open, closing held closed, a trip at its target with closed doors."""
    traffic = traffic_of(table_of(3))
    cars, lifts = traffic.cars, np.arange(3)
    cars.scripted[:] = True
    cars.begin(lifts[:1], Phase.OPENING, 1.0)
    cars.begin(lifts[1:2], Phase.CLOSING, 1.0)
    cars.begin_trip(traffic.table, lifts[2:], np.array([4]))

    run(traffic, 20.0)

    assert cars.phase.tolist() == [Phase.HELD_OPEN, Phase.HELD_CLOSED, Phase.HELD_CLOSED]
    assert cars.floor[2] == 4


SUMS_PROGRAM = """
import json, sys
import numpy as np
from support.small_fleet import run, table_of, traffic_of

traffic = traffic_of(table_of(20, arrivals_per_s=0.05))
run(traffic, 40.0)
cars = traffic.cars
names = ("phase", "floor", "position_m", "level_error_mm", "aboard", "waiting_up", "motor_degc",
         "entered_count", "next_arrival_s", "run_time_s")
print(json.dumps({name: np.sum(getattr(cars, name), dtype=float) for name in names}))
"""


def test_compiled_and_plain_code_agree() -> None:
    """The same seed lives the same 40 seconds with and without the compiler."""
    sums = []
    for disabled in ("0", "1"):
        ran = subprocess.run(
            [sys.executable, "-P", "-c", SUMS_PROGRAM],
            env={
                **os.environ,
                "NUMBA_DISABLE_JIT": disabled,
                "PYTHONPATH": os.pathsep.join(sys.path),
            },
            check=True,
            capture_output=True,
            text=True,
        )
        sums.append(json.loads(ran.stdout))

    assert sums[0]["entered_count"] > 20
    assert sums[0] == pytest.approx(sums[1], rel=1e-9)


def test_compiled_code_of_other_sources_is_not_run() -> None:
    """Both loops capture the fingerprint of all sources, which is so part of the cache key."""
    for loop in (advance, motion._plan_all):
        source = getattr(loop, "py_func", loop)

        assert inspect.getclosurevars(source).nonlocals == {
            "source_fingerprint": SOURCE_FINGERPRINT
        }
