"""What operators see of the gateway's refusals and of devices' numbering."""

from datetime import datetime, timedelta

import pytest

from liftward_platform.access.model import Role
from support.fleet_rows import register_lifts
from support.platform_scene import api_scene
from support.virtual_time import START, VirtualClock

pytestmark = pytest.mark.integration


async def test_refused_messages_are_listed_latest_first(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Reason, place, count and the beginning of the payload, bytes that are no text escaped."""
    async with api_scene(database_dsn, virtual_clock) as scene:
        for number, reason in enumerate(["not_json", "unknown_lift", "not_json"]):
            await scene.connection.execute(
                "INSERT INTO quarantine (topic, reason, detail, path, payload_start, "
                "payload_bytes, payload_sha256, count, first_at, last_at) VALUES "
                "('liftward/v1/00/X/telemetry', %s, 'why', '$', %s, 2, %s, %s, %s, "
                "%s + %s * interval '1 second')",
                [reason, b"{\xff", bytes([number]), number + 1, START, START, number],
            )
        headers = await scene.headers(Role.OPERATOR)

        everything = await scene.client.get("/api/quarantine", headers=headers)
        first = await scene.client.get("/api/quarantine?limit=1", headers=headers)
        one_reason = await scene.client.get("/api/quarantine?reason=not_json", headers=headers)
        earlier = await scene.client.get(
            "/api/quarantine", params={"before": "2026-03-02T08:00:01Z"}, headers=headers
        )

    messages = everything.json()["messages"]
    assert [one["count"] for one in messages] == [3, 2, 1]
    assert messages[0]["payload_start"] == "{\\xff"
    assert first.json()["messages"] == messages[:1]
    assert [one["count"] for one in one_reason.json()["messages"]] == [3, 1]
    assert [one["count"] for one in earlier.json()["messages"]] == [1]


_MARK = (
    "INSERT INTO sequence_mark (device_id, stream, boot_id, contiguous_through, highest,"
    " open_gaps, duplicates_count, late_count, last_observed_at, last_received_at, delay_min_us,"
    " delay_before_us, skew, overlaps_count, last_overlap_at)"
    " VALUES ('EDGE-1', %s, %s, %s, %s, %s::int8multirange, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)


async def test_a_devices_streams_are_shown(database_dsn: str, virtual_clock: VirtualClock) -> None:
    """What is stored, missing, came twice or late; its clock; an older boot that tells news.

    An unknown device is said so, and only an operator may ask.
    """
    earlier = START - timedelta(minutes=1)
    async with api_scene(database_dsn, virtual_clock) as scene:
        await scene.connection.execute(
            "INSERT INTO device (device_id, kind, shard, enrolled_at) "
            "VALUES ('EDGE-1', 'edge', 7, %s)",
            [START],
        )
        gaps = "{[10,13),[20,21)}"
        for mark in (
            ["telemetry", 5, 9, 30, gaps, 4, 2, START, START, 41e6, 40e6, "behind", 0, None],
            ["telemetry", 4, 8, 8, "{}", 1, 0, START, earlier, 1, None, "ok", 7, START],
            ["event", 5, 0, 0, "{}", 0, 0, START, earlier, 90e6, None, "unknown", 0, None],
        ):
            await scene.connection.execute(_MARK, mark)
        headers = await scene.headers(Role.OPERATOR)
        dispatcher = await scene.headers(Role.DISPATCHER)
        address = "/api/devices/EDGE-1/streams"

        answer = await scene.client.get(address, headers=headers)
        virtual_clock.advance(minutes=61)
        later = await scene.client.get(address, headers=await scene.headers(Role.OPERATOR))
        unknown = await scene.client.get("/api/devices/EDGE-9/streams", headers=headers)
        forbidden = await scene.client.get(address, headers=dispatcher)

    device = answer.json()
    telemetry, event, older = device["streams"]
    assert (telemetry["contiguous_through"], telemetry["highest"]) == (9, 30)
    assert telemetry["gaps"] == [{"first": 10, "last": 12}, {"first": 20, "last": 20}]
    assert (telemetry["gaps_count"], telemetry["missing_count"]) == (2, 4)
    assert (telemetry["duplicates_count"], telemetry["late_count"]) == (4, 2)
    assert telemetry["clock"] == {"skew": "behind", "behind_s": 40.0}
    assert (event["stream"], event["gaps"], event["missing_count"]) == ("event", [], 0)
    assert event["clock"] == {"skew": "unknown", "behind_s": None}
    assert (older["boot_id"], older["overlaps_count"]) == (4, 7)
    assert device["clock"] == {"skew": "behind", "behind_s": 40.0}
    assert (device["missing_count"], device["duplicates_count"], device["late_count"]) == (4, 5, 2)
    assert (device["two_publishers"], later.json()["two_publishers"]) == (True, False)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "device_unknown")
    assert forbidden.status_code == 403


async def test_an_alarm_with_an_impossible_time_is_shown(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Somebody has to set that clock; alarms in time are not listed."""
    keys = register_lifts(database_dsn, ["LIFT-1", "LIFT-2"])
    claimed = START - timedelta(days=9_000)
    async with api_scene(database_dsn, virtual_clock) as scene:
        for lift_id, claimed_at in (("LIFT-1", claimed), ("LIFT-1", None), ("LIFT-2", claimed)):
            await scene.connection.execute(
                "INSERT INTO lift_event (lift_key, observed_at, received_at, claimed_at, boot_id,"
                " sequence, kind) VALUES (%s, %s, %s, %s, 1, 0, 'alarm_pressed')",
                [keys[lift_id], START, START, claimed_at],
            )
        headers = await scene.headers(Role.OPERATOR)

        answer = await scene.client.get("/api/devices/LIFT-1/streams", headers=headers)

    [alarm] = answer.json()["untimely_alarms"]
    assert (alarm["lift_id"], alarm["kind"]) == ("LIFT-1", "alarm_pressed")
    assert datetime.fromisoformat(alarm["claimed_at"]) == claimed
