"""The town document at the size of a city."""

from collections import Counter
from typing import Any

import numpy as np
import pytest

from liftward_simulator.city.checks import check_town
from liftward_simulator.city.document import Town, TownLift
from liftward_simulator.city.scale import CITY_GATEWAY_SHARES, CityShape, CitySize
from liftward_simulator.city.town import HAND_LIFT_ID, TownError, build_town

LIFT_COUNT = 6_000


@pytest.fixture(scope="module")
def city() -> Town:
    return build_town(np.random.default_rng(7), LIFT_COUNT)


def simulated(town: Town) -> list[TownLift]:
    return [lift for lift in town.lifts if lift.lift_id != HAND_LIFT_ID]


def test_a_city_is_a_town_that_can_be(city: Town) -> None:
    """Every check of a document that is read holds for one that is made; ids have six digits."""
    check_town(city)

    assert [city.lifts[0].lift_id, city.lifts[-2].lift_id] == ["DEMO-000001", "DEMO-006000"]
    assert len(simulated(city)) == LIFT_COUNT


def test_the_same_seed_gives_the_same_city(city: Town) -> None:
    """Byte for byte; another seed another city."""
    assert build_town(np.random.default_rng(7), LIFT_COUNT) == city
    assert build_town(np.random.default_rng(8), LIFT_COUNT).lifts != city.lifts


def test_companies_grow_as_published() -> None:
    """Rizhao: 52 firms, 22 public stations; Nanjing: 149 firms, 110,989 lifts on 6,587 km2."""
    rizhao, nanjing, nanjing_2023 = (CitySize.of(count) for count in (12_277, 84_363, 110_989))

    assert rizhao.maintainers == pytest.approx(52, rel=0.1)
    assert rizhao.rescue_stations == pytest.approx(22, rel=0.1)
    assert rizhao.maintenance_stations == pytest.approx(103, rel=0.25)
    assert nanjing.maintainers == pytest.approx(149, rel=0.1)
    area_km2 = np.pi * (nanjing_2023.radius_deg * 111.195) ** 2
    assert area_km2 == pytest.approx(6_587, rel=0.05)
    assert CitySize.of(200).radius_deg == 0.06
    assert CitySize.of(300_000).radius_deg < 1.0


def test_ages_and_use_units_are_as_published(city: Town) -> None:
    """About 7.4 % have served more than 15 years; a use unit has some eight lifts."""
    years = np.array([int(lift.installed_on[:4]) for lift in simulated(city)])

    assert np.mean(years < 2011) == pytest.approx(0.074, abs=0.01)
    use_units = len({lift.use_unit_id for lift in simulated(city)})
    assert 6 <= LIFT_COUNT / use_units <= 12


def test_tall_buildings_have_fast_lifts(city: Town) -> None:
    """Heights reach from 2 to over 50 landings, and rated speed follows height within a type."""
    homes = [lift for lift in simulated(city) if lift.site_type == "residential"]
    floors = np.array([lift.floors_count for lift in homes])
    speeds = np.array([lift.rated_speed_mps for lift in homes])

    assert min(lift.floors_count for lift in city.lifts) == 2
    assert max(lift.floors_count for lift in city.lifts) > 45
    order = np.argsort(floors, kind="stable")
    assert np.all(np.diff(speeds[order]) >= 0)


def test_estates_have_many_blocks_of_a_few_lifts(city: Town) -> None:
    """Homes stand in estates under one property manager; a block has one to four lifts."""
    blocks = Counter((x.use_unit_id, x.building) for x in city.lifts if "Block" in x.building)
    estates = Counter(use_unit_id for use_unit_id, _ in blocks)

    assert {lift.site_type for lift in city.lifts if "Block" in lift.building} == {"residential"}
    assert max(blocks.values()) <= 4
    assert np.mean(list(estates.values())) > 5


def test_newer_lifts_have_rescue_devices_more_often(city: Town) -> None:
    """The share falls with age."""
    lifts = simulated(city)
    old, new = (
        np.mean([lift.has_rescue_device for lift in lifts if (lift.installed_on > "2021") is young])
        for young in (False, True)
    )

    assert new > old + 0.1


def test_crews_work_in_shifts_and_public_rescue_always(city: Town) -> None:
    """Each station has a crew by day and one by night."""
    shifts = Counter((crew.station_id, crew.shift) for crew in city.crews)
    stations = {lift.station_id for lift in city.lifts}

    assert all(shifts[station, "day"] == shifts[station, "night"] == 1 for station in stations)
    public = [crew for crew in city.crews if crew.party_id == "public-rescue"]
    assert len(public) >= 2
    assert {crew.shift for crew in public} == {"always"}


def test_a_lift_is_looked_after_by_a_station_of_its_maintainer(city: Town) -> None:
    """The station's name begins with its firm's, and the firm's crews stand by there."""
    party_of_station = {crew.station_id: crew.party_id for crew in city.crews}

    assert all(party_of_station[lift.station_id] == lift.maintainer_id for lift in city.lifts)


def test_edges_serve_the_share_asked_for() -> None:
    """The share of lifts behind edges and the lifts of one edge are what the shape says."""
    shape = CityShape(edge_share=0.8, lifts_per_edge_max=40, gateway_shares={"car_top": 1.0})

    town = build_town(np.random.default_rng(1), 3_000, shape=shape)

    check_town(town)
    edges = [device.lift_ids for device in town.devices if device.kind == "edge"]
    assert sum(map(len, edges)) / 3_000 == pytest.approx(0.8, abs=0.04)
    assert max(map(len, edges)) <= 40
    assert {lift.gateway_type for lift in town.lifts} == {"car_top"}
    use_unit_of = {lift.lift_id: lift.use_unit_id for lift in town.lifts}
    assert all(len({use_unit_of[lift_id] for lift_id in edge}) == 1 for edge in edges)


def test_a_city_has_a_mixture_of_gateways(city: Town) -> None:
    """Every type is there, in about its share."""
    counts = Counter(lift.gateway_type for lift in simulated(city))

    for name, share in CITY_GATEWAY_SHARES.items():
        assert counts[name] / LIFT_COUNT == pytest.approx(share, abs=0.02)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"edge_share": 1.2}, "edge share is 1.2; allowed: 0 to 1"),
        ({"lifts_per_edge_max": 101}, "lifts per edge is 101; allowed: 1 to 100"),
        ({"gateway_shares": {"full": 0.5}}, "allowed: 0 or more, sum 1"),
    ],
)
def test_an_impossible_shape_is_refused(arguments: dict[str, Any], message: str) -> None:
    """The message names the value and what is allowed."""
    with pytest.raises(TownError, match=message):
        CityShape(**arguments)
