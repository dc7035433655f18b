"""Delivers the outbox: claims what is due, lets it be sent, writes down what became of it.

Nothing here holds a transaction while it waits for a receiver.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.notifications import service, store
from liftward_platform.notifications.destinations import Document
from liftward_platform.notifications.dispatch import Dispatch, Done
from liftward_platform.notifications.fan_out import give_up_loudly, known_channels
from liftward_platform.notifications.metrics import NotificationMetrics
from liftward_platform.notifications.model import (
    BUNDLE_MAX,
    LEASE,
    ORDER_FAILURES_MAX,
    RETRY_AFTER_MAX,
    Again,
    Message,
    Outcome,
    Subject,
    after_failure,
)
from liftward_platform.notifications.routing import acknowledge_by

Connection = AsyncConnection[DictRow]

log = structlog.get_logger()

# A channel that fails is tested again after this, until it works.
RETEST = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What delivering needs besides the database."""

    document: Document
    dispatch: Dispatch
    metrics: NotificationMetrics
    chance: Callable[[], float]  # 0 to 1: takes the herd apart


async def push(connection: Connection, delivery: Delivery, *, now: datetime, limit: int) -> int:
    """Write down what has come back, start what is due, wait a little; return how many were sent.

    An attempt that takes longer is written down by a later call: nobody waits behind it.
    """
    await _record_all(connection, delivery, delivery.dispatch.finished(), now)
    dispatch, document = delivery.dispatch, delivery.document
    room = min(limit, dispatch.room)
    if room > 0:
        async with connection.transaction():
            rows = await store.claim_to_push(
                connection, known=known_channels(document), busy=dispatch.busy(),
                at_once=dispatch.at_once, limit=room, now=now, lease_until=now + LEASE,
            )  # fmt: skip
            for row in rows:
                await _bundle(connection, document, row, now)
            ids = [row["message_id"] for row in rows]
            messages = await store.messages(connection, ids) if ids else []
        for message in messages:
            dispatch.start(message, now)
    done = await dispatch.settle()
    return await _record_all(connection, delivery, done, now)


async def _bundle(connection: Connection, document: Document, row: DictRow, now: datetime) -> None:
    """Take along what waits behind a first attempt, where the destination wants it so.

    Only then: a receiver drops repeats by the number, so a bundle never changes once it was tried.
    """
    destination = document.destination(row["destination"])
    first = row["attempts_count"] == 1
    if destination is None or not destination.bundle_s or row["urgent"] or not first:
        return
    await store.bundle(connection, row["message_id"], BUNDLE_MAX - 1)
    until = now + timedelta(seconds=destination.bundle_s)
    await store.hold_bundle(connection, row["destination"], row["channel_name"], until)


async def _record_all(
    connection: Connection, delivery: Delivery, done: list[Done], now: datetime
) -> int:
    sent_count = 0
    for message, outcome in done:
        async with connection.transaction():
            if outcome.sent:
                await _record_sent(connection, delivery, message, now)
                sent_count += 1
            else:
                await _record_failed(connection, delivery, message, outcome, now)
        delivery.dispatch.recorded(message)
    return sent_count


async def _record_sent(
    connection: Connection, delivery: Delivery, message: Message, now: datetime
) -> None:
    destination = delivery.document.destination(message.destination)
    until = acknowledge_by(destination, message, now)
    await store.mark_sent(connection, message.message_id, now=now, acknowledge_by=until)
    if message.of_message_id is not None:
        await store.stop_other_channels(connection, message, now)
    if await store.channel_worked(connection, message, now):
        await _tell_of_channel(connection, Subject.CHANNEL_WORKS_AGAIN, message, None, now)
    delivery.metrics.sent(message)


async def _record_failed(
    connection: Connection, delivery: Delivery, message: Message, outcome: Outcome, now: datetime
) -> None:
    follows = after_failure(message, outcome, now=now, chance=delivery.chance())
    again = isinstance(follows, Again)
    await store.mark_failed(
        connection, message.message_id, now=now, last_error=outcome.reason,
        next_attempt_at=follows.at if isinstance(follows, Again) else None,
        end_reason=None if isinstance(follows, Again) else follows,
    )  # fmt: skip
    delivery.metrics.failed(message, again=again)
    log.warning(
        "message_not_delivered", message_id=message.message_id, destination=message.destination,
        channel_name=message.channel_name, error=outcome.reason,
        attempts_count=message.attempts_count, gave_up=not again,
    )  # fmt: skip
    await _note_channel(connection, message, outcome, now, again=again)
    if not again and not message.is_test:
        # By incident: several are locked in one order by everybody.
        for one in sorted(message.all_messages, key=lambda bundled: bundled.incident_id or 0):
            row = {name: getattr(one, name) for name in _GIVEN_UP}
            await give_up_loudly(connection, one.incident_id, row, error=outcome.reason, now=now)


_GIVEN_UP = ("message_id", "subject", "channel", "channel_name", "destination")


async def _note_channel(
    connection: Connection, message: Message, outcome: Outcome, now: datetime, *, again: bool
) -> None:
    """Keep how the channel is doing; when it begins to fail, say so."""
    hold = outcome.retry_after
    begins = await store.channel_failed(
        connection, message, outcome, now=now,
        throttled_until=None if hold is None else now + min(hold, RETRY_AFTER_MAX),
        is_failing=not again or message.attempts_count >= ORDER_FAILURES_MAX,
        retest_at=now + RETEST,
    )  # fmt: skip
    if begins:
        await _tell_of_channel(connection, Subject.CHANNEL_FAILED, message, outcome.reason, now)


async def _tell_of_channel(
    connection: Connection, subject: Subject, message: Message, error: str | None, now: datetime
) -> None:
    body = {"destination": message.destination, "channel_name": message.channel_name}
    if error is not None:
        body["error"] = error
    await service.to_console(connection, subject, body, incident_id=None, now=now)
