"""Summaries in a real database: exact, late data included, bounded, and kept when samples go."""

import asyncio
import random
from datetime import datetime, timedelta

import psycopg
import pytest
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.access.model import Role
from liftward_platform.engine.modules import Housekeeping
from liftward_platform.history import summaries as rolling
from liftward_platform.history.hour_ranges import ContinuousRanges, RangeTable, ranges_of, runs
from support import summary_twin
from support.databases import has_continuous_ranges
from support.platform_scene import add_lift, add_town, api_scene, connect
from support.polling import eventually_async
from support.random_lift import random_life
from support.summary_scene import (
    HOUR,
    expected_figures,
    figures,
    hours_of,
    snapshot,
    store,
    summaries,
    summarise,
    trips_of,
)
from support.summary_twin import Sample
from support.virtual_time import START, VirtualClock

pytestmark = pytest.mark.integration

Connection = AsyncConnection[DictRow]
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
LATER = START + 12 * HOUR


def steady(start: datetime, end: datetime, every_s: int = 60) -> list[Sample]:
    """A lift that stands still and says so."""
    count = int((end - start) / timedelta(seconds=every_s)) + 1
    return [
        Sample(at=start + n * every_s * SECOND, mode=1, speed_mps=0.0, floor=0, load_kg=75.0)
        for n in range(count)
    ]


async def check_against_twin(connection: Connection, lift_key: int, life: list[Sample]) -> None:
    stored = await hours_of(connection, lift_key)
    starts = {rolling.floor_hour(sample.at) for sample in life}
    over = {start for start in starts if start + HOUR <= rolling.floor_hour(LATER)}
    assert stored.keys() == over
    for start, row in stored.items():
        assert figures(row) == expected_figures(summary_twin.hour_of(life, start)), start
        inside = [sample for sample in life if start <= sample.at < start + HOUR]
        speeds = [abs(s.speed_mps) for s in inside if s.speed_mps is not None]
        loads = [s.load_kg for s in inside if s.load_kg is not None]
        assert row["speed_max_mps"] == max(speeds, default=None)
        assert row["load_max_kg"] == max(loads, default=None)
        assert (row["first_observed_at"], row["last_observed_at"]) == (inside[0].at, inside[-1].at)
    assert await trips_of(connection, lift_key) == summary_twin.trips_of(life)


