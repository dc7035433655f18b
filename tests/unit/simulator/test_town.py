"""The synthetic town document."""

import json
from collections import Counter
from pathlib import Path

import msgspec
import numpy as np
import pytest

from liftward_simulator.city.town import (
    HAND_LIFT_ID,
    LIFTS_PER_EDGE,
    TownError,
    make_town,
    read_town,
    simulated_lift_ids,
    town_from,
)
from liftward_wire.topics import DEVICE_ID


def test_the_same_seed_gives_the_same_document() -> None:
    """Two towns from equal generators are byte for byte the same JSON; another seed differs."""
    first, second, other = (make_town(np.random.default_rng(seed), 200) for seed in (4, 4, 5))

    assert json.dumps(first) == json.dumps(second)
    assert json.dumps(first) != json.dumps(other)


@pytest.mark.parametrize("lift_count", [1, 10, 20, 200])
def test_a_town_has_the_lifts_asked_for_and_one_to_play_with(lift_count: int) -> None:
    """Lifts are numbered without gaps and HAND-001 is registered besides."""
    town = town_from(make_town(np.random.default_rng(1), lift_count))

    ids = [lift.lift_id for lift in town.lifts]
    assert ids == [f"DEMO-{i:03d}" for i in range(1, lift_count + 1)] + [HAND_LIFT_ID]
    assert len({lift.rescue_code for lift in town.lifts}) == len(ids)


def test_references_hold_and_ids_are_the_contracts() -> None:
    """Every lift, crew and device names parties and lifts that exist, with ids of the contract."""
    town = town_from(make_town(np.random.default_rng(2), 200))
    kinds = {party.party_id: party.kind for party in town.parties}

    for lift in town.lifts:
        assert kinds[lift.maker_id] == "maker"
        assert kinds[lift.maintainer_id] == "maintainer"
        assert kinds[lift.use_unit_id] == "use_unit"
        assert 2 <= lift.floors_count <= 60
        assert 0.5 <= lift.rated_speed_mps <= 8.0
        assert lift.gateway_type == "full"
        assert max(abs(lift.latitude_deg), abs(lift.longitude_deg)) < 0.1
    crews = Counter(crew.party_id for crew in town.crews)
    for party_id, kind in kinds.items():
        if kind in {"maintainer", "rescue_station", "public_rescue"}:
            assert crews[party_id] >= 1
        if kind == "maintainer":
            assert 2 <= crews[party_id] <= 4
    assert all(DEVICE_ID.fullmatch(device.device_id) for device in town.devices)


def test_two_edges_serve_five_lifts_each() -> None:
    """The edges' lifts are whole towers, and each lift still has its own alarm device."""
    town = town_from(make_town(np.random.default_rng(3), 200))
    building_of = {lift.lift_id: lift.building for lift in town.lifts}

    edges = [device for device in town.devices if device.kind == "edge"]
    assert [len(edge.lift_ids) for edge in edges] == [LIFTS_PER_EDGE, LIFTS_PER_EDGE]
    assert all(len({building_of[lift_id] for lift_id in edge.lift_ids}) == 1 for edge in edges)
    assert {d.device_id for d in town.devices if d.kind == "lift"} == set(building_of)


def test_a_town_without_new_keys_is_read() -> None:
    """A document from before shifts, gateways and stations loads with what was usual then."""
    document = make_town(np.random.default_rng(1), 3)
    for key in ("gateway_type", "has_rescue_device", "controller", "station_id", "parts"):
        del document["lifts"][0][key]
    del document["crews"][0]["shift"], document["crews"][0]["station_id"]

    town = town_from(document)

    assert town.lifts[0].gateway_type == "full"
    assert not town.lifts[0].has_rescue_device
    assert town.crews[0].shift == "always"


def test_most_lifts_are_residential() -> None:
    """Site types follow the published shares: about 70 % of the lifts stand in homes."""
    town = town_from(make_town(np.random.default_rng(4), 2_000))

    share = Counter(lift.site_type for lift in town.lifts)["residential"] / len(town.lifts)
    assert 0.6 < share < 0.8


def test_a_wrong_document_is_refused_with_the_place(tmp_path: Path) -> None:
    """A missing field is named, and so is a file that is no JSON."""
    document = make_town(np.random.default_rng(1), 1)
    del document["lifts"][0]["floors_count"]
    broken = tmp_path / "town.json"
    broken.write_bytes(b"{")

    with pytest.raises(TownError, match=r"floors_count.*\$\.lifts\[0\]"):
        town_from(document)
    with pytest.raises(TownError, match=r"town\.json"):
        read_town(broken)
    with pytest.raises(TownError, match="allowed: 1 to"):
        make_town(np.random.default_rng(1), 0)


def test_a_document_written_is_read_again(tmp_path: Path) -> None:
    """A town survives the way through a JSON file."""
    document = make_town(np.random.default_rng(1), 12)
    file = tmp_path / "town.json"
    file.write_bytes(msgspec.json.encode(document))

    assert read_town(file) == town_from(document)


def test_a_lift_is_simulated_when_it_has_a_simulated_device() -> None:
    """All lifts of a made town but the one that a person plays."""
    town = town_from(make_town(np.random.default_rng(1), 30))

    assert simulated_lift_ids(town) == {f"DEMO-{i:03d}" for i in range(1, 31)}
