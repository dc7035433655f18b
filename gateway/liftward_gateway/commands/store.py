"""The SQL of commands. Never commits: the caller opens the transaction."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from psycopg.types.json import Jsonb

from liftward_gateway.admit import AdmittedReply, from_microseconds
from liftward_gateway.commands.decision import (
    REPLY_GRACE,
    Ending,
    KnownCommand,
    LiveCommand,
    StateReason,
)
from liftward_gateway.shards import ShardRange
from liftward_gateway.store_link import Connection
from liftward_kit.named_sql import load_queries
from liftward_wire.messages import CommandKind

QUERIES = load_queries("liftward_gateway.commands")


async def live_commands(
    connection: Connection, shards: ShardRange, *, now: datetime, limit: int
) -> list[LiveCommand]:
    """Return commands of the shards that are to be sent or are overdue, the oldest first."""
    cursor = await connection.execute(
        QUERIES["live_commands"],
        {
            "first": shards.first,
            "last": shards.last,
            "now": now,
            "overdue": now - REPLY_GRACE,
            "limit": limit,
        },
    )
    return [
        LiveCommand(**{**row, "kind": CommandKind(row["kind"])}) for row in await cursor.fetchall()
    ]


async def mark_sent(connection: Connection, command_ids: Sequence[str], now: datetime) -> None:
    """Note that the broker has these."""
    await connection.execute(
        QUERIES["mark_commands_sent"],
        {"command_ids": list(command_ids), "now": now, "reason": str(StateReason.BROKER_HAS_IT)},
    )


async def end(connection: Connection, endings: Iterable[Ending], now: datetime) -> None:
    """Note that these get no further."""
    for ending in endings:
        await connection.execute(
            QUERIES["end_command"],
            {
                "command_id": ending.command_id,
                "state": ending.state,
                "reason": str(ending.reason),
                "now": now,
            },
        )


async def known_commands(
    connection: Connection, command_ids: Iterable[str]
) -> dict[str, KnownCommand]:
    """Return whose commands these were; one nobody asked is left out."""
    cursor = await connection.execute(
        QUERIES["known_commands"], {"command_ids": sorted(set(command_ids))}
    )
    return {
        row["command_id"]: KnownCommand(row["lift_id"], row["device_revoked"])
        for row in await cursor.fetchall()
    }


async def record_replies(connection: Connection, replies: Iterable[AdmittedReply]) -> None:
    """Write what devices answered."""
    for admitted in replies:
        reply = admitted.reply
        snapshot = reply.snapshot
        await connection.execute(
            QUERIES["record_reply"],
            {
                "command_id": reply.command_id,
                "result": str(reply.result),
                "replied": str(StateReason.REPLIED),
                "reason": reply.reason,
                "observed_at": reply.observed_at,
                "received_at": from_microseconds(admitted.received_at_us),
                "snapshot": None if snapshot is None else Jsonb(msgspec.to_builtins(snapshot)),
            },
        )


async def listen(connection: Connection) -> None:
    """Be woken when something is asked."""
    await connection.execute(QUERIES["listen_commands"])
