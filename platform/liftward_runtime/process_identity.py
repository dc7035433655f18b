"""Which process a number means: a pid is reused, a pid with its start time is not.

Reads /proc where there is one, `ps` elsewhere. Must not know what the processes are for.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec

_PROC = Path("/proc")
# Fields of /proc/<pid>/stat after the command name, counted from the state (field 3 of proc(5)).
_STATE, _START_TICKS = 0, 19
_GONE_STATES = frozenset("ZXx")  # a zombie has ended; it only waits for its parent to ask


class ProcessIdentity(msgspec.Struct, frozen=True):
    """A process that cannot be mistaken for a later one with the same number."""

    pid: int
    started: str


def identity_of(pid: int) -> ProcessIdentity | None:
    """Return the identity of a living process, or None when it has ended (zombies have ended)."""
    started = (
        _started_from_proc(pid) if _PROC.joinpath("self/stat").exists() else _started_from_ps(pid)
    )
    return None if started is None else ProcessIdentity(pid, started)


def is_alive(identity: ProcessIdentity) -> bool:
    """Tell whether this very process still runs."""
    return identity_of(identity.pid) == identity


def own_identity() -> ProcessIdentity:
    """Return the identity of the calling process."""
    identity = identity_of(os.getpid())
    assert identity is not None
    return identity


def command_of(pid: int) -> str | None:
    """Return the command line of a process as far as we may see it."""
    try:
        words = _PROC.joinpath(str(pid), "cmdline").read_bytes().split(b"\0")
    except OSError:
        return None
    return b" ".join(words).decode(errors="replace").strip() or None


def processes_working_in(folder: Path) -> list[int]:
    """Return the living processes whose working directory is `folder`.

    PostgreSQL's server and every backend work in their data directory, so this finds the ones a
    killed server left behind. Only processes of our own user are visible to an ordinary user.
    """
    wanted = folder.resolve()
    return [pid for pid in _pids() if _working_directory(pid) == wanted and identity_of(pid)]


def _pids() -> Iterator[int]:
    try:
        names = [entry.name for entry in _PROC.iterdir()]
    except OSError:
        return
    yield from (int(name) for name in names if name.isdigit())


def _working_directory(pid: int) -> Path | None:
    try:
        return _PROC.joinpath(str(pid), "cwd").readlink()
    except OSError:
        return None


def _started_from_proc(pid: int) -> str | None:
    try:
        line = _PROC.joinpath(str(pid), "stat").read_text(encoding="utf-8", errors="replace")
        boot = _PROC.joinpath("sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return None
    # The command name stands in parentheses and may itself contain some.
    fields = line.rpartition(")")[2].split()
    return None if fields[_STATE] in _GONE_STATES else f"{boot}:{fields[_START_TICKS]}"


def _started_from_ps(pid: int) -> str | None:
    answer = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    state, _, started = answer.stdout.strip().partition(" ")
    return started.strip() if started and state[0] not in _GONE_STATES else None