@pytest.mark.parametrize("seed", range(4))
async def test_a_random_fleet_is_summarised_as_the_twin_says(database_dsn: str, seed: int) -> None:
    """Half of each life arrives late, in any order of hours: the end is the same, and stays so."""
    rng = random.Random(seed)
    lives = [random_life(rng, START, LATER - 3 * HOUR) for _ in range(4)]
    async with await connect(database_dsn) as connection:
        for lift_key, life in enumerate(lives, start=1):
            late = set(rng.sample(range(len(life)), k=len(life) // 2))
            await store(connection, lift_key, life, set(range(len(life))) - late)
            await summarise(connection, rng.choice([START + 3 * HOUR, LATER]))
            for number in range(5):
                await store(connection, lift_key, life, {n for n in late if n % 5 == number})
        await summarise(connection, LATER)

        for lift_key, life in enumerate(lives, start=1):
            await check_against_twin(connection, lift_key, life)
        before = await snapshot(connection)
        assert await summarise(connection, LATER) == 0
        assert await snapshot(connection) == before, f"seed {seed}"


async def test_late_samples_change_their_hour_and_what_reaches_over_its_border(
    database_dsn: str,
) -> None:
    """A burst that fills an outage over a full hour: both hours are heard then."""
    first, last = START + 58 * 60 * SECOND, START + HOUR + 300 * SECOND
    life = steady(START, LATER - 6 * HOUR)
    outage = [s for s in life if first < s.at < last]
    async with await connect(database_dsn) as connection:
        await store(connection, 1, [s for s in life if s not in outage])
        await summarise(connection, LATER)
        before = await hours_of(connection, 1)
        await store(connection, 1, outage)
        rolled = await summarise(connection, LATER)
        after = await hours_of(connection, 1)

    assert before[START]["heard_us"] == 58 * 60_000_000
    assert before[START + HOUR]["heard_us"] == 55 * 60_000_000
    assert after[START]["heard_us"] == after[START + HOUR]["heard_us"] == 3_600_000_000
    assert after[START]["samples_count"] == 60
    assert rolled == 2
    assert after[START + 2 * HOUR] == before[START + 2 * HOUR]


async def test_an_hour_waits_until_its_neighbours_samples_are_there(database_dsn: str) -> None:
    """Not before the reach of later samples and their way here have passed."""
    async with await connect(database_dsn) as connection:
        await store(connection, 1, steady(START, LATER))
        ready = START + HOUR + rolling.ROLL_AFTER

        await summarise(connection, ready - SECOND)
        assert await hours_of(connection, 1) == {}
        assert await summarise(connection, ready) == 1
        assert list(await hours_of(connection, 1)) == [START]


async def test_a_run_is_bounded_and_the_next_one_goes_on(database_dsn: str) -> None:
    """A backlog of hours is worked off in bites, the oldest hour of all lifts first."""
    async with await connect(database_dsn) as connection:
        for lift_key in (1, 2):
            await store(connection, lift_key, steady(START, START + 3 * HOUR))
        module = summaries()

        counts = [await module.run(connection, LATER, 3) for _ in range(4)]
        cursor = await connection.execute("SELECT min(hour_start) AS oldest FROM summary_due")
        row = await cursor.fetchone()

        assert counts == [3, 3, 3, 1]  # with the hour before, in which nothing was said
        assert row == {"oldest": None}


async def test_only_one_program_summarises_at_a_time(database_dsn: str) -> None:
    """The second leaves it to the first, and takes over when that one's connection ends."""
    async with await connect(database_dsn) as first, await connect(database_dsn) as second:
        await store(first, 1, steady(START, START + 2 * HOUR))
        async with rolling.sole(first) as alone:
            assert alone
            assert await summaries().run(second, LATER, 10) == 0
            await first.close()

        async def taken_over() -> bool:
            return await summaries().run(second, LATER, 10) > 0

        await eventually_async(taken_over, within_s=10)
        assert len(await hours_of(second, 1)) == 3


async def test_a_kill_in_the_middle_leaves_nothing_half_done(database_dsn: str) -> None:
    """The connection dies while trips are written: no hour is stored, lost or doubled."""
    async with await connect(database_dsn) as connection, await connect(database_dsn) as other:
        life = random_life(random.Random(3), START, START + 3 * HOUR)
        await store(connection, 1, life)
        async with other.transaction():
            await other.execute("LOCK TABLE lift_trip IN ACCESS EXCLUSIVE MODE")
            rolled = asyncio.create_task(summaries().run(connection, LATER, 100))

            async def waits() -> bool:
                cursor = await other.execute(
                    "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                    " AND datname = current_database()"
                )
                return await cursor.fetchone() is not None

            await eventually_async(waits, within_s=10)
            pid = connection.info.backend_pid
            await other.execute("SELECT pg_terminate_backend(%s)", [pid])
            with pytest.raises(psycopg.OperationalError):
                await rolled
        assert await snapshot(other) == ([], [])
        await summarise(other, LATER)
        await check_against_twin(other, 1, life)


async def test_an_hour_that_cannot_be_summarised_keeps_no_other_waiting(
    database_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given up loudly, one hour of one lift; the rest of its batch is done."""
    spoilt = START + HOUR
    figures_of = rolling._figures

    def failing(copied: bytes, hours: list[datetime]) -> object:
        if spoilt in hours:
            raise ValueError("spoilt")
        return figures_of(copied, hours)

    monkeypatch.setattr(rolling, "_figures", failing)
    async with await connect(database_dsn) as connection:
        await store(connection, 1, steady(START, START + 4 * HOUR - SECOND))
        await summarise(connection, LATER)

        assert list(await hours_of(connection, 1)) == [
            START, START + 2 * HOUR, START + 3 * HOUR,
        ]  # fmt: skip
        assert await summarise(connection, LATER) == 0


async def test_figures_stay_when_the_samples_go(database_dsn: str) -> None:
    """Old days are dropped; a very late sample of such a day changes nothing any more."""
    async with await connect(database_dsn) as connection:
        await store(connection, 1, steady(START, START + 3 * HOUR))
        await summarise(connection, LATER)
        before = await snapshot(connection)

        later = START + 9 * DAY
        await Housekeeping(keep_days=7).run(connection, later, 100)
        left = await connection.execute("SELECT count(*) AS count FROM sample")
        assert await left.fetchone() == {"count": 0}
        await store(connection, 1, steady(START + 10 * SECOND, START + 20 * SECOND, 5))
        await summarise(connection, later)

        assert await snapshot(connection) == before


async def test_samples_wait_for_their_summaries_but_not_for_ever(database_dsn: str) -> None:
    """Days that are not summarised yet stay two days longer, then the disk comes first."""
    async with await connect(database_dsn) as connection:
        await store(connection, 1, steady(START, START + HOUR))
        async with rolling.sole(connection):
            await rolling.mark(connection, LATER, settle=timedelta(0))

        async def left_on(day: int) -> bool:
            await Housekeeping(keep_days=7).run(connection, START + day * DAY, 100)
            cursor = await connection.execute("SELECT EXISTS (SELECT FROM sample) AS there")
            row = await cursor.fetchone()
            return row is not None and bool(row["there"])

        assert await left_on(9)
        assert not await left_on(12)
        assert await summarise(connection, START + 12 * DAY) == 0


async def test_old_summaries_go(database_dsn: str) -> None:
    """After their years, hours and trips are deleted; younger ones stay."""
    keep_days = 400
    async with await connect(database_dsn) as connection:
        old, young = START, START + 300 * DAY
        for start in (old, young):
            life = steady(start, start + HOUR)
            life[5] = Sample(at=life[5].at, speed_mps=1.5, floor=0)
            await store(connection, 1, life)
        await summarise(connection, young + 3 * HOUR)
        assert len(await trips_of(connection, 1)) == 2

        await summaries(keep_days).run(connection, START + 450 * DAY, 10)

        assert {at >= young for at in await hours_of(connection, 1)} == {True}
        assert [trip.started_at >= young for trip in await trips_of(connection, 1)] == [True]
        if not await has_continuous_ranges(connection):
            ranges = await connection.execute(
                "SELECT min(hour_start) AS first FROM lift_hour_range"
            )
            assert await ranges.fetchone() == {"first": young}


async def test_the_range_is_a_table_or_an_aggregate_as_the_database_has_it(
    database_dsn: str,
) -> None:
    """One interface; which one is decided by what the migrations could make."""
    async with await connect(database_dsn) as connection:
        kind = type(await ranges_of(connection))
        expected = ContinuousRanges if await has_continuous_ranges(connection) else RangeTable

    assert kind is expected


def test_consecutive_hours_are_refreshed_together() -> None:
    """One call for each stretch, whatever the order they come in."""
    hours = [START + 5 * HOUR, START, START + HOUR, START]

    assert runs(hours) == [(START, START + 2 * HOUR), (START + 5 * HOUR, START + 6 * HOUR)]


@pytest.mark.timescale
async def test_the_aggregate_is_refreshed_by_us_and_by_nothing_else(database_dsn: str) -> None:
    """No job of the server works on it; what chunks that are gone said stays in it."""
    async with await connect(database_dsn) as connection:
        if not await has_continuous_ranges(connection):
            assert isinstance(await ranges_of(connection), RangeTable)
            return
        await store(connection, 1, steady(START, START + 2 * HOUR))
        jobs = await connection.execute(
            "SELECT count(*) AS count FROM timescaledb_information.jobs"
            " WHERE hypertable_name IS NOT NULL"
        )
        assert await jobs.fetchone() == {"count": 0}
        unrefreshed = await connection.execute("SELECT count(*) AS count FROM lift_hour_range")
        assert await unrefreshed.fetchone() == {"count": 0}
        await summarise(connection, LATER)
        await connection.execute(
            "SELECT drop_chunks('sample', older_than => %s)", [START + DAY * 2]
        )
        rows = await hours_of(connection, 1)

    assert [row["samples_count"] for row in rows.values()] == [60, 60, 1]


async def test_hours_and_trips_are_read_in_pages(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """In order, with where to go on; words for modes, seconds for times, null for the unknown."""
    async with api_scene(database_dsn, virtual_clock) as scene:
        await add_town(scene.connection)
        lift_key = await add_lift(scene.connection)
        life = steady(START, START + 3 * HOUR)
        life[10] = Sample(at=life[10].at, mode=3, speed_mps=-1.5, floor=1, load_kg=75.0)
        life[70] = Sample(at=life[70].at, mode=1, speed_mps=1.0, floor=1)
        await store(scene.connection, lift_key, life)
        await summarise(scene.connection, LATER)
        virtual_clock.advance(minutes=12 * 60)
        headers = await scene.headers(Role.EVALUATOR)
        path = "/api/lifts/TEST-01"

        first = await scene.client.get(f"{path}/hours?limit=2", headers=headers)
        page = first.json()
        query = {"from": page["next_from"], "to": LATER.isoformat()}
        rest = await scene.client.get(f"{path}/hours", params=query, headers=headers)
        trips = (await scene.client.get(f"{path}/trips?limit=1", headers=headers)).json()
        query = {"from": trips["next_from"], "to": LATER.isoformat()}
        more = (await scene.client.get(f"{path}/trips", params=query, headers=headers)).json()
        unasked = await scene.client.get(f"{path}/trips?to=0001-01-01T00:00:00Z", headers=headers)
        refused = await scene.client.get(f"{path}/hours", headers=await scene.headers(Role.CREW))

    assert page["hours"][0]["heard_s"] == 3600
    assert page["hours"][0]["heard_s_by_service_mode"] == {"normal": 3540, "inspection": 60}
    assert page["hours"][0]["motor_temperature_max_degc"] is None
    assert [hour["hour_start"][11:16] for hour in page["hours"] + rest.json()["hours"]] == [
        "08:00", "09:00", "10:00", "11:00",
    ]  # fmt: skip
    assert rest.json()["next_from"] is None
    assert page["complete_until"] == "2026-03-02T19:00:00Z"
    assert trips["trips"][0]["speed_max_mps"] == 1.5
    assert (trips["trips"][0]["from_floor"], trips["trips"][0]["to_floor"]) == (0, 0)
    assert [trip["load_max_kg"] for trip in more["trips"]] == [None]
    assert (unasked.status_code, unasked.json()["code"]) == (422, "window_empty")
    assert refused.status_code == 403
