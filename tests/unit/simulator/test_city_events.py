"""City events beyond mains cuts: earthquake, storm water, a day of maintenance."""

import numpy as np
import pytest

from liftward_simulator.faults.causes import Cause
from liftward_simulator.faults.city_events import CityEvent, CityEventKind
from liftward_simulator.faults.happenings import Edge, TrueKind
from liftward_simulator.faults.look_alikes import LookAlike
from liftward_simulator.world import Plan, World
from liftward_wire.states import ServiceMode
from support.troubled_worlds import edges, play, town_of, world_of

TOWN = town_of(120, rescue_devices=False)


def world_with(event: CityEvent) -> World:
    return world_of(TOWN, Plan(visit_every_s=None, city_events=(event,), start_hour=18.5))


def test_an_earthquake_sends_all_cars_to_a_landing() -> None:
    """All lifts are in earthquake mode (47), empty but for those that were derailed."""
    world = world_with(CityEvent(kind=CityEventKind.EARTHQUAKE, at_s=1.0, lasting_s=60.0))
    told = play(world, 45.0)
    cars = world.cars

    assert {t.code for t in told if t.mode is ServiceMode.EARTHQUAKE} == {"47"}
    derailed = {e.lift for e in world.take_begun()}
    whole = [lift for lift in range(world.table.count) if lift not in derailed]
    assert np.all(cars.mode[whole] == ServiceMode.EARTHQUAKE.code)
    assert np.all(cars.passengers_count[whole] == 0)
    assert all(world.entrapments.active[lift].trap.cause is Cause.EARTHQUAKE for lift in derailed)


def test_a_district_is_hit_and_the_others_are_not() -> None:
    """A share of 1 of one district hits its lifts only; begin and end are told with the count."""
    event = CityEvent(kind=CityEventKind.MAINS_CUT, at_s=1.0, lasting_s=20.0, district=0)
    world = world_with(event)
    play(world, 1.2)

    inside = world.table.district == 0
    assert inside.any()
    assert not inside.all()
    np.testing.assert_array_equal(world.faults.dark, inside)
    play(world, 25.0)
    events = world.take_true_events()
    assert edges(events, TrueKind.CITY_EVENT) == [
        (Edge.BEGAN, "mains_cut", None),
        (Edge.ENDED, "mains_cut", None),
    ]
    began = next(event for event in events if event.kind is TrueKind.CITY_EVENT)
    assert began.lifts_count == inside.sum()


def test_storm_water_breaks_some_lifts() -> None:
    """Faults of this cause begin in the course of the storm, not all at once."""
    world = world_with(CityEvent(kind=CityEventKind.STORM_WATER, at_s=1.0, lasting_s=100.0))
    play(world, 200.0)
    faults = [e for e in world.take_true_events() if e.kind is TrueKind.FAULT]

    assert {event.cause for event in faults} == {Cause.WATER}
    assert len({event.at_s for event in faults if event.edge is Edge.BEGAN}) > 1


def test_a_maintenance_day_brings_inspections() -> None:
    """Lifts of the share are visited, and say so by their mode (43)."""
    event = CityEvent(kind=CityEventKind.MAINTENANCE_DAY, at_s=1.0, lasting_s=60.0, share=0.5)
    world = world_with(event)
    told = play(world, 100.0)

    visits = edges(world.take_true_events(), TrueKind.LOOK_ALIKE)
    assert {name for _, name, _ in visits} == {LookAlike.INSPECTION.value}
    assert len(visits) > world.table.count / 4
    assert {t.code for t in told if t.mode is ServiceMode.INSPECTION} == {"43"}
    assert not world.take_begun()


@pytest.mark.parametrize(("at_s", "lasting_s"), [(-1.0, 5.0), (0.0, 0.0)])
def test_impossible_times_are_refused(at_s: float, lasting_s: float) -> None:
    """An event before the begin, or of no length, raises and says what is allowed."""
    with pytest.raises(ValueError, match="allowed"):
        CityEvent(kind=CityEventKind.EARTHQUAKE, at_s=at_s, lasting_s=lasting_s)


def test_a_share_above_one_is_refused() -> None:
    """A share is between 0 and 1."""
    with pytest.raises(ValueError, match="allowed: 0 to 1"):
        CityEvent(kind=CityEventKind.EARTHQUAKE, at_s=0.0, lasting_s=1.0, share=1.5)
