"""The one folder in which everything that a run leaves behind lives.

    lock             held by the supervisor that owns the folder
    running.json     what runs now: processes and addresses, no secrets
    secrets/         one file each, readable by us alone
    logs/  ready/    one file per process
    postgres/ broker/  owned by the servers themselves

Knows files and folders. Must not know how anything in them is started.
"""

import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from liftward_kit.settings import Secret
from liftward_kit.subcommand import CallError
from liftward_runtime.spawning import UnprivilegedUser, is_reachable

# Where servers keep their data when they may not enter the folder that was asked for.
FALLBACK_ROOT = Path("/var/lib/liftward")
_SECRET_BYTES = 24  # 192 bits: beyond guessing, short enough for a connection string


class DirectoryOwnedError(Exception):
    """Another supervisor holds this state directory."""


@dataclass(frozen=True, slots=True)
class StateDirectory:
    """Names of the files in a state directory; `wanted` is the path the person asked for."""

    root: Path
    wanted: Path

    @property
    def moved(self) -> bool:
        return self.root != self.wanted

    @property
    def lock_file(self) -> Path:
        return self.root / "lock"

    @property
    def run_file(self) -> Path:
        return self.root / "running.json"

    @property
    def environment_file(self) -> Path:
        return self.root / "secrets" / "environment.json"

    @property
    def log_folder(self) -> Path:
        return self.root / "logs"

    @property
    def ready_folder(self) -> Path:
        return self.root / "ready"

    @property
    def postgres_folder(self) -> Path:
        return self.root / "postgres"

    @property
    def broker_folder(self) -> Path:
        return self.root / "broker"

    def create(self) -> None:
        """Create the folders that are missing; what exists stays as it is."""
        # Servers that run as another user must be able to pass through, so 755 as root.
        mode = 0o755 if os.geteuid() == 0 else 0o700
        try:
            self.root.mkdir(mode=mode, parents=True, exist_ok=True)
            for folder in (self.log_folder, self.ready_folder, self.root / "secrets"):
                folder.mkdir(mode=0o700, exist_ok=True)
            if self.moved:
                _leave_pointer(self.wanted, self.root)
        except OSError as error:
            raise self._unusable(error) from error

    def check_usable(self) -> None:
        """Raise CallError when the folders could not be created or written; leave nothing behind.

        Really makes a folder for a moment: permission bits do not tell root about read-only and
        kernel file systems.
        """
        folders = (self.root, _pointer(self.wanted).parent) if self.moved else (self.root,)
        try:
            for folder in folders:
                with TemporaryDirectory(prefix=".liftward-check-", dir=_nearest_existing(folder)):
                    pass
        except OSError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: OSError) -> CallError:
        return CallError(
            f"cannot use the state directory {self.root}: {error.strerror}; "
            "set LIFTWARD_STATE_DIR to a folder you may write to"
        )

    def secret(self, name: str) -> Secret:
        """Return the secret of this name, made up on first use."""
        path = self.root / "secrets" / name
        if not path.exists():
            write_privately(path, secrets.token_urlsafe(_SECRET_BYTES))
        return Secret(path.read_text(encoding="ascii"))


def place(wanted: Path, user: UnprivilegedUser | None) -> StateDirectory:
    """Decide where the state directory really is.

    As root, the servers run as `user`. When that user may not enter the wanted folder (a clone
    under /root, say) the state directory is a folder of FALLBACK_ROOT named after the wanted path:
    opening up somebody's folders is not ours to do.
    """
    absolute = Path(os.path.abspath(wanted))  # noqa: PTH100 - resolve() would follow our own pointer
    if is_reachable(absolute, user):
        return StateDirectory(absolute, absolute)
    name = hashlib.sha256(os.fsencode(absolute)).hexdigest()[:12]
    return StateDirectory(FALLBACK_ROOT / name, absolute)


def write_privately(path: Path, text: str) -> None:
    """Write a file that only we can read; readers see the old text or the new, never a part."""
    _write_atomically(path, text, mode=0o600)


def write_openly(path: Path, text: str) -> None:
    """Write a file without secrets, atomically."""
    _write_atomically(path, text, mode=0o644)


@contextmanager
def owned(directory: StateDirectory) -> Iterator[None]:
    """Own the state directory for as long as the context lasts; the kernel ends it when we die.

    Raises
    ------
    DirectoryOwnedError
        When another process owns it.
    """
    descriptor = os.open(directory.lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DirectoryOwnedError(directory.root) from None
        yield
    finally:
        os.close(descriptor)


def _write_atomically(path: Path, text: str, *, mode: int) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _leave_pointer(wanted: Path, root: Path) -> None:
    """Leave a symbolic link where the person expects the folder, so that it can be found."""
    pointer = _pointer(wanted)
    if not pointer.is_symlink():
        pointer.parent.mkdir(parents=True, exist_ok=True)
        pointer.symlink_to(root)


def _pointer(wanted: Path) -> Path:
    return wanted / "moved-to" if wanted.is_dir() and not wanted.is_symlink() else wanted


def _nearest_existing(folder: Path) -> Path:
    """Return the folder itself, or the nearest one above it that is there."""
    return next(one for one in (folder, *folder.parents) if os.path.lexists(one))
