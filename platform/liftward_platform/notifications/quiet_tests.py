"""Quiet tests: every channel is tried on a schedule, so that a dead one is known before a night.

A test is a message that says it is one; it goes the way of every other message, and its result
stands with the channel.
"""

from datetime import datetime, timedelta

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.notifications import store
from liftward_platform.notifications.destinations import Destination, Document
from liftward_platform.notifications.fan_out import known_channels
from liftward_platform.notifications.model import TEST_AGE_MAX, Subject

Connection = AsyncConnection[DictRow]

# Daily tests of many destinations drift apart by so much of their period.
SPREAD = 0.1


async def register(connection: Connection, document: Document, now: datetime) -> None:
    """Make the channels of the document known; those it does not have any more are retired."""
    async with connection.transaction():
        for destination in document.destinations:
            for number, name in enumerate(destination.channels):
                await store.register_channel(
                    connection,
                    {
                        "destination": destination.destination_id,
                        "channel_name": name,
                        "kind": document.channels[name].kind,
                        "who": destination.who,
                        "recipient": destination.recipient,
                        "channel_number": number,
                        "language": destination.language,
                        "next_test_at": now if destination.test_every_h else None,
                    },
                )
        await store.retire_channels(connection, known_channels(document), now)


async def begin_due(
    connection: Connection, document: Document, *, now: datetime, chance: float, limit: int
) -> int:
    """Put a test message into the outbox for each channel whose test is due."""
    begun_count = 0
    while begun_count < limit:
        async with connection.transaction():
            due = await store.claim_test(connection, known_channels(document), now)
            destination = None if due is None else document.destination(due[0])
            if due is None or destination is None:
                break
            await _begin(connection, document, destination, due[1], now=now, chance=chance)
        begun_count += 1
    return begun_count


async def _begin(
    connection: Connection,
    document: Document,
    destination: Destination,
    channel_name: str,
    *,
    now: datetime,
    chance: float,
) -> None:
    period = timedelta(hours=destination.test_every_h)
    await store.insert_copy(connection, row_of_test(document, destination, channel_name, now))
    await store.test_begun(
        connection, destination.destination_id, channel_name,
        now=now, again_at=now + period * (1 - SPREAD * chance),
    )  # fmt: skip


def row_of_test(
    document: Document, destination: Destination, channel_name: str, now: datetime
) -> dict[str, object]:
    """Return the outbox row of a test; it waits behind nothing and holds nothing up."""
    names = {"destination": destination.destination_id, "channel_name": channel_name}
    return {
        "of_message_id": None,
        "incident_id": None,
        "order_id": None,
        "channel": document.channels[channel_name].kind,
        "recipient": destination.test_recipient or destination.recipient,
        "subject": Subject.CHANNEL_TEST,
        "body": {**names, "test": True},
        "created_at": now,
        "now": now,
        "expires_at": now + TEST_AGE_MAX,
        "line": f"{destination.destination_id}/test/{channel_name}",
        "urgent": True,
        "channel_number": 0,
        "is_last_channel": True,
        **names,
    }
