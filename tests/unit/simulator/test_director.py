"""Scenes as the director plays them."""

from liftward_simulator.faults.scripts import Scene, Step, StepKind
from liftward_simulator.physics.cars import Phase
from liftward_simulator.world import Plan, World
from support.troubled_worlds import play, town_of, world_of

TOWN = town_of(3, rescue_devices=False)


def raised_after(seconds: float, code: str) -> Scene:
    return (Step(kind=StepKind.WAIT, value=seconds), Step(kind=StepKind.RAISE, code=code))


def quiet_world() -> World:
    return world_of(TOWN, Plan(visit_every_s=None, warm_up_s=0.0, traffic_factor=0.0))


def test_a_scene_that_replaces_another_keeps_its_own_time() -> None:
    """The wait of the scene before does not wake the one that plays now."""
    world = quiet_world()
    world.director.begin(0, raised_after(5.0, "02"))
    play(world, 2.0)
    world.director.begin(0, raised_after(20.0, "03"))

    assert play(world, 15.0) == []
    assert [told.code for told in play(world, 8.0)] == ["03"]


def test_a_car_is_given_back_or_stays() -> None:
    """After a scene a car serves again, unless the scene leaves it held."""
    world = quiet_world()
    world.director.begin(0, raised_after(1.0, "02"))
    world.director.begin(1, raised_after(1.0, "02"), stays=True)
    play(world, 3.0)

    assert not world.cars.scripted[0]
    assert world.cars.phase[0] == Phase.IDLE
    assert world.cars.scripted[1]
    assert world.cars.phase[1] == Phase.HELD_CLOSED


def test_open_doors_are_shut_before_a_car_off_level_moves() -> None:
    """A car that stands open between landings closes, creeps to the landing and opens there."""
    world = quiet_world()
    lift, cars = 0, world.cars
    cars.position_m[lift] += 0.5 if cars.floor[lift] == 0 else -0.5
    cars.phase[lift], cars.scripted[lift] = Phase.HELD_OPEN, True
    world.director.begin(lift, (Step(kind=StepKind.LEVEL), Step(kind=StepKind.OPEN)), stays=True)
    phases = []
    for _ in range(60):
        play(world, 0.2)
        phases.append(int(cars.phase[lift]))

    order = [phase for phase in dict.fromkeys(phases) if phase != Phase.HELD_CLOSED]
    assert order == [Phase.CLOSING, Phase.CREEPING, Phase.OPENING, Phase.HELD_OPEN]
    assert world.director.off_level_m(lift) < 0.001
