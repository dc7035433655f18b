"""What the supervisor needs to know about a process, and nothing about how it is supervised."""

import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from liftward_runtime.spawning import UnprivilegedUser

# Long enough for one transaction to end and one batch to be acknowledged.
DEFAULT_STOP_TIMEOUT_S = 10.0
# After this a person is told that something takes too long; the wait goes on.
DEFAULT_READY_WITHIN_S = 30.0

# Asked again and again while the process runs; may block for a second, runs in a thread.
ReadyCheck = Callable[[], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessDescription:
    """One process of the stack.

    Without `is_ready` a process is ready when it touches the file that the environment setting
    LIFTWARD_READY_FILE names. A `one_shot` process is ready when it ends with status 0, and those
    `after` it wait for that.
    """

    name: str
    argv: tuple[str, ...]
    environ: Mapping[str, str]
    after: tuple[str, ...] = ()
    one_shot: bool = False
    prepare: Callable[[], None] | None = None
    is_ready: ReadyCheck | None = None
    ready_within_s: float = DEFAULT_READY_WITHIN_S
    run_as: UnprivilegedUser | None = None
    folder: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_timeout_s: float = DEFAULT_STOP_TIMEOUT_S
    # Our own processes acknowledge after the commit only, so the surest signal loses nothing.
    death_signal: signal.Signals = signal.SIGKILL


def in_start_order(descriptions: Sequence[ProcessDescription]) -> list[ProcessDescription]:
    """Return the descriptions so that each comes after those it names in `after`.

    Raises
    ------
    ValueError
        When a name stands twice, is unknown, or the order has a circle.
    """
    waiting = {description.name: description for description in descriptions}
    if len(waiting) != len(descriptions):
        raise ValueError("two processes have the same name")
    ordered: list[ProcessDescription] = []
    done: set[str] = set()
    while waiting:
        free = [one for one in waiting.values() if done.issuperset(one.after)]
        if not free:
            raise ValueError(f"unknown or circular `after` among {', '.join(sorted(waiting))}")
        for description in free:
            ordered.append(waiting.pop(description.name))
            done.add(description.name)
    return ordered
