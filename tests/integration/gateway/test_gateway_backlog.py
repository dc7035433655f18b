"""What waited in the broker while no gateway was there: alarms first, each lift's oldest first."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from liftward_kit.clock import monotonic_s, utc_now
from liftward_wire.codec import encode
from liftward_wire.messages import EventKind
from liftward_wire.topics import TopicKind, shard_of
from support.gateway_messages import event, sample, topic_of
from support.gateway_scene import GatewayScene

pytestmark = pytest.mark.integration

SAMPLES_COUNT = 100_000
LIFTS = [f"WAIT-{number:03}" for number in range(200)]
_ACKNOWLEDGED_WITHIN_S = 120.0
_UNDER_WAY_MAX = 50_000  # packet ids end at 65,535


def publish_all(scene: GatewayScene, messages: Sequence[tuple[str, bytes]]) -> None:
    """Publish at QoS 1, many under way at once, and return when all are acknowledged."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="backlog")
    client.max_inflight_messages_set(2_000)
    client.connect(scene.broker.host, scene.broker.port)
    client.loop_start()
    for begin in range(0, len(messages), _UNDER_WAY_MAX):
        part = messages[begin : begin + _UNDER_WAY_MAX]
        for one in [client.publish(topic, payload, qos=1) for topic, payload in part]:
            one.wait_for_publish(_ACKNOWLEDGED_WITHIN_S)
    client.disconnect()
    client.loop_stop()


def samples_of(lift_ids: Sequence[str], count: int) -> list[tuple[str, bytes]]:
    """Return `count` single samples, the lifts in turn, an hour old and newer."""
    started_at = utc_now() - timedelta(hours=1)
    messages = []
    for number in range(count):
        sequence, place = divmod(number, len(lift_ids))
        at = started_at + timedelta(seconds=sequence)
        payload = encode(sample(at, sequence=sequence, speed_mps=0.0))
        messages.append((topic_of(lift_ids[place], TopicKind.TELEMETRY), payload))
    return messages


async def test_an_alarm_passes_a_hundred_thousand_queued_samples(scene: GatewayScene) -> None:
    """Rung last, committed among the first; and no lift's samples are out of order or missing."""
    scene.register(*LIFTS)
    first = await asyncio.to_thread(scene.start_ready)
    await asyncio.to_thread(first.stop)
    await asyncio.to_thread(publish_all, scene, samples_of(LIFTS, SAMPLES_COUNT))
    rung = event(utc_now(), EventKind.ALARM_PRESSED, sequence=0)
    await scene.publish(LIFTS[0], TopicKind.EVENT, rung)

    await asyncio.to_thread(scene.start)
    await asyncio.to_thread(
        scene.wait_for, SAMPLES_COUNT, "SELECT count(*) FROM sample", within_s=90.0
    )

    [order] = scene.rows(
        "SELECT count(*) FILTER (WHERE sample.recorded_at < rung.recorded_at) AS before_count,"
        "       max(sample.recorded_at) - rung.recorded_at AS ahead"
        "  FROM sample, lift_event AS rung GROUP BY rung.recorded_at"
    )
    assert order["before_count"] < SAMPLES_COUNT / 10
    assert order["ahead"] > timedelta(seconds=1)
    assert scene.value("SELECT count(*) FROM detection WHERE kind = 'gb_90'") == 1
    overtaken = scene.value(
        "SELECT count(*) FROM (SELECT recorded_at, lag(recorded_at) OVER"
        " (PARTITION BY lift_key ORDER BY sequence) AS before FROM sample) AS pair"
        " WHERE recorded_at < before"
    )
    assert overtaken == 0
    marks = scene.rows(
        "SELECT contiguous_through, highest, duplicates_count, open_gaps::text AS gaps, skew"
        "  FROM sequence_mark WHERE stream = 'telemetry'"
    )
    last = SAMPLES_COUNT // len(LIFTS) - 1
    assert len(marks) == len(LIFTS)
    assert {(mark["contiguous_through"], mark["highest"], mark["gaps"]) for mark in marks} == {
        (last, last, "{}")
    }
    assert {mark["skew"] for mark in marks} == {"unknown"}, "a backlog is no slow clock"


async def test_a_killed_workers_range_is_taken_over_by_the_same_command(
    scene: GatewayScene,
) -> None:
    """The other range goes on meanwhile; within seconds the first one's samples are stored."""
    lower = next(lift for lift in LIFTS if shard_of(lift) < 128)
    upper = next(lift for lift in LIFTS if shard_of(lift) >= 128)
    scene.register(lower, upper)
    killed = await asyncio.to_thread(scene.start_ready, "--shards", "00-7f")
    await asyncio.to_thread(scene.start_ready, "--shards", "80-ff")
    for lift in (lower, upper):
        await scene.publish(lift, TopicKind.TELEMETRY, sample(utc_now(), sequence=0))
    await asyncio.to_thread(scene.wait_for, 2, "SELECT count(*) FROM sample")

    killed.kill()
    killed_at_s = monotonic_s()
    for lift in (lower, upper):
        await scene.publish(lift, TopicKind.TELEMETRY, sample(utc_now(), sequence=1))
    await asyncio.to_thread(scene.wait_for, 3, "SELECT count(*) FROM sample")
    await asyncio.to_thread(scene.start, "--shards", "00-7f")
    await asyncio.to_thread(scene.wait_for, 4, "SELECT count(*) FROM sample", within_s=20.0)
    took_s = monotonic_s() - killed_at_s

    assert took_s < 15.0
    stored = scene.stored()
    assert stored == {(lift, 1, sequence): 1 for lift in (lower, upper) for sequence in (0, 1)}
