"""The watchdog of EN 81-28's test call: hears the calls, and notices where one is missing.

A notice is no rescue: nobody is sent. It is opened once, gets louder while it persists, and ends
when a test call comes. A lift is watched from its first test call on: a device that never made one
may not be able to.
"""

from datetime import UTC, datetime, timedelta

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.test_calls import store
from liftward_platform.test_calls.model import Overdue, Watched

Connection = AsyncConnection[DictRow]

# A gateway's transaction takes seconds; what it recorded before our look may commit after it.
LATE_COMMITS = timedelta(minutes=10)
OVERDUE_PAGE_MAX = 500
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


async def watch(connection: Connection, now: datetime) -> Watched | None:
    """Look at the whole fleet, in the caller's transaction; None: another engine does so."""
    if not await store.sole(connection):
        return None
    until = await store.looked_until(connection)
    since = _EVER if until is None else min(until, now) - LATE_COMMITS
    heard_count = await store.hear(connection, since, now)
    await store.set_looked_until(connection, now)
    return Watched(heard_count, await store.judge(connection, now))


async def overdue(connection: Connection, *, use_unit_id: str | None, limit: int) -> list[Overdue]:
    """Return lifts whose test call is overdue, the loudest first; a use unit's own only."""
    return await store.overdue(connection, use_unit_id, min(limit, OVERDUE_PAGE_MAX))


async def counts(connection: Connection, use_unit_id: str | None) -> tuple[int, int]:
    """Return how many lifts are watched, and how many of them are overdue."""
    row = await store.counts(connection, use_unit_id)
    return row["watched_count"], row["overdue_count"]


async def last_of_lift(connection: Connection, lift_key: int) -> DictRow | None:
    """Return when and how a lift made its last test call; None: it never did."""
    return await store.last_of_lift(connection, lift_key)
