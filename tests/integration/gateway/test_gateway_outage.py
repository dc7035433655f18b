"""Two hours of samples at once, after an outage: in order, whole, never in front of an alarm."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, LiteralString

import pytest

from liftward_kit.clock import utc_now
from liftward_platform.migrations.runner import migrate
from liftward_wire.codec import encode
from liftward_wire.messages import Batch, Event, EventKind, Message, Sample
from liftward_wire.topics import TopicKind
from support.brokers import RunningBroker
from support.contract_device import CONTRACT_RULE, ContractDevice, Publication
from support.durable_postgres import durable_postgres
from support.gateway_messages import topic_of
from support.gateway_scene import GatewayScene
from support.polling import eventually, eventually_async
from support.processes import LiftwardProcesses

pytestmark = [pytest.mark.integration, pytest.mark.mosquitto]

LIFTS = [f"BACK-{number:03}" for number in range(200)]
# Shut in and freed an hour and a half ago; shut in now; and those that press the alarm meanwhile.
LONG_AGO, NOW, RINGING = LIFTS[0], LIFTS[1], LIFTS[100:120]
ROWS_COUNT, PERIOD_S, ROWS_PER_MESSAGE = 720, 10.0, 240
SHUT_IN_ROWS = range(180, 192)

MOVING: dict[str, Any] = {
    "service_mode": "normal", "speed_mps": 1.5, "direction": "up", "car_door": "closed",
    "landing_door": "closed", "door_zone": "outside", "occupancy": "occupied", "load_kg": 80.0,
    "alarm_button": "released",
}  # fmt: skip
SHUT_IN = MOVING | {"speed_mps": 0.0, "direction": "none", "alarm_button": "pressed"}
OPEN = MOVING | {
    "speed_mps": 0.0, "direction": "none", "car_door": "open", "landing_door": "open",
    "door_zone": "inside", "occupancy": "empty", "load_kg": 0.0,
}  # fmt: skip

_DISORDER: LiteralString = """
SELECT count(*) FROM (
    SELECT received_at, lag(received_at) OVER (PARTITION BY lift_key ORDER BY sequence) AS before
      FROM sample WHERE sequence < %s) AS pairs
 WHERE received_at < before
"""
_SHARE_BEFORE_THE_LAST_ALARM: LiteralString = """
SELECT avg((pg_xact_commit_timestamp(xmin) < (
           SELECT max(pg_xact_commit_timestamp(xmin)) FROM lift_event))::int)::float8
  FROM sample
"""
_PASSED_ITS_OWN_SAMPLES: LiteralString = """
SELECT count(*) FROM lift_event AS event
 WHERE pg_xact_commit_timestamp(event.xmin) < (
       SELECT max(pg_xact_commit_timestamp(sample.xmin)) FROM sample
        WHERE sample.lift_key = event.lift_key)
"""
_EPISODES: LiteralString = """
SELECT lift_id, transition FROM detection JOIN lift USING (lift_key)
 WHERE kind = 'entrapment' AND transition <> 'raised' ORDER BY 1, 2
"""


def signals_of(lift_id: str, row: int) -> dict[str, Any]:
    """Return what a lift saw in one row of its two hours."""
    if lift_id == NOW:
        return OPEN
    if lift_id == LONG_AGO and row in SHUT_IN_ROWS:
        return SHUT_IN
    return OPEN if lift_id == LONG_AGO else MOVING


class Backlog:
    """Two hours of every lift, kept by a device each, and alarms that are pressed at the end."""

    def __init__(self, broker: RunningBroker) -> None:
        rng = Random(1)
        self.devices = {
            lift_id: ContractDevice(broker, CONTRACT_RULE, Random(rng.random()))
            for lift_id in LIFTS
        }
        began_at = utc_now() - timedelta(seconds=ROWS_COUNT * PERIOD_S)
        for lift_id in LIFTS:
            for first in range(0, ROWS_COUNT, ROWS_PER_MESSAGE):
                at = began_at + timedelta(seconds=first * PERIOD_S)
                self._send(lift_id, TopicKind.TELEMETRY, _batch(lift_id, at, first))

    def press_alarms(self) -> None:
        """Let some lifts press: the event stands last in the device's queue."""
        for lift_id in RINGING:
            event = Event(
                observed_at=utc_now(), boot_id=1, sequence=0, kind=EventKind.ALARM_PRESSED
            )
            self._send(lift_id, TopicKind.EVENT, event)

    async def send_all(self) -> None:
        """Let every device connect and send until the broker has acknowledged everything."""
        tasks = [asyncio.create_task(device.run()) for device in self.devices.values()]

        async def all_sent() -> bool:
            return all(device.is_idle for device in self.devices.values())

        try:
            await eventually_async(all_sent, within_s=60.0, what="every device has sent all")
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _send(self, lift_id: str, kind: TopicKind, message: Message) -> None:
        self.devices[lift_id].send(Publication(topic_of(lift_id, kind), encode(message), ()))


