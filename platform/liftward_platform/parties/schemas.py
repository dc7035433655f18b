"""Crews as HTTP shows them."""

from datetime import datetime
from typing import Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from liftward_platform.parties.model import Crew, PartyKind


class PositionIn(BaseModel):
    """Where a crew is, by its own device."""

    model_config = ConfigDict(extra="forbid")

    latitude_deg: float = Field(ge=-90, le=90)
    longitude_deg: float = Field(ge=-180, le=180)
    accuracy_m: float | None = Field(default=None, ge=0, le=100_000)
    observed_at: AwareDatetime
    sent_at: AwareDatetime | None = None  # by the same clock: corrects a wrong one


class CrewOut(BaseModel):
    """A crew; the phone is shown to dispatchers only."""

    crew_id: str
    name: str
    phone: str | None
    party_id: str
    party_kind: PartyKind
    party_name: str
    base_latitude_deg: float
    base_longitude_deg: float
    latitude_deg: float | None
    longitude_deg: float | None
    position_at: datetime | None
    on_duty: bool

    @classmethod
    def of(cls, crew: Crew, *, with_phone: bool) -> Self:
        values = {name: getattr(crew, name) for name in cls.model_fields}
        return cls(**{**values, "phone": crew.phone if with_phone else None})


class CrewsOut(BaseModel):
    as_of: datetime
    crews: list[CrewOut]
    next_after: str | None
