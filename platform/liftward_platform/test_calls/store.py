"""The only place that runs the test-call slice's SQL."""

from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_kit.named_sql import load_queries
from liftward_platform.test_calls.model import LOUDER_AFTER, Overdue

Connection = AsyncConnection[DictRow]
QUERIES = load_queries("liftward_platform.test_calls")
# Any fixed number that no other advisory lock of ours uses.
WATCH_LOCK = 0x4C57_0028


async def _all(connection: Connection, query: str, **values: Any) -> list[DictRow]:  # noqa: ANN401 - SQL values
    return await (await connection.execute(QUERIES[query], values)).fetchall()


async def _count(connection: Connection, query: str, **values: Any) -> int:  # noqa: ANN401 - SQL values
    return (await connection.execute(QUERIES[query], values)).rowcount


async def sole(connection: Connection) -> bool:
    """Keep other engines from looking until this transaction ends; False: one does already."""
    (row,) = await _all(connection, "sole", lock=WATCH_LOCK)
    return bool(row["alone"])


async def looked_until(connection: Connection) -> datetime | None:
    """Return how far was looked; None: never."""
    (row,) = await _all(connection, "looked_until")
    until: datetime | None = row["looked_until"]
    return until


async def hear(connection: Connection, since: datetime, now: datetime) -> int:
    """Take in test calls recorded since then; return how many lifts have a newer one."""
    return await _count(connection, "hear", since=since, now=now)


async def set_looked_until(connection: Connection, now: datetime) -> None:
    await _count(connection, "set_looked_until", now=now)


async def judge(connection: Connection, now: datetime) -> int:
    """Open, raise and close notices; return how many changed."""
    first, second, third = (now - limit for limit in LOUDER_AFTER)
    return await _count(connection, "judge", now=now, first=first, second=second, third=third)


async def overdue(connection: Connection, use_unit_id: str | None, limit: int) -> list[Overdue]:
    rows = await _all(connection, "overdue", use_unit_id=use_unit_id, limit=limit)
    return [Overdue.from_row(row) for row in rows]


async def counts(connection: Connection, use_unit_id: str | None) -> DictRow:
    (row,) = await _all(connection, "counts", use_unit_id=use_unit_id)
    return row


async def last_of_lift(connection: Connection, lift_key: int) -> DictRow | None:
    rows = await _all(connection, "last_of_lift", lift_key=lift_key)
    return rows[0] if rows else None