def _batch(lift_id: str, at: datetime, first: int) -> Batch:
    rows = [signals_of(lift_id, row) for row in range(first, first + ROWS_PER_MESSAGE)]
    return Batch(
        started_at=at,
        boot_id=1,
        sequence=first,
        offset_ms=[round(number * PERIOD_S * 1000) for number in range(len(rows))],
        columns={name: [row[name] for row in rows] for name in MOVING},
    )


@pytest.fixture
def exact_scene(
    shared_folder: Path, mosquitto_broker: RunningBroker, processes: LiftwardProcesses
) -> Iterator[GatewayScene]:
    """A scene whose database keeps the time of every commit."""
    with durable_postgres(shared_folder) as postgres:
        migrate(postgres.dsn)
        scene = GatewayScene(postgres.dsn, mosquitto_broker, processes)
        scene.register(*LIFTS)
        yield scene


def check_drained(scene: GatewayScene, *, live_rows_count: int) -> None:
    """Check that all is there once, in order, without a gap, and that alarms came first."""
    wanted = len(LIFTS) * ROWS_COUNT + live_rows_count
    scene.wait_for(wanted, "SELECT count(*) FROM sample", within_s=60.0)
    scene.wait_for(len(RINGING), "SELECT count(*) FROM lift_event")
    assert scene.value("SELECT count(DISTINCT (lift_key, sequence)) FROM sample") == wanted
    assert scene.value(_DISORDER, [ROWS_COUNT]) == 0
    gaps = scene.value(
        "SELECT count(*) FROM sequence_mark"
        " WHERE open_gaps::text <> '{}' OR contiguous_through <> highest"
    )
    assert gaps == 0
    # Each alarm was the last thing its device sent, yet most passed the samples in front of them.
    assert scene.value(_PASSED_ITS_OWN_SAMPLES) > len(RINGING) / 2
    assert scene.value("SELECT count(*) FROM quarantine") == 0
    # Nobody is dark, and no time is unknown but that before the first word.
    scene.wait_for(
        len(LIFTS), "SELECT count(*) FROM device_liveness WHERE belief = 'live'", within_s=30.0
    )
    assert scene.value("SELECT count(*) FROM lift_unknown WHERE unknown_until IS NULL") == 0


async def test_two_hours_after_a_broker_outage_drain_behind_the_alarms(
    exact_scene: GatewayScene, processes: LiftwardProcesses
) -> None:
    """Devices send two hours at once: in order, no gap, no old incident, nobody now forgotten.

    Somebody shut in since the broker is back stays detected while old samples of an open door
    arrive; somebody who was shut in and freed meanwhile is recorded, and nobody is sent.
    """
    scene = exact_scene
    worker = scene.start_ready()
    scene.broker.stop()
    await asyncio.to_thread(worker.wait_for_text, "broker_lost")
    backlog = Backlog(scene.broker)
    backlog.press_alarms()
    scene.broker.start()
    await asyncio.to_thread(
        eventually,
        lambda: worker.text().count("broker_connected") == 4,
        within_s=15.0,
        what="both paths are connected again",
    )
    begun_at = utc_now() - timedelta(seconds=15)
    live = [
        Sample(
            observed_at=begun_at + timedelta(seconds=number),
            boot_id=1,
            sequence=ROWS_COUNT + number,
            **SHUT_IN,
        )
        for number in range(15)
    ]
    await scene.publish(NOW, TopicKind.TELEMETRY, *live)
    await asyncio.to_thread(
        scene.wait_for,
        1,
        "SELECT count(*) FROM detection WHERE kind = 'entrapment' AND transition = 'began'",
    )
    await backlog.send_all()
    await asyncio.to_thread(check_drained, scene, live_rows_count=len(live))

    expected = {(LONG_AGO, "began"), (LONG_AGO, "ended"), (NOW, "began")}
    assert {(row["lift_id"], row["transition"]) for row in scene.rows(_EPISODES)} == expected
    processes.start("engine", environ=scene.environ())
    await asyncio.to_thread(
        scene.wait_for,
        0,
        "SELECT count(*) FROM detection WHERE kind = 'entrapment' AND handled_at IS NULL",
        within_s=30.0,
    )
    opened = scene.rows("SELECT lift_id FROM incident JOIN lift USING (lift_key)")
    assert [row["lift_id"] for row in opened] == [NOW]
    handling = scene.value(
        "SELECT handling FROM detection JOIN lift USING (lift_key)"
        " WHERE lift_id = %s AND kind = 'entrapment' AND transition = 'began'",
        [LONG_AGO],
    )
    assert handling == "outside_grace"


async def test_two_hours_that_waited_in_the_broker_drain_behind_the_alarms(
    exact_scene: GatewayScene,
) -> None:
    """The gateway was killed meanwhile: what waits for it is taken in order, alarms first."""
    scene = exact_scene
    scene.start_ready().kill()
    backlog = Backlog(scene.broker)
    backlog.press_alarms()
    await backlog.send_all()
    await asyncio.to_thread(scene.start_ready)

    await asyncio.to_thread(check_drained, scene, live_rows_count=0)
    assert scene.value(_SHARE_BEFORE_THE_LAST_ALARM) < 0.5
    expected = {(LONG_AGO, "began"), (LONG_AGO, "ended")}
    assert {(row["lift_id"], row["transition"]) for row in scene.rows(_EPISODES)} == expected
