"""Lifts as the platform knows them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Lift:
    """One row of `lift` with the names of its parties."""

    lift_key: int
    lift_id: str
    rescue_code: str
    registration_code: str | None
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
    maker_name: str
    model: str
    installed_on: date
    use_unit_id: str
    use_unit_name: str
    maintainer_id: str | None
    maintainer_name: str | None
    registered_at: datetime
    withdrawn_at: datetime | None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Lift":
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What loading a document did."""

    parties_count: int
    crews_count: int
    lifts_count: int
    lifts_new_count: int
    contracts_begun_count: int
    devices_count: int
