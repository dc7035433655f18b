"""What a crew reports, and which reports wait for confirmation. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from liftward_platform.crews.plausibility import Doubt, Fix


class Action(StrEnum):
    """What a crew can say of its order."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    DEPART = "depart"
    ARRIVE = "arrive"
    FREED = "freed"
    CHECK_IN = "check_in"  # a sign of life
    MADE_SAFE = "made_safe"  # the lift cannot trap or hurt anybody any more
    CAUSE = "cause"
    PARTS = "parts"


# Help is called off by these two: while they are doubted they change nothing, and the limits go on.
# A doubted yes or departure calls nobody off: it is taken as of now, and flagged.
HELD = frozenset({Action.ARRIVE, Action.FREED})


class Decision(StrEnum):
    BELIEVED = "believed"
    DISMISSED = "dismissed"


class DecisionReason(StrEnum):
    """Why a held report came to count, or did not."""

    POSITION_CONFIRMS = "position_confirms"  # a later fix is at the lift
    ARRIVAL_CONFIRMED = "arrival_confirmed"  # what followed the arrival counts with it
    DISPATCHER_BELIEVES = "dispatcher_believes"
    DISPATCHER_DISMISSES = "dispatcher_dismisses"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One thing a crew says. `claimed_at` is the phone's own time; None: it happens now.

    `content` holds counts and codes; never a position.
    """

    action: Action
    order_id: int
    claimed_at: datetime | None = None
    sent_at: datetime | None = None  # the phone's time when it spoke
    fix: Fix | None = None
    content: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a report: taken, or held; and what is doubted about it."""

    held: bool
    doubts: tuple[Doubt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldReport:
    """One row of `crew_report` that waits for confirmation."""

    report_id: int
    incident_id: int
    order_id: int
    action: Action
    content: Mapping[str, Any]
    claimed_at: datetime
    received_at: datetime
    actor: str
    doubts: tuple[Doubt, ...]
    held: bool
    decision: Decision | None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "HeldReport":
        values = {name: row[name] for name in cls.__dataclass_fields__}
        values["action"] = Action(row["action"])
        values["doubts"] = tuple(Doubt(doubt) for doubt in row["doubts"])
        decision = row["decision"]
        values["decision"] = None if decision is None else Decision(decision)
        return cls(**values)
