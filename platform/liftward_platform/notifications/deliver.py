"""Delivers the outbox: marks what can be read as told, pushes the rest, retries, gives up loudly.

Nothing here holds a transaction while it waits for a receiver.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.access.model import ENGINE_ACTOR_ID
from liftward_platform.incidents import service as incidents
from liftward_platform.incidents.service import Happening
from liftward_platform.notifications import service, store
from liftward_platform.notifications.model import PULL_CHANNELS, Channel, Message, retry_at

Connection = AsyncConnection[DictRow]

log = structlog.get_logger()

# Longer than any attempt takes: only a dead sender's message is taken up by another.
LEASE = timedelta(seconds=60)
# Receivers are few; more at once would only time out together.
CONCURRENT_MAX = 8


class Sender(Protocol):
    """Whatever pushes a message out of the house."""

    async def send(self, message: Message, *, now: datetime) -> str | None:
        """Return None when the message was taken, else what went wrong."""
        ...


async def deliver_pull(connection: Connection, *, now: datetime, limit: int, push: bool) -> int:
    """Mark messages that crews and consoles can now read; copy them for pushing when asked to."""
    async with connection.transaction():
        messages = await store.claim(
            connection, PULL_CHANNELS, now=now, lease_until=now + LEASE, limit=limit
        )
        for message in messages if push else ():
            await service.copy_to_webhook(connection, message, now)
        if messages:
            await store.mark_sent(connection, [message.message_id for message in messages], now)
    return len(messages)


async def deliver_push(connection: Connection, sender: Sender, *, now: datetime, limit: int) -> int:
    """Push messages that are due; each result is written as soon as all of them are known."""
    async with connection.transaction():
        messages = await store.claim(
            connection, (Channel.WEBHOOK,), now=now, lease_until=now + LEASE, limit=limit
        )
    gate = asyncio.Semaphore(CONCURRENT_MAX)

    async def attempt(message: Message) -> str | None:
        async with gate:
            return await sender.send(message, now=now)

    errors = await asyncio.gather(*(attempt(message) for message in messages))
    for message, error in zip(messages, errors, strict=True):
        async with connection.transaction():
            await _record(connection, message, error, now)
    return len(messages)


async def _record(
    connection: Connection, message: Message, error: str | None, now: datetime
) -> None:
    if error is None:
        await store.mark_sent(connection, [message.message_id], now)
        return
    again_at = retry_at(message.attempts_count, now=now)
    await store.mark_failed(
        connection, message.message_id, next_attempt_at=again_at,
        gave_up_at=now if again_at is None else None, last_error=error,
    )  # fmt: skip
    log.warning(
        "message_not_delivered", message_id=message.message_id, error=error,
        attempts_count=message.attempts_count, gave_up=again_at is None,
    )  # fmt: skip
    if again_at is None and message.incident_id is not None:
        incident = await incidents.lock(connection, message.incident_id)
        await incidents.note(
            connection, incident, Happening(now=now, actor=ENGINE_ACTOR_ID),
            event="notification_failed", reason="retries_exhausted",
            detail={"message_id": message.message_id, "subject": message.subject,
                    "channel": message.channel, "error": error},
        )  # fmt: skip
