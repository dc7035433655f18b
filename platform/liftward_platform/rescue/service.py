"""What people do to a rescue: crews answer, leave, arrive, free; dispatchers escalate and close.

Every function locks the incident first, so that people and engine see one order of things; commits
nothing. An illegal step raises before anything is written.
"""

from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.access.model import ENGINE_ACTOR_ID
from liftward_platform.errors import ConflictError, InvalidError, NotFoundError
from liftward_platform.incidents import service as incidents
from liftward_platform.incidents.closing_codes import check_codes
from liftward_platform.incidents.model import (
    RESCUE_STATES,
    Confirmer,
    IllegalTransitionError,
    Incident,
    IncidentEvent,
    Outcome,
    state_to_close_from,
)
from liftward_platform.incidents.reporting import either
from liftward_platform.incidents.service import Happening
from liftward_platform.ledger.model import EntryKind, Json
from liftward_platform.notifications.model import Subject
from liftward_platform.rescue import duplicates, ending, predicting, sending, store
from liftward_platform.rescue.closing_rules import Given, cause_facts, closing_facts
from liftward_platform.rescue.ending import check_occurred
from liftward_platform.rescue.escalation import (
    Step,
    StepReason,
    after_failure,
    fallback,
    next_level,
)
from liftward_platform.rescue.model import (
    DeadlineKind,
    Order,
    OrderEvent,
    OrderState,
    next_order_state,
)

Connection = AsyncConnection[DictRow]

ALL_KINDS = tuple(DeadlineKind)
# What waits for a crew's answer.
ANSWER_KINDS = (DeadlineKind.ACCEPT, DeadlineKind.ORDER_SEEN)


@dataclass(frozen=True, slots=True)
class Work:
    """An order about to change: its incident is locked, its siblings are known."""

    incident: Incident
    order: Order
    others: tuple[Order, ...]


async def begin(connection: Connection, order_id: int, happening: Happening) -> Work:
    """Lock the incident of an order and return what a change of the order needs.

    Raises
    ------
    NotFoundError, InvalidError
        When there is no such order, or the time given cannot be.
    """
    incident_id = await store.incident_of_order(connection, order_id)
    if incident_id is None:
        raise NotFoundError("order_unknown", f"no order {order_id}")
    incident = await incidents.lock(connection, incident_id)
    orders = await store.orders_of_incident(connection, incident_id)
    order = next(order for order in orders if order.order_id == order_id)
    check_occurred(happening, not_before=order.sent_at)
    others = tuple(other for other in orders if other.order_id != order_id)
    return Work(incident, order, others)


async def accept(connection: Connection, order_id: int, happening: Happening) -> None:
    """The crew says yes."""
    work = await begin(connection, order_id, happening)
    late = work.order.state is OrderState.NO_ANSWER
    if late and any(other.live and other.crew_id == work.order.crew_id for other in work.others):
        raise ConflictError("newer_order", "this crew has a newer order for it: accept that one")
    order = await _change(
        connection, work, OrderEvent.ACCEPT, answered_at=happening.at, ended_at=None
    )
    incident = await incidents.apply(
        connection, work.incident, IncidentEvent.ORDER_ACCEPTED, happening,
        reason="accepted_late" if late else "accepted", detail=sending.about(order),
    )  # fmt: skip
    await _cancel(connection, order, ANSWER_KINDS, happening.now, "accepted")
    await predicting.look_now(connection, work.incident.incident_id, happening.now)
    await store.cancel_deadlines(
        connection, incident.incident_id, (DeadlineKind.ORDER,),
        now=happening.now, result="accepted",
    )  # fmt: skip
    body: dict[str, Json] = {**sending.about(order), "answer": "accepted", "late": late}
    await incidents.record(connection, incident, happening, EntryKind.ORDER_ANSWERED, body)
    rounds = [other for other in work.others if other.reason == StepReason.UNANSWERED_ROUND]
    unanswered = [other for other in rounds if other.state is OrderState.SENT]
    await _withdraw(connection, incident, unanswered, happening, reason="another_crew_comes")


async def refuse(
    connection: Connection, order_id: int, happening: Happening, *, refusal_reason: str
) -> None:
    """The crew says no, or cannot come after all: the next one is ordered at once."""
    check_codes(refusal_reason=refusal_reason)
    work = await begin(connection, order_id, happening)
    lost = work.order.engaged
    order = await _change(
        connection, work, OrderEvent.REFUSE,
        refusal_reason=refusal_reason, ended_at=happening.at,
        answered_at=work.order.answered_at or happening.at,
    )  # fmt: skip
    await _cancel(connection, order, ANSWER_KINDS, happening.now, "refused")
    await predicting.look_now(connection, work.incident.incident_id, happening.now)
    body: dict[str, Json] = {
        **sending.about(order), "answer": "refused", "refusal_reason": refusal_reason,
    }  # fmt: skip
    reason = StepReason.CREW_LOST if lost else StepReason.REFUSED
    await incidents.note(
        connection, work.incident, happening,
        event="order_refused", reason=refusal_reason, detail=body,
    )  # fmt: skip
    await incidents.record(connection, work.incident, happening, EntryKind.ORDER_ANSWERED, body)
    await follow_failure(connection, replace(work, order=order), reason, happening)


