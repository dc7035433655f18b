"""What looks like an entrapment and is none: begins, shows, ends, and is told as true."""

from dataclasses import replace

import numpy as np
import pytest

from liftward_simulator.faults import look_alikes
from liftward_simulator.faults.happenings import Edge, TrueKind
from liftward_simulator.faults.look_alikes import LOOK_ALIKES, LookAlike
from liftward_simulator.world import Plan, World
from liftward_wire.messages import EventKind
from liftward_wire.states import ServiceMode
from support.troubled_worlds import STEP_S, edges, play, town_of, world_of

TOWN = town_of(30, rescue_devices=False)
LASTING_S = 30.0


def world_with_only(kind: LookAlike, monkeypatch: pytest.MonkeyPatch) -> World:
    """Return a quiet town in which one kind begins every few seconds and lasts half a minute."""
    rates = np.array([float(other is kind) for other in LOOK_ALIKES])
    monkeypatch.setattr(look_alikes, "_RATES", rates)
    facts = replace(LOOK_ALIKES[kind], lasting_s=(LASTING_S, LASTING_S))
    monkeypatch.setitem(LOOK_ALIKES, kind, facts)
    plan = Plan(visit_every_s=None, look_alike_factor=150.0, warm_up_s=0.0, start_hour=4.5)
    return world_of(TOWN, plan)


@pytest.mark.parametrize("kind", list(LookAlike))
def test_each_kind_begins_and_ends(kind: LookAlike, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is trapped, nobody stays inside, and the lift is in service again afterwards."""
    world = world_with_only(kind, monkeypatch)
    play(world, 60.0)
    world.trouble.look_alikes.factor = 0.0
    world.trouble.look_alikes._next_usual_s = np.inf
    play(world, 240.0)

    told = edges(world.take_true_events(), TrueKind.LOOK_ALIKE)
    began = [lift for edge, name, lift in told if edge is Edge.BEGAN and name == kind.value]
    ended = [lift for edge, name, lift in told if edge is Edge.ENDED and name == kind.value]
    assert began
    assert sorted(began, key=str) == sorted(ended, key=str)
    assert not world.take_begun()
    cars = world.cars
    assert not cars.lingering.any()
    assert not cars.staff.any()
    assert not cars.goods_kg.any()
    assert np.all(cars.door_factor == 1.0)
    assert np.all(cars.mode == ServiceMode.NORMAL.code)


@pytest.mark.parametrize(
    ("kind", "shows"),
    [
        (LookAlike.STANDING_PASSENGER, "lingering"),
        (LookAlike.CLEANER, "lingering"),
        (LookAlike.GOODS_LEFT, "goods_kg"),
        (LookAlike.ATTENDED, "goods_kg"),
        (LookAlike.INSPECTION, "staff"),
    ],
)
def test_what_is_inside_is_there_behind_shut_doors(
    kind: LookAlike, shows: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For most of the time the doors are shut, and the person or the load is in the car."""
    world = world_with_only(kind, monkeypatch)
    shut_s = 0.0
    for _ in range(round(120.0 / STEP_S)):
        world.step(STEP_S)
        inside = getattr(world.cars, shows) > 0
        shut_s += STEP_S * float((inside & world.cars.doors_closed).sum())
    assert shut_s > LASTING_S / 2


def test_a_test_call_is_told_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The device tells a test call, not an alarm."""
    told = play(world_with_only(LookAlike.TEST_CALL, monkeypatch), 60.0)

    assert {t.kind for t in told} == {EventKind.TEST_CALL}


def test_they_come_as_often_as_their_rates_say() -> None:
    """Over a city, the number of begins is near the sum of the rates, and in their proportions."""
    plan = Plan(visit_every_s=None, look_alike_factor=40.0, warm_up_s=0.0, start_hour=3.0)
    world = world_of(town_of(200, rescue_devices=False), plan)
    play(world, 200.0)
    began = [
        name
        for edge, name, _ in edges(world.take_true_events(), TrueKind.LOOK_ALIKE)
        if edge is Edge.BEGAN
    ]

    per_day = sum(facts.per_lift_day for facts in LOOK_ALIKES.values())
    expected = 40.0 * per_day * world.table.count * 200.0 / 86_400.0
    assert len(began) == pytest.approx(expected, abs=4 * expected**0.5)
