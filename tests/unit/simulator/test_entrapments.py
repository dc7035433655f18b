"""Entrapments: how they look from outside, and how each one ends."""

import numpy as np
import pytest

from liftward_simulator.city.town import make_town, town_from
from liftward_simulator.devices.readings import readings
from liftward_simulator.faults.controller import Happening
from liftward_simulator.faults.traps import (
    CAUSES,
    Cause,
    EndedBy,
    Entrapment,
    Place,
    Trap,
    TrapHabits,
    draw_trap,
    first_trap,
)
from liftward_simulator.world import Plan, SceneState, World
from liftward_wire.messages import EventKind
from liftward_wire.states import (
    Button,
    Circuit,
    DoorState,
    DoorZone,
    Occupancy,
    PowerSource,
    ServiceMode,
)

TOWN = town_from(make_town(np.random.default_rng(1), 30))
STEP_S = 0.2


def world_with(*traps: Trap) -> World:
    return World.create(TOWN, np.random.default_rng(2), Plan(traps=traps, visit_every_s=None))


def play(world: World, seconds: float) -> list[Happening]:
    return [told for _ in range(round(seconds / STEP_S)) for told in world.step(STEP_S)]


def until_trapped(world: World) -> tuple[Entrapment, list[Happening]]:
    told: list[Happening] = []
    for _ in range(1_500):
        told += world.step(STEP_S)
        if begun := world.take_begun():
            return begun[0], told
    raise AssertionError("nobody was trapped in 300 s")


@pytest.mark.parametrize("cause", list(Cause))
def test_trapped_people_are_visible_as_the_physics_says(cause: Cause) -> None:
    """The car rests, closed and occupied, off level or at a landing; codes and power tell why."""
    world = world_with(Trap(at_s=1.0, cause=cause))
    entrapment, told = until_trapped(world)
    told += play(world, 40.0)
    now = readings(world.cars, world.table)
    lift, facts = entrapment.lift, CAUSES[cause]

    assert now["car_door"][lift] == DoorState.CLOSED.code
    assert now["occupancy"][lift] == Occupancy.OCCUPIED.code
    assert now["speed_mps"][lift] == 0
    assert now["service_mode"][lift] == ServiceMode.NORMAL.code
    assert now["load_kg"][lift] == 75 * entrapment.persons
    zone = DoorZone.INSIDE if facts.place is Place.AT_LEVEL else DoorZone.OUTSIDE
    assert now["door_zone"][lift] == zone.code
    assert (now["safety_chain"][lift] == Circuit.OPEN.code) == facts.breaks_chain
    assert (now["power_source"][lift] == PowerSource.BATTERY.code) == facts.cuts_mains
    codes = {t.code for t in told if t.lift == lift and t.kind is EventKind.FAULT_RAISED}
    wanted = {*facts.codes_at_once, *facts.codes_at_rest}
    assert codes == (wanted or {"03"})


@pytest.mark.parametrize("cause", list(Cause))
def test_a_rescue_frees_everybody_and_gives_the_lift_back(cause: Cause) -> None:
    """Released people leave through open doors at a landing; codes clear; the lift serves again."""
    world = world_with(Trap(at_s=1.0, cause=cause))
    entrapment, _ = until_trapped(world)
    lift_id = world.table.lift_ids[entrapment.lift]

    assert world.release(lift_id)
    told = play(world, 60.0)

    assert [(e.lift, e.ended_by) for e in world.take_ended()] == [(entrapment.lift, EndedBy.FREED)]
    assert world.report(lift_id, since_s=0.0).state is SceneState.FREED
    assert world.report(lift_id, since_s=world.clock_s).state is SceneState.NOTHING
    cleared = {t.code for t in told if t.kind is EventKind.FAULT_CLEARED}
    facts = CAUSES[cause]
    assert cleared >= {*facts.codes_at_once, *facts.codes_at_rest}
    assert not world.cars.scripted[entrapment.lift]
    assert world.cars.mode[entrapment.lift] == ServiceMode.NORMAL.code
    assert world.cars.power[entrapment.lift] == PowerSource.MAINS.code


