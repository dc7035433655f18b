"""Reading what lifts said: windows of samples, summaries, and when a lift was last heard."""

from collections.abc import Sequence
from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.history import store
from liftward_platform.history.model import SampleWindow

Connection = AsyncConnection[DictRow]

# About three hours at one sample a second; more is a job for an export, not for a page.
SAMPLES_MAX = 10_000
# Three months of hours, some weeks of trips: a page of either stays under a megabyte.
HOURS_MAX, TRIPS_MAX = 2_232, 5_000


async def window(
    connection: Connection, lift_key: int, *, start: datetime, end: datetime, limit: int
) -> SampleWindow:
    """Return a lift's samples from start to end, both included, oldest first."""
    page = min(limit, SAMPLES_MAX)
    rows = await store.window(connection, lift_key, start=start, end=end, limit=page + 1)
    return SampleWindow.from_rows(rows, limit=page)


async def last_observed(
    connection: Connection, lift_keys: Sequence[int]
) -> dict[int, datetime | None]:
    """Return when each lift last said anything, by its own clock; None: never."""
    return await store.last_observed(connection, lift_keys)


async def hours(
    connection: Connection, lift_key: int, *, start: datetime, end: datetime, limit: int
) -> list[DictRow]:
    """Return a lift's summarised hours that begin from start to before end, oldest first."""
    page = min(limit, HOURS_MAX)
    return await store.hours(connection, lift_key, start=start, end=end, limit=page)


async def trips(
    connection: Connection, lift_key: int, *, start: datetime, end: datetime, limit: int
) -> list[DictRow]:
    """Return a lift's trips that began from start to before end, oldest first."""
    page = min(limit, TRIPS_MAX)
    return await store.trips(connection, lift_key, start=start, end=end, limit=page)


async def complete_until(connection: Connection) -> datetime:
    """Return the end of the last hour that is summarised."""
    return await store.complete_until(connection)
