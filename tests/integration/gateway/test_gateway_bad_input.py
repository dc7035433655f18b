import asyncio
import json
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from liftward_kit.clock import utc_now
from liftward_wire.codec import encode
from liftward_wire.messages import EventKind, Presence, Status
from liftward_wire.topics import TopicKind, shard_of
from support.fleet_rows import register_edge, register_lifts
from support.gateway_messages import batch, event, sample, topic_of
from support.gateway_scene import GatewayScene
from support.polling import eventually

pytestmark = pytest.mark.integration

_GARBAGE_COUNT = 5_000


def reasons(scene: GatewayScene) -> dict[str, int]:
    rows = scene.rows("SELECT reason, sum(count)::int AS count FROM quarantine GROUP BY reason")
    return {row["reason"]: row["count"] for row in rows}


async def test_five_thousand_bad_messages_stop_no_good_one(scene: GatewayScene) -> None:
    """All garbage is in quarantine with its count, all good samples are stored."""
    scene.register("GOOD-1")
    worker = scene.start_ready()
    # Half of it the same message again and again, half of it never twice the same.
    garbage = [
        b"\xff not JSON" if number % 2 else b'{"observed_at": %d}' % number
        for number in range(_GARBAGE_COUNT)
    ]
    good = [sample(utc_now(), sequence=number) for number in range(50)]

    await scene.publish("GOOD-1", TopicKind.TELEMETRY, *garbage, *good)

    published = {("GOOD-1", 1, number) for number in range(50)}
    await asyncio.to_thread(scene.expect_stored_once, published)
    assert reasons(scene) == {
        "undecodable": _GARBAGE_COUNT // 2,
        "contract_violation": _GARBAGE_COUNT // 2,
    }
    assert scene.value("SELECT count FROM quarantine WHERE reason = 'undecodable'") == (
        _GARBAGE_COUNT // 2
    )
    assert worker.exit_status is None


async def test_each_fault_is_kept_with_its_reason(scene: GatewayScene) -> None:
    """Unknown lift, wrong shard, no such kind, a clock that is wrong, garbage, and a giant."""
    scene.register("GOOD-1")
    scene.start_ready()
    now = utc_now()
    await scene.publish("GHOST-1", TopicKind.TELEMETRY, sample(now, sequence=0))
    wrong_shard = (shard_of("GOOD-1") + 1) % 256
    await scene.publish_to(
        f"liftward/v1/{wrong_shard:02x}/GOOD-1/telemetry", sample(now, sequence=0)
    )
    await scene.publish("GOOD-1", TopicKind.TELEMETRY, sample(now + timedelta(hours=1), sequence=1))
    await scene.publish("GOOD-1", TopicKind.TELEMETRY, sample(now - timedelta(days=8), sequence=2))
    await scene.publish("GOOD-1", TopicKind.EVENT, b"\x00")
    await scene.publish("GOOD-1", TopicKind.TELEMETRY, b'{"a": "' + b"x" * 100_000 + b'"}')
    await scene.publish("GOOD-1", TopicKind.TELEMETRY, sample(now, sequence=3))

    await asyncio.to_thread(scene.expect_stored_once, {("GOOD-1", 1, 3)})
    wanted = {
        "unknown_device": 1,
        "wrong_topic": 1,
        "observed_in_future": 1,
        "observed_too_long_ago": 1,
        "undecodable": 1,
        "contract_violation": 1,
    }
    await asyncio.to_thread(eventually, lambda: reasons(scene) == wanted)
    listed = json.loads(await asyncio.to_thread(scene.quarantine, "list", "--json"))
    assert {row["reason"] for row in listed["counts"]} == set(wanted)
    giant = next(row for row in listed["rows"] if row["reason"] == "contract_violation")
    assert (giant["kept_whole"], giant["payload_bytes"]) == (False, 100_009)
    text = await asyncio.to_thread(scene.quarantine, "list", "--limit", "2")
    assert "unknown_device: 1 messages" in text


async def test_a_refused_message_is_replayed_after_the_fix(scene: GatewayScene) -> None:
    """Once the lift is registered, its messages take the same way as any other."""
    scene.register("GOOD-1")
    scene.start_ready()
    messages = [sample(utc_now(), sequence=number) for number in range(3)]
    await scene.publish("LATE-1", TopicKind.TELEMETRY, *messages)
    await asyncio.to_thread(scene.wait_for, 3, "SELECT count(*) FROM quarantine")

    scene.register("LATE-1")
    first = json.loads(await asyncio.to_thread(scene.quarantine, "replay", "--json"))
    again = json.loads(await asyncio.to_thread(scene.quarantine, "replay", "--json"))

    assert (first["replayed"], again["replayed"]) == (3, 0)
    published = {("LATE-1", 1, number) for number in range(3)}
    await asyncio.to_thread(scene.expect_stored_once, published)
    assert scene.value("SELECT count(*) FROM quarantine WHERE replayed_at IS NOT NULL") == 3


