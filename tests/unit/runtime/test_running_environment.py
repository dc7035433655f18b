"""How a command finds the run in its folder."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from liftward_runtime.process_identity import ProcessIdentity, own_identity
from liftward_runtime.run_file import Run, write_environment, write_run
from liftward_runtime.running_environment import adopt_running
from liftward_runtime.state_directory import StateDirectory
from support.directories import open_folder

_REACH = {"LIFTWARD_DATABASE_URL": "postgresql://here/liftward", "LIFTWARD_HTTP_PORT": "9633"}


def _write(folder: Path, supervisor: ProcessIdentity) -> None:
    directory = StateDirectory(folder / ".liftward", folder / ".liftward")
    directory.create()
    write_environment(directory, _REACH)
    started_at = datetime(2026, 3, 2, tzinfo=UTC)
    write_run(directory, Run(supervisor=supervisor, started_at=started_at, urls={}, ports={}))


def test_a_live_run_is_used() -> None:
    """Without any named database a command takes the addresses of the run in its folder."""
    with open_folder() as folder:
        _write(folder, own_identity())
        environ = {"LIFTWARD_HTTP_PORT": "1"}

        assert adopt_running(environ, current_folder=folder)

    assert environ == {**_REACH, "LIFTWARD_HTTP_PORT": "1"}


@pytest.mark.parametrize("name", ["LIFTWARD_DATABASE_URL", "PGHOST", "PGSERVICE"])
def test_a_named_database_wins(name: str) -> None:
    """Whoever names a database gets that one, whatever runs in the folder."""
    with open_folder() as folder:
        _write(folder, own_identity())
        environ = {name: "elsewhere"}

        assert not adopt_running(environ, current_folder=folder)

    assert environ == {name: "elsewhere"}


def test_a_dead_run_is_not_used() -> None:
    """Addresses that a killed run left behind lead nowhere, and are not taken."""
    with open_folder() as folder:
        _write(folder, ProcessIdentity(own_identity().pid, "long ago"))
        environ: dict[str, str] = {}

        assert not adopt_running(environ, current_folder=folder)

    assert environ == {}
