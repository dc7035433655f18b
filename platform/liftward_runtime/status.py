"""`liftward status`: what runs in the state directory, and `--stop` to end it."""

import os
import shlex
import signal
import sys
import time
from argparse import ArgumentParser, Namespace
from typing import Any

from liftward_kit.clock import monotonic_s
from liftward_kit.subcommand import DOES_NOT_HOLD, HOLDS, print_object, progress
from liftward_runtime.platform_run import environ_here, locate
from liftward_runtime.process_identity import is_alive
from liftward_runtime.run_file import Run, live_run, read_environment
from liftward_runtime.settings import RuntimeSettings
from liftward_runtime.state_directory import StateDirectory

# The slowest stop is the database's (30 s) after that of its users (10 s).
_STOP_WITHIN_S = 45.0
_POLL_S = 0.05


def configure(parser: ArgumentParser) -> None:
    """Declare the options."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--json", action="store_true", help="one JSON object on standard output")
    what.add_argument(
        "--stop", action="store_true", help="stop the run and wait until it has ended"
    )
    what.add_argument(
        "--env",
        action="store_true",
        help="print shell assignments (with passwords) that let other programs reach the run",
    )


def run(arguments: Namespace) -> int:
    """Exit 0 when something runs (or was stopped), 1 when nothing does."""
    environ, folder = environ_here()
    directory = locate(RuntimeSettings.from_environ(environ, current_folder=folder))
    current = live_run(directory)
    if arguments.stop:
        return _stop(directory, current)
    if arguments.json:
        print_object(as_object(directory, current))
    elif current is None:
        progress(f"nothing runs in {directory.root}")
    elif arguments.env:
        for name, text in read_environment(directory).items():
            sys.stdout.write(f"export {name}={shlex.quote(text)}\n")
    else:
        sys.stdout.write(as_text(directory, current))
    return DOES_NOT_HOLD if current is None else HOLDS


def as_object(directory: StateDirectory, current: Run | None) -> dict[str, Any]:
    """Return the object of `--json`; the keys are stable."""
    if current is None:
        return {"running": False, "state_directory": str(directory.root)}
    return {
        "running": True,
        "state_directory": str(directory.root),
        "pid": current.supervisor.pid,
        "started_at": current.started_at.isoformat(),
        "urls": current.urls,
        "ports": current.ports,
        "processes": [
            {
                "name": process.name,
                "state": process.state,
                "pid": process.identity.pid if process.identity else None,
                "restarts_count": process.restarts_count,
            }
            for process in current.processes
        ],
    }


def as_text(directory: StateDirectory, current: Run) -> str:
    """Return what a person reads."""
    since = f"{current.started_at:%Y-%m-%d %H:%M:%S} UTC"
    lines = [f"running in {directory.root}, pid {current.supervisor.pid}, since {since}"]
    lines += [f"  {name:<10}{url}" for name, url in current.urls.items()]
    for process in current.processes:
        pid = f"pid {process.identity.pid}" if process.identity else ""
        restarts = f"restarted {process.restarts_count} times" if process.restarts_count else ""
        lines.append(f"  {process.name:<10}{process.state:<11}{pid:<12}{restarts}".rstrip())
    return "\n".join(lines) + "\n"


def _stop(directory: StateDirectory, current: Run | None) -> int:
    if current is None:
        progress(f"nothing runs in {directory.root}")
        return DOES_NOT_HOLD
    try:
        os.kill(current.supervisor.pid, signal.SIGTERM)
    except ProcessLookupError:
        return HOLDS  # it ended in this moment
    give_up_at_s = monotonic_s() + _STOP_WITHIN_S
    while is_alive(current.supervisor):
        if monotonic_s() > give_up_at_s:
            progress(f"pid {current.supervisor.pid} still runs after {_STOP_WITHIN_S:.0f} s")
            return DOES_NOT_HOLD
        time.sleep(_POLL_S)
    progress(f"stopped pid {current.supervisor.pid}")
    return HOLDS
