"""The seeded world: determinism and conservation."""

from dataclasses import fields

import numpy as np
import pytest

from liftward_simulator.city.town import make_town, town_from
from liftward_simulator.devices.readings import readings
from liftward_simulator.faults.scripts import fire_test_scene, inspection_scene
from liftward_simulator.physics.cars import DOOR_ZONE_M, Phase
from liftward_simulator.physics.kernel import RELEVEL_MPS
from liftward_simulator.world import Plan, SceneState, World
from liftward_wire.states import DoorState, Occupancy, ServiceMode

TOWN = town_from(make_town(np.random.default_rng(1), 40))
BUSY = Plan(trap_every_s=20.0, visit_every_s=15.0)
STEP_S = 0.2


def busy_world(seed: int) -> World:
    return World.create(TOWN, np.random.default_rng(seed), BUSY)


def test_the_same_seed_gives_the_same_world() -> None:
    """Two worlds step alike in every array and every happening; another seed goes another way."""
    first, second, other = busy_world(3), busy_world(3), busy_world(4)

    told = [[world.step(STEP_S) for _ in range(600)] for world in (first, second, other)]

    assert told[0] == told[1]
    assert told[0] != told[2]
    for field in fields(first.cars):
        ours, theirs = (getattr(world.cars, field.name) for world in (first, second))
        np.testing.assert_array_equal(ours, theirs, err_msg=field.name)


@pytest.mark.parametrize("seed", range(2))
def test_nobody_passes_through_closed_doors(seed: int) -> None:
    """A car's load changes only while its doors stand open, whatever else happens."""
    world = busy_world(seed)
    changes_count = 0
    before = readings(world.cars, world.table)
    for _ in range(1_500):
        world.step(STEP_S)
        now = readings(world.cars, world.table)
        changed = now["load_kg"] != before["load_kg"]
        was_open = before["car_door"] == DoorState.OPEN.code
        is_open = now["car_door"] == DoorState.OPEN.code
        assert np.all(was_open[changed] | is_open[changed])
        passed_count = world.cars.entered_count - world.cars.left_count
        np.testing.assert_array_equal(passed_count, world.cars.persons_count)
        changes_count += int(changed.sum())
        before = now
    assert changes_count > 30


def test_doors_open_only_at_a_landing_and_cars_stay_in_the_shaft() -> None:
    """Open doors mean a car in the door zone, resting or levelling; none leaves its shaft."""
    world = busy_world(5)
    top_m = (world.table.floors_count - 1) * world.table.pitch_m
    for _ in range(1_500):
        world.step(STEP_S)
        cars = world.cars
        ajar = ~cars.doors_closed
        nearest_m = cars.nearest_floor(world.table) * world.table.pitch_m
        assert np.all(np.abs(cars.position_m - nearest_m)[ajar] <= DOOR_ZONE_M)
        assert np.all(np.isin(cars.velocity_mps[ajar], (-RELEVEL_MPS, 0.0, RELEVEL_MPS)))
        assert np.all((cars.position_m >= -1e-6) & (cars.position_m <= top_m + 1e-6))
        assert np.all(np.abs(cars.velocity_mps) <= world.table.speed_mps + 1e-9)


def test_traffic_flows() -> None:
    """Passengers are carried: trips and door openings grow, and the waiting stay few."""
    world = World.create(TOWN, np.random.default_rng(6), Plan(visit_every_s=None))
    trips_before = world.cars.trips_count.sum()

    for _ in range(3_000):
        world.step(STEP_S)

    waiting = int(world.cars.waiting_up.sum() + world.cars.waiting_down.sum())
    assert world.cars.trips_count.sum() - trips_before > 100
    assert waiting < 3 * world.table.count
    assert np.all(world.cars.persons_count <= world.table.capacity_persons)


def test_an_inspection_looks_like_an_entrapment_but_says_so() -> None:
    """A technician stands behind closed doors between landings, in inspection mode, then leaves."""
    world = World.create(TOWN, np.random.default_rng(7), Plan(visit_every_s=None, warm_up_s=0.0))
    floor_m = float(world.cars.position_m[0])
    between_m = floor_m + (1.4 if world.cars.floor[0] == 0 else -1.4)
    world.director.begin(0, inspection_scene(floor_m, between_m, lasting_s=30.0))
    seen = set()
    for _ in range(600):
        world.step(STEP_S)
        now = readings(world.cars, world.table)
        if abs(world.cars.position_m[0] - between_m) < 0.01:
            seen.add((int(now["service_mode"][0]), int(now["occupancy"][0])))

    assert seen == {(ServiceMode.INSPECTION.code, Occupancy.OCCUPIED.code)}
    assert world.cars.mode[0] == ServiceMode.NORMAL.code
    assert world.cars.persons_count[0] == 0
    assert world.report(world.table.lift_ids[0], since_s=0.0).state is SceneState.NOTHING


def test_a_fire_test_recalls_the_car_and_gives_it_back() -> None:
    """The car goes to the main landing, up with a fire-fighter, back, and serves calls again."""
    world = World.create(TOWN, np.random.default_rng(8), Plan(visit_every_s=None, warm_up_s=0.0))
    main, top = int(world.table.main_floor[0]), int(world.table.floors_count[0]) - 1
    world.director.begin(0, fire_test_scene(main, top, lasting_s=10.0))
    modes = [ServiceMode.NORMAL]
    for _ in range(1_500):
        modes += [h.mode for h in world.step(STEP_S) if h.lift == 0 and h.mode is not None]

    assert modes == [
        ServiceMode.NORMAL,
        ServiceMode.FIRE_RECALL,
        ServiceMode.FIREFIGHTER,
        ServiceMode.NORMAL,
    ]
    assert not world.cars.scripted[0]
    assert world.cars.staff[0] == 0


def test_a_step_that_would_jump_over_doors_is_refused() -> None:
    """Steps of no length or above half a second raise, and nothing has changed."""
    world = busy_world(1)

    for dt_s in (0.0, 0.6, -1.0):
        with pytest.raises(ValueError, match="allowed"):
            world.step(dt_s)
    assert world.clock_s == 0.0
    assert not np.any(world.cars.phase == Phase.BRAKING)
