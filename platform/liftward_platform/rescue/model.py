"""Orders and deadlines: their states, and which event leads where.

Pure: tables and frozen dataclasses. Must not know SQL, HTTP or the clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from liftward_platform.incidents.model import IllegalTransitionError


class OrderState(StrEnum):
    SENT = "sent"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    NO_ANSWER = "no_answer"
    UNDER_WAY = "under_way"
    ARRIVED = "arrived"
    DONE = "done"
    WITHDRAWN = "withdrawn"


class OrderEvent(StrEnum):
    ACCEPT = "accept"
    REFUSE = "refuse"
    EXPIRE = "expire"  # the time to answer is over
    DEPART = "depart"
    ARRIVE = "arrive"
    FREE = "free"  # this crew reports the people free
    FINISH = "finish"  # another crew on the spot did
    WITHDRAW = "withdraw"


_S, _E = OrderState, OrderEvent

ORDER_TRANSITIONS: Mapping[OrderState, Mapping[OrderEvent, OrderState]] = {
    _S.SENT: {
        _E.ACCEPT: _S.ACCEPTED,
        _E.REFUSE: _S.REFUSED,
        _E.EXPIRE: _S.NO_ANSWER,
        _E.WITHDRAW: _S.WITHDRAWN,
    },
    # A yes after the limit is still a yes: someone is waiting in the car.
    _S.NO_ANSWER: {_E.ACCEPT: _S.ACCEPTED},
    _S.ACCEPTED: {
        _E.DEPART: _S.UNDER_WAY,
        _E.ARRIVE: _S.ARRIVED,  # forgot to press "depart", or was in the building
        _E.REFUSE: _S.REFUSED,  # cannot come after all
        _E.WITHDRAW: _S.WITHDRAWN,
    },
    _S.UNDER_WAY: {
        _E.ARRIVE: _S.ARRIVED,
        _E.REFUSE: _S.REFUSED,
        _E.WITHDRAW: _S.WITHDRAWN,
    },
    _S.ARRIVED: {
        _E.FREE: _S.DONE,
        _E.FINISH: _S.DONE,
        _E.WITHDRAW: _S.WITHDRAWN,
        _E.DEPART: _S.ARRIVED,  # told late: the time is filled in, nothing else changes
    },
    _S.REFUSED: {},
    _S.DONE: {},
    _S.WITHDRAWN: {},
}

LIVE_STATES = (_S.SENT, _S.ACCEPTED, _S.UNDER_WAY, _S.ARRIVED)
ENGAGED_STATES = (_S.ACCEPTED, _S.UNDER_WAY, _S.ARRIVED)  # said yes and has not dropped out


class DeadlineKind(StrEnum):
    ORDER = "order"  # every level was asked in vain: ask again
    ACCEPT = "accept"  # the crew has answered by then
    ARRIVE = "arrive"  # somebody is there by then
    CONFIRM_RELEASE = "confirm_release"  # the release is reported, then confirmed, by then
    PREDICT = "predict"  # how likely a late arrival is, is reckoned again
    ORDER_SEEN = "order_seen"  # the crew's device has shown it the order by then
    PASSENGER_UPDATE = "passenger_update"  # somebody has spoken to the people in the car by then
    MAKE_SAFE = "make_safe"  # the lift is reported safe by then
    CAUSE_REPORT = "cause_report"  # the maintainer has reported the cause by then
    CHECK_IN = "check_in"  # a technician alone at the lift gives a sign of life by then


def next_order_state(state: OrderState, event: OrderEvent) -> OrderState:
    """Return where the event leads.

    Raises
    ------
    IllegalTransitionError
        When the table has no such step.
    """
    target = ORDER_TRANSITIONS[state].get(event)
    if target is None:
        raise IllegalTransitionError("the order", state, event)
    return target


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One row of `rescue_order`."""

    order_id: int
    incident_id: int
    crew_id: str
    response_level: int
    state: OrderState
    sent_at: datetime
    answered_at: datetime | None
    refusal_reason: str | None
    under_way_at: datetime | None
    arrived_at: datetime | None
    ended_at: datetime | None
    travel_time_s: float
    reason: str
    seen_at: datetime | None = None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Order":
        values = {name: row[name] for name in cls.__dataclass_fields__}
        return cls(**{**values, "state": OrderState(row["state"])})

    @property
    def live(self) -> bool:
        return self.state in LIVE_STATES

    @property
    def engaged(self) -> bool:
        return self.state in ENGAGED_STATES


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """One row of `deadline` that has neither fired nor been cancelled."""

    deadline_id: int
    incident_id: int
    order_id: int | None
    kind: DeadlineKind
    due_at: datetime

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Deadline":
        values = {name: row[name] for name in cls.__dataclass_fields__}
        return cls(**{**values, "kind": DeadlineKind(row["kind"])})
