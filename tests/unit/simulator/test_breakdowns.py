"""Faults that trap nobody, faults drawn beforehand, and motion that nobody commands."""

import numpy as np
import pytest

from liftward_simulator.faults import scripts
from liftward_simulator.faults.breakdowns import RUN_TIME_S_MAX, RUN_TIME_S_MIN
from liftward_simulator.faults.causes import CAUSES, Cause
from liftward_simulator.faults.city_events import CityEvent, CityEventKind
from liftward_simulator.faults.happenings import Edge, TrueKind
from liftward_simulator.faults.mechanisms import Mechanism
from liftward_simulator.faults.occurrences import Occurrences
from liftward_simulator.faults.pending import PATIENCE_S
from liftward_simulator.faults.traps import Trap
from liftward_simulator.physics.cars import Phase
from liftward_simulator.world import Plan, World
from liftward_wire.messages import EventKind
from liftward_wire.states import ServiceMode
from support.troubled_worlds import STEP_S, edges, play, play_until, town_of, world_of

TOWN = town_of(30, rescue_devices=False)
DRIFT_M_MAX = 1.2  # UCM protection, EN 81-20


def occurrences_of(causes: list[Cause], *, traps: bool) -> Occurrences:
    """Return one occurrence for each cause, each at a lift of its own."""
    count = len(causes)
    return Occurrences(
        at_s=np.full(count, 1.0),
        lift=np.arange(count),
        cause=np.array([tuple(Cause).index(cause) for cause in causes], np.int16),
        traps=np.full(count, traps),
    )


def of_each_mechanism() -> list[Cause]:
    return list({facts.mechanism: cause for cause, facts in CAUSES.items()}.values())


def call_everywhere(world: World) -> None:
    """Let someone want to go up from every main landing, so that cars move."""
    for lift in range(world.table.count):
        world.cars.call(lift, int(world.table.main_floor[lift]), upward=True)


def test_faults_that_trap_nobody_begin_and_end() -> None:
    """Each mechanism strikes, is told, nobody is trapped, and all lifts serve again."""
    causes = [cause for cause in of_each_mechanism() if not CAUSES[cause].cuts_mains]
    plan = Plan(occurrences=occurrences_of(causes, traps=False), repair_s=10.0, visit_every_s=None)
    world = world_of(TOWN, plan)
    for _ in range(30):
        call_everywhere(world)
        play(world, 20.0)
    faults = edges(world.take_true_events(), TrueKind.FAULT)

    began = {name for edge, name, _ in faults if edge is Edge.BEGAN}
    # A crowd that is large enough to overload a car need not come.
    assert began | {Cause.OVERLOAD.value} == {cause.value for cause in causes}
    assert sum(edge is Edge.ENDED for edge, _, _ in faults) == len(began)
    assert not world.take_begun()
    assert np.all(world.cars.mode == ServiceMode.NORMAL.code)
    assert not world.cars.scripted.any()


def test_occurrences_that_trap_do_so_at_their_lift() -> None:
    """Each drawn entrapment begins at the lift it was drawn for, people being called if need be."""
    causes = [Cause.DOOR_DEBRIS, Cause.CONTROL_BOARD, Cause.MAINS_CUT, Cause.CONTACTOR]
    plan = Plan(occurrences=occurrences_of(causes, traps=True), visit_every_s=None)
    world = world_of(TOWN, plan)
    assert not world.entrapments.all_over
    play_until(world, lambda: len(world.entrapments.active) == len(causes), 300.0)

    found = {lift: one.trap.cause for lift, one in world.entrapments.active.items()}
    assert found == dict(enumerate(causes))


def test_a_cut_in_one_house_that_finds_nobody_is_no_fault() -> None:
    """An idle lift loses its mains and gets them back; that is told as a power cut."""
    plan = Plan(
        occurrences=occurrences_of([Cause.MAINS_CUT], traps=False),
        visit_every_s=None,
        warm_up_s=0.0,
        start_hour=4.5,
    )
    world = world_of(TOWN, plan)
    told = play(world, 20.0)

    assert [t.code for t in told if t.kind is EventKind.FAULT_RAISED] == ["41"]
    assert edges(world.take_true_events(), TrueKind.POWER_CUT) == [(Edge.BEGAN, "mains_cut", 0)]
    assert world.entrapments.all_over


def trapped_by(cause: Cause) -> tuple[World, int, list[int], list[float]]:
    """Return world and lift just after the fault has settled, with its phases and positions."""
    world = world_of(TOWN, Plan(traps=(Trap(at_s=1.0, cause=cause),), visit_every_s=None))
    play_until(world, lambda: bool(world.trouble.breakdowns.active), 300.0)
    lift = next(iter(world.trouble.breakdowns.active))
    phases, positions_m = [], []
    for _ in range(round(60.0 / STEP_S)):
        phases.append(int(world.cars.phase[lift]))
        positions_m.append(float(world.cars.position_m[lift]))
        world.step(STEP_S)
    return world, lift, phases, positions_m


def test_unintended_movement_is_stopped_by_its_protection() -> None:
    """The car leaves the landing with open doors, and stands within 1.2 m of it."""
    _, _, phases, positions_m = trapped_by(Cause.BRAKE_SLIPS)

    moved_m = abs(positions_m[-1] - positions_m[0])
    assert Phase.DRIFTING_OPEN in phases
    assert 0.35 < moved_m <= DRIFT_M_MAX
    assert phases[-1] == Phase.HELD_OPEN


