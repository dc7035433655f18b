"""The synthetic town: parties, lifts, crews and devices, in the shape `liftward fleet load` reads.

Every name is visibly synthetic and the place is open sea around 0 N, 0 E. The same generator state
gives the same document. Knows the registry's vocabulary. Must not know how a lift moves.
"""

import re
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from liftward_simulator.city.checks import check_town
from liftward_simulator.city.document import (
    Part,
    Party,
    Town,
    TownCrew,
    TownDevice,
    TownError,
    TownLift,
)
from liftward_simulator.city.geography import district_names
from liftward_simulator.city.json_lines import line_of
from liftward_simulator.city.parties import (
    Stations,
    companies,
    maintainer_id,
    make_crews,
    make_stations,
    maker_id,
    use_unit,
)
from liftward_simulator.city.parts import Parts
from liftward_simulator.city.scale import CITY_LIFTS_MIN, LIFT_COUNT_MAX, CityShape, CitySize
from liftward_simulator.city.site_types import SITE_TYPES
from liftward_simulator.city.sites import OFFICE, Sites, draw_lifts, draw_sites, draw_sizes

__all__ = [
    "EDGE_COUNT",
    "HAND_LIFT_ID",
    "LIFTS_PER_EDGE",
    "LIFT_COUNT_MAX",
    "CityShape",
    "Part",
    "Party",
    "Town",
    "TownCrew",
    "TownDevice",
    "TownError",
    "TownLift",
    "make_town",
    "read_town",
    "simulated_lift_ids",
    "town_from",
]

_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")  # of a path, as in $.lifts[3].floors_count
_BYTE = re.compile(r"\(byte (\d+)\)")

HAND_LIFT_ID = "HAND-001"  # registered, but without a simulated device: for a person to play
HAND_RESCUE_CODE = "900001"
# The contract page's hand-written messages speak of a plain lift of ten landings.
HAND_FLOORS_COUNT, HAND_RATED_SPEED_MPS = 10, 1.75
# A town shows two towers whose edges serve all their lifts; a city has its own share.
EDGE_COUNT, LIFTS_PER_EDGE = 2, 5
_LIFTS_FOR_EDGES_MIN = 20  # below, every lift has its own gateway
_CONTRACT_FROM = "2025-01-01T00:00:00Z"
# A controller's generation by the year of installation, a model's letter by its rated speed.
_GENERATIONS: tuple[tuple[str, str], ...] = (("2012", "A"), ("2018", "B"), ("9999", "C"))
_MODELS: tuple[tuple[float, str], ...] = ((1.75, "A"), (2.5, "B"), (np.inf, "C"))


def simulated_lift_ids(town: Town) -> frozenset[str]:
    """Return the lifts that have a simulated device; all others are for people to play."""
    with_device = {lift_id for device in town.devices for lift_id in device.lift_ids}
    return frozenset(with_device - {HAND_LIFT_ID})


def make_town(
    rng: np.random.Generator,
    lift_count: int,
    *,
    shape: CityShape | None = None,
    with_parts: bool = False,
) -> dict[str, Any]:
    """Return the town document with `lift_count` simulated lifts and `HAND-001`.

    Parameters
    ----------
    lift_count : int
        1 to 300,000. From 1,000 on it is a city: estates, shifts, many edges.
    shape : CityShape, optional
        How lifts are wired; without it what is usual for the size.
    with_parts : bool
        Whether each lift lists its key components; they are the same either way.

    Raises
    ------
    TownError
        When the number of lifts is not allowed.
    """
    document: dict[str, Any] = msgspec.to_builtins(
        build_town(rng, lift_count, shape=shape, with_parts=with_parts)
    )
    return document


