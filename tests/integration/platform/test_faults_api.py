"""Faults over HTTP, from samples through the gateway's detector and the database to the answer."""

from collections.abc import Sequence
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from liftward_detection.events import EventRow
from liftward_detection.fleet import FleetState
from liftward_detection.kinds import DetectionKind
from liftward_detection.thresholds import default_thresholds
from liftward_gateway.detecting import Detector
from liftward_gateway.registry import Registry
from liftward_gateway.shards import ShardRange
from liftward_gateway.writer import load_registration, registration_fingerprint, write_detections
from liftward_platform.access.model import Role
from liftward_wire.columns import microseconds
from support.fleet_rows import register_lifts
from support.platform_scene import ApiScene, add_town, api_scene
from support.virtual_time import START, VirtualClock
from unit.detection.streams import Row, sample_columns

pytestmark = pytest.mark.integration

ALL = ShardRange(0x00, 0xFF)
# A run at 1.16 times the rated 1.75 m/s, seen twice; then a stall that the controller reports.
FAST: Row = {"speed_mps": 2.03, "car_door": "closed", "door_zone": "outside", "direction": "up"}
SLOW = FAST | {"speed_mps": 1.5}
STALLED: Row = {"speed_mps": 0.0, "car_door": "closed", "door_zone": "inside", "direction": "up"}
MOVING = STALLED | {"speed_mps": 1.0, "door_zone": "outside"}
START_US = microseconds(START)


async def get(scene: ApiScene, path: str, role: Role = Role.EVALUATOR, **query: Any) -> Any:
    answer = await scene.client.get(path, params=query, headers=await scene.headers(role))
    assert answer.status_code == 200, answer.text
    return answer.json()


def row(at_s: float, signals: Row) -> Row:
    at_us = START_US + round(at_s * 1_000_000)
    keys = {"lift": 0, "at_us": at_us, "received_us": at_us, "boot_id": 1}
    return keys | {"sequence": round(at_s * 10)} | signals


async def played(scene: ApiScene) -> None:
    """Let a gateway's detector that knows the registration watch the story, and write down."""
    registry = Registry()
    registry.replace(await load_registration(scene.connection, ALL))
    detector = Detector(FleetState.empty(0), default_thresholds(), registry)
    story = [(0, FAST), (1, FAST), (2, SLOW), (10, STALLED)]
    found = detector.observe(columns(story))
    found += detector.take_events([fault(20, "fault_raised", 6)])
    found += detector.observe(columns([(60, STALLED), (90, MOVING)]))
    found += detector.take_events([fault(91, "fault_cleared", 6), fault(95, "fault_raised", 7)])
    await write_detections(scene.connection, found)


def columns(story: Sequence[tuple[float, Row]]) -> Any:
    return SimpleNamespace(**vars(sample_columns([row(at_s, what) for at_s, what in story])))


def fault(at_s: int, kind: str, code: int) -> EventRow:
    at_us = START_US + at_s * 1_000_000
    return EventRow(0, at_us, at_us, 1, at_s, kind, code)


async def test_episodes_come_with_severity_source_and_what_was_measured(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Derived, reported, or both; the rated speed is the registration's."""
    register_lifts(database_dsn, ["L-1"])
    async with api_scene(database_dsn, virtual_clock) as scene:
        await played(scene)
        virtual_clock.advance(3600.0)
        answer = await get(scene, "/api/lifts/L-1/faults")
        none = await get(scene, "/api/lifts/L-1/faults", category="event")
        first = await get(scene, "/api/lifts/L-1/faults", limit=1, category=["fault", "event"])
        later: dict[str, Any] = {"from": (START + timedelta(seconds=80)).isoformat()}
        rest = await get(scene, "/api/lifts/L-1/faults", **later)

    lost, stall, fast = answer["episodes"]
    assert answer["complete"] is True
    assert (fast["kind"], fast["source"], fast["severity"]) == (
        "overspeed", "derived_only", "dangerous",
    )  # fmt: skip
    assert (fast["measured"], fast["responsible"]) == (2.03, "maintainer")
    assert fast["name"] == {"en": "overspeed", "zh": "超速"}
    assert fast["evidence"]["speed_mps"] == 2.03
    assert (stall["gb_code"], stall["source"], stall["level"]) == ("06", "both", "confirmed")
    assert (stall["reason"], stall["end_reason"]) == (
        "reported_by_controller", "cleared_by_controller",
    )  # fmt: skip
    assert (lost["kind"], lost["source"], lost["ended_at"]) == ("gb_07", "reported_only", None)
    assert none["episodes"] == []
    assert (len(first["episodes"]), first["complete"]) == (1, False)
    assert [episode["kind"] for episode in rest["episodes"]] == ["gb_07", "gb_06"]


async def test_the_catalogue_tells_every_kind(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """To everybody who has signed in, a crew too; a lift's faults not to a crew."""
    async with api_scene(database_dsn, virtual_clock) as scene:
        await add_town(scene.connection)
        register_lifts(database_dsn, ["L-1"])
        catalogue = await get(scene, "/api/fault-catalogue", Role.CREW)
        refused = await scene.client.get(
            "/api/lifts/L-1/faults", headers=await scene.headers(Role.CREW)
        )
        unknown = await scene.client.get(
            "/api/lifts/L-9/faults", headers=await scene.headers(Role.EVALUATOR)
        )

    assert [kind["kind"] for kind in catalogue["kinds"]] == [kind.value for kind in DetectionKind]
    assert len(catalogue["bacnet_faults"]) == 17
    assert (refused.status_code, unknown.status_code) == (403, 404)


async def test_a_changed_nameplate_is_noticed(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The gateway compares a fingerprint: a corrected rated speed changes it, and is loaded."""
    register_lifts(database_dsn, ["L-1"])
    async with api_scene(database_dsn, virtual_clock) as scene:
        before = await registration_fingerprint(scene.connection, ALL)
        with psycopg.connect(database_dsn) as connection:
            connection.execute("UPDATE lift SET rated_speed_mps = 2.5, floors_count = 31")
        after = await registration_fingerprint(scene.connection, ALL)
        [served] = await load_registration(scene.connection, ALL)
        registry = Registry()
        registry.replace([served])
        detector = Detector(FleetState.empty(0), default_thresholds(), registry)
        state = detector.copy_state()

    assert before != after
    assert served.nameplate == (2.5, 1000.0, 31)
    assert float(state.records["rated_speed_mps"][0]) == 2.5
    assert int(state.records["floors_count"][0]) == 31