def test_a_fault_that_passes_lets_people_out_by_itself() -> None:
    """The car recovers after its time, the people leave, and nobody needs to come any more."""
    world = world_with(Trap(at_s=1.0, cause=Cause.DRIVE_TRIP, recovers_after_s=50.0))
    entrapment, _ = until_trapped(world)

    play(world, 80.0)

    ended = world.take_ended()
    assert [e.ended_by for e in ended] == [EndedBy.SELF_FREED]
    assert ended[0].ended_s is not None
    assert 50.0 <= ended[0].ended_s - entrapment.began_s < 70.0
    assert not world.release(world.table.lift_ids[entrapment.lift])


def test_the_alarm_button_is_pressed_and_pressed_again() -> None:
    """The first press comes when planned, is seen in the samples, ends, and comes again."""
    world = world_with(first_trap(1.0))
    entrapment, _ = until_trapped(world)
    lift, seen = entrapment.lift, 0
    pressed_at: list[float] = []
    for _ in range(round(120 / STEP_S)):
        pressed = [t for t in world.step(STEP_S) if t.kind is EventKind.ALARM_PRESSED]
        pressed_at += [world.clock_s - entrapment.began_s for _ in pressed]
        button = readings(world.cars, world.table)["alarm_button"][lift]
        seen += int(button == Button.PRESSED.code)

    assert pressed_at[0] == pytest.approx(3.0, abs=2 * STEP_S)
    assert len(pressed_at) >= 2
    assert seen > 10


def test_without_a_rescue_people_stay_trapped() -> None:
    """Nobody vanishes: after five minutes the same people are inside and the report says so."""
    world = world_with(Trap(at_s=1.0, cause=Cause.MAINS_CUT))
    entrapment, _ = until_trapped(world)

    play(world, 300.0)

    assert world.cars.passengers_count[entrapment.lift] == entrapment.persons
    report = world.report(world.table.lift_ids[entrapment.lift], since_s=0.0)
    assert (report.state, report.persons) == (SceneState.TRAPPED, entrapment.persons)
    assert not world.take_ended()


def test_everyone_trapped_is_accounted_for() -> None:
    """Of many drawn traps each begins once and has ended once or is still open."""
    plan = Plan(trap_every_s=10.0, traps_max=30, visit_every_s=None)
    world = World.create(TOWN, np.random.default_rng(3), plan)
    begun: list[Entrapment] = []
    ended: list[Entrapment] = []
    for _ in range(4_000):
        world.step(STEP_S)
        begun += world.take_begun()
        ended += world.take_ended()
        for lift, entrapment in list(world.entrapments.active.items()):
            if world.clock_s - entrapment.began_s > 60:
                world.release(world.table.lift_ids[lift])

    assert len(begun) == 30
    assert {id(e) for e in begun} == {id(e) for e in [*ended, *world.entrapments.active.values()]}
    assert world.entrapments.all_over == (not world.entrapments.active)


def test_a_trap_in_a_quiet_town_still_finds_people() -> None:
    """With nobody travelling, someone calls the named lift and the trap springs on it."""
    lift = 5
    plan = Plan(
        start_hour=4.5,
        warm_up_s=0.0,
        traps=(Trap(at_s=1.0, cause=Cause.MAINS_CUT, lift=lift),),
        visit_every_s=None,
    )
    world = World.create(TOWN, np.random.default_rng(4), plan)

    entrapment, _ = until_trapped(world)

    assert entrapment.lift == lift


def test_nobody_is_to_be_freed_where_nobody_is_trapped() -> None:
    """Releasing an ordinary lift, or one that the town does not have, changes nothing."""
    world = world_with()

    assert not world.release("DEMO-001")
    assert not world.release("HAND-001")
    assert world.report("HAND-001", since_s=0.0).state is SceneState.NOTHING


def test_drawn_traps_follow_their_shares() -> None:
    """Causes come about as often as the table says; some press no button, some recover."""
    rng = np.random.default_rng(5)
    traps = [draw_trap(rng, 0.0, TrapHabits()) for _ in range(4_000)]

    for cause, facts in CAUSES.items():
        share = sum(trap.cause is cause for trap in traps) / len(traps)
        assert share == pytest.approx(facts.share, abs=0.03)
    assert sum(trap.alarm_after_s is None for trap in traps) / 4_000 == pytest.approx(0.2, abs=0.03)
    recovering = sum(trap.recovers_after_s is not None for trap in traps) / 4_000
    assert recovering == pytest.approx(0.12, abs=0.03)
