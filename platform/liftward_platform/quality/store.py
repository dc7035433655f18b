"""The SQL of quality figures: spans, what was heard in them, what happened in them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_kit.named_sql import load_queries
from liftward_platform.quality.model import Period

Connection = AsyncConnection[DictRow]
QUERIES = load_queries("liftward_platform.quality")


async def lift_span(connection: Connection, lift_id: str, period: Period) -> DictRow | None:
    """Return the watched part of a period; it may be empty (start past end)."""
    values = {"lift_id": lift_id, "start": period.start, "end": period.end}
    return await (await connection.execute(QUERIES["lift_span"], values)).fetchone()


async def maintainer_spans(
    connection: Connection, maintainer_ids: Sequence[str], period: Period
) -> list[DictRow]:
    """Return the spans of several maintainers."""
    values = {
        "maintainer_ids": list(maintainer_ids),
        "start": period.start,
        "end": period.end,
    }
    return await (await connection.execute(QUERIES["maintainer_spans"], values)).fetchall()


async def maintainers(connection: Connection, after: str, limit: int) -> list[DictRow]:
    """Return a page of maintainers."""
    values = {"after": after, "limit": limit}
    return await (await connection.execute(QUERIES["maintainers"], values)).fetchall()


async def maintainer(connection: Connection, party_id: str) -> DictRow | None:
    """Return one maintainer."""
    cursor = await connection.execute(QUERIES["maintainer"], {"party_id": party_id})
    return await cursor.fetchone()


async def heard_s(
    connection: Connection, spans: Sequence[DictRow], silence: timedelta, now: datetime
) -> list[float]:
    """Return the seconds heard in each span, in the order of the spans."""
    values = {**_columns(spans), "silence": silence, "now": now}
    rows = await (await connection.execute(QUERIES["heard_s"], values)).fetchall()
    return [row["heard_s"] for row in rows]


async def entrapments(connection: Connection, spans: Sequence[DictRow]) -> list[DictRow]:
    """Return counts by number of the span (from 1), cause and whether they are still open."""
    return await (await connection.execute(QUERIES["entrapments"], _columns(spans))).fetchall()


async def limit_time(connection: Connection, timeout_ms: int) -> None:
    """Bound the statements of this transaction."""
    await connection.execute(QUERIES["limit_time"], {"timeout_ms": timeout_ms})


def _columns(spans: Sequence[DictRow]) -> dict[str, list[object]]:
    return {
        "lift_keys": [span["lift_key"] for span in spans],
        "starts": [span["span_start"] for span in spans],
        "ends": [span["span_end"] for span in spans],
    }
