"""What the engine does to rescues: orders for incidents left alone, and deadlines that are due.

One row at a time, claimed with SKIP LOCKED by the caller's transaction; commits nothing.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.access.model import ENGINE_ACTOR_ID
from liftward_platform.incidents import service as incidents
from liftward_platform.incidents.model import RESCUE_STATES, Incident, IncidentState
from liftward_platform.incidents.service import Happening
from liftward_platform.ledger.model import EntryKind, Json
from liftward_platform.notifications import service as notifications
from liftward_platform.notifications.model import Subject
from liftward_platform.rescue import (
    lone_work,
    loudness,
    predicting,
    reminders,
    sending,
    service,
    stamping,
    store,
)
from liftward_platform.rescue.escalation import (
    Remind,
    Rest,
    RestReason,
    Step,
    StepReason,
    unattended,
    when_due,
)
from liftward_platform.rescue.model import (
    Deadline,
    DeadlineKind,
    Order,
    OrderEvent,
    OrderState,
    next_order_state,
)
from liftward_platform.rescue.policy_book import PolicyBook

Connection = AsyncConnection[DictRow]

FireEarly = Callable[
    [Connection, Incident, Sequence[Order], Order | None, datetime], Awaitable[str]
]

UNATTENDED_STATES = (IncidentState.OPEN, IncidentState.ORDERED)


async def begin(
    connection: Connection, incident: Incident, now: datetime, book: PolicyBook | None = None
) -> None:
    """Begin the rescue of a new incident: stamp its policy, tell the console, start its limits.

    The limit to arrive counts from the detection, not from when we heard of it. The first order
    follows from `attend`, in a transaction of its own. Without a book the incident keeps the policy
    it was opened with.
    """
    if book is not None:
        incident = await stamping.stamp(connection, incident, book, now)
    policy = sending.policy_of(incident)
    due_ats = {
        DeadlineKind.ARRIVE: incident.detected_at + timedelta(seconds=policy.arrive_s),
        DeadlineKind.PREDICT: now + timedelta(seconds=policy.prediction.every_s),
    }
    await store.insert_deadlines(connection, incident.incident_id, due_ats)
    await reminders.begin(connection, incident, now)
    await notifications.to_console(
        connection,
        Subject.INCIDENT_OPENED,
        {"incident_id": incident.incident_id, "level": incident.level},
        incident_id=incident.incident_id,
        now=now,
    )


async def attend(connection: Connection, incident_id: int, now: datetime) -> None:
    """Order somebody for an incident nobody is asked for.

    Looks again once the incident is locked: another engine may have ordered after this one looked.
    """
    incident = await incidents.lock(connection, incident_id)
    waiting = [
        await store.has_deadline(connection, incident_id, kind)
        for kind in (DeadlineKind.ACCEPT, DeadlineKind.ORDER)
    ]
    if any(waiting) or incident.held or incident.state not in UNATTENDED_STATES:
        return
    happening = Happening(now=now, actor=ENGINE_ACTOR_ID)
    await sending.send_first(connection, incident, unattended(incident.response_level), happening)


async def fire(connection: Connection, deadline: Deadline, now: datetime) -> str:
    """Do what a due deadline asks for; return, and store, the reason of what was done."""
    incident = await incidents.lock(connection, deadline.incident_id)
    if deadline.kind in reminders.KINDS:
        reason = await reminders.fire(connection, incident, deadline.kind, now)
        await store.fire_deadline(connection, deadline.deadline_id, now=now, result=reason)
        return reason
    orders = await store.orders_of_incident(connection, incident.incident_id)
    order = next((order for order in orders if order.order_id == deadline.order_id), None)
    others = tuple(other for other in orders if other is not order)
    # Fired first: a round that is due must not count as one still to come.
    await store.fire_deadline(connection, deadline.deadline_id, now=now, result="firing")
    if deadline.kind is DeadlineKind.CHECK_IN:
        return await lone_work.fire(connection, incident, deadline, order, now)
    if deadline.kind in EARLY_KINDS:
        reason = await EARLY_KINDS[deadline.kind](connection, incident, orders, order, now)
        await store.fire_deadline(connection, deadline.deadline_id, now=now, result=reason)
        return reason
    rounds = await store.has_deadline(connection, incident.incident_id, DeadlineKind.ORDER)
    due = when_due(
        deadline.kind,
        incident.state,
        incident.response_level,
        order=order,
        others=others,
        rounds=rounds,
        teams=sending.teams_of(incident),
    )
    happening = Happening(now=now, actor=ENGINE_ACTOR_ID)
    if deadline.kind is DeadlineKind.ACCEPT and order is not None and _unanswered(order, incident):
        await _expire(connection, service.Work(incident, order, others), happening)
    elif isinstance(due, Step):
        if due.reason is StepReason.NOT_ARRIVED:
            about: dict[str, Json] = {"reason": due.reason}
            incident = await loudness.raise_alarm(
                connection, incident, Subject.ARRIVAL_LATE, happening, about
            )
        await sending.send(connection, incident, due, happening)
    elif isinstance(due, Remind):
        await _remind(connection, incident, due, happening)
    await _repeat(connection, incident, deadline, due, now)
    await store.fire_deadline(connection, deadline.deadline_id, now=now, result=due.reason)
    return str(due.reason)


def _unanswered(order: Order, incident: Incident) -> bool:
    return order.state is OrderState.SENT and incident.state in RESCUE_STATES


async def not_delivered(connection: Connection, order_id: int, now: datetime) -> bool:
    """No channel reached the crew: go on at once, as without an answer, and say so loudly.

    False when the order was answered or ended meanwhile.
    """
    happening = Happening(now=now, actor=ENGINE_ACTOR_ID)
    work = await service.begin(connection, order_id, happening)
    if not _unanswered(work.order, work.incident):
        return False
    await store.cancel_deadlines(
        connection, work.incident.incident_id, (DeadlineKind.ACCEPT,),
        now=now, result=StepReason.NOT_DELIVERED, order_id=order_id,
    )  # fmt: skip
    await store.mark_not_delivered(connection, order_id)
    incident = await loudness.raise_alarm(
        connection, work.incident, Subject.ORDER_NOT_DELIVERED, happening,
        sending.about(work.order),
    )  # fmt: skip
    work = replace(work, incident=incident)
    await _expire(connection, work, happening, StepReason.NOT_DELIVERED)
    return True


async def _expire(
    connection: Connection,
    work: service.Work,
    happening: Happening,
    reason: StepReason = StepReason.NO_ANSWER,
) -> None:
    """The crew stayed silent, or could not be told: say so, and go on to the next level."""
    state = next_order_state(work.order.state, OrderEvent.EXPIRE)
    silent = replace(work.order, state=state, ended_at=happening.now)
    await store.update_order(connection, silent)
    body: dict[str, Json] = {**sending.about(silent), "answer": str(reason)}
    await incidents.note(
        connection, work.incident, happening,
        event="order_no_answer", reason=reason, detail=body,
    )  # fmt: skip
    await incidents.record(connection, work.incident, happening, EntryKind.ORDER_ANSWERED, body)
    await sending.tell_crew(connection, silent, Subject.ORDER_EXPIRED, happening.now)
    await service.follow_failure(connection, replace(work, order=silent), reason, happening)


async def _remind(
    connection: Connection, incident: Incident, remind: Remind, happening: Happening
) -> None:
    await incidents.note(connection, incident, happening, event="reminded", reason=remind.reason)
    await loudness.raise_alarm(
        connection, incident, Subject.RELEASE_OVERDUE, happening, {"reason": remind.reason}
    )


async def _predict(
    connection: Connection,
    incident: Incident,
    orders: Sequence[Order],
    _order: Order | None,
    now: datetime,
) -> str:
    return await predicting.fire(connection, incident, orders, now)


async def _tell_again(
    connection: Connection,
    incident: Incident,
    _orders: Sequence[Order],
    order: Order | None,
    now: datetime,
) -> str:
    """The crew's device has not shown it the order: tell it once more, and the dispatchers."""
    if order is None or not _unanswered(order, incident):
        return RestReason.ALREADY_ANSWERED
    if order.seen_at is not None:
        return RestReason.ORDER_SEEN
    happening = Happening(now=now, actor=ENGINE_ACTOR_ID)
    about = sending.about(order)
    await incidents.note(
        connection, incident, happening, event="order_told_again", reason="order_not_seen",
        detail=about,
    )  # fmt: skip
    await sending.tell_crew(connection, order, Subject.ORDER_TOLD_AGAIN, now)
    await loudness.raise_alarm(connection, incident, Subject.ORDER_NOT_SEEN, happening, about)
    return "order_not_seen"


