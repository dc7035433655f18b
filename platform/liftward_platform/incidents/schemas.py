"""Incidents as HTTP and the live board show them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel

from liftward_platform.incidents.explaining_schemas import VerdictOut
from liftward_platform.incidents.model import Confirmer, IncidentState, Outcome, Source
from liftward_platform.rescue.schemas import (
    CandidateOut,
    DeadlineOut,
    LiftRef,
    OrderOut,
    StoryDeadlineOut,
)


class PartyRef(BaseModel):
    party_id: str
    name: str


class PolicyOut(BaseModel):
    """The policy an incident opened with, and which of its rules held at that moment."""

    region: str
    version: str
    open_count: int
    hours: str | None
    surge: str | None


class IncidentOut(BaseModel):
    """An incident with its live orders and what is still due."""

    incident_id: int
    kind: str
    state: IncidentState
    level: str
    source: Source
    lift: LiftRef
    maintainer: PartyRef | None
    onset_at: datetime
    detected_at: datetime
    opened_at: datetime
    response_level: int
    persons_count: int | None
    release_seen_at: datetime | None
    withdrawn_at: datetime | None
    arrived_at: datetime | None
    freed_at: datetime | None
    closed_at: datetime | None
    outcome: Outcome | None
    cause_code: str | None
    release_method: str | None
    reported_by: list[Source]  # who else than the first source has said something
    held: bool  # an anonymous report: nobody is sent before a person or the detector agrees
    injured: bool | None
    medical_need: bool | None
    passenger_told_at: datetime | None
    confirmed_at: datetime | None
    confirmed_by: Confirmer | None
    confirmed_how: str | None
    lift_made_safe_at: datetime | None
    lift_made_safe_by: str | None
    cause_reported_at: datetime | None
    cause_reported_by: str | None
    incomplete_reason: str | None
    duplicate_of: int | None
    last_observed_at: datetime | None
    unanswered: bool
    policy: PolicyOut | None
    late_probability: float | None
    late_predicted_at: datetime | None
    alarm_level: int
    orders: list[OrderOut]
    deadlines: list[DeadlineOut]
    actions: list[str]
    close_outcomes: list[Outcome]


class IncidentsOut(BaseModel):
    as_of: datetime
    incidents: list[IncidentOut]


class LogOut(BaseModel):
    log_id: int
    at: datetime
    recorded_at: datetime
    actor: str
    event: str
    from_state: str | None
    to_state: str | None
    reason: str
    detail: dict[str, Any]

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        return cls(**{name: row[name] for name in cls.model_fields})


class DetectionOut(VerdictOut):
    """A conclusion of the detector that belongs to the incident, explained."""

    received_at: datetime
    recorded_at: datetime
    evidence: Any
    detector_version: str
    thresholds_hash: str
    handled_at: datetime | None
    handling: str | None


class LedgerLineOut(BaseModel):
    """What the ledger holds about the incident."""

    entry_id: int
    lift_entry_number: int
    kind: str
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    body: dict[str, Any]
    leaf_hash: str
    leaf_index: int | None


class StoryOut(BaseModel):
    """Everything about one incident."""

    as_of: datetime
    incident: IncidentOut
    note: str | None
    log: list[LogOut]
    orders: list[OrderOut]
    candidates: list[CandidateOut]
    deadlines: list[StoryDeadlineOut]
    detections: list[DetectionOut]
    ledger: list[LedgerLineOut]
    duplicates: list[int]  # incidents that were closed as duplicates of this one


class NameOut(BaseModel):
    en: str
    zh: str


class CodeOut(BaseModel):
    code: str
    name: NameOut


class CauseOut(BaseModel):
    family: str
    family_name: NameOut
    code: str
    name: NameOut


class ClosingCodesOut(BaseModel):
    """The lists behind the closing form and the refusal."""

    causes: list[CauseOut]
    release_methods: list[CodeOut]
    refusal_reasons: list[CodeOut]
    confirmation_ways: list[CodeOut]
    incomplete_reasons: list[CodeOut]
