"""Signs of life of a technician who is alone at the lift: asked for, and missed ever more loudly.

Begins with the arrival, ends when people are freed or the order ends. Works on an incident whose
lock the caller holds; commits nothing.
"""

from datetime import datetime, timedelta

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.access.model import ENGINE_ACTOR_ID
from liftward_platform.incidents import service as incidents
from liftward_platform.incidents.model import IllegalTransitionError, Incident
from liftward_platform.incidents.service import Happening
from liftward_platform.ledger.model import EntryKind, Json
from liftward_platform.notifications import service as notifications
from liftward_platform.notifications.model import Subject
from liftward_platform.rescue import loudness as alarms
from liftward_platform.rescue import sending, store
from liftward_platform.rescue.check_in import SilenceReason, loudness, silence
from liftward_platform.rescue.escalation import RestReason
from liftward_platform.rescue.model import Deadline, DeadlineKind, Order, OrderState

Connection = AsyncConnection[DictRow]


async def begin(
    connection: Connection, incident: Incident, order_id: int, happening: Happening
) -> None:
    """A crew of one arrived: the first sign of life is due after a while."""
    await store.begin_lone_work(connection, order_id, happening.now)
    await incidents.note(
        connection, incident, happening,
        event="works_alone", reason="reported", detail={"order_id": order_id},
    )  # fmt: skip
    await _ask_again(connection, incident, order_id, happening.now)


async def check_in(
    connection: Connection, incident: Incident, order: Order, happening: Happening
) -> None:
    """The technician says that all is well: the time begins anew.

    Raises
    ------
    IllegalTransitionError
        When the crew is not at the lift.
    """
    if order.state is not OrderState.ARRIVED:
        raise IllegalTransitionError("the order", order.state, "check_in")
    await incidents.note(
        connection, incident, happening,
        event="checked_in", reason="reported", detail=sending.about(order),
    )  # fmt: skip
    await sign_of_life(connection, incident, order, happening.now)


async def sign_of_life(
    connection: Connection, incident: Incident, order: Order, now: datetime
) -> None:
    """Whoever reports anything is alive: the time begins anew, if it runs."""
    if not await store.note_sign_of_life(connection, order.order_id, now):
        return
    await store.cancel_deadlines(
        connection, incident.incident_id, (DeadlineKind.CHECK_IN,),
        now=now, result="checked_in", order_id=order.order_id,
    )  # fmt: skip
    if order.state is OrderState.ARRIVED:
        await _ask_again(connection, incident, order.order_id, now)


async def fire(
    connection: Connection,
    incident: Incident,
    deadline: Deadline,
    order: Order | None,
    now: datetime,
) -> str:
    """Say that a sign of life is missing, louder each time; return the reason of what was done."""
    if order is None or order.state is not OrderState.ARRIVED:
        await store.fire_deadline(
            connection, deadline.deadline_id, now=now, result=RestReason.ALREADY_OVER
        )
        return str(RestReason.ALREADY_OVER)
    missed_count = await store.missed_check_ins(connection, order.order_id)
    reason = silence(missed_count)
    await store.fire_deadline(connection, deadline.deadline_id, now=now, result=reason)
    happening = Happening(now=now, actor=ENGINE_ACTOR_ID)
    body: dict[str, Json] = {
        **sending.about(order), "missed_count": missed_count, "loudness": loudness(missed_count),
        "reason": reason,
    }  # fmt: skip
    await incidents.note(
        connection, incident, happening, event="sign_of_life_missing", reason=reason, detail=body
    )
    if reason is not SilenceReason.CHECK_IN_ASKED:
        await incidents.record(connection, incident, happening, EntryKind.CHECK_IN_MISSED, body)
    await sending.tell_crew(connection, order, Subject.CHECK_IN_DUE, now)
    await _tell_consoles(connection, incident, reason, happening, body)
    repeat = timedelta(seconds=sending.policy_of(incident).check_in_repeat_s)
    await store.insert_deadline(
        connection, incident.incident_id, DeadlineKind.CHECK_IN, now + repeat, order.order_id
    )
    return str(reason)


async def _tell_consoles(
    connection: Connection,
    incident: Incident,
    reason: SilenceReason,
    happening: Happening,
    body: dict[str, Json],
) -> None:
    """Let the dispatchers see it; once the crew was asked and stays silent, louder each time."""
    if reason is not SilenceReason.CHECK_IN_ASKED:
        subject = Subject.SIGN_OF_LIFE_MISSING
        await alarms.raise_alarm(connection, incident, subject, happening, body)
        return
    await notifications.to_console(
        connection,
        Subject.SIGN_OF_LIFE_MISSING,
        {"incident_id": incident.incident_id, **body},
        incident_id=incident.incident_id,
        now=happening.now,
    )


async def _ask_again(
    connection: Connection, incident: Incident, order_id: int, now: datetime
) -> None:
    wait = timedelta(seconds=sending.policy_of(incident).check_in_s)
    await store.insert_deadline(
        connection, incident.incident_id, DeadlineKind.CHECK_IN, now + wait, order_id
    )
