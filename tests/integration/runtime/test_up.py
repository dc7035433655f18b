"""`liftward up` and `liftward status` as a person uses them, on the embedded servers."""

import json
import os
import signal
import socket
from collections.abc import Iterator, Mapping

import psycopg
import pytest

from liftward_runtime.process_identity import identity_of
from liftward_runtime.state_directory import FALLBACK_ROOT
from support.directories import remove_folder
from support.polling import eventually
from support.presence import need_program
from support.processes import LiftwardProcess, LiftwardProcesses

pytestmark = [pytest.mark.integration, pytest.mark.mosquitto]

_SERVERS = ("up", "--only", "database,broker")
_ANY_PORTS = {"LIFTWARD_MQTT_PORT": "0", "LIFTWARD_HTTP_PORT": "0"}


@pytest.fixture(autouse=True)
def _needs_mosquitto() -> None:
    need_program("mosquitto", "/usr/sbin/mosquitto")


@pytest.fixture
def up(processes: LiftwardProcesses) -> Iterator[LiftwardProcess]:
    """The embedded servers, ready, in the folder of `processes`."""
    started = _start(processes)
    yield started
    if started.exit_status is None:
        started.stop()


def _start(
    processes: LiftwardProcesses, environ: Mapping[str, str] = _ANY_PORTS
) -> LiftwardProcess:
    started = processes.start(*_SERVERS, environ=environ)

    def ready_or_ended() -> bool:
        assert started.exit_status is None, started.text()
        return "stops everything" in started.text()

    eventually(ready_or_ended, within_s=40.0, what="up is ready")
    return started


def _status(processes: LiftwardProcesses) -> dict[str, object]:
    answer = processes.run("status", "--json")
    shown: dict[str, object] = json.loads(answer.stdout)
    assert answer.returncode == (0 if shown["running"] else 1)
    return shown


def _pids(processes: LiftwardProcesses) -> dict[str, int]:
    listed = _status(processes)["processes"]
    assert isinstance(listed, list)
    return {one["name"]: one["pid"] for one in listed}


def _database_url(processes: LiftwardProcesses) -> str:
    lines = processes.run("status", "--env").stdout.splitlines()
    urls = [line.partition("=")[2] for line in lines if "LIFTWARD_DATABASE_URL" in line]
    return urls[0].strip("'")


def test_says_what_runs_and_stops_it(processes: LiftwardProcesses, up: LiftwardProcess) -> None:
    """Status shows every process without passwords; --stop ends all, and status 1 follows."""
    shown = _status(processes)
    pids = _pids(processes)

    stopped = processes.run("status", "--stop")

    assert shown["pid"] == up.pid
    assert "***" in str(shown["urls"])
    assert set(pids) == {"database", "broker"}
    assert stopped.returncode == 0
    assert up.wait() == 0
    assert [pid for pid in pids.values() if identity_of(pid)] == []
    assert _status(processes)["running"] is False


def test_ctrl_c_leaves_nothing_running(processes: LiftwardProcesses, up: LiftwardProcess) -> None:
    """SIGINT ends everything in order with status 0."""
    pids = _pids(processes)

    status = up.stop(signal.SIGINT)

    assert status == 0
    assert [pid for pid in pids.values() if identity_of(pid)] == []
    assert not (processes.folder / ".liftward" / "running.json").exists()


def test_a_second_start_says_what_runs(processes: LiftwardProcesses, up: LiftwardProcess) -> None:
    """Starting twice in one folder is refused with pid, addresses and the way to stop it."""
    second = processes.run(*_SERVERS, environ=_ANY_PORTS)

    assert second.returncode == 2
    assert f"pid {up.pid}" in second.stderr
    assert "mqtt://127.0.0.1:" in second.stderr
    assert "liftward status --stop" in second.stderr
    assert up.exit_status is None


def test_a_killed_supervisor_leaves_nothing_and_the_next_start_keeps_all(
    processes: LiftwardProcesses, up: LiftwardProcess
) -> None:
    """kill -9 of the supervisor ends its children; the same address has the same data later."""
    pids, url = _pids(processes), _database_url(processes)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS n")

    up.kill()

    eventually(lambda: not any(map(identity_of, pids.values())), what="all children ended")
    assert _status(processes)["running"] is False
    second = _start(processes)
    assert _database_url(processes) == url
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (42,)
    second.stop()


