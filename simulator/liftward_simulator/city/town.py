"""The synthetic town: parties, lifts, crews and devices, in the shape `liftward fleet load` reads.

Every name is visibly synthetic and the place is open sea around 0 N, 0 E. The same generator state
gives the same document. Knows the registry's vocabulary. Must not know how a lift moves.
"""

from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np

HAND_LIFT_ID = "HAND-001"  # registered, but without a simulated device: for a person to play
LIFT_COUNT_MAX = 300_000  # one large city
MAKER_COUNT, MAINTAINER_COUNT, STATION_COUNT = 5, 6, 4
EDGE_COUNT, LIFTS_PER_EDGE = 2, 5
_LIFTS_FOR_EDGES_MIN = 20  # below, every lift has its own gateway
TOWN_RADIUS_DEG = 0.06  # about 6.7 km: a trip across takes a crew well under 30 minutes
RATED_SPEEDS_MPS = (1.0, 1.5, 1.75, 2.0, 2.5, 4.0)
# Residential share of entrapments 69 to 74 %, public places 13.2, hospitals 4.4, hotels 3.2,
# offices 2.3 (Qinghai AMR circular H1 2023, Nanjing bulletins); the rest is shared out.
SITE_SHARES: dict[str, float] = {
    "residential": 0.70,
    "public": 0.12,
    "hospital": 0.044,
    "hotel": 0.032,
    "office": 0.044,
    "shop": 0.04,
    "industrial": 0.02,
}
_BUILDING_NAMES = {
    "residential": "Sample Gardens Block",
    "public": "Sample Hall",
    "hospital": "Sample Hospital Wing",
    "hotel": "Sample Hotel",
    "office": "Sample Tower",
    "shop": "Sample Mall",
    "industrial": "Sample Works",
}
_DISTRICTS = ("North", "East", "South", "West")


class TownError(ValueError):
    """The town document is not one: the message names the entry and what is expected."""


class Party(msgspec.Struct, frozen=True, kw_only=True):
    party_id: str
    kind: Literal["maker", "maintainer", "use_unit", "rescue_station", "public_rescue", "regulator"]
    name: str
    phone: str | None = None


class TownLift(msgspec.Struct, frozen=True, kw_only=True):
    lift_id: str
    rescue_code: str
    registration_code: str
    building: str
    address: str
    district: str
    site_type: str
    latitude_deg: float
    longitude_deg: float
    floors_count: int
    rated_speed_mps: float
    rated_load_kg: float
    maker_id: str
    model: str
    installed_on: str
    use_unit_id: str
    maintainer_id: str
    contract_from: str


class TownCrew(msgspec.Struct, frozen=True, kw_only=True):
    crew_id: str
    party_id: str
    name: str
    phone: str | None
    base_latitude_deg: float
    base_longitude_deg: float


class TownDevice(msgspec.Struct, frozen=True, kw_only=True):
    device_id: str
    kind: Literal["lift", "edge"]
    lift_ids: list[str]


class Town(msgspec.Struct, frozen=True, kw_only=True):
    """The whole document; unknown keys are ignored, so that a newer document still loads."""

    parties: list[Party]
    lifts: list[TownLift]
    crews: list[TownCrew]
    devices: list[TownDevice]


def simulated_lift_ids(town: Town) -> frozenset[str]:
    """Return the lifts that have a simulated device; all others are for people to play."""
    with_device = {lift_id for device in town.devices for lift_id in device.lift_ids}
    return frozenset(with_device - {HAND_LIFT_ID})


def make_town(rng: np.random.Generator, lift_count: int) -> dict[str, Any]:
    """Return the town document with `lift_count` simulated lifts and `HAND-001`."""
    if not 1 <= lift_count <= LIFT_COUNT_MAX:
        raise TownError(f"lift count is {lift_count}; allowed: 1 to {LIFT_COUNT_MAX}")
    lifts, use_units = _lifts(rng, lift_count)
    town = Town(
        parties=[*_companies(), *use_units], lifts=lifts, crews=_crews(rng), devices=_devices(lifts)
    )
    document: dict[str, Any] = msgspec.to_builtins(town)
    return document


