"""What crews send beside the steps of an order, and what is shown of it, as HTTP has it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from liftward_platform.crews.model import Action, Decision
from liftward_platform.crews.plausibility import Doubt
from liftward_platform.rescue.schemas import (
    AcceptIn,
    ArriveIn,
    CodeText,
    CrewCommand,
    DepartIn,
    FreedIn,
    ListedOrderOut,
    RefuseIn,
    ReportedOrderOut,
)

# Letters, digits and the signs that names and numbers of parts have; no line of prose.
_PART_PATTERN = r"^[\w .,:/#()+&'*°·（）、-]{1,64}$"
PartText = Annotated[str, Field(pattern=_PART_PATTERN)]
ACTIONS_MAX = 50  # a rescue has about ten; an evening without network a few of those
PARTS_MAX = 20


class CheckInIn(CrewCommand):
    pass


class MadeSafeIn(CrewCommand):
    pass


class CauseIn(CrewCommand):
    cause_code: CodeText
    release_method: CodeText | None = None


class PartIn(BaseModel):
    """A part that went into the lift. The number and batch on it find it again at a recall."""

    model_config = ConfigDict(extra="forbid")

    part_name: PartText
    part_number: PartText | None = None
    batch: PartText | None = None
    parts_count: int = Field(default=1, ge=1, le=1000)


class PartsIn(CrewCommand):
    parts: list[PartIn] = Field(min_length=1, max_length=PARTS_MAX)


# What each action's content has to be, alone or in a queue.
CONTENT: Mapping[Action, type[CrewCommand]] = {
    Action.ACCEPT: AcceptIn,
    Action.REFUSE: RefuseIn,
    Action.DEPART: DepartIn,
    Action.ARRIVE: ArriveIn,
    Action.FREED: FreedIn,
    Action.CHECK_IN: CheckInIn,
    Action.MADE_SAFE: MadeSafeIn,
    Action.CAUSE: CauseIn,
    Action.PARTS: PartsIn,
}


class QueuedAction(BaseModel):
    """One action that waited on a phone; `content` is what its own endpoint takes."""

    model_config = ConfigDict(extra="forbid")

    key: str = Field(pattern=r"^[!-~]{8,128}$")
    order_id: int = Field(ge=1, le=2**63 - 1)
    action: Action
    content: dict[str, Any] = {}


class QueueIn(BaseModel):
    """What waited on a phone, oldest first. Each item is checked by itself: see QueuedAction."""

    model_config = ConfigDict(extra="forbid")

    actions: list[dict[str, Any]] = Field(min_length=1, max_length=ACTIONS_MAX)


class QueueResultOut(BaseModel):
    """What became of one action. `done` and `held` count; `refused` says why, and is final."""

    index: int
    key: str | None
    status: Literal["done", "held", "refused"]
    repeated: bool = False
    code: str | None = None
    detail: str | None = None
    order: ReportedOrderOut | None = None


class QueueOut(BaseModel):
    as_of: datetime
    results: list[QueueResultOut]


class HeldOut(BaseModel):
    """A report that waits for confirmation, as its own crew sees it."""

    report_id: int
    action: Action
    claimed_at: datetime
    doubts: list[Doubt]


class CrewOrderOut(ListedOrderOut):
    """An order with all that a crew's page shows of it."""

    accept_due_at: datetime | None
    arrive_due_at: datetime | None
    alone: bool
    check_in_due_at: datetime | None
    check_ins_missed_count: int
    lift_made_safe_at: datetime | None
    cause_code: str | None
    release_method: str | None
    persons_count: int | None
    photos_count: int
    parts_count: int
    held: list[HeldOut]


class CrewOrdersOut(BaseModel):
    """What a crew works from. `position_at`: when its last position was taken that is kept."""

    as_of: datetime
    crew_id: str
    members_count: int | None
    position_at: datetime | None
    orders: list[CrewOrderOut]


class CrewReportOut(BaseModel):
    """A report that is doubted, for those who decide about it."""

    report_id: int
    order_id: int
    crew_id: str
    crew_name: str
    action: Action
    content: dict[str, Any]
    claimed_at: datetime
    received_at: datetime
    doubts: list[Doubt]
    distance_m: int | None
    held: bool
    decision: Decision | None
    decided_at: datetime | None
    decided_by: str | None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        return cls(**{name: row[name] for name in cls.model_fields})


class PartUsedOut(BaseModel):
    part_used_id: int
    order_id: int
    part_name: str
    part_number: str | None
    batch: str | None
    parts_count: int
    occurred_at: datetime
    recorded_at: datetime
    actor: str

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        return cls(**{name: row[name] for name in cls.model_fields})


class PhotoOut(BaseModel):
    """That there is a photo; the picture is at /api/photos/{photo_id} unless it was erased."""

    photo_id: int
    order_id: int
    media_type: str
    size_bytes: int
    sha256: str
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    erased_at: datetime | None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        values = {name: row[name] for name in cls.model_fields}
        return cls(**{**values, "sha256": bytes(row["sha256"]).hex()})


class FromTheSpotOut(BaseModel):
    """What crews sent about one incident besides the steps of their orders."""

    as_of: datetime
    reports: list[CrewReportOut]
    parts: list[PartUsedOut]
    photos: list[PhotoOut]


class DecideIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    believe: bool


class DecidedOut(BaseModel):
    report_id: int
    decision: Decision


class PhotoAddedOut(BaseModel):
    photo_id: int
    sha256: str
