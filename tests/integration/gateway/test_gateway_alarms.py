import asyncio
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from liftward_detection.detector import observe, tick
from liftward_detection.fleet import FleetState
from liftward_detection.thresholds import default_thresholds
from liftward_kit.clock import monotonic_s, utc_now
from liftward_wire.messages import EventKind, Sample
from liftward_wire.topics import TopicKind
from support.gateway_messages import event, sample
from support.gateway_scene import GatewayScene
from support.polling import eventually
from unit.detection.streams import EPOCH_US, sample_columns
from unit.detection.streams import sample as row_of

pytestmark = pytest.mark.integration

_BEGAN = "SELECT count(*) FROM detection WHERE kind = 'entrapment' AND transition = 'began'"
_ENDED = "SELECT count(*) FROM detection WHERE kind = 'entrapment' AND transition = 'ended'"
# What one sees of a person shut in between floors who presses the alarm button.
_TRAPPED: dict[str, Any] = {
    "service_mode": "normal",
    "speed_mps": 0.0,
    "direction": "none",
    "car_door": "closed",
    "landing_door": "closed",
    "door_zone": "outside",
    "occupancy": "occupied",
    "load_kg": 80.0,
    "alarm_button": "pressed",
}


_FREED: dict[str, Any] = {
    **_TRAPPED,
    "car_door": "open",
    "landing_door": "open",
    "door_zone": "inside",
    "occupancy": "empty",
    "load_kg": 0.0,
    "alarm_button": "released",
}


def trapped(sequence: int) -> Sample:
    return sample(utc_now(), sequence=sequence, **_TRAPPED)


def suspected_after_us() -> int:
    """Return how long a detector that is never killed takes to suspect, from such a sample on."""
    state, limits = FleetState.empty(1), default_thresholds()
    observe(state, sample_columns([row_of(at_s=0.0, **_TRAPPED)]), limits)
    [began] = tick(state, EPOCH_US + 10_000_000, limits).rows()
    return int(began["detected_at_us"]) - EPOCH_US


def freed(sequence: int) -> list[Sample]:
    """Return samples of some seconds with the way out open and nobody in the car."""
    now = utc_now()
    return [
        sample(now + timedelta(seconds=number), sequence=sequence + number, **_FREED)
        for number in range(3)
    ]


async def test_an_alarm_passes_while_telemetry_is_stuck(scene: GatewayScene) -> None:
    """Events have a session, a queue and a connection of their own."""
    scene.register("RING-1")
    worker = scene.start_ready()
    await scene.publish("RING-1", TopicKind.TELEMETRY, sample(utc_now(), sequence=0))
    await asyncio.to_thread(scene.wait_for, 1, "SELECT count(*) FROM sample")
    with psycopg.connect(scene.dsn) as blocking:
        blocking.execute("LOCK TABLE sample IN ACCESS EXCLUSIVE MODE")
        more = [sample(utc_now(), sequence=sequence) for sequence in range(1, 200)]
        await scene.publish("RING-1", TopicKind.TELEMETRY, *more)
        rung_at_s = monotonic_s()
        await scene.publish(
            "RING-1", TopicKind.EVENT, event(utc_now(), EventKind.ALARM_PRESSED, sequence=0)
        )
        await asyncio.to_thread(scene.wait_for, 1, "SELECT count(*) FROM lift_event", within_s=5.0)
        took_s = monotonic_s() - rung_at_s
        pressed = scene.value("SELECT count(*) FROM detection WHERE kind = 'gb_90'")
        await asyncio.to_thread(
            eventually,
            lambda: "telemetry path" in str(scene.value("SELECT last_error FROM engine_heartbeat")),
            within_s=15.0,
            what="the heartbeat tells of the stuck path",
        )

    assert took_s < 1.0
    assert pressed == 1
    published = {("RING-1", 1, sequence) for sequence in range(200)}
    await asyncio.to_thread(scene.expect_stored_once, published)
    assert worker.exit_status is None


async def test_a_running_timer_survives_kills(scene: GatewayScene) -> None:
    """Somebody is shut in, the gateway dies, no further sample comes: detected once and on time.

    Killed again, it still knows of the episode, and sees the way out open.
    """
    scene.register("TRAP-1")
    worker = scene.start_ready()
    begun = trapped(0)
    await scene.publish("TRAP-1", TopicKind.TELEMETRY, begun)
    await asyncio.to_thread(scene.wait_for, 1, "SELECT count(*) FROM sample")
    worker.kill()
    worker = await asyncio.to_thread(scene.start_ready)
    assert scene.value(_BEGAN) == 0
    with psycopg.connect(scene.dsn, autocommit=True) as listening:
        listening.execute("LISTEN detection")
        told = await asyncio.to_thread(
            lambda: [note.channel for note in listening.notifies(timeout=20.0, stop_after=1)]
        )
    worker.kill()
    await asyncio.to_thread(scene.start_ready)
    await scene.publish("TRAP-1", TopicKind.TELEMETRY, *freed(1))
    await asyncio.to_thread(scene.wait_for, 1, _ENDED)

    [row] = scene.rows(
        "SELECT lift_key, onset_at, detected_at, recorded_at FROM detection"
        " WHERE kind = 'entrapment' AND transition = 'began'"
    )
    assert told == ["detection"]
    assert row["lift_key"] == scene.lift_keys["TRAP-1"]
    assert row["onset_at"] == begun.observed_at
    waited = row["detected_at"] - begun.observed_at
    assert waited == timedelta(microseconds=suspected_after_us())
    assert row["recorded_at"] - row["detected_at"] < timedelta(seconds=5)


_SEEN = """
SELECT bool_or(telemetry_through_us >= (SELECT extract(epoch FROM max(received_at)) * 1000000
                                          FROM sample)) FROM detector_slice"""


@pytest.mark.parametrize("ranges", [("00-ff",), ("00-7f", "80-ff")])
async def test_saved_memory_outlives_kills_and_is_found_by_whoever_takes_the_shards(
    scene: GatewayScene, ranges: tuple[str, ...]
) -> None:
    """An open episode ends once, although nothing of its beginning is left to be replayed."""
    scene.register("TRAP-1")
    worker = scene.start_ready()
    await scene.publish("TRAP-1", TopicKind.TELEMETRY, trapped(0))
    await asyncio.to_thread(scene.wait_for, 1, _BEGAN, within_s=20.0)
    await scene.publish("TRAP-1", TopicKind.TELEMETRY, trapped(1))
    await asyncio.to_thread(scene.wait_for, 2, "SELECT count(*) FROM sample")
    await asyncio.to_thread(scene.wait_for, True, _SEEN, within_s=30.0)
    worker.kill()
    scene.rows("TRUNCATE sample")
    for shards in ranges:
        await asyncio.to_thread(scene.start_ready, "--shards", shards)
    await scene.publish("TRAP-1", TopicKind.TELEMETRY, *freed(2))
    await asyncio.to_thread(scene.wait_for, 1, _ENDED)

    assert scene.value(_BEGAN) == 1