async def follow_failure(
    connection: Connection, work: Work, reason: StepReason, happening: Happening
) -> str:
    """Let the incident fall back and send the next crew; return the reason of what was done."""
    incident = work.incident
    event = fallback(incident.state, work.others)
    if event is not None:
        incident = await incidents.apply(connection, incident, event, happening, reason=reason)
    rounds = await store.has_deadline(connection, incident.incident_id, DeadlineKind.ORDER)
    teams = sending.teams_of(incident)
    step = after_failure(work.order, work.others, reason, rounds=rounds, teams=teams)
    if isinstance(step, Step):
        # The next order is the engine's doing, whoever refused.
        by_rule = replace(happening, actor=ENGINE_ACTOR_ID, occurred_at=None)
        await sending.send(connection, incident, step, by_rule)
    return str(step.reason)


async def depart(connection: Connection, order_id: int, happening: Happening) -> None:
    """The crew is on its way."""
    work = await begin(connection, order_id, happening)
    if work.order.under_way_at is not None:
        raise IllegalTransitionError("the order", work.order.state, OrderEvent.DEPART)
    order = await _change(connection, work, OrderEvent.DEPART, under_way_at=happening.at)
    await predicting.look_now(connection, work.incident.incident_id, happening.now)
    incident = await incidents.apply(
        connection, work.incident, IncidentEvent.CREW_DEPARTED, happening,
        reason="reported", detail=sending.about(order),
    )  # fmt: skip
    await incidents.record(
        connection, incident, happening, EntryKind.DEPARTED, sending.about(order)
    )


async def arrive(connection: Connection, order_id: int, happening: Happening) -> None:
    """The crew is there: the limit to arrive is met, the limit to report the release begins."""
    work = await begin(connection, order_id, happening)
    order = await _change(connection, work, OrderEvent.ARRIVE, arrived_at=happening.at)
    first = work.incident.arrived_at is None
    incident = await incidents.apply(
        connection, work.incident, IncidentEvent.CREW_ARRIVED, happening,
        reason="reported", detail=sending.about(order),
        arrived_at=work.incident.arrived_at or happening.at,
    )  # fmt: skip
    await incidents.record(connection, incident, happening, EntryKind.ARRIVED, sending.about(order))
    if not first:
        return
    await store.cancel_deadlines(
        connection, incident.incident_id,
        (DeadlineKind.ARRIVE, DeadlineKind.ORDER, DeadlineKind.PREDICT),
        now=happening.now, result="arrived",
    )  # fmt: skip
    limit = timedelta(seconds=sending.policy_of(incident).release_report_s)
    await store.insert_deadline(
        connection, incident.incident_id, DeadlineKind.CONFIRM_RELEASE, happening.now + limit
    )


async def freed(
    connection: Connection,
    order_id: int,
    happening: Happening,
    *,
    persons_count: int,
    cause_code: str | None,
    release_method: str | None,
    injured_count: int | None = None,
) -> None:
    """The crew reports everybody out; other crews are called off, confirmation is due."""
    check_codes(cause_code=cause_code, release_method=release_method)
    work = await begin(connection, order_id, happening)
    order = await _change(connection, work, OrderEvent.FREE, ended_at=happening.at)
    detail: dict[str, Json] = {
        **sending.about(order),
        "persons_count": persons_count,
        "cause_code": cause_code,
        "release_method": release_method,
    }
    if injured_count is not None:
        detail["injured_count"] = injured_count
    incident = await incidents.apply(
        connection, work.incident, IncidentEvent.PERSONS_FREED, happening,
        reason="reported", detail=detail, freed_at=happening.at, persons_count=persons_count,
        injured=either(work.incident.injured, None if injured_count is None else injured_count > 0),
        **cause_facts(work.incident, cause_code, release_method, happening),
    )  # fmt: skip
    await incidents.record(connection, incident, happening, EntryKind.FREED, detail)
    await _end_rescue(connection, incident, work.others, happening, reason="freed")
    limit = timedelta(seconds=sending.policy_of(incident).confirm_release_s)
    await store.insert_deadline(
        connection, incident.incident_id, DeadlineKind.CONFIRM_RELEASE, happening.now + limit
    )


async def escalate(connection: Connection, incident_id: int, happening: Happening) -> None:
    """The dispatcher wants the next level now."""
    incident = await _incident_in_rescue(connection, incident_id, "escalate")
    step = next_level(incident.response_level, StepReason.DISPATCHER)
    _, order = await sending.send(connection, incident, step, happening)
    if order is None:
        raise ConflictError(
            "no_crew_available", "no crew can be sent now: all are off duty or busy"
        )


