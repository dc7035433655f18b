"""The only place that runs the command slice's SQL."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_kit.named_sql import load_queries
from liftward_platform.commands.model import DeviceCommand, Listener

Connection = AsyncConnection[DictRow]
QUERIES = load_queries("liftward_platform.commands")


async def listeners(connection: Connection, lift_key: int) -> list[Listener]:
    cursor = await connection.execute(QUERIES["listeners"], {"lift_key": lift_key})
    return [Listener(**row) for row in await cursor.fetchall()]


async def lock_and_count_live(connection: Connection, lift_key: int) -> int:
    """Keep other askers of this lift waiting, and return how many commands have no end yet."""
    await connection.execute(QUERIES["lock_lift_for_command"], {"lift_key": lift_key})
    cursor = await connection.execute(QUERIES["live_count"], {"lift_key": lift_key})
    row = await cursor.fetchone()
    assert row is not None
    count: int = row["live_count"]
    return count


async def insert(connection: Connection, values: Mapping[str, Any]) -> None:
    """Store a command and wake the gateways when it is committed."""
    await connection.execute(QUERIES["insert_command"], values)
    await connection.execute(QUERIES["wake_gateways"])


async def by_id(connection: Connection, command_id: str) -> DeviceCommand | None:
    cursor = await connection.execute(QUERIES["command_by_id"], {"command_id": command_id})
    row = await cursor.fetchone()
    return None if row is None else DeviceCommand.from_row(row)


async def of_lift(
    connection: Connection, lift_key: int, *, before: datetime | None, limit: int
) -> list[DeviceCommand]:
    values = {"lift_key": lift_key, "before": before, "limit": limit}
    cursor = await connection.execute(QUERIES["commands_of_lift"], values)
    return [DeviceCommand.from_row(row) for row in await cursor.fetchall()]