async def test_a_lift_registered_while_running_is_known_at_once(scene: GatewayScene) -> None:
    """Nobody restarts a gateway because a lift was added, nor waits for the next refresh."""
    scene.register("GOOD-1")
    scene.start_ready()
    register_lifts(scene.dsn, ["NEW-1"])
    register_edge(scene.dsn, "EDGE-1", ["NEW-2", "NEW-3"])
    columns = {"speed_mps": [0.5, None]}

    await scene.publish("NEW-1", TopicKind.TELEMETRY, sample(utc_now(), sequence=0))
    await scene.publish(
        "EDGE-1",
        TopicKind.BATCH,
        batch(
            utc_now(),
            sequence=0,
            count=2,
            lift_ids=["NEW-2", "NEW-3"],
            lift_index=[0, 1],
            columns=columns,
        ),
    )

    wanted = {("NEW-1", 1, 0), ("NEW-2", 1, 0), ("NEW-3", 1, 1)}
    await asyncio.to_thread(scene.expect_stored_once, wanted)
    assert reasons(scene) == {}
    speeds = scene.rows(
        "SELECT lift_id, speed_mps FROM sample JOIN lift USING (lift_key) ORDER BY lift_id"
    )
    assert [row["speed_mps"] for row in speeds] == [None, 0.5, None]


async def test_what_the_database_refuses_is_found_and_set_aside(scene: GatewayScene) -> None:
    """One poisonous row in a batch: all others are stored, it is quarantined, the worker lives."""
    scene.register("GOOD-1")
    with psycopg.connect(scene.dsn, autocommit=True) as connection:
        connection.execute("ALTER TABLE sample ADD CHECK (position_m <> 666)")
        connection.execute("ALTER TABLE lift_event ADD CHECK (note <> 'poison')")
    worker = scene.start_ready()
    samples = [
        sample(utc_now(), sequence=number, position_m=666.0 if number in (7, 30) else 1.0)
        for number in range(60)
    ]
    events = [
        event(
            utc_now(),
            EventKind.DOOR_RETRY,
            sequence=number,
            note="poison" if number == 1 else "fine",
        )
        for number in range(3)
    ]

    await scene.publish("GOOD-1", TopicKind.TELEMETRY, *samples)
    await scene.publish("GOOD-1", TopicKind.EVENT, *events)

    wanted = {("GOOD-1", 1, number) for number in range(60) if number not in (7, 30)}
    await asyncio.to_thread(scene.expect_stored_once, wanted)
    await asyncio.to_thread(scene.wait_for, 2, "SELECT count(*) FROM lift_event")
    await asyncio.to_thread(eventually, lambda: reasons(scene) == {"store_refused": 3})
    assert worker.exit_status is None
    marks = scene.rows("SELECT stream, open_gaps::text AS gaps FROM sequence_mark ORDER BY stream")
    assert [mark["gaps"] for mark in marks] == ["{[1,2)}", "{[7,8),[30,31)}"]


async def test_births_and_wills_are_kept_and_stale_ones_are_not(scene: GatewayScene) -> None:
    """The last word of each device; a will of the boot before changes nothing."""
    scene.register("GOOD-1")
    birth = Status(presence=Presence.ONLINE, boot_id=5, maker="Demo Maker 1", firmware="1.2")
    await scene.publish("GOOD-1", TopicKind.STATUS, birth, retain=True)
    await scene.publish("GHOST-1", TopicKind.STATUS, birth, retain=True)
    scene.start_ready()  # retained: it is handed over now
    query = "SELECT presence || ' ' || boot_id || ' ' || (birth ->> 'firmware') FROM device_status"
    await asyncio.to_thread(scene.wait_for, "online 5 1.2", query)

    stale = Status(presence=Presence.OFFLINE, boot_id=4)
    gone = Status(presence=Presence.OFFLINE, boot_id=5)
    marker = event(datetime.now(UTC), EventKind.TEST_CALL, sequence=0)  # noqa: TID251 - as a device
    await scene.publish("GOOD-1", TopicKind.STATUS, stale)
    await scene.publish("GOOD-1", TopicKind.EVENT, marker)
    await asyncio.to_thread(scene.wait_for, 1, "SELECT count(*) FROM lift_event")

    assert scene.value(query) == "online 5 1.2"
    await scene.publish("GOOD-1", TopicKind.STATUS, gone)
    await asyncio.to_thread(scene.wait_for, "offline 5 1.2", query)
    assert reasons(scene) == {"unknown_device": 1}


async def test_a_worker_takes_only_its_shards(scene: GatewayScene) -> None:
    """Two workers share the fleet; each stores its own lifts and no other."""
    lifts = [f"PART-{number}" for number in range(12)]
    scene.register(*lifts)
    low = scene.start("--shards", "00-7f")
    high = scene.start("--shards", "80-ff")
    await asyncio.to_thread(low.wait_ready)
    await asyncio.to_thread(high.wait_ready)
    for lift in lifts:
        await scene.publish_to(
            topic_of(lift, TopicKind.TELEMETRY), encode(sample(utc_now(), sequence=0))
        )

    await asyncio.to_thread(scene.expect_stored_once, {(lift, 1, 0) for lift in lifts})
    await asyncio.to_thread(low.stop)
    await asyncio.to_thread(high.stop)
    counts = [
        json.loads(line)["messages_count"]
        for worker in (low, high)
        for line in worker.text().splitlines()
        if '"gateway_stopped"' in line
    ]
    in_low = sum(shard_of(lift) < 0x80 for lift in lifts)
    assert counts == [in_low, len(lifts) - in_low]


def test_an_unmigrated_database_is_named(empty_database_dsn: str, scene: GatewayScene) -> None:
    """One sentence that says what to do, and exit status 1."""
    worker = scene.start(LIFTWARD_DATABASE_URL=empty_database_dsn)

    assert worker.wait() == 1
    assert "run `liftward migrate`" in worker.text()


def test_a_wrong_range_is_named(scene: GatewayScene) -> None:
    """A misread range would leave lifts unwatched."""
    worker = scene.start("--shards", "ff-00")

    assert worker.wait() == 2
    assert "'ff-00' is not two shards" in worker.text()