async def order_crew(
    connection: Connection, incident_id: int, crew_id: str, happening: Happening
) -> None:
    """The dispatcher wants this crew too, whatever the ranking says."""
    incident = await _incident_in_rescue(connection, incident_id, "order")
    orders = await store.orders_of_incident(connection, incident_id)
    if any(order.live and order.crew_id == crew_id for order in orders):
        raise ConflictError("already_ordered", f"crew {crew_id} has an order for this incident")
    chosen = await sending.rank_one(connection, incident, crew_id, happening.now)
    if chosen is None:
        raise InvalidError(
            "crew_not_for_this_lift",
            f"{crew_id!r} is no crew of this lift's maintainer, a rescue station or public rescue",
        )
    incident, _ = await sending.place_order(
        connection, incident, chosen, StepReason.DISPATCHER, happening
    )
    await incidents.raise_response_level(
        connection, incident, chosen.level, happening, reason=StepReason.DISPATCHER
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What a dispatcher fills in to close an incident."""

    outcome: Outcome
    cause_code: str | None = None
    release_method: str | None = None
    persons_count: int | None = None
    confirmed_by: Confirmer | None = None
    confirmed_how: str | None = None
    lift_made_safe: bool = False
    incomplete_reason: str | None = None
    duplicate_of: int | None = None
    note: str | None = None


async def close(
    connection: Connection, incident_id: int, closing: Closing, happening: Happening
) -> None:
    """Close an incident: its orders are called off, its deadlines end, its outcome is on record."""
    check_codes(
        cause_code=closing.cause_code, release_method=closing.release_method,
        confirmed_how=closing.confirmed_how, incomplete_reason=closing.incomplete_reason,
    )  # fmt: skip
    incident, original = await duplicates.lock_both(connection, incident_id, closing.duplicate_of)
    leaves_from = state_to_close_from(incident.state, closing.outcome)
    check_occurred(happening, not_before=incident.onset_at)
    facts = closing_facts(incident, given_of(closing), happening)
    if leaves_from is not incident.state:
        assert closing.confirmed_by is not None, "closing_facts asks for it"
        incident = await ending.confirm(
            connection, incident, closing.confirmed_by, closing.confirmed_how, happening
        )
    orders = await store.orders_of_incident(connection, incident_id)
    closed = await incidents.close(
        connection, incident, closing.outcome, happening, facts=facts, note_text=closing.note
    )
    await _end_rescue(connection, closed, orders, happening, reason=closing.outcome)
    if original is not None:
        await duplicates.account_under(connection, original, closed, happening)


def given_of(closing: Closing) -> Given:
    """Return what the rules of closing look at."""
    names = [field.name for field in fields(Given)]
    return Given(**{name: getattr(closing, name) for name in names})


async def _incident_in_rescue(connection: Connection, incident_id: int, action: str) -> Incident:
    incident = await incidents.lock(connection, incident_id)
    if incident.state not in RESCUE_STATES:
        raise IllegalTransitionError("the incident", incident.state, action)
    return incident


async def _end_rescue(
    connection: Connection,
    incident: Incident,
    orders: tuple[Order, ...] | list[Order],
    happening: Happening,
    *,
    reason: str,
) -> None:
    """End every order that still lives and every deadline that is still to come."""
    there = [order for order in orders if order.state is OrderState.ARRIVED]
    for order in there:
        changed = replace(
            order, state=next_order_state(order.state, OrderEvent.FINISH), ended_at=happening.at
        )
        await store.update_order(connection, changed)
    coming = [order for order in orders if order.live and order not in there]
    await _withdraw(connection, incident, coming, happening, reason=reason)
    await store.cancel_deadlines(
        connection, incident.incident_id, ALL_KINDS, now=happening.now, result=reason
    )


async def _withdraw(
    connection: Connection,
    incident: Incident,
    orders: list[Order],
    happening: Happening,
    *,
    reason: str,
) -> None:
    """Call crews off, and tell them."""
    for order in orders:
        changed = replace(
            order, state=next_order_state(order.state, OrderEvent.WITHDRAW), ended_at=happening.at
        )
        await store.update_order(connection, changed)
        await _cancel(connection, order, ANSWER_KINDS, happening.now, reason)
        detail = sending.about(order)
        await incidents.note(
            connection, incident, happening, event="order_withdrawn", reason=reason, detail=detail
        )
        body: dict[str, Json] = {**detail, "reason": reason}
        await incidents.record(connection, incident, happening, EntryKind.ORDER_WITHDRAWN, body)
        await sending.tell_crew(connection, changed, Subject.ORDER_WITHDRAWN, happening.now)


async def _change(connection: Connection, work: Work, event: OrderEvent, **changes: Any) -> Order:  # noqa: ANN401 - columns of the order
    """Take the order's step; the incident must be one with people inside."""
    state = next_order_state(work.order.state, event)
    if work.incident.state not in RESCUE_STATES:
        raise IllegalTransitionError("the incident", work.incident.state, event)
    changed = replace(work.order, state=state, **changes)
    await store.update_order(connection, changed)
    return changed


async def _cancel(
    connection: Connection,
    order: Order,
    kinds: tuple[DeadlineKind, ...],
    now: datetime,
    result: str,
) -> None:
    await store.cancel_deadlines(
        connection, order.incident_id, kinds, now=now, result=result, order_id=order.order_id
    )
