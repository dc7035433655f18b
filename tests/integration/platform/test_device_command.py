"""`liftward device` against a real database: what is kept, what is written, what is refused."""

import json
import ssl
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from liftward_platform.devices.broker_password import fits
from support.fleet_rows import register_edge, register_lifts
from support.processes import LiftwardProcesses

pytestmark = pytest.mark.integration


class Commands:
    """Runs the real command in a folder of its own."""

    def __init__(self, dsn: str, processes: LiftwardProcesses) -> None:
        self.dsn, self._processes, self.folder = dsn, processes, processes.folder

    def run(
        self, *words: str, status: int = 0, settings: Mapping[str, str] | None = None
    ) -> tuple[str, str]:
        """Run `liftward device` and return what it printed, and what it told."""
        environ = {"LIFTWARD_DATABASE_URL": self.dsn, **(settings or {})}
        answer = self._processes.run("device", *words, environ=environ)
        assert answer.returncode == status, answer.stderr
        return answer.stdout, answer.stderr

    def rows(self, query: str) -> list[dict[str, Any]]:
        with psycopg.connect(self.dsn, row_factory=dict_row) as connection:
            return connection.execute(query.encode()).fetchall()

    def ledger(self) -> list[tuple[str, str, str, dict[str, Any]]]:
        rows = self.rows(
            "SELECT lift_id, kind, actor, body FROM ledger_entry JOIN lift USING (lift_key)"
            " WHERE kind LIKE 'device%' ORDER BY entry_id"
        )
        return [(r["lift_id"], r["kind"], r["actor"], json.loads(r["body"])) for r in rows]


@pytest.fixture
def commands(database_dsn: str, processes: LiftwardProcesses) -> Commands:
    register_lifts(database_dsn, ["A-1"])
    register_edge(database_dsn, "EDGE-1", ["E-1", "E-2"])
    return Commands(database_dsn, processes)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_password_is_shown_once_and_kept_only_as_a_hash(commands: Commands) -> None:
    """Alone on standard output; the second replaces the first; the ledger does not know it."""
    first, told = commands.run("enrol", "A-1", "--credential", "password")
    second, _ = commands.run("enrol", "A-1", "--credential", "password")
    kept = commands.rows("SELECT * FROM device_credential ORDER BY credential_id")
    everything = json.dumps(kept + commands.rows("SELECT * FROM ledger_entry"), default=str)

    assert "not shown again" in told
    assert "liftward device export" in told
    assert [fits(first.strip(), row["password_hash"]) for row in kept] == [True, False]
    assert [fits(second.strip(), row["password_hash"]) for row in kept] == [False, True]
    assert [row["reason"] for row in kept] == ["replaced by a newer password", None]
    assert first.strip() not in everything
    assert second.strip() not in everything
    assert [entry[:3] for entry in commands.ledger()] == [
        ("A-1", "device_enrolled", "command-line")
    ] * 2


def test_a_certificate_comes_in_files_for_its_owner(commands: Commands) -> None:
    """Key 0600, certificate, authority; an edge's enrolment stands in each lift's ledger."""
    out = commands.folder / "out"
    printed, _ = commands.run(
        *("enrol", "EDGE-1", "--credential", "certificate", "--out", str(out), "--json"),
        *("--valid-days", "30"),
    )
    context = ssl.create_default_context(cafile=str(out / "ca.crt"))
    context.load_cert_chain(out / "EDGE-1.crt", out / "EDGE-1.key")
    [row] = commands.rows("SELECT * FROM device_credential")

    assert json.loads(printed)["files"] == [
        str(out / name) for name in ("EDGE-1.key", "EDGE-1.crt", "ca.crt")
    ]
    assert json.loads(printed)["password"] is None
    assert (mode(out / "EDGE-1.key"), mode(out)) == (0o600, 0o700)
    assert sorted(file.name for file in out.iterdir()) == ["EDGE-1.crt", "EDGE-1.key", "ca.crt"]
    assert (row["expires_at"] - row["issued_at"]).days == pytest.approx(30, abs=1)
    assert [entry[0] for entry in commands.ledger()] == ["E-1", "E-2"]
    assert commands.ledger()[0][3]["certificate_sha256"] == row["certificate_sha256"].hex()


def test_revoking_is_final_until_a_new_enrolment(commands: Commands) -> None:
    """All credentials at once, the device itself, the reason outside the ledger; twice is once."""
    commands.run("enrol", "A-1", "--credential", "password")
    commands.run("enrol", "A-1", "--credential", "certificate", "--out", "out")
    first, _ = commands.run("revoke", "A-1", "--reason", "sold by Mr. X", "--json")
    again, _ = commands.run("revoke", "A-1", "--reason", "sold", "--json")
    revoked = commands.rows("SELECT revoked_at FROM device WHERE device_id = 'A-1'")
    listed, _ = commands.run("list", "--all", "--json")
    commands.run("enrol", "A-1", "--credential", "password")
    lifted = commands.rows("SELECT revoked_at FROM device WHERE device_id = 'A-1'")

    assert json.loads(first)["credentials_revoked"] == 2
    assert json.loads(again)["credentials_revoked"] == 0
    assert revoked[0]["revoked_at"] is not None
    assert lifted[0]["revoked_at"] is None
    states = {row["state"] for row in json.loads(listed)["credentials"] if row["username"] == "A-1"}
    assert states == {"revoked"}
    kinds = [entry[1] for entry in commands.ledger()]
    assert kinds == ["device_enrolled"] * 2 + ["device_revoked", "device_enrolled"]
    assert "Mr. X" not in json.dumps(commands.rows("SELECT body FROM ledger_entry"))
    verified, _ = commands.run("list")
    assert "A-1" in verified


