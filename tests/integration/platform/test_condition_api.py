"""Condition over HTTP: what the detector wrote down of wear and of sensors, from the real rows."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Json

from liftward_platform.access.model import Role
from support.fleet_rows import register_lifts
from support.platform_scene import ApiScene, api_scene
from support.virtual_time import START, VirtualClock

pytestmark = pytest.mark.integration

SLOW = {"derived": True, "baseline_value": 2.5, "current_value": 3.1, "trend_per_day": 0.05}
OFF = {"derived": True, "signal": "load_kg", "current_value": 60.0}


def write(  # noqa: PLR0917 - a row of the table
    dsn: str, lift_id: str, kind: str, transition: str, onset_h: float, at_h: float, evidence: Any
) -> None:
    """Write a detection as the gateway does."""
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "INSERT INTO detection (lift_key, kind, transition, level, onset_at, detected_at,"
            " received_at, reason, evidence, detector_version, thresholds_hash)"
            " SELECT lift_key, %s, %s, 'probable', %s, %s, %s, %s, %s, 'test', 'test'"
            " FROM lift WHERE lift_id = %s",
            (
                kind,
                transition,
                START + timedelta(hours=onset_h),
                START + timedelta(hours=at_h),
                START + timedelta(hours=at_h),
                "drifted" if transition == "began" else "maintenance_visit",
                Json(evidence),
                lift_id,
            ),
        )


async def get(scene: ApiScene, lift_id: str, role: Role = Role.OPERATOR, **query: Any) -> Any:
    path = f"/api/lifts/{lift_id}/condition"
    return await scene.client.get(path, params=query, headers=await scene.headers(role))


async def test_a_lifts_warnings_and_findings_are_told_open_ones_first(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Baseline, value, trend and projection of a warning; signal and offset of a finding."""
    register_lifts(database_dsn, ["L-1", "L-2"])
    write(database_dsn, "L-1", "door_opening_drift", "began", 0, 30, SLOW)
    write(database_dsn, "L-1", "levelling_drift", "began", 40, 50, SLOW | {"days_to_limit": 9.5})
    write(database_dsn, "L-1", "levelling_drift", "ended", 40, 60, SLOW | {"current_value": 4.0})
    write(database_dsn, "L-1", "sensor_skewed", "began", 10, 10, OFF)
    write(database_dsn, "L-1", "entrapment", "began", 11, 11, {"occupied": True})
    write(database_dsn, "L-2", "vibration_drift", "began", 1, 2, SLOW)
    async with api_scene(database_dsn, virtual_clock) as scene:
        answer = (await get(scene, "L-1")).json()
        cut = (await get(scene, "L-1", limit=1)).json()

    assert [(w["kind"], w["ended_reason"]) for w in answer["warnings"]] == [
        ("door_opening_drift", None),
        ("levelling_drift", "maintenance_visit"),
    ]
    opening, levelling = answer["warnings"]
    assert opening["baseline_value"] == 2.5
    assert opening["current_value"] == 3.1
    assert opening["trend_per_day"] == 0.05
    assert opening["days_to_limit"] is None
    assert levelling["current_value"] == 4.0
    assert [(f["kind"], f["signal"], f["off_by"]) for f in answer["device_health"]] == [
        ("sensor_skewed", "load_kg", 60.0)
    ]
    assert answer["complete"] is True
    assert (len(cut["warnings"]), cut["complete"]) == (1, False)


async def test_condition_is_for_those_who_oversee(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Nobody without an account; an unknown lift is unknown; a sound one has nothing."""
    register_lifts(database_dsn, ["L-1"])
    async with api_scene(database_dsn, virtual_clock) as scene:
        assert (await scene.client.get("/api/lifts/L-1/condition")).status_code == 401
        assert (await get(scene, "NOBODY")).status_code == 404
        sound = (await get(scene, "L-1", Role.REGULATOR)).json()

    assert (sound["warnings"], sound["device_health"]) == ([], [])
