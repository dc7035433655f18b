"""What operators see of the gateway's refusals and of devices' numbering."""

import pytest

from liftward_platform.access.model import Role
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


async def test_a_devices_numbering_is_shown_with_its_gaps(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """What is stored, what is missing, what came twice or late; an unknown device is said so."""
    async with api_scene(database_dsn, virtual_clock) as scene:
        await scene.connection.execute(
            "INSERT INTO device (device_id, kind, shard, enrolled_at) "
            "VALUES ('EDGE-1', 'edge', 7, %s)",
            [START],
        )
        await scene.connection.execute(
            "INSERT INTO sequence_mark VALUES ('EDGE-1', 'telemetry', 5, 9, 30, "
            "'{[10,13),[20,21)}', 4, 2, %s, %s), ('EDGE-1', 'event', 5, 0, 0, '{}', 0, 0, %s, "
            "%s - interval '1 minute')",
            [START] * 4,
        )
        headers = await scene.headers(Role.OPERATOR)

        answer = await scene.client.get("/api/devices/EDGE-1/sequence", headers=headers)
        unknown = await scene.client.get("/api/devices/EDGE-9/sequence", headers=headers)

    telemetry, event = answer.json()["marks"]
    assert (telemetry["contiguous_through"], telemetry["highest"]) == (9, 30)
    assert telemetry["gaps"] == [{"first": 10, "last": 12}, {"first": 20, "last": 20}]
    assert (telemetry["gaps_count"], telemetry["missing_count"]) == (2, 4)
    assert (telemetry["duplicates_count"], telemetry["late_count"]) == (4, 2)
    assert (event["stream"], event["gaps"], event["missing_count"]) == ("event", [], 0)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "device_unknown")