def test_a_killed_database_comes_back_with_its_data(
    processes: LiftwardProcesses, up: LiftwardProcess
) -> None:
    """kill -9 of PostgreSQL is repaired on the same port, and what was committed is there."""
    url, before = _database_url(processes), _pids(processes)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS n")

    os.kill(before["database"], signal.SIGKILL)

    eventually(lambda: up.text().count("database ready") == 2, within_s=30.0)
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (42,)
    after = _pids(processes)
    assert after["database"] != before["database"]
    assert after["broker"] == before["broker"]


@pytest.mark.parametrize("name", ["LIFTWARD_HTTP_PORT", "LIFTWARD_MQTT_PORT"])
def test_a_taken_port_is_found_before_anything_starts(
    processes: LiftwardProcesses, name: str
) -> None:
    """A taken port ends the start with status 2, naming port, owner and setting."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])

        answer = processes.run(*_SERVERS, environ={**_ANY_PORTS, name: port})

    assert answer.returncode == 2
    assert f"port {port}" in answer.stderr
    assert f"pid {os.getpid()}" in answer.stderr
    assert name in answer.stderr
    assert not (processes.folder / ".liftward" / "postgres" / "data").exists()


def test_a_wrong_setting_is_one_message(processes: LiftwardProcesses) -> None:
    """A wrong setting ends every runtime command with status 2 and one line that names it."""
    for command in ("up", "status", "check-config"):
        answer = processes.run(command, environ={"LIFTWARD_HTTP_PORT": "http"})

        assert answer.returncode == 2
        assert answer.stderr == (
            f"liftward {command}: LIFTWARD_HTTP_PORT is 'http'; allowed: a whole number "
            "from 0 (any free port) to 65535\n"
        )


def test_a_misspelt_setting_is_refused(processes: LiftwardProcesses) -> None:
    """A setting that no part reads ends the commands that start something, and the check of it."""
    for command in ("up", "demo", "check-config"):
        answer = processes.run(command, environ={"LIFTWARD_HTP_PORT": "1"})

        assert answer.returncode == 2
        assert answer.stderr == (
            f"liftward {command}: LIFTWARD_HTP_PORT is not a setting; nearest: "
            "LIFTWARD_HTTP_PORT; correct or unset LIFTWARD_HTP_PORT\n"
        )


def test_check_config_says_when_the_state_directory_cannot_be_made(
    processes: LiftwardProcesses,
) -> None:
    """Not even root can make a folder in the kernel's own file system."""
    answer = processes.run("check-config", environ={"LIFTWARD_STATE_DIR": "/proc/liftward"})

    assert answer.returncode == 2
    assert "cannot use the state directory /proc/liftward" in answer.stderr


def test_check_config_masks_passwords(processes: LiftwardProcesses) -> None:
    """The configuration is shown with what would be started and without any password."""
    answer = processes.run(
        "check-config",
        "--json",
        environ={"LIFTWARD_DATABASE_URL": "postgresql://me:hunter2@db.example/liftward"},
    )

    shown = json.loads(answer.stdout)
    assert shown["LIFTWARD_DATABASE_URL"] == "postgresql://me:***@db.example/liftward"
    assert "mosquitto" in shown["LIFTWARD_BROKER_URL"]


def test_a_closed_folder_works_and_stays_closed(processes: LiftwardProcesses) -> None:
    """A state directory below a private folder works; as root the state is moved, and that is said.

    The private folder's mode does not change.
    """
    closed = processes.folder / "closed"
    closed.mkdir(mode=0o700)
    environ = {**_ANY_PORTS, "LIFTWARD_STATE_DIR": str(closed / "state")}

    started = _start(processes, environ)

    real = (closed / "state").resolve()
    try:
        assert (real / "postgres" / "data").exists()
        assert closed.stat().st_mode & 0o777 == 0o700
        if os.geteuid() == 0:
            assert real.parent == FALLBACK_ROOT
            assert "symbolic link" in started.text()
    finally:
        started.stop()
        remove_folder(real)


def test_a_full_run_file_of_a_dead_run_is_ignored(processes: LiftwardProcesses) -> None:
    """A run file whose process number now belongs to somebody else does not stop a start."""
    state = processes.folder / ".liftward"
    state.mkdir(mode=0o755)
    process = {
        "name": "x",
        "state": "ready",
        "identity": {"pid": os.getpid(), "started": "long ago"},
    }
    run = {
        "supervisor": {"pid": os.getpid(), "started": "long ago"},
        "started_at": "2026-03-02T08:00:00Z",
        "urls": {},
        "ports": {},
        "processes": [process],
    }
    (state / "running.json").write_text(json.dumps(run))
    assert _status(processes)["running"] is False

    started = _start(processes)

    assert _status(processes)["pid"] == started.pid
    started.stop()
