"""Asking a lift's device for something over HTTP: who may, what is kept, what is refused."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from liftward_platform.access.model import Role
from liftward_platform.commands.model import LIVE_COMMANDS_MAX
from liftward_platform.ledger import checkpoint
from liftward_platform.ledger.key_file import LedgerKeyFile
from liftward_wire.topics import shard_of
from support.platform_scene import ApiScene, add_incident, add_lift, add_town, api_scene
from support.processes import LiftwardProcesses
from support.virtual_time import START, VirtualClock

pytestmark = pytest.mark.integration

LIFT = "TEST-01"


async def enrol(scene: ApiScene, lift_id: str = LIFT, **lift: Any) -> int:
    """Add a lift with a gateway of its own."""
    lift_key = await add_lift(scene.connection, lift_id, **lift)
    await scene.connection.execute(
        "INSERT INTO device (device_id, kind, shard, enrolled_at) VALUES (%s, 'lift', %s, %s)",
        [lift_id, shard_of(lift_id), START],
    )
    await scene.connection.execute("INSERT INTO device_lift VALUES (%s, %s)", [lift_id, lift_key])
    return lift_key


async def ask(
    scene: ApiScene,
    body: dict[str, Any],
    *,
    lift_id: str = LIFT,
    role: Role = Role.DISPATCHER,
    key: str | None = None,
) -> httpx.Response:
    headers = await scene.headers(role)
    if key is not None:
        headers["Idempotency-Key"] = key
    return await scene.client.post(f"/api/lifts/{lift_id}/commands", json=body, headers=headers)


async def test_asking_stores_the_command_and_who_asked(
    database_dsn: str, virtual_clock: VirtualClock, tmp_path: Path, processes: LiftwardProcesses
) -> None:
    """The row, the ledger entry and the incident's story are there; the ledger verifies."""
    async with api_scene(database_dsn, virtual_clock) as scene:
        await add_town(scene.connection)
        incident_id = await add_incident(scene.connection, await enrol(scene))
        answer = await ask(
            scene,
            {
                "kind": "play_calming_message", "deadline_s": 20, "incident_id": incident_id,
                "purpose": "the passenger sounds afraid",
            },
        )  # fmt: skip
        command = answer.json()
        headers = await scene.headers(Role.REGULATOR)
        listed = await scene.client.get(f"/api/lifts/{LIFT}/commands", headers=headers)
        one = await scene.client.get(f"/api/commands/{command['command_id']}", headers=headers)
        story = await scene.client.get(f"/api/incidents/{incident_id}", headers=headers)
        cursor = await scene.connection.execute("SELECT * FROM ledger_entry")
        [entry] = await cursor.fetchall()
        key_file = LedgerKeyFile(tmp_path / "ledger.key")
        async with scene.connection.transaction():
            await checkpoint.integrate(scene.connection, START, key_file.signer(), 10)
        verified = processes.run(
            "ledger", "verify", "--json",
            environ={
                "LIFTWARD_DATABASE_URL": database_dsn,
                "LIFTWARD_LEDGER_KEY_FILE": str(key_file.path),
            },
        )  # fmt: skip

    assert answer.status_code == 202
    assert (command["state"], command["asked_by"], command["device_id"], command["reply"]) == (
        "asked", "test-dispatcher", LIFT, None,
    )  # fmt: skip
    assert command["deadline_at"] == (START + timedelta(seconds=20)).isoformat().replace(
        "+00:00", "Z"
    )
    assert listed.json()["commands"] == [command] == [one.json()]
    assert (entry["kind"], entry["actor"], entry["incident_id"]) == (
        "command_asked", "test-dispatcher", incident_id,
    )  # fmt: skip
    body = json.loads(entry["body"])
    assert (body["command"], body["command_id"]) == ("play_calming_message", command["command_id"])
    assert "afraid" not in entry["body"]
    assert [(line["event"], line["reason"]) for line in story.json()["log"]] == [
        ("command_asked", "play_calming_message")
    ]
    assert verified.returncode == 0, verified.stdout


async def test_the_same_key_asks_once(database_dsn: str, virtual_clock: VirtualClock) -> None:
    """A repeated request is one command and one ledger entry."""
    async with api_scene(database_dsn, virtual_clock) as scene:
        await add_town(scene.connection)
        await enrol(scene)
        answers = [await ask(scene, {"kind": "snapshot"}, key="press-0001") for _ in range(2)]
        cursor = await scene.connection.execute(
            "SELECT (SELECT count(*) FROM device_command) AS commands,"
            " (SELECT count(*) FROM ledger_entry) AS entries"
        )
        counts = await cursor.fetchone()

    assert answers[0].json() == answers[1].json()
    assert [answer.status_code for answer in answers] == [202, 202]
    assert counts == {"commands": 1, "entries": 1}


