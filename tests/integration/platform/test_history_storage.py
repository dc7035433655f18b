"""Where samples live: days are made and dropped, nothing is lost, several may do it at once."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row

import liftward_platform
from liftward_platform.engine.modules import HOUSEKEEPING_EVERY, Housekeeping
from liftward_platform.history import service
from liftward_platform.history.partitions import NativePartitions
from liftward_platform.history.storage import storage_of
from liftward_platform.history.timescale import TimescaleChunks
from support.databases import has_continuous_ranges
from support.rescue_story import rescue_story
from support.virtual_time import START, VirtualClock

pytestmark = pytest.mark.integration

Connection = AsyncConnection[DictRow]
DAY = timedelta(days=1)
MIGRATIONS = Path(liftward_platform.__file__).parent / "migrations"
NATIVE_MIGRATION = MIGRATIONS / "native" / "0003_sample_partitions.sql"


async def connect(dsn: str) -> Connection:
    return await AsyncConnection.connect(dsn, autocommit=True, row_factory=dict_row)


async def insert(connection: Connection, *moments: datetime) -> None:
    for moment in moments:
        await connection.execute(
            "INSERT INTO sample (lift_key, observed_at, received_at, boot_id, sequence, load_kg)"
            " VALUES (1, %s, %s, 1, 1, 75)",
            (moment, moment),
        )


async def places(connection: Connection) -> list[tuple[str, datetime]]:
    """Which table holds each sample."""
    cursor = await connection.execute(
        "SELECT tableoid::regclass::text AS place, observed_at FROM sample ORDER BY observed_at"
    )
    return [(row["place"], row["observed_at"]) for row in await cursor.fetchall()]


async def native(connection: Connection) -> NativePartitions:
    """The native storage; where the server has TimescaleDB, `sample` is turned into it first."""
    storage = await storage_of(connection)
    if isinstance(storage, NativePartitions):
        return storage
    kind = "MATERIALIZED VIEW" if await has_continuous_ranges(connection) else "TABLE"
    await connection.execute(f"DROP VIEW lift_hour; DROP {kind} lift_hour_range".encode())
    await connection.execute(NATIVE_MIGRATION.read_bytes())
    return NativePartitions()


async def test_days_are_made_and_take_over_what_came_before_them(database_dsn: str) -> None:
    """Samples that came before their day was there move into it; strays stay in the default."""
    far = START + 30 * DAY
    async with await connect(database_dsn) as connection:
        storage = await native(connection)
        await insert(connection, START - DAY, START, far)

        made = await storage.keep_house(connection, START, keep_days=7)
        await insert(connection, START + DAY)

        assert made == 10
        assert await places(connection) == [
            ("sample_20260301", START - DAY),
            ("sample_20260302", START),
            ("sample_20260303", START + DAY),
            ("sample_default", far),
        ]
        assert await storage.keep_house(connection, START, keep_days=7) == 0


async def test_old_days_are_dropped_and_old_strays_with_them(database_dsn: str) -> None:
    """A week later the first days are gone, and what lay outside all days too."""
    async with await connect(database_dsn) as connection:
        storage = await native(connection)
        await insert(connection, START - 40 * DAY, START, START + 6 * DAY)
        await storage.keep_house(connection, START, keep_days=7)

        await storage.keep_house(connection, START + 9 * DAY, keep_days=7)

        assert [at for _, at in await places(connection)] == [START + 6 * DAY]


async def test_several_at_once_make_each_day_once(database_dsn: str) -> None:
    """Two engines keep house in the same moment; writers go on meanwhile."""
    connections = [await connect(database_dsn) for _ in range(4)]
    try:
        storage = await native(connections[0])

        async def write() -> int:
            for number in range(50):
                await insert(connections[3], START + timedelta(seconds=number))
            return 0

        made = await asyncio.gather(
            *(storage.keep_house(one, START, keep_days=7) for one in connections[:3]), write()
        )
        rest = await storage.keep_house(connections[0], START, keep_days=7)

        assert sum(made) + rest == 10
        assert len(await places(connections[0])) == 50
    finally:
        for one in connections:
            await one.close()


async def test_a_reader_in_the_way_is_not_waited_for_long(database_dsn: str) -> None:
    """A long read holds a day: it is dropped in a later round, and nobody queues behind us."""
    async with await connect(database_dsn) as connection, await connect(database_dsn) as reader:
        storage = await native(connection)
        await storage.keep_house(connection, START, keep_days=7)
        async with reader.transaction():
            await reader.execute("SELECT count(*) FROM sample")
            blocked = await storage.keep_house(connection, START + 3 * DAY, keep_days=2)

        assert blocked == 0
        assert await storage.keep_house(connection, START + 3 * DAY, keep_days=2) > 0


@pytest.mark.timescale
async def test_chunks_are_dropped_on_timescale(database_dsn: str) -> None:
    """The same interface over a hypertable."""
    async with await connect(database_dsn) as connection:
        storage = await storage_of(connection)
        await insert(connection, START - 20 * DAY, START)

        dropped = await storage.keep_house(connection, START, keep_days=7)

        assert isinstance(storage, TimescaleChunks)
        assert dropped == 1
        assert [at for _, at in await places(connection)] == [START]


async def test_a_window_is_read_in_order_and_cut_at_the_limit(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Words for states, oldest first, and a sign when there is more."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        for _ in range(3):
            await story.data_arrives()
            virtual_clock.advance(1)
        window = await service.window(story.connection, 1, start=START, end=START + DAY, limit=2)
        seen = await service.last_observed(story.connection, [1, 99])

        assert window.observed_at == (START, START + timedelta(seconds=1))
        assert window.signals == {"car_door": ("closed", "closed"), "load_kg": (75.0, 75.0)}
        assert not window.complete
        assert seen == {1: START + timedelta(seconds=2), 99: None}


async def test_housekeeping_is_the_work_of_minutes(database_dsn: str) -> None:
    """Called every second, it works every ten minutes; whatever the storage, old samples go."""
    async with await connect(database_dsn) as connection:
        housekeeping = Housekeeping(keep_days=7)

        async def left_after(now: datetime) -> int:
            await insert(connection, START - 20 * DAY)
            await housekeeping.run(connection, now, 100)
            return len(await places(connection))

        counts = [
            await left_after(now)
            for now in (START, START + HOUSEKEEPING_EVERY / 2, START + HOUSEKEEPING_EVERY)
        ]

        assert counts == [0, 1, 0]