def test_enrol_and_revoke_write_the_brokers_files_themselves(commands: Commands) -> None:
    """With the setting; into a folder that is not there nothing is issued at all."""
    folder = commands.folder / "broker"
    folder.mkdir()
    setting = {"LIFTWARD_BROKER_EXPORT_DIR": str(folder)}
    _, told = commands.run("enrol", "A-1", "--credential", "password", settings=setting)
    passwords = (folder / "passwords").read_text()
    commands.run("revoke", "A-1", "--reason", "stolen", settings=setting)
    gone = commands.folder / "gone"
    _, refused = commands.run(
        *("enrol", "A-1", "--credential", "password", "--export", str(gone)), status=2
    )

    assert "SIGHUP" in told
    assert passwords.startswith("A-1:$7$101$")
    assert (folder / "passwords").read_text() == ""
    assert "user A-1\ntopic deny #\n" in (folder / "acl").read_text()
    assert "user EDGE-1\ntopic write liftward/v1/" in (folder / "acl").read_text()
    assert {mode(file) for file in folder.iterdir()} == {0o640}
    assert f"{gone} is no folder" in refused
    assert len(commands.rows("SELECT FROM device_credential")) == 1


def test_what_cannot_be_done_changes_nothing_and_says_why(commands: Commands) -> None:
    """Unknown names, accounts, empty reasons, missing --out, a service's name for a device."""
    (commands.folder / "file").touch()
    for words, why in (
        (("enrol", "NOBODY", "--credential", "password"), "no device 'NOBODY' is registered"),
        (("enrol", "liftward.other", "--credential", "password"), "liftward.gateway and"),
        (("enrol", "../A-1", "--credential", "password"), "no device '../A-1'"),
        (("enrol", "A-1", "--credential", "certificate"), "say with --out DIR"),
        (("enrol", "A-1", "--credential", "password", "--by", "eve"), "no account 'eve'"),
        (("enrol", "A-1", "--credential", "password", "--out", "file"), "--out file"),
        (("enrol", "A-1", "--credential", "password", "--valid-days", "0"), "whole number"),
        (("revoke", "A-1", "--reason", " "), "a reason has 1 to 200 characters"),
        (("export", "--mosquitto", "nowhere"), "nowhere is no folder"),
        (("broker-certificate", "ü", "--out", "out"), "no names or addresses"),
    ):
        _, told = commands.run(*words, status=2)
        assert why in told

    assert commands.rows("SELECT FROM device_credential") == []
    assert commands.ledger() == []


def test_a_failed_transaction_leaves_the_old_files(commands: Commands) -> None:
    """The key that still counts is not overwritten by one that never will."""
    out, broker = commands.folder / "out", commands.folder / "broker"
    broker.mkdir()
    commands.run("enrol", "A-1", "--credential", "certificate", "--out", str(out))
    before = {file.name: file.read_bytes() for file in out.iterdir()}
    (broker / "acl").mkdir()  # no file can take this place
    commands.run(
        *("enrol", "A-1", "--credential", "certificate", "--out", str(out)),
        *("--export", str(broker)),
        status=2,
    )

    assert {file.name: file.read_bytes() for file in out.iterdir()} == before
    assert len(commands.rows("SELECT FROM device_credential")) == 1


def test_an_authority_open_to_others_is_refused(commands: Commands) -> None:
    """Its key signs devices: nobody else may read it."""
    setting = {"LIFTWARD_DEVICE_CA_DIR": str(commands.folder / "ca")}
    commands.run("ca", settings=setting)
    key = commands.folder / "ca" / "ca.key"
    made = mode(key)
    key.chmod(0o644)
    _, told = commands.run("ca", status=2, settings=setting)

    assert made == 0o600
    assert "LIFTWARD_DEVICE_CA_DIR is" in told
    assert "chmod 600" in told


def test_what_ends_soon_is_listed(commands: Commands) -> None:
    """And what never ends, or was withdrawn, is not; who issued it stands there."""
    commands.run("enrol", "A-1", "--credential", "password", "--valid-days", "10")
    commands.run("enrol", "EDGE-1", "--credential", "password")
    soon, _ = commands.run("list", "--expiring-within-days", "30", "--json")
    every, _ = commands.run("list", "--json")

    assert [row["username"] for row in json.loads(soon)["credentials"]] == ["A-1"]
    assert [row["username"] for row in json.loads(every)["credentials"]] == ["A-1", "EDGE-1"]
    assert {row["issued_by"] for row in json.loads(every)["credentials"]} == {"command-line"}
