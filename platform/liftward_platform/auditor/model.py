"""What an audit compares, and what it complains about. Knows no SQL, no clock, no network."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueEntrapment:
    """What really happened, told by the world itself."""

    lift_id: str
    from_at: datetime
    to_at: datetime | None  # None: they are still inside
    persons_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenDetection:
    """The beginning or a raise of an entrapment, as the detector recorded it."""

    detection_id: int
    lift_id: str
    level: str
    onset_at: datetime
    recorded_at: datetime
    handling: str | None
    incident_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenIncident:
    """An incident as the platform has it."""

    incident_id: int
    lift_id: str
    state: str
    onset_at: datetime
    opened_at: datetime
    closed_at: datetime | None
    outcome: str | None
    persons_count: int | None
    orders_count: int
    is_held: bool  # an anonymous report that nobody has believed yet


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenOrder:
    order_id: int
    incident_id: int
    crew_id: str
    is_live: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenDeadline:
    deadline_id: int
    incident_id: int
    kind: str
    due_at: datetime
    fired_at: datetime | None
    cancelled_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenEntry:
    """How often the ledger records one kind of thing about one incident."""

    incident_id: int
    kind: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenStep:
    """How often one kind of event stands in an incident's story."""

    incident_id: int
    event: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRepeat:
    """One step of one order that the ledger has more than once."""

    incident_id: int
    order_id: int
    kind: str
    answer: str | None
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Everything the platform recorded that an audit looks at."""

    detections: Sequence[SeenDetection] = field(default=())
    incidents: Sequence[SeenIncident] = field(default=())
    orders: Sequence[SeenOrder] = field(default=())
    deadlines: Sequence[SeenDeadline] = field(default=())
    entries: Sequence[SeenEntry] = field(default=())
    steps: Sequence[SeenStep] = field(default=())
    repeats: Sequence[SeenRepeat] = field(default=())


class ViolationKind(StrEnum):
    """A promise that was not kept."""

    NOT_DETECTED = "not_detected"  # people were trapped and no detection says so
    NO_INCIDENT = "no_incident"  # detected, and nobody was told
    SEVERAL_INCIDENTS = "several_incidents"  # one entrapment, more than one incident
    DETECTION_NOT_HANDLED = "detection_not_handled"  # no decision, or one without its incident
    CLOSED_WITH_PEOPLE_INSIDE = "closed_with_people_inside"
    DECLARED_FALSE = "declared_false"  # people were trapped, and the record says they were not
    PEOPLE_DO_NOT_ADD_UP = "people_do_not_add_up"  # freed are not as many as were trapped
    FREED_WITHOUT_TRUTH = "freed_without_truth"  # somebody was freed who never was trapped
    NOBODY_ORDERED = "nobody_ordered"  # an open incident without any order
    ORDER_DOUBLED = "order_doubled"  # the same crew ordered twice at once to one incident
    DEADLINE_MISSED = "deadline_missed"  # due, and neither fired nor cancelled
    DEADLINE_OUTLIVED = "deadline_outlived"  # open although its incident is closed
    NOT_IN_LEDGER = "not_in_ledger"  # happened, and the ledger does not have it
    DOUBLED_IN_LEDGER = "doubled_in_ledger"
    STEP_DOUBLED = "step_doubled"  # one order did the same twice, or its deadline fired twice


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One complaint: what promise, about what, in one sentence."""

    kind: ViolationKind
    lift_id: str | None
    incident_id: int | None
    detail: str
