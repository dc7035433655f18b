"""Scenarios made into plans for one city."""

from collections import Counter
from datetime import datetime
from typing import Any

import msgspec
import numpy as np
import pytest

from liftward_simulator.city.town import HAND_LIFT_ID, build_town
from liftward_simulator.devices.clocks import ClockKind
from liftward_simulator.devices.defects import DefectKind
from liftward_simulator.devices.outages import OutageKind
from liftward_simulator.faults.causes import CAUSES, Cause
from liftward_simulator.faults.city_events import CityEventKind
from liftward_simulator.physics.lifts import LiftTable
from liftward_simulator.scenarios import casting
from liftward_simulator.scenarios.library import load_scenario, scenario_names
from liftward_simulator.scenarios.scenario import (
    BadBatch,
    ClockError,
    Crews,
    Defect,
    Event,
    Faults,
    Gateways,
    Outage,
    Scenario,
    Weather,
)

TOWN = build_town(np.random.default_rng(1), 1_200)
TABLE = LiftTable.from_town(TOWN, np.random.default_rng(2), without=frozenset({HAND_LIFT_ID}))
CAUSE_NUMBERS = {cause: number for number, cause in enumerate(Cause)}
USUAL = Scenario(
    title="T",
    title_zh="T",
    description="D",
    description_zh="D",
    lifts=1_200,
    starts_at=datetime(2026, 4, 14),  # noqa: DTZ001 - the town's own time
)


def drawn(faults: Faults, hours: float = 24.0, **more: Any) -> Counter[Cause]:
    scenario = msgspec.structs.replace(USUAL, faults=faults, **more)
    rng = np.random.default_rng(3)
    occurrences = casting.occurrences_of(scenario, TOWN, TABLE, rng, hours)
    assert (np.diff(occurrences.at_s) >= 0).all()
    assert occurrences.count == 0 or occurrences.at_s[-1] <= hours * 3_600
    causes = tuple(Cause)
    return Counter(causes[number] for number in occurrences.cause[occurrences.traps].tolist())


def test_the_rate_factor_is_a_factor_of_the_published_rate() -> None:
    """1,200 lifts, one day, 300 times 0.065 a year: 64 entrapments expected; none at factor 0."""
    expected = 1_200 * 0.065 * 300 / 365.25

    assert 0.6 * expected < drawn(Faults(rate_factor=300.0)).total() < 1.5 * expected
    assert drawn(Faults(rate_factor=0.0)).total() == 0


def test_cause_factors_raise_one_cause_and_leave_the_others() -> None:
    """Water a hundred times as often is a hundred times as much water, not less of the rest."""
    usual = drawn(Faults(rate_factor=2_000.0))
    wet = drawn(Faults(rate_factor=2_000.0, cause_factors={Cause.WATER: 100.0}))

    assert wet[Cause.WATER] > 40 * usual[Cause.WATER] > 0
    assert abs(wet[Cause.DOOR_DEBRIS] / usual[Cause.DOOR_DEBRIS] - 1) < 0.4


def test_a_typhoon_brings_three_times_as_much() -> None:
    """The published surge of a landfall, whatever the climate draws."""
    calm, storm = (
        drawn(Faults(rate_factor=1_000.0), weather=Weather(typhoon=typhoon)).total()
        for typhoon in (False, True)
    )

    assert 2.2 < storm / calm < 4.0


def test_a_bad_batch_fails_where_it_is_fitted() -> None:
    """Entrapments of its cause are at lifts with that part, hardly ever at others."""
    batch = BadBatch(component="door_operator", cause=Cause.DOOR_OPERATOR, factor=3_000.0)
    members = casting.batch_members(batch, TOWN, TABLE)
    scenario = msgspec.structs.replace(USUAL, faults=Faults(rate_factor=10.0, bad_batch=batch))
    found = casting.occurrences_of(scenario, TOWN, TABLE, np.random.default_rng(3), 24.0)

    of_cause = found.lift[found.traps & (found.cause == CAUSE_NUMBERS[Cause.DOOR_OPERATOR])]
    assert 0 < members.size < TABLE.count / 4
    assert of_cause.size > 5
    assert np.isin(of_cause, members).mean() > 0.9


def test_the_same_seed_draws_the_same() -> None:
    """Faults, defects and clocks alike; another seed draws others."""
    scenario = msgspec.structs.replace(
        USUAL,
        faults=Faults(rate_factor=100.0),
        defects=(Defect(kind=DefectKind.LOAD_DRIFT, share=0.2, amount=7.0),),
    )
    plans = []
    for seed in (1, 1, 2):
        rng = np.random.default_rng(seed)
        found = casting.occurrences_of(scenario, TOWN, TABLE, rng, 6.0)
        options = casting.device_options(scenario, TABLE.count, TABLE.count, rng)
        plans.append((found.at_s.tobytes(), options.defects.subject.tobytes()))

    assert plans[0] == plans[1]
    assert plans[0][0] != plans[2][0]
    assert plans[0][1] != plans[2][1]


