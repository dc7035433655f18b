"""The HTTP shapes of summaries and of what is pinned to incidents."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel

from liftward_wire.states import ServiceMode

_US_PER_S = 1_000_000


class HourOut(BaseModel):
    """One hour of a lift; null is not known. Times and amounts are of what samples showed."""

    hour_start: datetime
    samples_count: int | None
    first_observed_at: datetime | None
    last_observed_at: datetime | None
    heard_s: float
    heard_s_by_service_mode: dict[str, float]
    trips_count: int | None
    door_cycles_count: int | None
    run_time_s: float | None
    distance_m: float | None
    counter_breaks_count: int
    speed_max_mps: float | None
    levelling_error_max_mm: float | None
    load_max_kg: float | None
    motor_current_max_a: float | None
    motor_temperature_min_degc: float | None
    motor_temperature_max_degc: float | None
    machine_room_temperature_min_degc: float | None
    machine_room_temperature_max_degc: float | None
    vibration_max_mps2: float | None
    trips_reading: int | None
    door_cycles_reading: int | None
    run_time_reading_h: float | None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        made = {"heard_s", "heard_s_by_service_mode"}
        by_mode = {
            str(ServiceMode.from_code(int(code))): heard_us / _US_PER_S
            for code, heard_us in sorted(row["mode_us"].items(), key=lambda item: int(item[0]))
        }
        return cls(
            heard_s=row["heard_us"] / _US_PER_S,
            heard_s_by_service_mode=by_mode,
            **{name: row[name] for name in cls.model_fields.keys() - made},
        )


class HoursOut(BaseModel):
    """A page of hours in order; ask again with `from` = `next_from`. Silent hours have no row."""

    lift_id: str
    complete_until: datetime  # hours that ended by then are summarised
    hours: list[HourOut]
    next_from: datetime | None


class TripOut(BaseModel):
    """One trip as the samples showed it; null is not known."""

    started_at: datetime
    ended_at: datetime | None
    from_floor: int | None
    to_floor: int | None
    moving_s: float | None
    speed_max_mps: float | None
    load_max_kg: float | None
    samples_count: int

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        return cls(**{name: row[name] for name in cls.model_fields})


class TripsOut(BaseModel):
    """A page of trips in order; ask again with `from` = `next_from`."""

    lift_id: str
    complete_until: datetime  # trips that began before are all here
    trips: list[TripOut]
    next_from: datetime | None


class EvidenceVersionOut(BaseModel):
    """One version of what is pinned to an incident; `sha256` is of the document's bytes."""

    version: int
    window_from: datetime
    window_to: datetime
    samples_count: int
    events_count: int
    complete: bool
    sha256: str
    content_bytes: int
    pinned_at: datetime
    in_ledger: bool
    erased: bool

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        values = {name: row[name] for name in cls.model_fields}
        return cls(**values | {"sha256": bytes(row["sha256"]).hex()})


class EvidenceOut(BaseModel):
    as_of: datetime
    versions: list[EvidenceVersionOut]
