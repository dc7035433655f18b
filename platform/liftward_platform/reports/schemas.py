"""Reports and the lifts they may mean, as HTTP takes and shows them."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from liftward_platform.incidents.model import Source
from liftward_platform.incidents.schemas import NameOut
from liftward_platform.reports.matching import MatchReason
from liftward_platform.reports.model import (
    PHONE_PATTERN,
    Authority,
    CallerKind,
    Report,
    StoredReport,
)
from liftward_platform.reports.service import Found
from liftward_platform.rescue.schemas import Command, PersonsCount

PhoneText = Annotated[str, Field(pattern=PHONE_PATTERN, max_length=32)]
# No control characters: a database refuses NUL, a terminal obeys the rest.
ReferenceText = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]
LiftIdText = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
CodeText = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]


class ReportIn(Command):
    """What somebody told a dispatcher, or a use unit enters. What was not said is left out."""

    lift_id: LiftIdText
    matched_by: Annotated[tuple[MatchReason, ...], Field(max_length=len(MatchReason))] = ()
    caller_kind: CallerKind = CallerKind.UNKNOWN
    stuck_since: AwareDatetime | None = None
    persons_count: PersonsCount | None = None
    injured: bool | None = None
    medical_need: bool | None = None
    authority: Authority | None = None
    reference: ReferenceText | None = None
    caller_phone: PhoneText | None = Field(default=None, repr=False)

    @model_validator(mode="after")
    def _authority_with_its_reference(self) -> Self:
        if (self.authority is None) != (self.reference is None):
            raise ValueError("authority and reference belong together: name both, or neither")
        return self

    def report(self, *, by_use_unit: bool) -> Report:
        """Return what the service takes; who reports decides what kind of word it is."""
        source = Source.HAND_OVER if self.authority is not None else Source.CALL
        kind = CallerKind.AUTHORITY if self.authority is not None else self.caller_kind
        if by_use_unit:
            source, kind = Source.USE_UNIT, CallerKind.USE_UNIT
        values = self.model_dump(exclude={"lift_id", "occurred_at", "matched_by", "caller_kind"})
        return Report(
            source=source, caller_kind=kind, matched_by=tuple(map(str, self.matched_by)), **values
        )


class PublicReportIn(BaseModel):
    """What somebody enters on the page behind a lift's code: no name, no number."""

    model_config = ConfigDict(extra="forbid")

    rescue_code: CodeText
    inside: bool = True
    persons_count: PersonsCount | None = None
    injured: bool | None = None
    medical_need: bool | None = None

    def report(self) -> Report:
        kind = CallerKind.PASSENGER if self.inside else CallerKind.BYSTANDER
        values = self.model_dump(exclude={"rescue_code", "inside"})
        return Report(
            source=Source.PUBLIC_PAGE, caller_kind=kind, matched_by=("rescue_code",), **values
        )


class PublicReportOut(BaseModel):
    """What happens now, for people who may be frightened."""

    received_at: datetime
    message: NameOut


class HandOverIn(Command):
    authority: Authority
    reference: ReferenceText


class MatchOut(BaseModel):
    """A lift that may be meant, and why."""

    lift_id: str
    rescue_code: str
    building: str
    address: str
    district: str
    open_incident_id: int | None
    exact: bool
    reasons: list[MatchReason]

    @classmethod
    def of(cls, found: Found) -> Self:
        place, match = found.place, found.match
        names = ("lift_id", "rescue_code", "building", "address", "district", "open_incident_id")
        return cls(
            **{name: getattr(place, name) for name in names},
            exact=match.exact,
            reasons=list(match.reasons),
        )


class MatchesOut(BaseModel):
    as_of: datetime
    matches: list[MatchOut]


class ReportTakenOut(BaseModel):
    """Where the report went; `opened` false: it joined an incident that was there."""

    report_id: int
    incident_id: int
    opened: bool


class ReportOut(BaseModel):
    """What somebody told; the number is asked for apart."""

    report_id: int
    source: Source
    matched_by: str
    reported_at: datetime
    received_at: datetime
    actor: str
    opened: bool
    caller_kind: CallerKind
    persons_count: int | None
    injured: bool | None
    medical_need: bool | None
    authority: Authority | None
    reference: str | None
    has_phone: bool
    erased_at: datetime | None

    @classmethod
    def of(cls, report: StoredReport) -> Self:
        return cls.model_validate({name: getattr(report, name) for name in cls.model_fields})


class ReportsOut(BaseModel):
    as_of: datetime
    reports: list[ReportOut]


class CallerOut(BaseModel):
    report_id: int
    caller_kind: CallerKind
    caller_phone: str = Field(repr=False)


class CallersOut(BaseModel):
    as_of: datetime
    callers: list[CallerOut]


class ErasedOut(BaseModel):
    erased_count: int
