"""One device for each profile, through a real broker and a real gateway into the database."""

import asyncio
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import psycopg
import pytest

from liftward_gateway.care import REGISTRATION_S
from liftward_kit.clock import utc_now
from liftward_wire.messages import EventKind
from liftward_wire.profiles.known import JSON_PROFILES
from liftward_wire.topics import TopicKind
from support.gateway_messages import event, sample
from support.gateway_scene import GatewayScene
from support.polling import eventually

pytestmark = pytest.mark.integration

PAGE = Path(__file__).parents[3] / "docs" / "profiles.md"
DEVICES = {
    "HAND-001": "liftward-v1",
    "HAND-002": "gbt24476-2017",
    "HAND-003": "bacnet-lift",
    "HAND-004": "regional-a",
    "HAND-005": "regional-b",
}
# What the examples of the page have in common, in our words.
SAMPLE = """
SELECT lift_id, service_mode, direction, car_door, door_zone, speed_mps, floor, occupancy
  FROM sample JOIN lift USING (lift_key) ORDER BY lift_id"""
EVENTS = """
SELECT lift_id, kind, code, vocabulary, sequence
  FROM lift_event JOIN lift USING (lift_key) ORDER BY lift_id, sequence"""


def set_profile(scene: GatewayScene, device_id: str, profile: str) -> None:
    with psycopg.connect(scene.dsn, autocommit=True) as connection:
        connection.execute(
            "UPDATE device SET profile = %s WHERE device_id = %s", [profile, device_id]
        )


def run_the_pages_examples(scene: GatewayScene) -> None:
    """Paste every example of the page into a shell, with this broker's port."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    for block in blocks[: len(JSON_PROFILES)]:
        script = block.replace("-p 1883", f"-p {scene.broker.port}")
        assert f"-p {scene.broker.port}" in script
        subprocess.run(["bash", "-euc", script], check=True, timeout=30)


async def test_every_vocabulary_is_stored_in_our_words(scene: GatewayScene) -> None:
    """The page's examples, published by the real mosquitto_pub, are the rows our own words make."""
    scene.register(*DEVICES)
    for device_id, profile in DEVICES.items():
        set_profile(scene, device_id, profile)
    scene.start_ready()
    now = utc_now()
    ours: dict[str, Any] = {
        "service_mode": "normal",
        "direction": "up",
        "car_door": "closed",
        "door_zone": "outside",
        "speed_mps": 0.0,
        "floor": 2,
        "occupancy": "occupied",
    }
    await scene.publish("HAND-001", TopicKind.TELEMETRY, _as_sample(now, ours))

    await asyncio.to_thread(run_the_pages_examples, scene)

    await asyncio.to_thread(scene.wait_for, len(DEVICES), "SELECT count(*) FROM sample")
    await asyncio.to_thread(scene.wait_for, 6, "SELECT count(*) FROM lift_event")
    rows = {row.pop("lift_id"): row for row in scene.rows(SAMPLE)}
    wanted = rows["HAND-001"]
    # BACnet has no occupancy; everything else is the same.
    alike = {device: row | {"occupancy": wanted["occupancy"]} for device, row in rows.items()}
    assert alike == dict.fromkeys(DEVICES, wanted)
    assert {device for device, row in rows.items() if row != wanted} == {"HAND-003"}
    assert [tuple(row.values()) for row in scene.rows(EVENTS)] == [
        ("HAND-002", "alarm_pressed", None, None, 0),
        ("HAND-003", "fault_raised", "8", "bacnet-lift", 0),
        ("HAND-003", "alarm_pressed", None, None, 1),
        ("HAND-004", "fault_raised", "04", "regional-a", 0),
        ("HAND-004", "alarm_pressed", None, None, 1),
        ("HAND-005", "alarm_pressed", None, None, 0),
    ]
    assert scene.rows("SELECT reason, detail FROM quarantine") == []


def _as_sample(now: Any, signals: dict[str, Any]) -> bytes:
    plain = {"observed_at": now.isoformat(), "boot_id": 1, "sequence": 0}
    return json.dumps(plain | signals).encode()


async def test_a_change_of_profile_is_picked_up_by_a_running_gateway(scene: GatewayScene) -> None:
    """What the old profile refuses is kept with its place; the new one takes it, and replays it."""
    scene.register("HAND-002")
    worker = scene.start_ready()
    now = utc_now()
    theirs = {"observed_at": now.isoformat(), "boot_id": 1, "service_mode": 2, "door_zone": 1}

    await scene.publish(
        "HAND-002", TopicKind.TELEMETRY, json.dumps(theirs | {"sequence": 0}).encode()
    )
    await asyncio.to_thread(scene.wait_for, 1, "SELECT count(*) FROM quarantine")
    loads = worker.text().count("registration_loaded")
    set_profile(scene, "HAND-002", "gbt24476-2017")
    await asyncio.to_thread(
        eventually,
        lambda: worker.text().count("registration_loaded") > loads,
        what="the changed registration loaded",
        within_s=REGISTRATION_S * 2,
    )
    await asyncio.to_thread(scene.quarantine, "replay")
    await scene.publish(
        "HAND-002", TopicKind.TELEMETRY, json.dumps(theirs | {"sequence": 1}).encode()
    )
    await scene.publish("HAND-002", TopicKind.EVENT, event(now, EventKind.TEST_CALL, sequence=0))
    await scene.publish("HAND-002", TopicKind.TELEMETRY, sample(now, sequence=2, speed_mps=1.0))

    published = {("HAND-002", 1, 0), ("HAND-002", 1, 1)}
    await asyncio.to_thread(scene.expect_stored_once, published)
    await asyncio.to_thread(scene.wait_for, 1, "SELECT count(*) FROM lift_event")
    await asyncio.to_thread(scene.wait_for, 2, "SELECT count(*) FROM quarantine")
    assert set(scene.stored()) == published
    kept = scene.rows("SELECT path, reason FROM quarantine ORDER BY first_at")
    assert kept == [
        {"path": "$.service_mode", "reason": "contract_violation"},
        {"path": "$", "reason": "contract_violation"},
    ]
