"""Lets `liftward account`, `ledger` and the others find the run in the state directory.

Explicit settings win: nothing is taken over once a database is named in any way.
"""

from collections.abc import MutableMapping
from pathlib import Path

from liftward_kit.database import DATABASE_SETTING, LIBPQ_NAMES
from liftward_runtime.platform_run import locate
from liftward_runtime.run_file import live_run, read_environment
from liftward_runtime.settings import RuntimeSettings

_NAMES_A_DATABASE = (DATABASE_SETTING, *LIBPQ_NAMES)


def adopt_running(environ: MutableMapping[str, str], *, current_folder: Path) -> bool:
    """Add the addresses of a live run to settings that name none; tell whether that was done."""
    if any(environ.get(name) for name in _NAMES_A_DATABASE):
        return False
    directory = locate(RuntimeSettings.from_environ(environ, current_folder=current_folder))
    if live_run(directory) is None:
        return False
    reach = read_environment(directory)
    for name, text in reach.items():
        environ.setdefault(name, text)
    return bool(reach)