def test_overspeed_trips_the_governor_and_stays_in_the_shaft() -> None:
    """The speed passes 115 % of the rated one, then the car is stopped inside the shaft."""
    world, lift, phases, positions_m = trapped_by(Cause.OVERSPEED)

    speeds_mps = np.abs(np.diff(positions_m)) / STEP_S
    assert Phase.RUNAWAY in phases
    assert 1.1 < speeds_mps.max() / world.table.speed_mps[lift] < 1.4
    top_m = (world.table.floors_count[lift] - 1) * world.table.pitch_m[lift]
    assert min(positions_m) >= 0
    assert max(positions_m) <= top_m


def test_the_run_time_limiter_waits_for_its_time() -> None:
    """The motor pulls without motion for 20 to 45 s before code 06."""
    _, _, phases, positions_m = trapped_by(Cause.ROPE_SLIP)

    stalled_s = sum(phase == Phase.STARTING for phase in phases) * STEP_S
    assert RUN_TIME_S_MIN - STEP_S <= stalled_s <= RUN_TIME_S_MAX + STEP_S
    assert len(set(positions_m)) == 1


def test_debris_makes_the_door_cycle_before_all_stops() -> None:
    """The door is tried again and again; the people are trapped when the controller gives up."""
    world = world_of(
        TOWN, Plan(traps=(Trap(at_s=1.0, cause=Cause.DOOR_DEBRIS),), visit_every_s=None)
    )
    told = []
    while not world.entrapments.active:
        told += world.step(STEP_S)
    lift = next(iter(world.entrapments.active))

    assert [t.kind for t in told if t.lift == lift] == [EventKind.DOOR_RETRY] * 5 + [
        EventKind.FAULT_RAISED
    ]
    assert world.cars.phase[lift] == Phase.HELD_AJAR


def test_repairs_take_hours_unless_a_time_is_given() -> None:
    """As in life the mean down time is about four hours; a demonstration has no time for that."""
    world = world_of(TOWN, Plan(repair_s=None, warm_up_s=0.0))
    breakdowns = world.trouble.breakdowns
    hours = [sum(breakdowns.repair_times_s()) / 3_600 for _ in range(2_000)]

    assert np.mean(hours) == pytest.approx(4.0, rel=0.1)
    breakdowns.repair_s = 7.0
    assert breakdowns.repair_times_s() == (7.0, 7.0)


def test_occurrences_of_unequal_length_are_refused() -> None:
    """Every occurrence needs a time, a lift, a cause and an outcome."""
    with pytest.raises(ValueError, match="allowed"):
        Occurrences(
            at_s=np.zeros(2),
            lift=np.zeros(1, np.int64),
            cause=np.zeros(2, np.int16),
            traps=np.zeros(2, np.bool_),
        )


def test_every_mechanism_is_played() -> None:
    """The stories above miss no mechanism."""
    assert {CAUSES[cause].mechanism for cause in of_each_mechanism()} == set(Mechanism)


def test_an_occurrence_that_finds_no_car_is_forgotten() -> None:
    """A lift that stays out of service does not trap anybody hours later."""
    occurrences = occurrences_of([Cause.DOOR_DEBRIS], traps=True)
    world = world_of(TOWN, Plan(occurrences=occurrences, visit_every_s=None))
    world.director.begin(0, scripts.repair(1e6, 1.0))
    play(world, 5.0)
    assert not world.entrapments.all_over

    world.trouble.pending.spring(1.0 + PATIENCE_S)

    assert world.entrapments.all_over


def troubled(seed: int) -> tuple[World, list[object]]:
    """Play a town in which everything happens at once; return it and all that it told."""
    plan = Plan(
        trap_every_s=15.0,
        visit_every_s=30.0,
        look_alike_factor=100.0,
        occurrences=occurrences_of(of_each_mechanism(), traps=False),
        repair_s=None,
        city_events=(
            CityEvent(kind=CityEventKind.EARTHQUAKE, at_s=40.0, lasting_s=20.0, share=0.2),
            CityEvent(kind=CityEventKind.MAINS_CUT, at_s=50.0, lasting_s=30.0, share=0.5),
            CityEvent(kind=CityEventKind.STORM_WATER, at_s=60.0, lasting_s=50.0),
        ),
    )
    world = world_of(town_of(60, rescue_devices=True), plan, seed)
    before = world.cars.persons_count - (world.cars.entered_count - world.cars.left_count)
    told: list[object] = []
    for _ in range(round(150.0 / STEP_S)):
        told += world.step(STEP_S)
        told += world.take_true_events()
        aboard = before + world.cars.entered_count - world.cars.left_count
        np.testing.assert_array_equal(aboard, world.cars.persons_count)
        for lift, entrapment in world.entrapments.active.items():
            assert world.cars.passengers_count[lift] == entrapment.persons
            if world.clock_s - entrapment.began_s > 40.0:
                world.release(world.table.lift_ids[lift])
    return world, told


def test_the_same_seed_gives_the_same_troubles_and_nobody_vanishes() -> None:
    """Everything at once, twice alike; people are conserved at every step."""
    first, second, other = troubled(1), troubled(1), troubled(2)

    assert first[1] == second[1]
    assert first[1] != other[1]
    np.testing.assert_array_equal(first[0].cars.position_m, second[0].cars.position_m)
