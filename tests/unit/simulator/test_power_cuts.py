"""Mains cuts: who is trapped, whom a rescue device saves, and what happens when they return."""

from dataclasses import replace

import numpy as np
import pytest

from liftward_simulator.devices.readings import readings
from liftward_simulator.faults.city_events import CityEvent, CityEventKind
from liftward_simulator.faults.happenings import Edge, TrueKind
from liftward_simulator.faults.power_cuts import DEVICE_WAITS_S
from liftward_simulator.faults.traps import EndedBy, TrapHabits
from liftward_simulator.physics.cars import DOOR_ZONE_M, Phase
from liftward_simulator.world import Plan, World
from liftward_wire.messages import EventKind
from liftward_wire.states import DoorState, PowerSource, ServiceMode
from support.troubled_worlds import STEP_S, edges, play, town_of, world_of

LIFTS_COUNT = 150
CUT = CityEvent(kind=CityEventKind.MAINS_CUT, at_s=1.0, lasting_s=120.0)
PLAN = Plan(visit_every_s=None, city_events=(CUT,), start_hour=18.5)


def before_the_cut(*, rescue_devices: bool) -> World:
    world = world_of(town_of(LIFTS_COUNT, rescue_devices=rescue_devices), PLAN)
    play(world, 0.8)
    return world


def test_without_rescue_devices_whoever_travels_is_trapped() -> None:
    """Cars with people under way stop, and every person aboard is in an entrapment."""
    world = before_the_cut(rescue_devices=False)
    cars = world.cars
    travelling = (cars.phase == Phase.MOVING) & (cars.passengers_count > 0)
    told = play(world, 20.0)
    begun = world.take_begun()

    assert {entrapment.lift for entrapment in begun} >= set(np.flatnonzero(travelling).tolist())
    assert sum(e.persons for e in begun) == cars.passengers_count.sum()
    assert all(e.trap.cause == "mains_cut" for e in begun)
    lost = {t.lift for t in told if t.kind is EventKind.FAULT_RAISED and t.code == "41"}
    assert lost == set(range(world.table.count))
    assert np.all(cars.power == PowerSource.BATTERY.code)
    assert np.all(cars.velocity_mps == 0)


def test_a_rescue_device_creeps_to_a_landing_and_opens() -> None:
    """It waits at least 3 s, runs on emergency power, and nearly nobody is trapped."""
    world = before_the_cut(rescue_devices=True)
    cars = world.cars
    stopped = np.flatnonzero((cars.phase == Phase.MOVING) & (cars.passengers_count > 0))
    play(world, DEVICE_WAITS_S[0] - STEP_S)
    assert not np.any(cars.power == PowerSource.EMERGENCY.code)
    assert not np.any(cars.phase == Phase.CREEPING)

    told = play(world, 40.0)

    trapped = {entrapment.lift for entrapment in world.take_begun()}
    assert len(trapped) < len(stopped) / 2
    freed = [lift for lift in stopped.tolist() if lift not in trapped]
    now = readings(cars, world.table)
    level_m = cars.nearest_floor(world.table) * world.table.pitch_m
    assert np.all(np.abs(cars.position_m - level_m)[freed] <= DOOR_ZONE_M)
    assert np.all(now["car_door"][freed] == DoorState.OPEN.code)
    assert np.all(cars.passengers_count[freed] == 0)
    assert {t.code for t in told if t.mode is ServiceMode.EMERGENCY_POWER} == {"46"}


@pytest.mark.parametrize("rescue_devices", [False, True])
def test_when_the_mains_return_lifts_serve_again(rescue_devices: bool) -> None:  # noqa: FBT001
    """Codes clear, lifts without trapped people go back to service; some controllers recover."""
    world = before_the_cut(rescue_devices=rescue_devices)
    told = play(world, 260.0)
    trapped = sorted(world.entrapments.active)
    serving = np.setdiff1d(np.arange(world.table.count), trapped)

    cars = world.cars
    assert np.all(cars.power == PowerSource.MAINS.code)
    assert not np.any(cars.scripted[serving])
    assert np.all(cars.mode[serving] == ServiceMode.NORMAL.code)
    back = [t.lift for t in told if t.kind is EventKind.FAULT_CLEARED and t.code == "41"]
    assert sorted(back) == list(range(world.table.count))
    cuts = edges(world.take_true_events(), TrueKind.POWER_CUT)
    assert sum(edge is Edge.BEGAN for edge, _, _ in cuts) == world.table.count
    assert sum(edge is Edge.ENDED for edge, _, _ in cuts) == world.table.count
    if not rescue_devices:
        assert {e.ended_by for e in world.take_ended()} == {EndedBy.SELF_FREED}
        assert trapped


def test_people_freed_in_the_dark_leave_a_lift_that_waits_for_its_mains() -> None:
    """A rescue during the cut lets everybody out; the lift serves again only with its mains."""
    world = before_the_cut(rescue_devices=False)
    play(world, 20.0)
    lift = min(world.entrapments.active)
    assert world.release(world.table.lift_ids[lift])

    play(world, 40.0)
    assert lift not in world.entrapments.active
    assert world.cars.mode[lift] == ServiceMode.OUT_OF_SERVICE.code
    assert world.cars.power[lift] == PowerSource.BATTERY.code

    play(world, 130.0)
    assert world.cars.mode[lift] == ServiceMode.NORMAL.code
    assert not world.cars.scripted[lift]


def test_no_fault_passes_in_the_dark() -> None:
    """A controller cannot get over anything before it has its mains back."""
    habits = TrapHabits(recovers_share=1.0, recovers_after_s=(10.0, 20.0), pries_share=0.0)
    plan = replace(PLAN, habits=habits)
    world = world_of(town_of(LIFTS_COUNT, rescue_devices=False), plan)

    play(world, 100.0)

    assert world.entrapments.active
    assert not world.take_ended()
    assert np.all(world.cars.power == PowerSource.BATTERY.code)


def test_a_short_cut_leaves_nothing_behind() -> None:
    """Mains that return while cars still brake or creep: no scene goes on in the dark."""
    cut = CityEvent(kind=CityEventKind.MAINS_CUT, at_s=1.0, lasting_s=2.0)
    plan = Plan(visit_every_s=None, city_events=(cut,), start_hour=18.5)
    world = world_of(town_of(LIFTS_COUNT, rescue_devices=True), plan)

    play(world, 120.0)

    assert np.all(world.cars.power == PowerSource.MAINS.code)
    stuck = set(np.flatnonzero(world.cars.scripted).tolist())
    assert stuck == set(world.entrapments.active)
