"""Wear: it drifts before it fails, is told as true, and is gone when mended."""

import numpy as np
import pytest

from liftward_simulator.faults.causes import Cause
from liftward_simulator.faults.controller import Faults
from liftward_simulator.faults.happenings import Edge, TrueKind
from liftward_simulator.faults.occurrences import Occurrences
from liftward_simulator.faults.wear import COMPONENT_OF, WEAR, Component, Wear
from liftward_simulator.world import Plan
from support.troubled_worlds import edges, play_until, town_of, world_of

DAY_S = 86_400.0
TOWN = town_of(12, rescue_devices=False)


def failure(cause: Cause, at_s: float, *, traps: bool = False) -> Occurrences:
    return Occurrences(
        at_s=np.array([at_s]),
        lift=np.array([3]),
        cause=np.array([tuple(Cause).index(cause)], np.int16),
        traps=np.array([traps]),
    )


def wear_of(cause: Cause, at_s: float) -> tuple[Wear, Faults]:
    faults = Faults(world_of(TOWN, Plan(warm_up_s=0.0)).cars)
    rng = np.random.default_rng(4)
    return Wear.leading_to(faults, failure(cause, at_s), rng, lead_factor=1.0), faults


@pytest.mark.parametrize("component", list(Component))
def test_a_component_drifts_to_its_failure(component: Component) -> None:
    """What can be measured grows from nothing to the value of the table, never back."""
    cause = next(cause for cause, worn in COMPONENT_OF.items() if worn is component)
    wear, faults = wear_of(cause, 100 * DAY_S)
    name, at_failure = next(
        (field, value)
        for field in WEAR[component].__dataclass_fields__
        if field != "lead_days" and (value := getattr(WEAR[component], field))
    )
    course = int(np.flatnonzero(np.isinf(wear.mended_s))[0])
    values = getattr(faults.cars, name)
    fresh, seen = float(values[3]), []
    for share in np.linspace(0.0, 1.0, 11):
        began_s, fails_s = wear.began_s[course], wear.fails_s[course]
        wear.advance(float(began_s + share * (fails_s - began_s)))
        seen.append(float(values[3]) - fresh)

    assert seen == sorted(seen)
    assert seen[0] == 0.0
    assert seen[-1] == pytest.approx(at_failure)


def test_one_of_two_drifts_is_mended_in_time() -> None:
    """Its begin, its half and its end are told, and what could be measured is as before."""
    wear, faults = wear_of(Cause.GUIDE_SHOE, 100 * DAY_S)
    before = faults.cars.vibration_factor.copy()
    for day in range(100 * 24):
        wear.advance(day * DAY_S / 24)
    wear.mend(3, Cause.GUIDE_SHOE)

    told = edges(faults.chronicle.take(), TrueKind.WEAR)
    assert [edge for edge, _, _ in told].count(Edge.BEGAN) == 2
    assert [edge for edge, _, _ in told].count(Edge.CHANGED) == 2
    assert [edge for edge, _, _ in told].count(Edge.ENDED) == 2
    np.testing.assert_allclose(faults.cars.vibration_factor, before, atol=1e-12)


def test_a_repair_ends_the_wear_that_led_to_the_fault() -> None:
    """The lift starts worn, fails, is repaired, and is as new."""
    occurrences = failure(Cause.DOOR_OPERATOR, 1.0, traps=True)
    plan = Plan(occurrences=occurrences, repair_s=5.0, visit_every_s=None)
    world = world_of(TOWN, plan)
    play_until(world, lambda: 3 in world.entrapments.active, 200.0)
    assert world.cars.door_factor[3] > 1.4

    world.release(world.table.lift_ids[3])
    play_until(world, lambda: not world.trouble.breakdowns.active, 60.0)

    assert world.cars.door_factor[3] == pytest.approx(1.0)


def test_nothing_wears_where_nothing_is_to_fail() -> None:
    """Without occurrences there are no courses, and advancing changes nothing."""
    faults = Faults(world_of(TOWN, Plan(warm_up_s=0.0)).cars)
    wear = Wear.leading_to(faults, Occurrences.none(), np.random.default_rng(1), lead_factor=1.0)
    wear.advance(0.0)

    assert wear.live.size == 0
    assert np.all(faults.cars.door_factor == 1.0)