@pytest.mark.parametrize("role", [Role.CREW, Role.EVALUATOR, Role.REGULATOR])
async def test_only_dispatchers_and_operators_ask(
    database_dsn: str, virtual_clock: VirtualClock, role: Role
) -> None:
    """Others are refused, and nothing is stored."""
    async with api_scene(database_dsn, virtual_clock) as scene:
        await add_town(scene.connection)
        await enrol(scene)
        refused = await ask(scene, {"kind": "snapshot"}, role=role)
        allowed = await ask(scene, {"kind": "snapshot"}, role=Role.OPERATOR)
        cursor = await scene.connection.execute("SELECT asked_by FROM device_command")
        rows = await cursor.fetchall()

    assert (refused.status_code, refused.json()["code"]) == (403, "role_not_allowed")
    assert (allowed.status_code, rows) == (202, [{"asked_by": "test-operator"}])


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "set_sampling_period"},
        {"kind": "set_sampling_period", "sampling_period_s": 0},
        {"kind": "set_sampling_period", "sampling_period_s": 3600},
        {"kind": "set_sampling_period", "sampling_period_s": "soon"},
        {"kind": "test_call", "sampling_period_s": 1},
        {"kind": "open_door"},
        {},
    ],
)
async def test_a_wrong_command_is_refused_by_its_form(
    database_dsn: str, virtual_clock: VirtualClock, body: dict[str, Any]
) -> None:
    """422 with the field, and nothing stored."""
    async with api_scene(database_dsn, virtual_clock) as scene:
        await add_town(scene.connection)
        await enrol(scene)
        answer = await ask(scene, body)
        cursor = await scene.connection.execute("SELECT 1 FROM device_command")
        rows = await cursor.fetchall()

    assert (answer.status_code, answer.json()["code"], rows) == (422, "invalid_request", [])


async def test_what_cannot_be_asked_is_refused_with_its_reason(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """No lift, no device, a revoked one, a withdrawn lift, another lift's incident."""
    async with api_scene(database_dsn, virtual_clock) as scene:
        await add_town(scene.connection)
        await enrol(scene)
        incident_id = await add_incident(scene.connection, await add_lift(scene.connection, "BARE"))
        await enrol(scene, "GONE", withdrawn_at=START - timedelta(days=1))
        await enrol(scene, "REVOKED")
        await scene.connection.execute(
            "UPDATE device SET revoked_at = %s WHERE device_id = 'REVOKED'", [START]
        )
        wish = {"kind": "snapshot"}
        answers = [
            await ask(scene, wish, lift_id="NOBODY"),
            await ask(scene, wish, lift_id="BARE"),
            await ask(scene, wish, lift_id="GONE"),
            await ask(scene, wish, lift_id="REVOKED"),
            await ask(scene, {**wish, "incident_id": incident_id}),
            await ask(scene, {**wish, "incident_id": incident_id + 1}),
        ]
        cursor = await scene.connection.execute("SELECT 1 FROM device_command")
        rows = await cursor.fetchall()

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (404, "lift_unknown"),
        (409, "lift_has_no_device"),
        (409, "lift_withdrawn"),
        (409, "device_revoked"),
        (422, "incident_of_other_lift"),
        (404, "incident_unknown"),
    ]
    assert rows == []


async def test_a_lift_has_few_commands_without_an_answer(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The limit is per lift, and an ended command makes room."""
    async with api_scene(database_dsn, virtual_clock) as scene:
        await add_town(scene.connection)
        await enrol(scene)
        for _ in range(LIVE_COMMANDS_MAX):
            assert (await ask(scene, {"kind": "test_call"})).status_code == 202
        full = await ask(scene, {"kind": "test_call"})
        await scene.connection.execute(
            "UPDATE device_command SET state = 'done', ended_at = now() WHERE command_id ="
            " (SELECT min(command_id) FROM device_command)"
        )
        again = await ask(scene, {"kind": "test_call"})

    assert (full.status_code, full.json()["code"]) == (409, "too_many_commands")
    assert again.status_code == 202


@pytest.mark.parametrize(
    ("column", "word"), [("kind", "'open_door'"), ("state", "'moved'"), ("deadline_at", "asked_at")]
)
async def test_the_database_itself_holds_the_rules(
    database_dsn: str, virtual_clock: VirtualClock, column: str, word: str
) -> None:
    """Whoever writes past our programs is refused too."""
    async with api_scene(database_dsn, virtual_clock) as scene:
        await add_town(scene.connection)
        await enrol(scene)
        await ask(scene, {"kind": "snapshot"})
        with pytest.raises(psycopg.errors.CheckViolation):
            await scene.connection.execute(f"UPDATE device_command SET {column} = {word}".encode())