def town_from(document: Any) -> Town:  # noqa: ANN401 - whatever a JSON file holds
    """Return the typed town of a document.

    Raises
    ------
    TownError
        When an entry is missing or has the wrong type; the message says where.
    """
    try:
        return msgspec.convert(document, Town)
    except msgspec.ValidationError as error:
        raise TownError(f"not a town document: {error}") from None


def read_town(path: Path) -> Town:
    """Read a town document from a JSON file."""
    try:
        return town_from(msgspec.json.decode(path.read_bytes()))
    except (OSError, msgspec.DecodeError) as error:
        raise TownError(f"cannot read the town document {path}: {error}") from None


def _phone(number: int) -> str:
    return f"+86-000-{number // 10_000:04d}-{number % 10_000:04d}"


def _companies() -> list[Party]:
    makers = [
        Party(
            party_id=f"maker-{i:02d}", kind="maker", name=f"Demo Maker {i}", phone=_phone(100 + i)
        )
        for i in range(1, MAKER_COUNT + 1)
    ]
    maintainers = [
        Party(
            party_id=f"maintainer-{i:02d}",
            kind="maintainer",
            name=f"Demo Maintainer {i}",
            phone=_phone(200 + i),
        )
        for i in range(1, MAINTAINER_COUNT + 1)
    ]
    stations = [
        Party(
            party_id=f"station-{i:02d}",
            kind="rescue_station",
            name=f"Demo Rescue Station {i}",
            phone=_phone(300 + i),
        )
        for i in range(1, STATION_COUNT + 1)
    ]
    public = Party(
        party_id="public-rescue", kind="public_rescue", name="Demo Public Rescue", phone=_phone(119)
    )
    return [*makers, *maintainers, *stations, public]


def _place(rng: np.random.Generator) -> tuple[float, float]:
    """Return latitude and longitude in the town, six decimals (a tenth of a metre)."""
    radius = TOWN_RADIUS_DEG * float(np.sqrt(rng.random()))
    angle = 2 * np.pi * rng.random()
    return round(radius * float(np.cos(angle)), 6), round(radius * float(np.sin(angle)), 6)


def _district(latitude_deg: float, longitude_deg: float) -> str:
    if abs(latitude_deg) >= abs(longitude_deg):
        name = _DISTRICTS[0] if latitude_deg >= 0 else _DISTRICTS[2]
    else:
        name = _DISTRICTS[1] if longitude_deg >= 0 else _DISTRICTS[3]
    return f"Example District {name}"


def _lifts(rng: np.random.Generator, lift_count: int) -> tuple[list[TownLift], list[Party]]:
    edge_lifts = EDGE_COUNT * LIFTS_PER_EDGE if lift_count >= _LIFTS_FOR_EDGES_MIN else 0
    lifts: list[TownLift] = []
    use_units: list[Party] = []
    names_used: dict[str, int] = {}
    while len(lifts) < lift_count:
        singles_left = lift_count - edge_lifts - len(lifts)
        if singles_left > 0:
            site_type = str(rng.choice(list(SITE_SHARES), p=list(SITE_SHARES.values())))
            size = min(int(rng.integers(1, 5)), singles_left)
        else:
            site_type, size = "office", LIFTS_PER_EDGE  # a tower whose edge serves all its lifts
        names_used[site_type] = names_used.get(site_type, 0) + 1
        building = f"{_BUILDING_NAMES[site_type]} {names_used[site_type]:02d}"
        numbers = range(len(lifts) + 1, len(lifts) + size + 1)
        use_units.append(_use_unit(len(use_units) + 1))
        lifts += _building(rng, building, site_type, use_units[-1].party_id, numbers)
    use_units.append(_use_unit(len(use_units) + 1))
    hand = _building(rng, "Sample Workbench", "office", use_units[-1].party_id, range(1))[0]
    # The contract page's hand-written messages speak of a plain lift of ten landings.
    lifts.append(
        msgspec.structs.replace(
            hand, lift_id=HAND_LIFT_ID, rescue_code="900001", floors_count=10, rated_speed_mps=1.75
        )
    )
    return lifts, use_units


def _use_unit(number: int) -> Party:
    return Party(
        party_id=f"use-unit-{number:03d}",
        kind="use_unit",
        name=f"Demo Property Manager {number:03d}",
        phone=_phone(10_000 + number),
    )