def build_town(
    rng: np.random.Generator,
    lift_count: int,
    *,
    shape: CityShape | None = None,
    with_parts: bool = False,
) -> Town:
    """Return what `make_town` returns, as types."""
    size = CitySize.of(lift_count)
    shape = shape or CityShape.of_size(lift_count)
    stations = make_stations(rng, size)
    towers = EDGE_COUNT if shape.edge_share is None and lift_count >= _LIFTS_FOR_EDGES_MIN else 0
    kinds, counts = draw_sizes(rng, lift_count - towers * LIFTS_PER_EDGE, estates=size.is_city)
    # Last the towers, and the lift that a person plays, in a house of its own.
    kinds = np.append(kinds, [OFFICE] * (towers + 1))
    counts = np.append(counts, [LIFTS_PER_EDGE] * towers + [1])
    gateways = list(shape.gateway_shares)
    weights = np.array([shape.gateway_shares[name] for name in gateways])
    sites = draw_sites(rng, size, stations, weights / weights.sum(), (kinds, counts))
    lifts = _lifts(rng, size, stations, sites, gateways)
    if with_parts:
        lists = Parts.of(lifts).all_lists(range(len(lifts)))
        pairs = zip(lifts, lists, strict=True)
        lifts = [msgspec.structs.replace(lift, parts=parts) for lift, parts in pairs]
    use_units = [use_unit(number) for number in range(1, sites.count + 1)]
    return Town(
        parties=[*companies(size), *use_units],
        lifts=lifts,
        crews=make_crews(rng, size, stations),
        devices=_devices(rng, lifts, sites, shape, towers),
    )


def town_from(document: Any) -> Town:  # noqa: ANN401 - whatever a JSON file holds
    """Return the typed town of a document.

    Raises
    ------
    TownError
        When an entry is missing, has the wrong type or cannot be; the message says where.
    """
    try:
        town = msgspec.convert(document, Town)
    except msgspec.ValidationError as error:
        raise _no_town(error) from None
    check_town(town)
    return town


def read_town(path: Path) -> Town:
    """Read a town document from a JSON file.

    Raises
    ------
    TownError
        Naming the file, the line, the entry and what is allowed there.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise TownError(f"cannot read the town document {path}: {error.strerror}") from None
    try:
        try:
            town = msgspec.json.decode(raw, type=Town)
        except msgspec.ValidationError as error:
            raise _no_town(error) from None
        check_town(town)
    except msgspec.DecodeError as error:
        raise TownError(f"{path}, line {_broken_line(raw, error)}: not JSON: {error}") from None
    except TownError as error:
        line = line_of(raw.decode(), error.path)
        raise TownError(f"{path}, line {line}: {error}", error.path) from None
    return town


def _no_town(error: msgspec.ValidationError) -> TownError:
    """Return the complaint about a document's types, with the path msgspec names at its end."""
    message = str(error)
    steps = _STEP.findall(message.rpartition(" - at `$")[2])
    path = tuple(int(position) if position else key for key, position in steps)
    return TownError(f"not a town document: {message}", path)


def _broken_line(raw: bytes, error: msgspec.DecodeError) -> int:
    """Return where a text stops being JSON; its last line where it ends too early."""
    found = _BYTE.search(str(error))
    return raw.count(b"\n", 0, len(raw) if found is None else int(found[1])) + 1


def _lifts(
    rng: np.random.Generator,
    size: CitySize,
    stations: Stations,
    sites: Sites,
    gateways: list[str],
) -> list[TownLift]:
    """Return the lifts of all sites; the last is the one that a person plays."""
    rows = draw_lifts(rng, sites, estates=size.is_city)
    site_facts = _site_facts(size, stations, sites, gateways)
    width = 3 if size.lifts < CITY_LIFTS_MIN else 6
    lifts = []
    for index, (site, block, floors_count, speed_mps) in enumerate(
        zip(
            rows.site.tolist(),
            rows.block.tolist(),
            rows.floors_count.tolist(),
            rows.rated_speed_mps.tolist(),
            strict=True,
        )
    ):
        facts, in_blocks, maker = site_facts[site]
        name = facts["building"]
        letter = next(letter for limit_mps, letter in _MODELS if speed_mps <= limit_mps)
        entry = facts | {"building": f"{name} Block {block + 1:02d}"} if in_blocks else facts
        lifts.append(
            TownLift(
                lift_id=f"DEMO-{index + 1:0{width}d}",
                rescue_code=f"{100_001 + index}",
                registration_code=f"3110DEMO{index + 1:012d}",
                floors_count=floors_count,
                rated_speed_mps=speed_mps,
                model=f"Demo Model {maker}{letter}",
                **entry,
            )
        )
    return [*lifts[:-1], _hand_lift(lifts[-1])]