# What is looked at before a limit has passed.
EARLY_KINDS: Mapping[DeadlineKind, FireEarly] = {
    DeadlineKind.PREDICT: _predict,
    DeadlineKind.ORDER_SEEN: _tell_again,
}


async def _repeat(
    connection: Connection,
    incident: Incident,
    deadline: Deadline,
    due: Step | Rest | Remind,
    now: datetime,
) -> None:
    """Set the deadline again while what it watches has not come."""
    policy = sending.policy_of(incident)
    again_s = {
        DeadlineKind.ARRIVE: policy.arrive_repeat_s,
        DeadlineKind.CONFIRM_RELEASE: policy.confirm_release_s,
    }.get(deadline.kind)
    if again_s is None or isinstance(due, Rest):
        return
    again_at = now + timedelta(seconds=again_s)
    await store.insert_deadline(connection, incident.incident_id, deadline.kind, again_at)


async def claim_unattended(connection: Connection, tried: Sequence[int]) -> int | None:
    """Lock and return an incident nobody is asked for."""
    return await store.claim_unattended(connection, tried)


async def claim_deadline(
    connection: Connection, now: datetime, tried: Sequence[int]
) -> Deadline | None:
    """Lock and return the first deadline that is due, with its incident."""
    return await store.claim_deadline(connection, now, tried)


async def next_deadline(connection: Connection) -> datetime | None:
    """Return when the next deadline is due."""
    return await store.next_deadline(connection)
