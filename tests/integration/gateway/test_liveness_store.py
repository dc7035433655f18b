"""Beliefs and unknown time in a real database, over kills, several workers and late data."""

import asyncio
import re
from datetime import datetime, timedelta
from importlib import resources

import psycopg
import pytest

from liftward_gateway.liveness.belief import Belief
from liftward_gateway.liveness.hearing import Hearing
from liftward_gateway.liveness.store import QUERIES
from liftward_gateway.shards import ShardRange
from liftward_wire.messages import Presence, Status
from liftward_wire.topics import shard_of
from support.fleet_rows import register_edge, register_lifts
from support.gateway_messages import batch
from support.liveness_scene import DARK_AFTER_S, SETTLE_S, unknown, watching
from support.virtual_time import VirtualClock

pytestmark = pytest.mark.integration

_PARAMETER = re.compile(r"%\((\w+)\)s")


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def execute(dsn: str, statement: str, *values: object) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(statement, values)


def belief_of(dsn: str, device_id: str) -> tuple[str, str, datetime, datetime | None]:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "SELECT belief, reason, since, last_heard_at FROM device_liveness WHERE device_id = %s",
            [device_id],
        ).fetchone()
    assert row is not None
    return row


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_every_query_is_prepared_and_used(name: str, database_dsn: str) -> None:
    """A renamed column breaks this test, not a worker at night; none is left over."""
    places: dict[str, int] = {}
    numbered = _PARAMETER.sub(
        lambda match: f"${places.setdefault(match[1], len(places) + 1)}", QUERIES[name]
    )
    source = resources.files("liftward_gateway.liveness").joinpath("store.py").read_text("utf-8")
    with psycopg.connect(database_dsn) as connection:
        connection.execute(f"PREPARE checked AS {numbered}")

    assert QUERIES[name].startswith("-- ")
    assert f'"{name}"' in source


