"""What makes a document a town: possible lifts, ids that stand once, references that lead there.

Pure; raises at the first thing that is wrong, with its path in the document.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import chain

from liftward_simulator.city.document import DocumentPath, Town, TownError, TownLift
from liftward_simulator.city.site_types import SITE_TYPES
from liftward_wire.topics import DEVICE_ID

FLOORS_COUNT_RANGE = (2, 60)
RATED_SPEED_MPS_RANGE = (0.5, 8.0)
# From a small lift for two to the largest goods lifts the registry takes.
RATED_LOAD_KG_RANGE = (100.0, 20_000.0)
LATITUDE_DEG_RANGE, LONGITUDE_DEG_RANGE = (-90.0, 90.0), (-180.0, 180.0)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_RANGES: dict[str, tuple[float, float]] = {
    "floors_count": FLOORS_COUNT_RANGE,
    "rated_speed_mps": RATED_SPEED_MPS_RANGE,
    "rated_load_kg": RATED_LOAD_KG_RANGE,
    "latitude_deg": LATITUDE_DEG_RANGE,
    "longitude_deg": LONGITUDE_DEG_RANGE,
}


def check_town(town: Town) -> None:
    """Refuse a town that cannot be.

    Raises
    ------
    TownError
        At the first wrong entry: its path, its value, and what is allowed.
    """
    party_ids = _ids("parties", "party_id", (party.party_id for party in town.parties))
    lift_ids = _ids("lifts", "lift_id", (lift.lift_id for lift in town.lifts))
    _ids("lifts", "rescue_code", (lift.rescue_code for lift in town.lifts))
    _ids("crews", "crew_id", (crew.crew_id for crew in town.crews))
    _ids("devices", "device_id", (device.device_id for device in town.devices))
    for index, lift in enumerate(town.lifts):
        _check_lift(lift, index, party_ids)
    for index, crew in enumerate(town.crews):
        if crew.party_id not in party_ids:
            raise _wrong(("crews", index, "party_id"), crew.party_id, "a party of the document")
    _check_devices(town, lift_ids)


def shown(path: DocumentPath) -> str:
    """Return a path as people write it: $.lifts[3].floors_count."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return "$" + "".join(parts)


def _wrong(path: DocumentPath, value: object, allowed: str) -> TownError:
    return TownError(f"{shown(path)} is {value!r}; allowed: {allowed}", path)


def _ids(list_name: str, key: str, values: Iterable[str]) -> dict[str, int]:
    """Return where each id stands, which must be once."""
    first: dict[str, int] = {}
    for index, value in enumerate(values):
        if first.setdefault(value, index) != index:
            path = (list_name, index, key)
            allowed = f"an id of its own, this one is at {shown((list_name, first[value]))}"
            raise _wrong(path, value, allowed)
    return first


def _check_lift(lift: TownLift, index: int, party_ids: dict[str, int]) -> None:
    path = ("lifts", index)
    if not DEVICE_ID.fullmatch(lift.lift_id):
        raise _wrong((*path, "lift_id"), lift.lift_id, "1 to 32 letters, digits, _ or -")
    for name, (low, high) in _RANGES.items():
        value = getattr(lift, name)
        if not low <= value <= high:
            raise _wrong((*path, name), value, f"{low} to {high}")
    if lift.site_type not in SITE_TYPES:
        raise _wrong((*path, "site_type"), lift.site_type, ", ".join(SITE_TYPES))
    for name in ("maker_id", "use_unit_id", "maintainer_id"):
        if getattr(lift, name) not in party_ids:
            raise _wrong((*path, name), getattr(lift, name), "a party of the document")
    if not _is_date(lift.installed_on):
        raise _wrong((*path, "installed_on"), lift.installed_on, "a date, as in 2019-07-31")


def _is_date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _check_devices(town: Town, lift_ids: dict[str, int]) -> None:
    for index, device in enumerate(town.devices):
        path = ("devices", index)
        if not DEVICE_ID.fullmatch(device.device_id):
            raise _wrong((*path, "device_id"), device.device_id, "1 to 32 letters, digits, _ or -")
        if not device.lift_ids:
            raise _wrong((*path, "lift_ids"), [], "one lift or more")
        for position, lift_id in enumerate(device.lift_ids):
            if lift_id not in lift_ids:
                raise _wrong((*path, "lift_ids", position), lift_id, "a lift of the document")
    _check_edges_apart([d.lift_ids if d.kind == "edge" else [] for d in town.devices])


def _check_edges_apart(edges: Sequence[Sequence[str]]) -> None:
    """A lift's samples come through one edge: two would tell them twice."""
    if len(set(chain.from_iterable(edges))) == sum(map(len, edges)):
        return
    owner: dict[str, int] = {}
    for index, lift_ids in enumerate(edges):
        for position, lift_id in enumerate(lift_ids):
            if lift_id in owner:
                allowed = f"a lift that no other edge has, {shown(('devices', owner[lift_id]))} has"
                raise _wrong(("devices", index, "lift_ids", position), lift_id, allowed)
            owner[lift_id] = index
