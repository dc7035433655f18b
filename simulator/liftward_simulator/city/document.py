"""The town document's types, as `liftward fleet load` reads them, with what only simulators need.

Knows the registry's vocabulary. Must not know how a town is made up, or how a lift moves.
"""

from typing import Literal

import msgspec

PartyKind = Literal[
    "maker", "maintainer", "use_unit", "rescue_station", "public_rescue", "regulator"
]
ShiftName = Literal["always", "day", "night"]
# Where a place in a document is: keys and positions from its root.
DocumentPath = tuple[str | int, ...]


class TownError(ValueError):
    """The town document is not one: the message names the entry and what is expected."""

    def __init__(self, message: str, path: DocumentPath = ()) -> None:
        super().__init__(message)
        self.path = path


class Party(msgspec.Struct, frozen=True, kw_only=True):
    party_id: str
    kind: PartyKind
    name: str
    phone: str | None = None


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One key component of a lift."""

    component: str
    serial: str
    batch: str


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
    # What follows the platform takes and does not keep; older documents lack it.
    gateway_type: str = "full"
    has_rescue_device: bool = False
    controller: str = ""
    station_id: str = ""  # the maintainer's station that looks after this lift
    parts: list[Part] | None = None


class TownCrew(msgspec.Struct, frozen=True, kw_only=True):
    crew_id: str
    party_id: str
    name: str
    phone: str | None
    base_latitude_deg: float
    base_longitude_deg: float
    shift: ShiftName = "always"
    station_id: str = ""


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
