"""Samples in a TimescaleDB hypertable: chunks make themselves, old ones are dropped."""

from datetime import datetime, timedelta

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_kit.named_sql import load_queries

Connection = AsyncConnection[DictRow]
QUERIES = load_queries("liftward_platform.history", "timescale.sql")


class TimescaleChunks:
    """Drops chunks. Works on the Apache build too: `drop_chunks` is in it, policies are not."""

    async def keep_house(self, connection: Connection, now: datetime, *, keep_days: int) -> int:
        """Drop the chunks that ended more than `keep_days` ago; return how many."""
        async with connection.transaction():
            cutoff = now - timedelta(days=keep_days)
            cursor = await connection.execute(QUERIES["drop_chunks"], {"cutoff": cutoff})
            row = await cursor.fetchone()
        assert row is not None, "a count always has a row"
        return int(row["dropped"])
