"""The only place that runs the notification slice's SQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from liftward_kit.named_sql import load_queries
from liftward_platform.notifications.model import Channel, Message

Connection = AsyncConnection[DictRow]
QUERIES = load_queries("liftward_platform.notifications")


async def insert(
    connection: Connection, values: Mapping[str, Any], body: Mapping[str, Any]
) -> None:
    await connection.execute(QUERIES["insert_message"], {**values, "body": Jsonb(dict(body))})


async def claim(
    connection: Connection,
    channels: Sequence[Channel],
    *,
    now: datetime,
    lease_until: datetime,
    limit: int,
) -> list[Message]:
    """Take messages that are due, oldest first; their next attempt comes after the lease."""
    cursor = await connection.execute(
        QUERIES["claim_messages"],
        {
            "channels": [str(channel) for channel in channels],
            "now": now,
            "lease_until": lease_until,
            "limit": limit,
        },
    )
    messages = [Message.from_row(row) for row in await cursor.fetchall()]
    return sorted(messages, key=lambda message: message.message_id)


async def mark_sent(connection: Connection, message_ids: Sequence[int], now: datetime) -> None:
    await connection.execute(QUERIES["mark_sent"], {"message_ids": list(message_ids), "now": now})


async def mark_failed(
    connection: Connection,
    message_id: int,
    *,
    next_attempt_at: datetime | None,
    gave_up_at: datetime | None,
    last_error: str,
) -> None:
    await connection.execute(
        QUERIES["mark_failed"],
        {
            "message_id": message_id,
            "next_attempt_at": next_attempt_at,
            "gave_up_at": gave_up_at,
            "last_error": last_error,
        },
    )
