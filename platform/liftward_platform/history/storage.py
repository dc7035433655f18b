"""Where samples live: one interface over native daily partitions and TimescaleDB.

Housekeeping calls `keep_house` of whatever storage the database has; readers and writers only know
the table `sample`, which is the same in both.
"""

from datetime import datetime
from typing import Protocol

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.history.partitions import NativePartitions
from liftward_platform.history.store import has_timescale
from liftward_platform.history.timescale import TimescaleChunks

Connection = AsyncConnection[DictRow]


class SampleStorage(Protocol):
    """Makes room for the samples to come and drops the old ones."""

    async def keep_house(self, connection: Connection, now: datetime, *, keep_days: int) -> int:
        """Return how many days were made or dropped. Runs in transactions of its own."""
        ...


async def storage_of(connection: Connection) -> SampleStorage:
    """Return the storage that this database has."""
    return TimescaleChunks() if await has_timescale(connection) else NativePartitions()
