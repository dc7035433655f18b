"""Wrong clocks and doubled devices, from the broker to the database."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from liftward_kit.clock import utc_now
from liftward_wire.messages import EventKind
from liftward_wire.topics import TopicKind
from support.gateway_messages import event, sample
from support.gateway_scene import GatewayScene

pytestmark = pytest.mark.integration

LIFT = "CLOCK-1"


async def test_an_alarm_is_stored_whatever_the_device_takes_the_time_for(
    scene: GatewayScene,
) -> None:
    """A clock that was never set, one an hour ahead: both count as of their arrival.

    The release by the same clocks is refused as ever, so that somebody sets them.
    """
    scene.register(LIFT)
    scene.start_ready()
    unset = {"observed_at": "1970-01-01T00:03:00Z", "boot_id": 1, "kind": "alarm_pressed"}
    ahead = utc_now() + timedelta(hours=1)
    await scene.publish(
        LIFT,
        TopicKind.EVENT,
        json.dumps({**unset, "sequence": 0}).encode(),
        json.dumps({**unset, "sequence": 1, "kind": "alarm_released"}).encode(),
        event(ahead, EventKind.ALARM_PRESSED, sequence=2),
        event(ahead, EventKind.ALARM_RELEASED, sequence=3),
        event(utc_now(), EventKind.ALARM_PRESSED, sequence=4),
    )
    await asyncio.to_thread(scene.wait_for, 3, "SELECT count(*) FROM lift_event")

    rows = scene.rows("SELECT * FROM lift_event ORDER BY sequence")
    assert [row["sequence"] for row in rows] == [0, 2, 4]
    assert [row["claimed_at"] for row in rows] == [
        datetime(1970, 1, 1, 0, 3, tzinfo=UTC),
        ahead,
        None,
    ]
    assert [row["observed_at"] == row["received_at"] for row in rows] == [True, True, False]
    reasons = scene.rows("SELECT reason FROM quarantine ORDER BY reason")
    assert [row["reason"] for row in reasons] == ["observed_in_future", "observed_too_long_ago"]
    assert scene.value("SELECT count(*) FROM detection WHERE kind = 'gb_90'") == 1
    assert scene.value("SELECT skew FROM sequence_mark WHERE stream = 'event'") == "ahead"


async def test_what_is_known_of_a_device_outlives_the_worker(scene: GatewayScene) -> None:
    """A clock ahead, gaps, and a second publisher with an older boot id are told after a restart.

    The next worker goes on counting from there, and knows the repeats.
    """
    scene.register(LIFT)
    worker = scene.start_ready()
    now = utc_now()
    news = [sample(now + timedelta(seconds=20), sequence=n, boot_id=7) for n in (0, 1, 4)]
    kept = [sample(now - timedelta(seconds=20), sequence=n, boot_id=5) for n in (0, 1)]
    other = [sample(now + timedelta(seconds=30 + n), sequence=n, boot_id=5) for n in (2, 3)]
    await scene.publish(LIFT, TopicKind.TELEMETRY, *news, *kept, *other)
    await asyncio.to_thread(scene.wait_for, 7, "SELECT count(*) FROM sample")
    worker.kill()
    await asyncio.to_thread(scene.start_ready)
    more = sample(now + timedelta(seconds=60), sequence=4, boot_id=5)
    last = sample(now + timedelta(seconds=25), sequence=5, boot_id=7)
    await scene.publish(LIFT, TopicKind.TELEMETRY, *news, *other, more, last)
    await asyncio.to_thread(scene.wait_for, 9, "SELECT count(*) FROM sample")

    newest, older = scene.rows("SELECT * FROM sequence_mark ORDER BY boot_id DESC")
    assert (newest["boot_id"], newest["highest"], newest["skew"]) == (7, 5, "ahead")
    assert timedelta(microseconds=newest["delay_min_us"]) < timedelta(seconds=-10)
    assert (newest["duplicates_count"], newest["overlaps_count"]) == (3, 0)
    assert (older["highest"], older["contiguous_through"], older["duplicates_count"]) == (4, 4, 2)
    assert older["overlaps_count"] == 3, "what a boot kept from before is no second publisher"
    assert older["last_overlap_at"] is not None