def _site_facts(
    size: CitySize, stations: Stations, sites: Sites, gateways: list[str]
) -> list[tuple[dict[str, Any], bool, int]]:
    """Return what all lifts of a site share, whether it has blocks, and its maker's number."""
    kinds = list(SITE_TYPES.items())
    districts = district_names(size.districts)
    numbers = [0] * len(kinds)
    facts: list[tuple[dict[str, Any], bool, int]] = []
    for site in range(sites.count):
        kind = int(sites.kind[site])
        name, site_type = kinds[kind]
        numbers[kind] += 1
        station, maker = int(sites.station[site]), int(sites.maker[site])
        installed_on = str(sites.installed[site])
        generation = next(letter for year, letter in _GENERATIONS if installed_on < year)
        latitude_deg, longitude_deg = sites.places[site].tolist()
        alone = site_type.in_estates and not size.is_city  # one block of an estate
        building = f"{site_type.building} Block" if alone else site_type.building
        entry = {
            "building": f"{building} {numbers[kind]:02d}",
            "address": f"{sites.house[site]} Example Street {sites.street[site]}",
            "district": districts[sites.district[site]],
            "site_type": name,
            "latitude_deg": latitude_deg,
            "longitude_deg": longitude_deg,
            "rated_load_kg": float(sites.load_kg[site]),
            "maker_id": maker_id(maker),
            "installed_on": installed_on,
            "use_unit_id": use_unit(site + 1).party_id,
            "maintainer_id": maintainer_id(int(stations.firm[station])),
            "contract_from": _CONTRACT_FROM,
            "gateway_type": gateways[int(sites.gateway[site])],
            "has_rescue_device": bool(sites.has_rescue_device[site]),
            "controller": f"Demo Controller {maker + 1}{generation}",
            "station_id": stations.ids[station],
        }
        facts.append((entry, site_type.in_estates and size.is_city, maker + 1))
    return facts


def _hand_lift(lift: TownLift) -> TownLift:
    return msgspec.structs.replace(
        lift,
        lift_id=HAND_LIFT_ID,
        rescue_code=HAND_RESCUE_CODE,
        building="Sample Workbench",
        floors_count=HAND_FLOORS_COUNT,
        rated_speed_mps=HAND_RATED_SPEED_MPS,
    )


def _devices(
    rng: np.random.Generator,
    lifts: list[TownLift],
    sites: Sites,
    shape: CityShape,
    towers: int,
) -> list[TownDevice]:
    """Return one device a lift, and the edges of the sites that have one.

    A lift behind an edge has a device too: its alarm unit, which sends events under the lift's own
    id, while the samples of its site come in the edge's batches.
    """
    devices = [
        TownDevice(device_id=lift.lift_id, kind="lift", lift_ids=[lift.lift_id]) for lift in lifts
    ]
    starts = (np.cumsum(sites.lifts_count) - sites.lifts_count).tolist()
    if shape.edge_share is None:
        chosen = list(range(sites.count - 1 - towers, sites.count - 1))
    else:
        chosen = _sites_with_edges(rng, sites, shape.edge_share)
    width = 2 if len(chosen) <= EDGE_COUNT else 5
    for site in chosen:
        end = starts[site] + int(sites.lifts_count[site])
        for start in range(starts[site], end, shape.lifts_per_edge_max):
            served = lifts[start : min(start + shape.lifts_per_edge_max, end)]
            devices.append(
                TownDevice(
                    device_id=f"EDGE-{len(devices) - len(lifts) + 1:0{width}d}",
                    kind="edge",
                    lift_ids=[lift.lift_id for lift in served],
                )
            )
    return devices


def _sites_with_edges(rng: np.random.Generator, sites: Sites, share: float) -> list[int]:
    """Return sites, estates before others, that together have `share` of the simulated lifts."""
    simulated = sites.count - 1  # without the hand-played lift's
    in_estates = np.array([kind.in_estates for kind in SITE_TYPES.values()])[sites.kind[:simulated]]
    order = np.lexsort((rng.random(simulated), ~in_estates))
    lifts_before = np.cumsum(sites.lifts_count[order]) - sites.lifts_count[order]
    wanted = share * sites.lifts_count[:simulated].sum()
    return sorted(order[lifts_before < wanted].tolist())
