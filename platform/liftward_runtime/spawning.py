"""How children are started: under which user, and tied to our life.

Must not know which programs they are.
"""

import os
import pwd
import shutil
import signal
import stat
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from liftward_kit.settings import SettingError

_SHIM = Path(__file__).with_name("child_shim.py")


@dataclass(frozen=True, slots=True)
class UnprivilegedUser:
    """Whom a server runs as when we are root: PostgreSQL refuses root, and rightly."""

    name: str
    uid: int
    gid: int


def unprivileged_user(name: str, *, setting: str) -> UnprivilegedUser | None:
    """Return the user servers run as, or None when we are an ordinary user ourselves.

    Raises
    ------
    SettingError
        When the name has no entry in the password database (initdb asks for one) or is root.
    """
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise SettingError(setting, name, "the name of an existing unprivileged user") from None
    if entry.pw_uid == 0:
        raise SettingError(setting, name, "a user other than root")
    return UnprivilegedUser(entry.pw_name, entry.pw_uid, entry.pw_gid)


def shim_argv(
    argv: Sequence[str], *, death_signal: signal.Signals, run_as: UnprivilegedUser | None = None
) -> list[str]:
    """Return the words that start `argv` as our child, which gets `death_signal` when we die.

    The signal is tied to the THREAD that spawns: spawn from the main thread, or from one that
    outlives the child.
    """
    program = shutil.which(argv[0])
    if program is None:
        raise FileNotFoundError(f"no program {argv[0]!r}")
    uid, gid = ("-", "-") if run_as is None else (str(run_as.uid), str(run_as.gid))
    # -I: nothing from the environment or the current folder; -S: no site-packages, for speed.
    head = [sys.executable, "-I", "-S", str(_SHIM)]
    return [*head, str(os.getpid()), str(int(death_signal)), uid, gid, program, *argv[1:]]


def is_reachable(path: Path, user: UnprivilegedUser | None) -> bool:
    """Tell whether `user` may enter every folder above `path`, and `path` itself where it exists.

    Without a user (we are an ordinary one) that is for the kernel to say when we go there.
    """
    if user is None:
        return True
    real = path.resolve()
    # Both the path as written and where its symbolic links lead.
    folders = {path, *path.parents, real, *real.parents}
    return all(_may_enter(folder, user) for folder in folders if folder.is_dir())


def give_to(path: Path, user: UnprivilegedUser | None) -> None:
    """Make a path of our own belong to `user`; its parents stay as they are."""
    if user is not None:
        os.chown(path, user.uid, user.gid)


def _may_enter(folder: Path, user: UnprivilegedUser) -> bool:
    status = folder.stat()
    if status.st_uid == user.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == user.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)
