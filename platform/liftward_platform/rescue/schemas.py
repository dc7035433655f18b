"""Orders and what people send about them, as HTTP shows them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from liftward_platform.crews.plausibility import Doubt
from liftward_platform.incidents.model import Confirmer, IncidentState, Outcome
from liftward_platform.rescue.model import LIVE_STATES, DeadlineKind, OrderState

# No control characters: PostgreSQL keeps no NUL.
CodeText = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]{1,64}$")]
# The column's own limit; a car holds fewer.
PersonsCount = Annotated[int, Field(ge=0, le=100)]


class Command(BaseModel):
    """What every command may carry: when it happened, if not now."""

    model_config = ConfigDict(extra="forbid")

    occurred_at: AwareDatetime | None = None


class CrewCommand(Command):
    """What a phone may add: its own time when it speaks, so that a wrong clock can be corrected."""

    sent_at: AwareDatetime | None = None


class AcceptIn(CrewCommand):
    pass


class DepartIn(CrewCommand):
    pass


class RefuseIn(CrewCommand):
    reason: CodeText


class ArriveIn(CrewCommand):
    latitude_deg: float | None = Field(default=None, ge=-90, le=90)
    longitude_deg: float | None = Field(default=None, ge=-180, le=180)
    accuracy_m: float | None = Field(default=None, ge=0, le=100_000)
    position_at: AwareDatetime | None = None  # when the fix was taken, if not at the arrival
    # Left out: what the register says of the crew.
    alone: bool | None = None


class FreedIn(CrewCommand):
    persons_count: PersonsCount
    injured_count: PersonsCount | None = None
    cause_code: CodeText | None = None
    release_method: CodeText | None = None

    @model_validator(mode="after")
    def _no_more_injured_than_freed(self) -> Self:
        if self.injured_count is not None and self.injured_count > self.persons_count:
            raise ValueError("injured_count is more than persons_count")
        return self


class CloseIn(Command):
    outcome: Outcome
    cause_code: CodeText | None = None
    release_method: CodeText | None = None
    persons_count: PersonsCount | None = None
    confirmed_by: Confirmer | None = None
    confirmed_how: CodeText | None = None
    lift_made_safe: bool = False
    incomplete_reason: CodeText | None = None
    duplicate_of: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None
    note: Annotated[str, Field(max_length=2000)] | None = None


class OrderCrewIn(Command):
    crew_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")]


class LiftRef(BaseModel):
    """Where it is: what a crew and a board need."""

    lift_id: str
    building: str
    address: str
    district: str
    rescue_code: str
    latitude_deg: float
    longitude_deg: float
    floors_count: int

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        return cls(**{name: row[name] for name in cls.model_fields})


class OrderOut(BaseModel):
    """An order. The phone is there for dispatchers and the crew itself."""

    order_id: int
    incident_id: int
    crew_id: str
    crew_name: str
    crew_phone: str | None
    response_level: int
    state: OrderState
    sent_at: datetime
    answered_at: datetime | None
    under_way_at: datetime | None
    arrived_at: datetime | None
    ended_at: datetime | None
    travel_time_s: float
    expected_arrival_at: datetime | None
    reason: str
    refusal_reason: str | None
    seen_at: datetime | None

    @classmethod
    def from_row(cls, row: Mapping[str, Any], *, with_phone: bool) -> Self:
        names = cls.model_fields.keys() - {"crew_phone", "expected_arrival_at"}
        return cls(
            **{name: row[name] for name in names},
            crew_phone=row["crew_phone"] if with_phone else None,
            expected_arrival_at=expected_arrival(row),
        )


class ReportedOrderOut(OrderOut):
    """The order after a crew's report. Held: recorded, doubted, and waiting for confirmation."""

    held: bool = False
    doubts: list[Doubt] = []

    @classmethod
    def of(cls, order: OrderOut, *, held: bool, doubts: Sequence[Doubt]) -> Self:
        return cls(**order.model_dump(), held=held, doubts=list(doubts))


def expected_arrival(row: Mapping[str, Any]) -> datetime | None:
    """Return when the crew should be there; None when it is there, or is not coming."""
    if row["state"] not in LIVE_STATES or row["arrived_at"] is not None:
        return None
    begun: datetime = row["under_way_at"] or row["answered_at"] or row["sent_at"]
    return begun + timedelta(seconds=row["travel_time_s"])


class ListedOrderOut(OrderOut):
    """An order in a list, with where to go."""

    lift: LiftRef
    incident_state: IncidentState

    @classmethod
    def from_row(cls, row: Mapping[str, Any], *, with_phone: bool) -> Self:
        names = cls.model_fields.keys() - {"crew_phone", "expected_arrival_at", "lift"}
        return cls(
            **{name: row[name] for name in names},
            crew_phone=row["crew_phone"] if with_phone else None,
            expected_arrival_at=expected_arrival(row),
            lift=LiftRef.from_row(row),
        )


class OrdersOut(BaseModel):
    as_of: datetime
    orders: list[ListedOrderOut]


class DeadlineOut(BaseModel):
    deadline_id: int
    kind: DeadlineKind
    due_at: datetime
    order_id: int | None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        return cls(**{name: row[name] for name in cls.model_fields})


class StoryDeadlineOut(DeadlineOut):
    fired_at: datetime | None
    cancelled_at: datetime | None
    result: str | None


class CandidateFactsOut(BaseModel):
    """What stood behind a candidate's place; all empty for a ranking of an older program."""

    position_source: str | None = None
    position_age_s: float | None = None
    travel_source: str | None = None
    load_count: int | None = None
    missing_skills: list[str] = []


class CandidateOut(BaseModel):
    """A crew that was considered, and why it stands where it stands."""

    ranked_at: datetime
    rank: int
    crew_id: str
    crew_name: str
    response_level: int
    travel_time_s: float | None
    eligible: bool
    reason: str
    facts: CandidateFactsOut

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        names = cls.model_fields.keys() - {"facts"}
        facts = CandidateFactsOut.model_validate(row["detail"])
        return cls(**{name: row[name] for name in names}, facts=facts)
