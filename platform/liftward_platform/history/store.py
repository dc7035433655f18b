"""Reads samples. Which storage holds them is partitions.py's and timescale.py's business."""

from collections.abc import Sequence
from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_kit.named_sql import load_queries

Connection = AsyncConnection[DictRow]
QUERIES = load_queries("liftward_platform.history")


async def window(
    connection: Connection, lift_key: int, *, start: datetime, end: datetime, limit: int
) -> list[DictRow]:
    cursor = await connection.execute(
        QUERIES["window"], {"lift_key": lift_key, "start": start, "end": end, "limit": limit}
    )
    return await cursor.fetchall()


async def last_observed(
    connection: Connection, lift_keys: Sequence[int]
) -> dict[int, datetime | None]:
    cursor = await connection.execute(QUERIES["last_observed"], {"lift_keys": list(lift_keys)})
    return {row["lift_key"]: row["observed_at"] for row in await cursor.fetchall()}


async def hours(
    connection: Connection, lift_key: int, *, start: datetime, end: datetime, limit: int
) -> list[DictRow]:
    values = {"lift_key": lift_key, "start": start, "end": end, "limit": limit}
    return await (await connection.execute(QUERIES["hours"], values)).fetchall()


async def trips(
    connection: Connection, lift_key: int, *, start: datetime, end: datetime, limit: int
) -> list[DictRow]:
    values = {"lift_key": lift_key, "start": start, "end": end, "limit": limit}
    return await (await connection.execute(QUERIES["trips"], values)).fetchall()


async def complete_until(connection: Connection) -> datetime:
    row = await (await connection.execute(QUERIES["complete_until"])).fetchone()
    assert row is not None, "the migration made the one row"
    moment: datetime = row["complete_until"]
    return moment


async def has_timescale(connection: Connection) -> bool:
    cursor = await connection.execute(QUERIES["has_timescale"])
    row = await cursor.fetchone()
    assert row is not None, "a SELECT of a scalar always has a row"
    return bool(row["there"])