async def test_dark_time_is_unknown_from_the_last_word_to_the_next(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Not from when somebody noticed; with the reason, and live again afterwards."""
    register_lifts(database_dsn, ["L-1", "L-2"])
    async with watching(database_dsn, virtual_clock) as worker:
        worker.is_born("L-1")
        worker.is_born("L-2")
        await worker.passes(SETTLE_S + 1, "L-1", "L-2")
        spoke_at = virtual_clock()
        worker.hear("L-1")
        await worker.passes(DARK_AFTER_S - 1, "L-2")
        assert await unknown(database_dsn, "L-1") == []
        await worker.passes(1, "L-2")
        dark = belief_of(database_dsn, "L-1")
        noticed_at = virtual_clock()
        await worker.passes(600, "L-2")
        worker.hear("L-1")
        back_at = virtual_clock()
        await worker.passes(1)
        live = belief_of(database_dsn, "L-1")

    assert dark == ("dark", "heartbeat_missed", spoke_at, spoke_at)
    assert live == ("live", "heard", back_at, back_at)
    assert await unknown(database_dsn, "L-1") == [
        {
            "unknown_from": spoke_at,
            "unknown_until": back_at,
            "reason": "heartbeat_missed",
            "noticed_at": noticed_at,
            "filled_from": None,
            "filled_until": None,
        }
    ]
    assert await unknown(database_dsn, "L-2") == []


async def test_a_killed_gateway_neither_loses_nor_invents_unknown_time(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The open row stays one row; an hour in which the gateway was away speaks against nobody."""
    register_lifts(database_dsn, ["L-1", "L-2"])
    async with watching(database_dsn, virtual_clock) as worker:
        worker.is_born("L-1")
        worker.is_born("L-2")
        await worker.passes(SETTLE_S + 1, "L-1", "L-2")
        last_at = virtual_clock()
        worker.hear("L-1")
        worker.hear("L-2")
        await worker.passes(DARK_AFTER_S + 1, "L-2")
        await worker.keeper.save()
    _keep_birth(database_dsn, "L-1", "L-2")
    virtual_clock.advance(3_600.0)
    async with watching(database_dsn, virtual_clock) as worker:
        assert worker.liveness.counts()[Belief.DARK] == 1
        await worker.passes(SETTLE_S + 120)
        open_again = await unknown(database_dsn, "L-1")
        beliefs = belief_of(database_dsn, "L-1")[0], belief_of(database_dsn, "L-2")[0]
        others = await unknown(database_dsn, "L-2")
        worker.hear("L-1")
        back_at = virtual_clock()
        await worker.passes(1)

    assert [row["unknown_from"] for row in open_again] == [last_at]
    assert open_again[0]["unknown_until"] is None
    assert beliefs == ("dark", "quiet")
    assert others == []
    [closed] = await unknown(database_dsn, "L-1")
    assert (closed["unknown_from"], closed["unknown_until"]) == (last_at, back_at)


def _keep_birth(dsn: str, *device_ids: str) -> None:
    """What the event path writes: the births these devices sent."""
    for device_id in device_ids:
        execute(
            dsn,
            "INSERT INTO device_status VALUES (%s, 'online', 1, now(), "
            " '{\"heartbeat_period_s\": 60.0}')",
            device_id,
        )


async def test_a_word_just_before_a_kill_still_ends_unknown_time(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """It was committed with its sequence mark, and the worker died before its next look."""
    register_lifts(database_dsn, ["L-1"])
    async with watching(database_dsn, virtual_clock) as worker:
        worker.is_born("L-1")
        await worker.passes(SETTLE_S + 1, "L-1")
        await worker.passes(DARK_AFTER_S + 1)
        virtual_clock.advance(100.0)
        back_at = virtual_clock()
        execute(
            database_dsn,
            "INSERT INTO sequence_mark VALUES ('L-1', 'telemetry', 1, 5, 5, '{}', 0, 0, %s, %s)",
            back_at,
            back_at,
        )
    virtual_clock.advance(5.0)
    async with watching(database_dsn, virtual_clock) as worker:
        await worker.passes(2)

    assert belief_of(database_dsn, "L-1")[:3] == ("live", "heard", back_at)
    [closed] = await unknown(database_dsn, "L-1")
    assert closed["unknown_until"] == back_at


async def test_a_will_before_a_kill_is_not_forgotten(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The broker tells a will once; a worker that was away for the grace goes on waiting for it."""
    register_lifts(database_dsn, ["L-1"])
    async with watching(database_dsn, virtual_clock) as worker:
        worker.is_born("L-1")
        await worker.passes(SETTLE_S + 1, "L-1")
        await worker.keeper.save()
        virtual_clock.advance(1.0)
        execute(
            database_dsn,
            "INSERT INTO device_status VALUES ('L-1', 'offline', 1, %s, "
            " '{\"heartbeat_period_s\": 600.0}')",
            virtual_clock(),
        )
    async with watching(database_dsn, virtual_clock) as worker:
        await worker.passes(SETTLE_S + 5)
        waiting = belief_of(database_dsn, "L-1")[:2]
        await worker.passes(30)

    assert waiting == ("quiet", "last_will")
    assert belief_of(database_dsn, "L-1")[:2] == ("dark", "last_will")


async def test_wills_goodbyes_and_retained_messages(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """A retained birth is no sign of life; a goodbye has its own reason; a birth answers a will."""
    register_lifts(database_dsn, ["L-1", "L-2", "L-3"])
    will = Status(presence=Presence.OFFLINE, boot_id=1)
    async with watching(database_dsn, virtual_clock) as worker:
        worker.is_born("L-1", retained=True)
        worker.is_born("L-2")
        worker.is_born("L-3")
        await worker.passes(SETTLE_S + 2, "L-2", "L-3")
        virtual_clock.advance(1.0)
        goodbye = Status(presence=Presence.OFFLINE, boot_id=1, observed_at=virtual_clock())
        worker.hear("L-2", goodbye)
        worker.hear("L-3", will)
        await worker.passes(10)
        worker.is_born("L-3", boot_id=2)
        worker.hear("L-3", will, retained=True)
        await worker.passes(25)

    assert belief_of(database_dsn, "L-1")[:2] == ("never", "never_heard")
    assert belief_of(database_dsn, "L-2")[:2] == ("dark", "said_goodbye")
    assert belief_of(database_dsn, "L-3")[:2] == ("live", "heard")


async def test_a_lift_is_unknown_while_none_of_its_devices_is_heard(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Its own gateway and a building's edge: unknown begins with the last word of either."""
    register_lifts(database_dsn, ["L-1"])
    register_edge(database_dsn, "EDGE-1", ["L-1", "L-2"])
    async with watching(database_dsn, virtual_clock) as worker:
        worker.is_born("L-1")
        worker.is_born("EDGE-1")
        for _ in range(7):
            worker.hear_edge("EDGE-1", ["L-1", "L-2"])
            await worker.passes(10, "L-1")
        await worker.passes(200, "L-1")
        assert belief_of(database_dsn, "EDGE-1")[0] == "dark"
        one_left = await unknown(database_dsn, "L-1"), await unknown(database_dsn, "L-2")
        last_at = virtual_clock()
        worker.hear("L-1")
        await worker.passes(200)
        both_gone = await unknown(database_dsn, "L-1")
        worker.hear_edge("EDGE-1", ["L-1", "L-2"])
        back_at = virtual_clock()
        await worker.passes(1)

    assert one_left[0] == []
    assert len(one_left[1]) == 1
    assert [row["unknown_from"] for row in both_gone] == [last_at]
    for lift_id in ("L-1", "L-2"):
        assert [row["unknown_until"] for row in await unknown(database_dsn, lift_id)] == [back_at]


async def test_two_workers_that_lose_a_lift_at_once_open_one_row(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Its two devices lie in two ranges: neither worker sees the other's word before it commits."""
    register_lifts(database_dsn, ["L-1"])
    edge_id = next(
        name for number in range(100) if shard_of(name := f"E-{number}") // 128
        != shard_of("L-1") // 128
    )  # fmt: skip
    register_edge(database_dsn, edge_id, ["L-1"])
    ranges = (ShardRange(0, 127), ShardRange(128, 255))
    async with (
        watching(database_dsn, virtual_clock, ranges[0]) as low,
        watching(database_dsn, virtual_clock, ranges[1]) as high,
    ):
        for worker in (low, high):
            for device_id in worker.registry.device_ids:
                worker.is_born(device_id)
        await low.passes(SETTLE_S + 1)
        await high.keeper.look()
        for worker in (low, high):
            for device_id in worker.registry.device_ids:
                worker.hear(device_id)
        await high.keeper.look()
        for _ in range(DARK_AFTER_S + 2):
            virtual_clock.advance(1.0)
            await asyncio.gather(low.keeper.look(), high.keeper.look())
        rows = await unknown(database_dsn, "L-1")

    assert [row["unknown_until"] for row in rows] == [None]


async def test_a_lift_nobody_ever_heard_is_unknown_since_its_enrolment(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """No row before the start has settled: its device may speak any moment."""
    register_lifts(database_dsn, ["L-1"])
    async with watching(database_dsn, virtual_clock) as worker:
        await worker.passes(SETTLE_S - 1)
        settling = await unknown(database_dsn, "L-1")
        await worker.passes(3)
        never = await unknown(database_dsn, "L-1")
        worker.hear("L-1")
        first_at = virtual_clock()
        await worker.passes(1)

    assert settling == []
    assert [row["reason"] for row in never] == ["never_heard"]
    [closed] = await unknown(database_dsn, "L-1")
    assert closed["unknown_from"].isoformat() == "2024-01-01T00:00:00+00:00"
    assert closed["unknown_until"] == first_at


async def test_late_data_is_noted_on_the_unknown_time_it_fills(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The row stays as it was, and says how far stored data reach into it."""
    register_lifts(database_dsn, ["L-1"])
    async with watching(database_dsn, virtual_clock) as worker:
        worker.is_born("L-1")
        await worker.passes(SETTLE_S + 1, "L-1")
        last_at = virtual_clock()
        worker.hear("L-1")
        await worker.passes(DARK_AFTER_S + 420)
        worker.hear("L-1")
        back_at = virtual_clock()
        await worker.passes(1)
        stored = batch(last_at + seconds(60), sequence=9, count=101)
        worker.hear("L-1", stored)
        later = batch(back_at - seconds(300), sequence=300, count=200)
        worker.hear("L-1", later)
        await worker.passes(1)

    [row] = await unknown(database_dsn, "L-1")
    assert (row["unknown_from"], row["unknown_until"]) == (last_at, back_at)
    assert row["filled_from"] == last_at + seconds(60)
    assert row["filled_until"] == back_at - seconds(101)


async def test_a_change_of_registration_begins_and_ends_unknown_time(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The device that was heard is withdrawn; later an edge that is heard takes the lift over."""
    register_lifts(database_dsn, ["L-1", "L-2"])
    register_edge(database_dsn, "EDGE-1", ["L-1"])
    async with watching(database_dsn, virtual_clock) as worker:
        worker.is_born("EDGE-1")
        await worker.passes(SETTLE_S + 2, "L-1", "L-2")
        worker.hear_edge("EDGE-1", ["L-1"])
        await worker.passes(DARK_AFTER_S + 10, "L-1", "L-2")
        assert await unknown(database_dsn, "L-1") == []
        execute(database_dsn, "UPDATE device SET revoked_at = now() WHERE device_id = %s", "L-1")
        await worker.read_registration()
        await worker.passes(1, "L-2")
        begun = await unknown(database_dsn, "L-1")
        counts = worker.liveness.counts()
        execute(
            database_dsn,
            "INSERT INTO device_lift SELECT 'L-2', lift_key FROM lift WHERE lift_id = %s",
            "L-1",
        )
        await worker.read_registration()
        await worker.passes(1, "L-2")

    assert [(row["unknown_until"], row["reason"]) for row in begun] == [(None, "heartbeat_missed")]
    assert (counts[Belief.LIVE], counts[Belief.DARK]) == (1, 1)
    [ended] = await unknown(database_dsn, "L-1")
    assert ended["unknown_until"] == virtual_clock()


async def test_a_lift_without_any_device_left_is_unknown_since_the_withdrawal(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Withdrawn while the gateway was away; noticed at its start, once."""
    register_lifts(database_dsn, ["L-1"])
    async with watching(database_dsn, virtual_clock) as worker:
        await worker.passes(SETTLE_S + 2, "L-1")
    execute(database_dsn, "UPDATE device SET revoked_at = %s", virtual_clock())
    for _ in range(2):
        async with watching(database_dsn, virtual_clock) as worker:
            await worker.passes(3)

    [row] = await unknown(database_dsn, "L-1")
    assert (row["unknown_from"], row["reason"]) == (virtual_clock() - seconds(6), "no_device")


async def test_rhythms_and_last_words_are_saved_in_turn_and_restored(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """So many at a time; each comes to its turn."""
    lift_ids = [f"L-{number:04d}" for number in range(1_500)]
    register_lifts(database_dsn, lift_ids)
    async with watching(database_dsn, virtual_clock) as worker:
        for lift_id in lift_ids:
            worker.hear(lift_id)
        await worker.passes(1)
        rhythms = worker.liveness.beliefs.rhythms
        rhythms.usual[:, :1_500] = 77
        rhythms.changed[:] = True
        heard_at = virtual_clock.advance(5.0)
        for lift_id in lift_ids:
            worker.hear(lift_id)
        counts = []
        for _ in range(3):
            await worker.keeper.save()
            counts.append(await asyncio.to_thread(_saved_count, database_dsn, heard_at))
    async with watching(database_dsn, virtual_clock) as worker:
        usual = worker.liveness.beliefs.rhythms.usual[:, :1_500]
        assert (usual == 77).all()

    assert counts == [1_000, 1_500, 1_500]


def _saved_count(dsn: str, heard_at: datetime) -> int:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "SELECT count(*) FROM device_liveness"
            " WHERE octet_length(rhythm) = 169 AND last_heard_at = %s",
            [heard_at],
        ).fetchone()
    assert row is not None
    return int(row[0])


async def test_a_worker_tells_its_counts_and_forgets_those_of_other_ranges(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Beliefs have an age, and no device is counted twice when ranges change."""
    register_lifts(database_dsn, ["L-1", "L-2"])
    async with watching(database_dsn, virtual_clock, ShardRange(0, 254)) as half:
        await half.keeper.tell()
    async with watching(database_dsn, virtual_clock) as worker:
        worker.hear("L-1")
        await worker.passes(SETTLE_S + 1)
        await worker.keeper.tell()
        assert worker.liveness.hearing is Hearing.LISTENING
    with psycopg.connect(database_dsn) as connection:
        rows = connection.execute(
            "SELECT worker, hearing, as_of, never_count, live_count, quiet_count, dark_count"
            "  FROM liveness_worker"
        ).fetchall()

    assert rows == [("00-ff", "listening", virtual_clock(), 1, 1, 0, 0)]