def _building(
    rng: np.random.Generator, building: str, site_type: str, use_unit_id: str, numbers: range
) -> list[TownLift]:
    """Return the lifts of one building: one address, one height, one maker, one maintainer."""
    latitude_deg, longitude_deg = _place(rng)
    district = _district(latitude_deg, longitude_deg)
    floors_count = _floors_count(rng, site_type)
    # Taller houses have quicker lifts: the smallest rated speed that climbs it in about 25 s.
    wanted_mps = (floors_count - 1) * 3.0 / 25
    rated_speed_mps = next((s for s in RATED_SPEEDS_MPS if s >= wanted_mps), RATED_SPEEDS_MPS[-1])
    maker = int(rng.integers(1, MAKER_COUNT + 1))
    maintainer = int(rng.integers(1, MAINTAINER_COUNT + 1))
    installed_on = f"{rng.integers(2004, 2024)}-{rng.integers(1, 13):02d}-{rng.integers(1, 28):02d}"
    street, house = int(rng.integers(1, 40)), int(rng.integers(1, 300))
    return [
        TownLift(
            lift_id=f"DEMO-{number:03d}",
            rescue_code=f"{100_000 + number}",
            registration_code=f"3110DEMO{number:012d}",
            building=building,
            address=f"{house} Example Street {street}",
            district=district,
            site_type=site_type,
            latitude_deg=latitude_deg,
            longitude_deg=longitude_deg,
            floors_count=floors_count,
            rated_speed_mps=rated_speed_mps,
            rated_load_kg=1_600.0 if site_type in {"hospital", "industrial"} else 1_000.0,
            maker_id=f"maker-{maker:02d}",
            model=f"Demo Model {maker}{'ABC'[number % 3]}",
            installed_on=installed_on,
            use_unit_id=use_unit_id,
            maintainer_id=f"maintainer-{maintainer:02d}",
            contract_from="2025-01-01T00:00:00Z",
        )
        for number in numbers
    ]


def _floors_count(rng: np.random.Generator, site_type: str) -> int:
    low, high = {
        "residential": (6, 33),
        "office": (8, 33),
        "hotel": (5, 25),
        "hospital": (4, 18),
    }.get(site_type, (2, 6))
    return int(rng.integers(low, high + 1))


def _crews(rng: np.random.Generator) -> list[TownCrew]:
    """Return two to four crews of each maintainer, one of each station, two of public rescue."""
    counts = {
        f"maintainer-{i:02d}": int(rng.integers(2, 5)) for i in range(1, MAINTAINER_COUNT + 1)
    }
    counts |= {f"station-{i:02d}": 1 for i in range(1, STATION_COUNT + 1)}
    counts["public-rescue"] = 2
    crews: list[TownCrew] = []
    for party_id, count in counts.items():
        for number in range(1, count + 1):
            latitude_deg, longitude_deg = _place(rng)
            crews.append(
                TownCrew(
                    crew_id=f"crew-{party_id}-{number}",
                    party_id=party_id,
                    name=f"Demo Crew {party_id} {number}",
                    phone=_phone(500_000 + len(crews)),
                    base_latitude_deg=latitude_deg,
                    base_longitude_deg=longitude_deg,
                )
            )
    return crews


def _devices(lifts: list[TownLift]) -> list[TownDevice]:
    """Return one device a lift, and an edge for each of the last towers.

    A lift behind an edge has a device too: its alarm unit, which sends events under the lift's own
    id, while the samples of its building come in the edge's batches.
    """
    devices = [
        TownDevice(device_id=lift.lift_id, kind="lift", lift_ids=[lift.lift_id]) for lift in lifts
    ]
    simulated = [lift.lift_id for lift in lifts if lift.lift_id != HAND_LIFT_ID]
    if len(simulated) >= _LIFTS_FOR_EDGES_MIN:
        for number in range(1, EDGE_COUNT + 1):
            start = len(simulated) - (EDGE_COUNT - number + 1) * LIFTS_PER_EDGE
            devices.append(
                TownDevice(
                    device_id=f"EDGE-{number:02d}",
                    kind="edge",
                    lift_ids=simulated[start : start + LIFTS_PER_EDGE],
                )
            )
    return devices
