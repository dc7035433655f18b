"""Entrapments: how they look from outside, and how each one ends."""

from collections import Counter

import numpy as np
import pytest

from liftward_simulator.city.town import make_town, town_from
from liftward_simulator.devices.readings import readings
from liftward_simulator.faults.causes import CAUSES, Cause
from liftward_simulator.faults.controller import Happening
from liftward_simulator.faults.happenings import Edge, TrueKind
from liftward_simulator.faults.mechanisms import Mechanism, Place
from liftward_simulator.faults.traps import (
    Behaviour,
    EndedBy,
    Entrapment,
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
DOORS = {
    Mechanism.DOOR_WILL_NOT_CLOSE: DoorState.FAULT,
    Mechanism.UNINTENDED_MOVEMENT: DoorState.OPEN,
}
MODES = {Mechanism.CONTROLLER_CRASH: ServiceMode.UNKNOWN}


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


def one_cause_of_each_mechanism() -> list[Cause]:
    by_mechanism = {facts.mechanism: cause for cause, facts in CAUSES.items()}
    assert set(by_mechanism) == set(Mechanism)
    return list(by_mechanism.values())


@pytest.mark.parametrize("cause", one_cause_of_each_mechanism())
def test_trapped_people_are_visible_as_the_physics_says(cause: Cause) -> None:
    """The car rests, occupied, off level or at a landing; door, mode, codes and power tell why."""
    world = world_with(Trap(at_s=1.0, cause=cause))
    entrapment, told = until_trapped(world)
    told += play(world, 60.0)
    now = readings(world.cars, world.table)
    lift, facts = entrapment.lift, CAUSES[cause]

    assert now["car_door"][lift] == DOORS.get(facts.mechanism, DoorState.CLOSED).code
    assert now["occupancy"][lift] == Occupancy.OCCUPIED.code
    assert now["speed_mps"][lift] == 0
    assert now["service_mode"][lift] == MODES.get(facts.mechanism, ServiceMode.NORMAL).code
    assert now["load_kg"][lift] == 75 * entrapment.persons
    zone = DoorZone.INSIDE if facts.place is Place.AT_LEVEL else DoorZone.OUTSIDE
    assert now["door_zone"][lift] == zone.code
    chain_open = facts.breaks_chain or facts.mechanism is Mechanism.DOOR_WILL_NOT_CLOSE
    assert (now["safety_chain"][lift] == Circuit.OPEN.code) == chain_open
    assert (now["power_source"][lift] == PowerSource.BATTERY.code) == facts.cuts_mains
    codes = [t.code for t in told if t.lift == lift and t.kind is EventKind.FAULT_RAISED]
    assert codes == [*facts.codes_at_once, *facts.codes_at_rest]


@pytest.mark.parametrize("cause", one_cause_of_each_mechanism())
def test_a_rescue_frees_everybody_and_gives_the_lift_back(cause: Cause) -> None:
    """Released people leave through open doors at a landing; codes clear; the lift serves again."""
    world = world_with(Trap(at_s=1.0, cause=cause))
    entrapment, told = until_trapped(world)
    lift, lift_id = entrapment.lift, world.table.lift_ids[entrapment.lift]
    told += play(world, 60.0)

    assert world.release(lift_id)
    told += play(world, 60.0)

    assert [(e.lift, e.ended_by) for e in world.take_ended()] == [(lift, EndedBy.FREED)]
    assert world.report(lift_id, since_s=0.0).state is SceneState.FREED
    assert world.report(lift_id, since_s=world.clock_s).state is SceneState.NOTHING
    raised, cleared = (
        {t.code for t in told if t.lift == lift and t.kind is kind}
        for kind in (EventKind.FAULT_RAISED, EventKind.FAULT_CLEARED)
    )
    assert raised == cleared
    assert not world.cars.scripted[lift]
    assert world.cars.mode[lift] == ServiceMode.NORMAL.code
    assert world.cars.power[lift] == PowerSource.MAINS.code
    true = [(e.edge, e.name) for e in world.take_true_events() if e.kind is TrueKind.FAULT]
    assert true == [(Edge.BEGAN, cause.value), (Edge.ENDED, cause.value)]


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
    """Causes come about as often as the table says; people behave as the habits say."""
    rng, count = np.random.default_rng(5), 4_000
    habits = TrapHabits(recovers_share=0.12, pries_share=0.0)
    traps = [draw_trap(rng, 0.0, habits) for _ in range(count)]

    for cause, facts in CAUSES.items():
        share = sum(trap.cause is cause for trap in traps) / count
        assert share == pytest.approx(facts.share, abs=0.03)
    behaviours = Counter(trap.behaviour for trap in traps)
    assert behaviours[Behaviour.PRESSES] / count == pytest.approx(0.8, abs=0.03)
    assert behaviours[Behaviour.SILENT] / count == pytest.approx(0.05, abs=0.02)
    recovering = sum(trap.recovers_after_s is not None for trap in traps) / count
    assert recovering == pytest.approx(0.13, abs=0.03)


def test_people_pry_the_doors_only_where_a_landing_is() -> None:
    """At a landing they get out by themselves; between floors they stay."""
    for cause, freed in ((Cause.DOOR_OPERATOR, True), (Cause.DRIVE_TRIP, False)):
        world = world_with(Trap(at_s=1.0, cause=cause, pries_after_s=20.0))
        entrapment, _ = until_trapped(world)
        play(world, 60.0)

        assert entrapment.behaviour is Behaviour.PRIES
        assert (entrapment.ended_by is EndedBy.SELF_FREED) == freed
        assert world.cars.mode[entrapment.lift] != ServiceMode.NORMAL.code or not freed


def test_nobody_vanishes_whatever_happens() -> None:
    """At every step, entered less left is who is aboard; every trapped person is accounted for."""
    plan = Plan(trap_every_s=15.0, visit_every_s=30.0, look_alike_factor=200.0)
    world = World.create(TOWN, np.random.default_rng(8), plan)
    before = world.cars.persons_count - (world.cars.entered_count - world.cars.left_count)
    for _ in range(1_500):
        world.step(STEP_S)
        cars = world.cars
        aboard = before + cars.entered_count - cars.left_count
        np.testing.assert_array_equal(aboard, cars.persons_count)
        for lift, entrapment in list(world.entrapments.active.items()):
            assert cars.passengers_count[lift] == entrapment.persons
            if world.clock_s - entrapment.began_s > 60:
                world.release(world.table.lift_ids[lift])
    assert len(world.entrapments.ended) > 3