def test_defects_and_clock_errors_have_share_time_and_amount() -> None:
    """Each entry is drawn apart; what has no amount keeps its kind's usual one (NaN)."""
    scenario = msgspec.structs.replace(
        USUAL,
        defects=(
            Defect(kind=DefectKind.LOAD_OFFSET, share=0.5, from_s=10.0, to_s=20.0, amount=33.0),
            Defect(kind=DefectKind.WEDGED, share=0.1),
        ),
        clock_errors=(ClockError(kind=ClockKind.DRIFT, share=1.0, amount=9.0),),
    )
    options = casting.device_options(scenario, 1_000, 1_010, np.random.default_rng(1))

    defects, words = options.defects, list(DefectKind)
    offsets = defects.kind == words.index(DefectKind.LOAD_OFFSET)
    assert 400 < offsets.sum() < 600
    assert set(defects.amount[offsets].tolist()) == {33.0}
    assert np.isnan(defects.amount[~offsets]).all()
    assert set(defects.to_s[offsets].tolist()) == {20.0}
    assert options.clocks.subject.tolist() == list(range(1_010))


def test_outages_hit_buildings_as_a_whole() -> None:
    """All devices of a site, or none; every entry of the document."""
    sites = [np.array([0]), np.array([1, 2, 3])]
    outages = (
        Outage(kind=OutageKind.BROKER, share=1.0, from_s=5.0, to_s=9.0),
        Outage(kind=OutageKind.DARK, share=0.0),
    )
    spans = casting.outages_of(outages, sites, np.random.default_rng(1))

    assert sorted(spans.subject.tolist()) == [0, 1, 2, 3]
    assert set(spans.from_s.tolist()) == {5.0}


def test_a_regional_share_has_lists_of_both_regions() -> None:
    """The rest keeps the national list; nothing is drawn for nobody."""
    scenario = msgspec.structs.replace(USUAL, gateways=Gateways(regional_share=0.4))
    options = casting.device_options(scenario, 1_000, 1_000, np.random.default_rng(1))

    assert options.vocabularies is not None
    counts = Counter(options.vocabularies)
    assert len(counts) == 3
    assert 500 < counts["gbt24476-2017"] < 700
    assert casting.device_options(USUAL, 10, 10, np.random.default_rng(1)).vocabularies is None


def test_the_largest_firm_is_the_silent_one() -> None:
    """Its crews answer nothing; all others are as usual."""
    rng = np.random.default_rng(1)
    rescue = casting.rescue_of(Crews(silent_maintainers_count=1), TOWN, TABLE, rng, 8.0)
    firms = Counter(lift.maintainer_id for lift in TOWN.lifts)

    ((largest, _),) = firms.most_common(1)
    assert rescue.habits.of_party(largest).silent_share == 1.0
    assert [rescue.habits.of_party(firm).silent_share for firm in firms].count(1.0) == 1


def test_events_and_wiring_are_handed_on() -> None:
    """What the document says is what the world and the town are told."""
    event = Event(kind=CityEventKind.MAINS_CUT, at_s=5.0, lasting_s=6.0, share=0.3, district=2)
    (handed,) = casting.city_events((event,))
    shape = casting.shape_of(Gateways(mix={"car_top": 1.0}, edge_share=0.2), 50)

    assert (handed.kind, handed.at_s, handed.lasting_s) == (CityEventKind.MAINS_CUT, 5.0, 6.0)
    assert (handed.share, handed.district) == (0.3, 2)
    assert (shape.edge_share, shape.gateway_shares) == (0.2, {"car_top": 1.0})


@pytest.mark.parametrize("name", scenario_names())
def test_every_named_scenario_can_be_cast(name: str) -> None:
    """Its faults, devices, links and crews for a small city, in no time."""
    scenario, rng = load_scenario(name), np.random.default_rng(1)

    found = casting.occurrences_of(scenario, TOWN, TABLE, rng, scenario.hours or 1.0)
    options = casting.device_options(scenario, TABLE.count, TABLE.count, rng)
    casting.link_quality(scenario.links)

    assert found.count > 0 or scenario.faults.rate_factor < 10
    assert (len(options.defects) > 0) == bool(scenario.defects)
    assert all(cause in CAUSES for cause in scenario.faults.cause_factors)
