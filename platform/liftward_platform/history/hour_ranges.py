"""The range of each hour's values: one interface over a table of ours and a continuous aggregate.

Readers know the view `lift_hour` only. TimescaleDB's aggregate is refreshed for the hours that are
being summarised, by us and bounded; no background job of the server does it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_kit.named_sql import load_queries

Connection = AsyncConnection[DictRow]
QUERIES = load_queries("liftward_platform.history", "summaries.sql")
NATIVE = load_queries("liftward_platform.history", "native.sql")
TIMESCALE = load_queries("liftward_platform.history", "timescale.sql")

HOUR = timedelta(hours=1)


class HourRanges(Protocol):
    """Keeps the range of values of summarised hours."""

    async def prepare(self, connection: Connection, hours: Sequence[datetime]) -> None:
        """Bring these hours up to date, before and outside the transaction that stores them."""
        ...

    async def store(
        self, connection: Connection, lift_keys: Sequence[int], hours: Sequence[datetime]
    ) -> None:
        """Bring these hours of these lifts up to date, within the caller's transaction."""
        ...

    async def forget(self, connection: Connection, cutoff: datetime, limit: int) -> int:
        """Forget hours before the cutoff, at most `limit` rows; return how many rows or chunks."""
        ...


class RangeTable:
    """Plain PostgreSQL, and the Apache build of TimescaleDB."""

    async def prepare(self, connection: Connection, hours: Sequence[datetime]) -> None:
        """Nothing is to be done before."""

    async def store(
        self, connection: Connection, lift_keys: Sequence[int], hours: Sequence[datetime]
    ) -> None:
        values = {"lift_keys": list(lift_keys), "hours": list(hours)}
        await connection.execute(NATIVE["roll_range"], values)

    async def forget(self, connection: Connection, cutoff: datetime, limit: int) -> int:
        values = {"cutoff": cutoff, "limit": limit}
        return (await connection.execute(NATIVE["delete_old_ranges"], values)).rowcount


class ContinuousRanges:
    """TimescaleDB with its community licence."""

    async def prepare(self, connection: Connection, hours: Sequence[datetime]) -> None:
        """Refresh each run of consecutive hours; what nobody touched costs next to nothing."""
        for start, end in runs(hours):
            await connection.execute(TIMESCALE["refresh_ranges"], {"start": start, "end": end})

    async def store(
        self, connection: Connection, lift_keys: Sequence[int], hours: Sequence[datetime]
    ) -> None:
        """The aggregate is up to date already."""

    async def forget(self, connection: Connection, cutoff: datetime, limit: int) -> int:  # noqa: ARG002 - chunks go whole
        cursor = await connection.execute(TIMESCALE["drop_ranges"], {"cutoff": cutoff})
        row = await cursor.fetchone()
        assert row is not None, "a count always has a row"
        return int(row["dropped"])


def runs(hours: Sequence[datetime]) -> list[tuple[datetime, datetime]]:
    """Return the stretches of consecutive hours, each as its start and its end."""
    stretches: list[tuple[datetime, datetime]] = []
    for hour in sorted(set(hours)):
        if stretches and stretches[-1][1] == hour:
            stretches[-1] = (stretches[-1][0], hour + HOUR)
        else:
            stretches.append((hour, hour + HOUR))
    return stretches


async def ranges_of(connection: Connection) -> HourRanges:
    """Return what this database has."""
    row = await (await connection.execute(QUERIES["range_kind"])).fetchone()
    assert row is not None, "the migrations made lift_hour_range"
    return RangeTable() if row["kind"] == "r" else ContinuousRanges()
