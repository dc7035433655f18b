"""What runs in a state directory, written down so that other commands can find it.

`running.json` holds no secrets and anybody may read it; the addresses with passwords stand in
`secrets/environment.json`. Both are believed only while the supervisor named in them lives.
"""

import os
import signal
import time
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import msgspec

from liftward_kit.clock import monotonic_s
from liftward_runtime.process_identity import ProcessIdentity, is_alive
from liftward_runtime.state_directory import StateDirectory, write_openly, write_privately

# How long a leftover of a killed run may take to stop by itself; a database needs a second or two.
LEFTOVER_STOP_S = 8.0
_POLL_S = 0.05

Content = TypeVar("Content")


class RunningProcess(msgspec.Struct, frozen=True):
    """One supervised process; without identity it is not running at this moment."""

    name: str
    state: str
    restarts_count: int = 0
    identity: ProcessIdentity | None = None
    stop_signal: int = int(signal.SIGTERM)


class Run(msgspec.Struct, frozen=True):
    """One run of the platform as other commands see it."""

    supervisor: ProcessIdentity
    started_at: datetime
    urls: dict[str, str]  # shown to people: passwords are masked
    ports: dict[str, int]
    processes: list[RunningProcess] = []


def write_run(directory: StateDirectory, run: Run) -> None:
    """Replace the run file."""
    text = msgspec.json.format(msgspec.json.encode(run), indent=2).decode()
    write_openly(directory.run_file, text + "\n")


def read_run(directory: StateDirectory) -> Run | None:
    """Return the run file's content whether or not it is still true; None when there is none."""
    return _decode(directory.run_file, Run)


def live_run(directory: StateDirectory) -> Run | None:
    """Return what runs now, or None when the supervisor that wrote the file has ended."""
    run = read_run(directory)
    return run if run is not None and is_alive(run.supervisor) else None


def write_environment(directory: StateDirectory, environ: dict[str, str]) -> None:
    """Keep the settings with which other commands reach this run, secrets included."""
    write_privately(directory.environment_file, msgspec.json.encode(environ).decode())


def read_environment(directory: StateDirectory) -> dict[str, str]:
    """Return the settings that reach the run; empty when they are absent or not ours to read."""
    return _decode(directory.environment_file, dict[str, str]) or {}


def clear_leftovers(directory: StateDirectory) -> list[str]:
    """Stop what a killed run left behind, remove its files, and return the names stopped.

    Only for the owner of the state directory. A process counts as left behind when it is the very
    one the run file names: same number and same start time.
    """
    run = read_run(directory)
    left = [
        process
        for process in (run.processes if run else [])
        if process.identity is not None and is_alive(process.identity)
    ]
    for process in left:
        _signal(process, process.stop_signal)
    give_up_at_s = monotonic_s() + LEFTOVER_STOP_S
    while any(map(_lives, left)) and monotonic_s() < give_up_at_s:
        time.sleep(_POLL_S)
    for process in filter(_lives, left):
        _signal(process, signal.SIGKILL)
    for path in (directory.run_file, directory.environment_file):
        path.unlink(missing_ok=True)
    for path in directory.ready_folder.iterdir():
        path.unlink()
    return [process.name for process in left]


def _lives(process: RunningProcess) -> bool:
    return process.identity is not None and is_alive(process.identity)


def _signal(process: RunningProcess, number: int) -> None:
    assert process.identity is not None
    try:
        os.kill(process.identity.pid, number)
    except ProcessLookupError:
        return  # it ended by itself, which is what we wanted


def _decode(path: Path, kind: type[Content]) -> Content | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (FileNotFoundError, PermissionError, NotADirectoryError, msgspec.DecodeError):
        return None
