"""What an incident is, which states it has, and which event leads where.

Pure: tables and frozen dataclasses. Must not know SQL, HTTP or the clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from liftward_platform.errors import ConflictError


class IncidentState(StrEnum):
    OPEN = "open"  # known, and at this moment nobody is asked
    ORDERED = "ordered"  # a crew is asked and has not answered
    ACCEPTED = "accepted"  # a crew said yes
    UNDER_WAY = "under_way"  # a crew left
    ARRIVED = "arrived"  # a crew is there
    FREED = "freed"  # the crew says nobody is inside any more; confirmation is due
    CONFIRMED = "confirmed"  # a passenger, the use unit or a dispatcher confirmed the release
    CLOSED = "closed"  # with outcome


class IncidentEvent(StrEnum):
    ORDER_SENT = "order_sent"
    ORDER_ACCEPTED = "order_accepted"
    CREW_DEPARTED = "crew_departed"
    CREW_ARRIVED = "crew_arrived"
    PERSONS_FREED = "persons_freed"
    RELEASE_CONFIRMED = "release_confirmed"
    # A crew dropped out; what is left decides how far the rescue falls back.
    BACK_TO_ACCEPTED = "back_to_accepted"
    BACK_TO_ORDERED = "back_to_ordered"
    BACK_TO_OPEN = "back_to_open"
    CLOSED_AFTER_RESCUE = "closed_after_rescue"
    CLOSED_WITHOUT_RESCUE = "closed_without_rescue"


class Source(StrEnum):
    """Where the first word of an incident came from."""

    DETECTION = "detection"
    CALL = "call"  # telephone to the centre
    USE_UNIT = "use_unit"
    PUBLIC_PAGE = "public_page"
    HAND_OVER = "hand_over"  # from 110, 119 or 120


class Confirmer(StrEnum):
    """By whose word a release is confirmed."""

    PASSENGER = "passenger"
    USE_UNIT = "use_unit"
    DISPATCHER = "dispatcher"


class Outcome(StrEnum):
    FREED = "freed"
    SELF_FREED = "self_freed"
    FALSE = "false"
    DUPLICATE = "duplicate"


_S, _E = IncidentState, IncidentEvent

# state -> event -> next state. What is not here is illegal and changes nothing.
TRANSITIONS: Mapping[IncidentState, Mapping[IncidentEvent, IncidentState]] = {
    _S.OPEN: {
        _E.ORDER_SENT: _S.ORDERED,
        _E.ORDER_ACCEPTED: _S.ACCEPTED,  # a late yes, after the limit and before the next order
        _E.CLOSED_WITHOUT_RESCUE: _S.CLOSED,
    },
    _S.ORDERED: {
        _E.ORDER_SENT: _S.ORDERED,
        _E.ORDER_ACCEPTED: _S.ACCEPTED,
        _E.BACK_TO_OPEN: _S.OPEN,
        _E.CLOSED_WITHOUT_RESCUE: _S.CLOSED,
    },
    _S.ACCEPTED: {
        _E.ORDER_SENT: _S.ACCEPTED,
        _E.ORDER_ACCEPTED: _S.ACCEPTED,
        _E.CREW_DEPARTED: _S.UNDER_WAY,
        _E.CREW_ARRIVED: _S.ARRIVED,
        _E.BACK_TO_ORDERED: _S.ORDERED,
        _E.BACK_TO_OPEN: _S.OPEN,
        _E.CLOSED_WITHOUT_RESCUE: _S.CLOSED,
    },
    _S.UNDER_WAY: {
        _E.ORDER_SENT: _S.UNDER_WAY,
        _E.ORDER_ACCEPTED: _S.UNDER_WAY,
        _E.CREW_DEPARTED: _S.UNDER_WAY,
        _E.CREW_ARRIVED: _S.ARRIVED,
        _E.BACK_TO_ACCEPTED: _S.ACCEPTED,
        _E.BACK_TO_ORDERED: _S.ORDERED,
        _E.BACK_TO_OPEN: _S.OPEN,
        _E.CLOSED_WITHOUT_RESCUE: _S.CLOSED,
    },
    _S.ARRIVED: {
        _E.ORDER_SENT: _S.ARRIVED,
        _E.ORDER_ACCEPTED: _S.ARRIVED,
        _E.CREW_DEPARTED: _S.ARRIVED,
        _E.CREW_ARRIVED: _S.ARRIVED,
        _E.PERSONS_FREED: _S.FREED,
        _E.CLOSED_WITHOUT_RESCUE: _S.CLOSED,
    },
    _S.FREED: {
        _E.RELEASE_CONFIRMED: _S.CONFIRMED,
        _E.CLOSED_WITHOUT_RESCUE: _S.CLOSED,
    },
    _S.CONFIRMED: {
        _E.CLOSED_AFTER_RESCUE: _S.CLOSED,
        _E.CLOSED_WITHOUT_RESCUE: _S.CLOSED,
    },
    _S.CLOSED: {},
}

# Someone may still be inside: a further crew can be sent, the detector's end is worth noting.
RESCUE_STATES = (_S.OPEN, _S.ORDERED, _S.ACCEPTED, _S.UNDER_WAY, _S.ARRIVED)


class IllegalTransitionError(ConflictError):
    """The event does not belong to this state; nothing was changed."""

    def __init__(self, subject: str, state: str, event: str) -> None:
        super().__init__(
            "illegal_transition",
            f"{subject} is {state}: {event} is not possible now",
            state=state,
            event=event,
        )


def next_state(state: IncidentState, event: IncidentEvent) -> IncidentState:
    """Return where the event leads.

    Raises
    ------
    IllegalTransitionError
        When the table has no such step.
    """
    target = TRANSITIONS[state].get(event)
    if target is None:
        raise IllegalTransitionError("the incident", state, event)
    return target


def close_event(outcome: Outcome) -> IncidentEvent:
    """Return the event of closing with this outcome: only a rescue needs somebody to have freed."""
    return _E.CLOSED_AFTER_RESCUE if outcome is Outcome.FREED else _E.CLOSED_WITHOUT_RESCUE


def state_to_close_from(state: IncidentState, outcome: Outcome) -> IncidentState:
    """Return from which state closing leaves: a rescue is confirmed first, in the same step.

    Raises
    ------
    IllegalTransitionError
        When an incident in this state cannot be closed with this outcome.
    """
    if state is _S.FREED and outcome is Outcome.FREED:
        state = next_state(state, _E.RELEASE_CONFIRMED)
    next_state(state, close_event(outcome))
    return state


def dispatcher_actions(state: IncidentState, *, held: bool = False) -> tuple[str, ...]:
    """Return the names of the actions this state allows a dispatcher."""
    if state in RESCUE_STATES:
        return (*(("confirm_report",) if held else ()), "escalate", "order", "close")
    if state is _S.FREED:
        return ("confirm_release", "close")
    return ("close",) if state is _S.CONFIRMED else ()


def close_outcomes(state: IncidentState) -> tuple[Outcome, ...]:
    """Return the outcomes with which an incident in this state may be closed."""
    return tuple(outcome for outcome in Outcome if _is_closable(state, outcome))


def _is_closable(state: IncidentState, outcome: Outcome) -> bool:
    confirmable = state is _S.FREED and outcome is Outcome.FREED
    return confirmable or close_event(outcome) in TRANSITIONS[state]


def mermaid() -> str:
    """Return the state diagram of the table, for the documents."""
    lines = ["stateDiagram-v2", "    [*] --> open: detection or report"]
    for state, events in TRANSITIONS.items():
        lines += [f"    {state} --> {target}: {event}" for event, target in events.items()]
    return "\n".join([*lines, "    closed --> [*]"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One row of `incident`, as the rules see it."""

    incident_id: int
    lift_key: int
    kind: str
    state: IncidentState
    source: Source
    level: str
    onset_at: datetime
    detected_at: datetime
    opened_at: datetime
    response_level: int
    policy: Mapping[str, Any]
    release_seen_at: datetime | None
    withdrawn_at: datetime | None
    arrived_at: datetime | None
    freed_at: datetime | None
    persons_count: int | None
    closed_at: datetime | None
    outcome: Outcome | None
    cause_code: str | None
    release_method: str | None
    held_at: datetime | None
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
    region: str | None = None
    policy_applied: Mapping[str, Any] | None = None
    prediction_acted_at: datetime | None = None
    prediction_armed: bool = True
    alarm_level: int = 0

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Incident":
        outcome, confirmed_by = row["outcome"], row["confirmed_by"]
        values = {name: row[name] for name in cls.__dataclass_fields__}
        values["state"] = IncidentState(row["state"])
        values["source"] = Source(row["source"])
        values["outcome"] = None if outcome is None else Outcome(outcome)
        values["confirmed_by"] = None if confirmed_by is None else Confirmer(confirmed_by)
        return cls(**values)

    @property
    def held(self) -> bool:
        """Nobody is sent for an anonymous report alone; once somebody was, it is a rescue."""
        return self.held_at is not None and self.response_level == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One line of an incident's story. `detail` holds JSON values, no personal data."""

    at: datetime
    actor: str
    event: str
    reason: str
    from_state: str | None = None
    to_state: str | None = None
    detail: Mapping[str, Any]
