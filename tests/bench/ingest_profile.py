"""Where the gateway's time goes: its own process under cProfile, at each of the two loads.

The profiler makes every call dearer, so the shares say what matters and not how fast it is; the
load is offered at a rate that the profiled gateway still carries.
"""

import pstats
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ingest_load
from ingest_stage import Stage

from support.children import Child
from support.polling import eventually
from support.processes import clean_environ

FUNCTIONS_COUNT = 15
_SECONDS = 8.0
_SINGLES_PER_S, _BATCHED_PER_S = 3_000.0, 30_000.0
_READY_WITHIN_S = 60.0
_ROOT = Path(__file__).parents[2]
# Waiting for the network or the database is not work, and neither is the start: what is spent until
# a gateway without a load is ready is taken off.
_LEFT_OUT = (
    "poll", "select.", "importlib", "marshal", "numba", "llvmlite", "compile", "exec}", "_io.",
    "posix.", "thread.lock",
)  # fmt: skip


class _ProfiledGateway(Child):
    """`liftward gateway run` under cProfile; the profile is written at its orderly end."""

    def __init__(self, ground: Stage, name: str) -> None:
        self.profile = ground.folder / f"{name}.profile"
        self._ready_file = ground.folder / f"{name}.ready"
        super().__init__(
            (
                *(sys.executable, "-P", "-m", "cProfile", "-o", str(self.profile)),
                *("-m", "liftward_runtime.command", "gateway", "run"),
            ),
            output=ground.folder / f"{name}.log",
            environ=clean_environ(
                {
                    "LIFTWARD_DATABASE_URL": ground.dsn,
                    "LIFTWARD_BROKER_URL": ground.broker.url,
                    "LIFTWARD_READY_FILE": str(self._ready_file),
                }
            ),
        )

    def wait_ready(self) -> None:
        def ready_or_ended() -> bool:
            assert self.exit_status is None, self.text()
            return self._ready_file.exists()

        eventually(ready_or_ended, within_s=_READY_WITHIN_S, what="the profiled gateway is ready")


def profile(ground: Stage) -> dict[str, list[dict[str, Any]]]:
    """Return the functions that took most of the time, by their share, for each load."""
    found: dict[str, list[dict[str, Any]]] = {}
    start_s = _own_times(_started_and_stopped(ground))
    for boot_id, name in enumerate(("batched", "singles"), start=1):
        gateway = _ProfiledGateway(ground, name)
        gateway.wait_ready()
        if name == "batched":
            ingest_load.batched(
                ground, gateway, samples_per_s=_BATCHED_PER_S, seconds=_SECONDS, boot_id=boot_id
            )
        else:
            ingest_load.singles(
                ground, gateway, messages_per_s=_SINGLES_PER_S, seconds=_SECONDS, boot_id=boot_id
            )
        gateway.stop()
        found[name] = _top_functions(_own_times(gateway.profile) - start_s)
    return found


def _started_and_stopped(ground: Stage) -> Path:
    """Return the profile of a gateway that loads its registration and is then stopped."""
    gateway = _ProfiledGateway(ground, "start")
    gateway.wait_ready()
    gateway.stop()
    return gateway.profile


def _own_times(file: Path) -> "Counter[str]":
    """Return the seconds spent in each function itself; `-` of two keeps what is above zero."""
    own_s: Counter[str] = Counter()
    # The profile's own format: (file, line, function) -> calls, calls, own time, whole time.
    for place, timing in pstats.Stats(str(file)).stats.items():  # type: ignore[attr-defined]
        if not any(word in f"{place[0]} {place[2]}" for word in _LEFT_OUT):
            own_s[_shown(*place)] += timing[2]
    return own_s


def _top_functions(own_s: Mapping[str, float]) -> list[dict[str, Any]]:
    total_s = sum(own_s.values())
    most = sorted(own_s.items(), key=lambda one: one[1], reverse=True)[:FUNCTIONS_COUNT]
    return [{"function": name, "share": round(spent_s / total_s, 4)} for name, spent_s in most]


def _shown(file: str, line: int, function: str) -> str:
    if file == "~":
        return function  # a function in C
    path = Path(file)
    if path.is_relative_to(_ROOT / ".venv") or not path.is_relative_to(_ROOT):
        return f"{path.parent.name}/{path.name}:{function}"
    return f"{path.relative_to(_ROOT)}:{function}"
