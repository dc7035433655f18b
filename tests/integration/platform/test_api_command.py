"""`liftward api` as a process: waiting, refusing, telling that it is ready, stopping in time."""

import signal

import httpx
import psycopg
import pytest

from liftward_kit.clock import monotonic_s
from liftward_runtime.ports import free_port
from support.polling import eventually
from support.processes import LiftwardProcesses

pytestmark = pytest.mark.integration


def environ(dsn: str, port: int) -> dict[str, str]:
    return {"LIFTWARD_DATABASE_URL": dsn, "LIFTWARD_HTTP_PORT": str(port)}


def test_it_says_when_it_is_ready_and_stops_cleanly(
    database_dsn: str, processes: LiftwardProcesses
) -> None:
    """Ready means answering; SIGTERM means exit status 0 within two seconds."""
    port = free_port()
    process = processes.start("api", environ=environ(database_dsn, port))
    process.wait_ready()

    health = httpx.get(f"http://127.0.0.1:{port}/api/health")
    began_s = monotonic_s()
    status = process.stop(signal.SIGTERM)

    assert health.json()["database"] == "ok"
    assert status == 0
    assert monotonic_s() - began_s < 2.0


def test_open_boards_do_not_delay_the_stop(database_dsn: str, processes: LiftwardProcesses) -> None:
    """SIGTERM with a live board open: its reader is told, the process is gone in two seconds."""
    port = free_port()
    settings = environ(database_dsn, port)
    process = processes.start("api", environ=settings)
    secret = processes.run(
        "account", "create", "--id", "desk", "--role", "dispatcher", "--name", "Demo Desk",
        environ=settings,
    ).stdout.strip()  # fmt: skip
    process.wait_ready()
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        session = client.post("/api/session", json={"account_id": "desk", "secret": secret})
        headers = {"Authorization": f"Bearer {session.json()['token']}"}
        with client.stream("GET", "/api/board/stream", headers=headers) as response:
            lines = response.iter_lines()
            first = next(lines)
            began_s = monotonic_s()
            process.send(signal.SIGTERM)
            rest = [line for line in lines if line.startswith("event: ")]
        status = process.wait(within_s=5.0)
        took_s = monotonic_s() - began_s

    assert (first, rest[-1]) == ("event: board", "event: reconnect")
    assert status == 0
    assert took_s < 2.0


def test_a_foreign_schema_is_refused(
    database_dsn: str, empty_database_dsn: str, processes: LiftwardProcesses
) -> None:
    """No schema, or one of a newer program: exit status 2 and a sentence that says what to do."""
    with psycopg.connect(database_dsn) as connection:
        connection.execute("INSERT INTO schema_migration VALUES (9999, '9999_later.sql', 'x')")

    newer = processes.run("api", environ=environ(database_dsn, free_port()))
    older = processes.run("api", environ=environ(empty_database_dsn, free_port()))

    assert (newer.returncode, older.returncode) == (2, 2)
    assert "9999" in newer.stderr
    assert "liftward migrate" in older.stderr


def test_a_taken_port_is_said_plainly(database_dsn: str, processes: LiftwardProcesses) -> None:
    """A second server on the same port ends with a message instead of looking ready."""
    port = free_port()
    processes.start("api", environ=environ(database_dsn, port)).wait_ready()

    second = processes.run("api", environ=environ(database_dsn, port))

    assert second.returncode == 2
    assert f"LIFTWARD_HTTP_PORT is '{port}'" in second.stderr


def test_it_waits_for_a_database_that_is_still_starting(processes: LiftwardProcesses) -> None:
    """Without an answer from the database it goes on trying instead of crashing."""
    nowhere = f"host=127.0.0.1 port={free_port()} user=nobody"
    process = processes.start("api", environ=environ(nowhere, free_port()))

    eventually(lambda: process.text().count("waiting_for_database") >= 2, what="it tries again")

    assert process.exit_status is None
