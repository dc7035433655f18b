"""What other commands believe about a run."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from liftward_runtime.process_identity import ProcessIdentity, own_identity
from liftward_runtime.run_file import (
    Run,
    RunningProcess,
    clear_leftovers,
    live_run,
    read_environment,
    read_run,
    write_environment,
    write_run,
)
from liftward_runtime.state_directory import StateDirectory

_SOME_TIME = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def directory(tmp_path: Path) -> StateDirectory:
    made = StateDirectory(tmp_path, tmp_path)
    made.create()
    return made


def _run(supervisor: ProcessIdentity) -> Run:
    process = RunningProcess(name="database", state="ready", identity=supervisor)
    return Run(supervisor=supervisor, started_at=_SOME_TIME, urls={}, ports={}, processes=[process])


def test_a_live_supervisor_is_believed(directory: StateDirectory) -> None:
    """What a living supervisor wrote is read back unchanged."""
    run = _run(own_identity())

    write_run(directory, run)

    assert live_run(directory) == run


def test_a_reused_pid_is_not_believed(directory: StateDirectory) -> None:
    """The same number with another start time is another process."""
    impostor = ProcessIdentity(own_identity().pid, "another start")

    write_run(directory, _run(impostor))

    assert live_run(directory) is None
    assert clear_leftovers(directory) == []
    assert read_run(directory) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"supervisor": 1}'])
def test_a_broken_file_is_no_run(directory: StateDirectory, text: str) -> None:
    """A half-written or foreign file counts as nothing running."""
    directory.run_file.write_text(text)

    assert live_run(directory) is None


def test_the_environment_is_private(directory: StateDirectory) -> None:
    """The settings that reach the run hold passwords: only their owner can read them."""
    write_environment(directory, {"LIFTWARD_HTTP_PORT": "1"})

    assert read_environment(directory) == {"LIFTWARD_HTTP_PORT": "1"}
    assert directory.environment_file.stat().st_mode & 0o777 == 0o600
