"""Samples in native daily partitions, on plain PostgreSQL.

A day is a table `sample_YYYYMMDD` (UTC). It is made beside the parent, takes over what the default
partition holds of that day, and is attached. Writers wait meanwhile, for moments, and no sample is
refused or lost because its day was not there yet. One transaction per day, under an advisory lock:
programs at the same work leave it to the first.
"""

import re
from datetime import UTC, date, datetime, timedelta

import structlog
from psycopg import AsyncConnection, errors, sql
from psycopg.rows import DictRow

from liftward_kit.named_sql import load_queries

Connection = AsyncConnection[DictRow]
QUERIES = load_queries("liftward_platform.history", "native.sql")

log = structlog.get_logger()

# Samples come late after an outage; a device may be ahead, or the engine away for a day.
DAYS_BEHIND, DAYS_AHEAD = 8, 2
# Any fixed number that no other advisory lock of ours uses.
HISTORY_LOCK = 0x4C57_0020
LOCK_WAIT = "2s"
_NAME = re.compile(r"sample_(\d{4})(\d{2})(\d{2})")


def days_wanted(now: datetime, *, keep_days: int) -> list[date]:
    """Return the days that must have a partition at `now`, oldest first."""
    today = now.astimezone(UTC).date()
    behind = min(DAYS_BEHIND, keep_days)
    return [today + timedelta(days=offset) for offset in range(-behind, DAYS_AHEAD + 1)]


def partition_name(day: date) -> str:
    return f"sample_{day:%Y%m%d}"


def day_of(name: str) -> date:
    """Return the day of a partition by its name."""
    match = _NAME.fullmatch(name)
    assert match is not None, f"not a partition of ours: {name}"
    return date(*map(int, match.groups()))


def kept_from(now: datetime, *, keep_days: int) -> datetime:
    """Return the beginning of the oldest day that is kept."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=keep_days)


def is_old(day: date, now: datetime, *, keep_days: int) -> bool:
    """Tell whether the whole day is older than what is kept."""
    return day < now.astimezone(UTC).date() - timedelta(days=keep_days)


class NativePartitions:
    """Makes the days to come and drops the old ones."""

    async def keep_house(self, connection: Connection, now: datetime, *, keep_days: int) -> int:
        """Return how many days were made or dropped.

        A day that cannot have its lock within moments is left for the next round.
        """
        there = await self._days(connection)
        missing = [day for day in days_wanted(now, keep_days=keep_days) if day not in there]
        old = [day for day in sorted(there) if is_old(day, now, keep_days=keep_days)]
        changed = 0
        try:
            for day in missing:
                changed += await self._make(connection, day)
            for day in old:
                changed += await self._drop(connection, day)
            await self._delete_stray(connection, now - timedelta(days=keep_days + 1))
        except errors.LockNotAvailable:
            log.info("history_days_busy", made_or_dropped=changed)
        return changed

    async def _days(self, connection: Connection) -> set[date]:
        cursor = await connection.execute(QUERIES["partitions"])
        return {day_of(row["name"]) for row in await cursor.fetchall()}

    async def _make(self, connection: Connection, day: date) -> int:
        table = sql.Identifier(partition_name(day))
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        bounds = (sql.Literal(start), sql.Literal(start + timedelta(days=1)))
        async with connection.transaction():
            if not await self._locked(connection) or day in await self._days(connection):
                return 0
            await connection.execute(
                sql.SQL(
                    "CREATE TABLE {} (LIKE sample INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"
                ).format(table)
            )
            # Writers wait from here to the commit, before they choose a partition: one that had
            # already chosen the default would be refused by its narrowed bounds.
            await connection.execute("LOCK TABLE ONLY sample IN SHARE ROW EXCLUSIVE MODE")
            await connection.execute("LOCK TABLE sample_default IN ACCESS EXCLUSIVE MODE")
            await connection.execute(
                sql.SQL(
                    "WITH moved AS (DELETE FROM sample_default"
                    " WHERE observed_at >= {} AND observed_at < {} RETURNING *)"
                    " INSERT INTO {} SELECT * FROM moved"
                ).format(*bounds, table)
            )
            await connection.execute(
                sql.SQL(
                    "ALTER TABLE sample ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})"
                ).format(table, *bounds)
            )
        log.info("history_day_made", day=day.isoformat())
        return 1

    async def _drop(self, connection: Connection, day: date) -> int:
        async with connection.transaction():
            if not await self._locked(connection) or day not in await self._days(connection):
                return 0
            table = sql.Identifier(partition_name(day))
            await connection.execute(sql.SQL("DROP TABLE {}").format(table))
        log.info("history_day_dropped", day=day.isoformat())
        return 1

    async def _delete_stray(self, connection: Connection, cutoff: datetime) -> None:
        async with connection.transaction():
            if await self._locked(connection):
                await connection.execute(QUERIES["delete_stray"], {"cutoff": cutoff})

    async def _locked(self, connection: Connection) -> bool:
        await connection.execute(QUERIES["limit_lock_wait"], {"wait": LOCK_WAIT})
        cursor = await connection.execute(QUERIES["try_lock"], {"lock": HISTORY_LOCK})
        row = await cursor.fetchone()
        return row is not None and bool(row["locked"])
