"""Puts copies of messages into the channels of those who are told, and moves chains on.

In the caller's connection, one transaction each; nothing here waits for a receiver.
"""

from datetime import datetime

import structlog
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.access.model import ENGINE_ACTOR_ID
from liftward_platform.incidents import service as incidents
from liftward_platform.incidents.service import Happening
from liftward_platform.notifications import store
from liftward_platform.notifications.chain import MoveOn, NotDelivered, what_next
from liftward_platform.notifications.destinations import Audience, Document
from liftward_platform.notifications.model import Message
from liftward_platform.notifications.routing import Copy, addressed, row_of

Connection = AsyncConnection[DictRow]

log = structlog.get_logger()


async def deliver_to_read(
    connection: Connection, document: Document, *, now: datetime, limit: int
) -> int:
    """Mark messages that crews and consoles can now read; copy them to whom the document names."""
    async with connection.transaction():
        messages = await store.claim_to_read(connection, now, limit)
        for message in messages if document.destinations else ():
            await _copy(connection, document, message, now)
        if messages:
            await store.mark_read(connection, [one.message_id for one in messages], now)
    return len(messages)


async def _copy(
    connection: Connection, document: Document, message: Message, now: datetime
) -> None:
    parties: list[str] = []
    of_parties = any(one.who is Audience.PARTY for one in document.destinations)
    if of_parties and message.incident_id is not None:
        parties = await store.parties_concerned(connection, message.incident_id, now)
    for copy in addressed(document.destinations, message, parties):
        row = row_of(document, copy, message, channel_number=0, now=now)
        await store.insert_copy(connection, row)


async def move_chains(
    connection: Connection, document: Document, *, now: datetime, limit: int
) -> tuple[int, list[int]]:
    """Move chains on to their next channel; return how many, and the orders that nobody got.

    Those orders are for the caller: what follows from them is the rescue slice's business.
    """
    moved_count, lost = 0, []
    for message_id, destination_id in await store.open_chains(connection, now, limit):
        async with connection.transaction():
            chain = await store.lock_chain(connection, message_id, destination_id, now)
            if chain is None:
                continue
            step = what_next(chain.steps, order_waits=chain.order_waits, now=now)
            if isinstance(step, NotDelivered) and chain.message.order_id is not None:
                lost.append(chain.message.order_id)
            elif isinstance(step, MoveOn) and await _move_on(
                connection, document, chain, step, now
            ):
                moved_count += 1
    return moved_count, lost


async def _move_on(
    connection: Connection, document: Document, chain: store.Chain, step: MoveOn, now: datetime
) -> bool:
    await store.moved_on(connection, chain, now)
    destination = document.destination(chain.destination)
    number = chain.steps[-1].channel_number + 1
    if destination is None or number >= len(destination.channels):
        return False  # the document has become shorter meanwhile
    copy = Copy(destination, chain.recipient)
    row = row_of(document, copy, chain.message, channel_number=number, now=now)
    await store.insert_copy(connection, row)
    log.info(
        "next_channel", message_id=chain.message.message_id, destination=chain.destination,
        channel_name=row["channel_name"], reason=step.reason,
    )  # fmt: skip
    return True


async def end_what_is_over(connection: Connection, document: Document, now: datetime) -> None:
    """End messages that nobody needs any more, and those that no channel is left for."""
    async with connection.transaction():
        await store.end_overtaken(connection, now)
    async with connection.transaction():
        orphans = await store.end_orphans(connection, known_channels(document), now)
        # By incident: several are locked in one order by everybody.
        for row in sorted(orphans, key=lambda orphan: orphan["incident_id"] or 0):
            await give_up_loudly(
                connection, row["incident_id"], row, error="no such channel any more", now=now
            )


async def give_up_loudly(
    connection: Connection, incident_id: int | None, row: DictRow, *, error: str, now: datetime
) -> None:
    """Write into the incident's story that a message about it reached nobody by this channel."""
    detail = {
        "message_id": row["message_id"], "subject": row["subject"], "channel": row["channel"],
        "channel_name": row["channel_name"], "destination": row["destination"], "error": error,
    }  # fmt: skip
    log.error("message_given_up", **detail)
    if incident_id is None:
        return
    incident = await incidents.lock(connection, incident_id)
    await incidents.note(
        connection, incident, Happening(now=now, actor=ENGINE_ACTOR_ID),
        event="notification_failed", reason="retries_exhausted", detail=detail,
    )  # fmt: skip


def known_channels(document: Document) -> list[str]:
    """Return `destination/channel` of every channel of a document."""
    return [
        f"{one.destination_id}/{name}" for one in document.destinations for name in one.channels
    ]
