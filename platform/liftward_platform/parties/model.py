"""Who answers for lifts, and who can be sent. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class PartyKind(StrEnum):
    MAKER = "maker"
    MAINTAINER = "maintainer"
    USE_UNIT = "use_unit"
    RESCUE_STATION = "rescue_station"
    PUBLIC_RESCUE = "public_rescue"
    REGULATOR = "regulator"


# Parties whose people can be ordered to a lift.
CREW_PARTY_KINDS = (PartyKind.MAINTAINER, PartyKind.RESCUE_STATION, PartyKind.PUBLIC_RESCUE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """One row of `party`."""

    party_id: str
    kind: PartyKind
    name: str

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Party":
        return cls(party_id=row["party_id"], kind=PartyKind(row["kind"]), name=row["name"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """One row of `crew`, with the kind and name of its party."""

    crew_id: str
    party_id: str
    party_kind: PartyKind
    party_name: str
    name: str
    phone: str | None
    base_latitude_deg: float
    base_longitude_deg: float
    latitude_deg: float | None
    longitude_deg: float | None
    position_at: datetime | None
    on_duty: bool
    members_count: int | None  # None: not told

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Crew":
        values = {name: row[name] for name in cls.__dataclass_fields__}
        return cls(**{**values, "party_kind": PartyKind(row["party_kind"])})
