"""Reads episodes from the detections."""

from collections.abc import Sequence
from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_kit.named_sql import load_queries
from liftward_platform.faults.model import Episode

Connection = AsyncConnection[DictRow]
QUERIES = load_queries("liftward_platform.faults")


async def episodes(  # noqa: PLR0917 - mirrors the query
    connection: Connection,
    lift_key: int,
    kinds: Sequence[str],
    start: datetime,
    end: datetime,
    limit: int,
) -> list[Episode]:
    values = {"lift_key": lift_key, "kinds": list(kinds), "start": start, "end": end}
    cursor = await connection.execute(QUERIES["episodes"], values | {"limit": limit})
    return [Episode.from_row(row) for row in await cursor.fetchall()]
