"""Lifts as HTTP shows them."""

from datetime import date, datetime
from typing import Self

from pydantic import BaseModel

from liftward_platform.fleet.model import Lift


class PartyRef(BaseModel):
    party_id: str
    name: str


class LiftOut(BaseModel):
    """A registered lift and who is behind it."""

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
    maker: PartyRef
    model: str
    installed_on: date
    use_unit: PartyRef
    maintainer: PartyRef | None
    registered_at: datetime
    withdrawn_at: datetime | None

    @classmethod
    def of(cls, lift: Lift) -> Self:
        parties = {"maker", "use_unit", "maintainer"}
        values = {name: getattr(lift, name) for name in cls.model_fields.keys() - parties}
        maintainer = None
        if lift.maintainer_id is not None and lift.maintainer_name is not None:
            maintainer = PartyRef(party_id=lift.maintainer_id, name=lift.maintainer_name)
        return cls(
            maker=PartyRef(party_id=lift.maker_id, name=lift.maker_name),
            use_unit=PartyRef(party_id=lift.use_unit_id, name=lift.use_unit_name),
            maintainer=maintainer,
            **values,
        )


class LiftsOut(BaseModel):
    as_of: datetime
    lifts: list[LiftOut]
    next_after: str | None


class LiftDetailOut(BaseModel):
    as_of: datetime
    lift: LiftOut
    last_observed_at: datetime | None


class SamplesOut(BaseModel):
    """A window of a lift's samples as columns; states as words, absent values as null."""

    lift_id: str
    window_from: datetime
    window_to: datetime
    complete: bool  # false: the limit cut the window off at its end
    observed_at: list[datetime]
    signals: dict[str, list[float | int | str | None]]
