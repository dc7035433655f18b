"""What the standard stack consists of."""

import socket
from pathlib import Path

import pytest

from liftward_kit.subcommand import CallError
from liftward_runtime.platform_stack import build_stack, child_environ, restricted
from liftward_runtime.settings import RuntimeSettings
from liftward_runtime.state_directory import StateDirectory

_EXTERNAL = {
    "LIFTWARD_DATABASE_URL": "postgresql://me:secret@db.example/liftward",
    "LIFTWARD_BROKER_URL": "mqtt://broker.example:1883",
    "LIFTWARD_HTTP_PORT": "0",
}


def _settings(**environ: str) -> RuntimeSettings:
    return RuntimeSettings.from_environ(environ, current_folder=Path("/nowhere"))


def test_external_servers_are_not_started(tmp_path: Path) -> None:
    """With both addresses set only our own processes run, and get those addresses."""
    directory = StateDirectory(tmp_path, tmp_path)

    stack = build_stack(_settings(**_EXTERNAL), directory, {}, user=None)

    assert [one.name for one in stack.processes] == ["migrate", "gateway", "engine", "api"]
    for process in stack.processes:
        assert process.environ["LIFTWARD_DATABASE_URL"] == _EXTERNAL["LIFTWARD_DATABASE_URL"]
        assert process.environ["LIFTWARD_BROKER_URL"] == _EXTERNAL["LIFTWARD_BROKER_URL"]
    assert "secret" not in str(stack.urls)


def test_a_taken_port_names_owner_and_way_out(tmp_path: Path) -> None:
    """The message names the port, the process that has it and the setting to change."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        settings = _settings(**{**_EXTERNAL, "LIFTWARD_HTTP_PORT": port})

        with pytest.raises(CallError, match=rf"port {port} .*pid \d+ .*LIFTWARD_HTTP_PORT"):
            build_stack(settings, StateDirectory(tmp_path, tmp_path), {}, user=None)


def test_children_do_not_inherit_libpq_variables() -> None:
    """PG* variables of the person's shell would change how children reach the database."""
    environ = child_environ({"PGSSLMODE": "require", "PATH": "/bin"}, {"LIFTWARD_HTTP_PORT": "1"})

    assert environ == {"PATH": "/bin", "LIFTWARD_HTTP_PORT": "1"}


def test_a_restricted_stack_waits_for_nothing_left_out(tmp_path: Path) -> None:
    """Only the named processes remain, with the addresses that are still served."""
    stack = build_stack(_settings(**_EXTERNAL), StateDirectory(tmp_path, tmp_path), {}, user=None)

    engine_only = restricted(stack, ("engine",))

    assert [(one.name, one.after) for one in engine_only.processes] == [("engine", ())]
    assert set(engine_only.urls) == {"database", "broker"}
    with pytest.raises(CallError, match="the processes are api, engine, gateway, migrate"):
        restricted(stack, ("motor",))
