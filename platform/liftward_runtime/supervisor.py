"""Starts processes in order, restarts the ones that die, stops all of them in reverse order.

Knows processes, signals and time. Must not know what the processes do. One `Supervisor` lives in
one event loop in the main thread: a child's life is tied to the thread that started it.
"""

import asyncio
import os
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from subprocess import DEVNULL

from liftward_kit.clock import monotonic_s
from liftward_kit.settings import SettingError
from liftward_kit.subcommand import CallError
from liftward_runtime.process_description import ProcessDescription, in_start_order
from liftward_runtime.process_identity import ProcessIdentity, identity_of
from liftward_runtime.process_log import last_line, limit_log, open_log
from liftward_runtime.restart_policy import (
    CONFIGURATION_ERROR_STATUS,
    RestartHistory,
    decide_restart,
)
from liftward_runtime.spawning import shim_argv

_READY_POLL_S = 0.02  # doubles up to the longest below: quick starts are seen quickly
_READY_POLL_LONGEST_S = 0.25
_LOG_LIMIT_EVERY_S = 30.0
_KILLED_WITHIN_S = 5.0  # a killed process that stays longer hangs in the kernel; we leave it there


class EventKind(StrEnum):
    """What can happen to a supervised process."""

    STARTED = "started"
    READY = "ready"
    SLOW = "slow"  # not ready in the time it should need; the wait goes on
    ENDED = "ended"
    RESTARTING = "restarting"
    GAVE_UP = "gave_up"
    STOPPING = "stopping"
    STOPPED = "stopped"
    KILLED = "killed"  # it did not stop in time


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisorEvent:
    """One thing that happened; `elapsed_s` counts from the start of the process, or of its stop."""

    kind: EventKind
    name: str
    elapsed_s: float
    detail: str = ""


EventHook = Callable[[SupervisorEvent], None]


@dataclass(slots=True, eq=False)
class Supervised:
    """A described process and how it fares."""

    description: ProcessDescription
    child: asyncio.subprocess.Process | None = None
    identity: ProcessIdentity | None = None
    started_s: float = 0.0
    restarts_count: int = 0
    history: RestartHistory = field(default_factory=RestartHistory)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    state: str = "waiting"

    @property
    def ran_s(self) -> float:
        return monotonic_s() - self.started_s


class Supervisor:
    """Keeps a list of processes running from `start` to `stop`."""

    def __init__(
        self,
        descriptions: Sequence[ProcessDescription],
        *,
        log_folder: Path,
        ready_folder: Path,
        on_event: EventHook | None = None,
    ) -> None:
        self.processes = {
            one.name: Supervised(description=one) for one in in_start_order(descriptions)
        }
        self.gave_up = asyncio.Event()
        self.give_up_message = ""
        self._log_folder, self._ready_folder = log_folder, ready_folder
        self._on_event = on_event
        self._stopping = False
        self._keepers: dict[str, asyncio.Task[None]] = {}
        self._log_limiter: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to start everything; `wait_ready` and `gave_up` tell how it goes."""
        for name, process in self.processes.items():
            self._keepers[name] = asyncio.create_task(self._keep(process), name=f"keep {name}")
        self._log_limiter = asyncio.create_task(self._limit_logs(), name="limit logs")

    async def wait_ready(self, names: Sequence[str] | None = None) -> bool:
        """Wait until the named processes (or all) were ready once; False when one gave up."""
        wanted = [self.processes[name].ready.wait() for name in names or self.processes]
        everything = asyncio.gather(*wanted)
        gave_up = asyncio.create_task(self.gave_up.wait())
        try:
            await asyncio.wait((everything, gave_up), return_when=asyncio.FIRST_COMPLETED)
            return everything.done()
        finally:
            everything.cancel()
            gave_up.cancel()
            await asyncio.gather(everything, gave_up, return_exceptions=True)

    async def stop(self) -> None:
        """Stop everything, each process after those that depend on it."""
        self._stopping = True
        for name, process in self.processes.items():
            if process.child is None:
                self._keepers[name].cancel()
        stops: dict[str, asyncio.Task[None]] = {}
        for name, process in reversed(self.processes.items()):
            users = [
                stops[other.description.name]
                for other in self.processes.values()
                if name in other.description.after
            ]
            stops[name] = asyncio.create_task(self._stop_after(process, users), name=f"stop {name}")
        await asyncio.gather(*stops.values())
        tasks = [*self._keepers.values(), *([self._log_limiter] if self._log_limiter else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def log_file(self, name: str) -> Path:
        """Return the file that holds what a process wrote."""
        return self._log_folder / f"{name}.log"

    async def _keep(self, process: Supervised) -> None:
        """Start a process and start it again until it is not wanted any more."""
        for name in process.description.after:
            await self.processes[name].ready.wait()
        while not self._stopping:
            process.started_s = monotonic_s()
            exit_status = await self._run_once(process)
            if self._stopping:
                return
            if exit_status == 0 and process.description.one_shot:
                process.state = "done"
                self._mark_ready(process)
                return
            if not await self._wait_for_restart(process, exit_status):
                return

    async def _run_once(self, process: Supervised) -> int | None:
        """Run a process to its end and return its exit status, None when it could not start."""
        try:
            await self._spawn(process)
        except (SettingError, CallError) as error:
            self._write_log(process, str(error))
            return CONFIGURATION_ERROR_STATUS
        except Exception as error:  # noqa: BLE001 - whatever stops a start, the next try may succeed
            self._write_log(process, f"could not start: {error}")
            return None
        assert process.child is not None
        watcher = asyncio.create_task(self._watch_ready(process))
        try:
            exit_status = await process.child.wait()
        finally:
            watcher.cancel()
            await asyncio.gather(watcher, return_exceptions=True)
        _end_group(process.child.pid)
        process.child = process.identity = None
        if not (exit_status == 0 and process.description.one_shot) and not self._stopping:
            process.state = "ended"
            self._tell(process, EventKind.ENDED, _exit_words(exit_status))
        return exit_status

    async def _spawn(self, process: Supervised) -> None:
        description = process.description
        if description.prepare is not None:
            await asyncio.to_thread(description.prepare)
        ready_file = self._ready_folder / description.name
        ready_file.unlink(missing_ok=True)
        log_descriptor = open_log(self.log_file(description.name))
        try:
            # Its own session: Ctrl-C on the terminal reaches us alone, and we stop in order.
            process.child = await asyncio.create_subprocess_exec(
                *shim_argv(
                    description.argv,
                    death_signal=description.death_signal,
                    run_as=description.run_as,
                ),
                env={**description.environ, "LIFTWARD_READY_FILE": str(ready_file)},
                cwd=description.folder,
                stdin=DEVNULL,
                stdout=log_descriptor,
                stderr=log_descriptor,
                start_new_session=True,
            )
        finally:
            os.close(log_descriptor)
        process.identity = identity_of(process.child.pid)
        process.state = "starting"
        self._tell(process, EventKind.STARTED, f"pid {process.child.pid}")

    async def _watch_ready(self, process: Supervised) -> None:
        description = process.description
        is_ready = description.is_ready or (self._ready_folder / description.name).exists
        if description.one_shot:
            is_ready = _only_its_end_makes_it_ready
        pause_s, told_slow = _READY_POLL_S, False
        while not await asyncio.to_thread(is_ready):
            if process.ran_s > description.ready_within_s and not told_slow:
                told_slow = True
                self._tell(process, EventKind.SLOW, last_line(self.log_file(description.name)))
            await asyncio.sleep(pause_s)
            pause_s = min(_READY_POLL_LONGEST_S, pause_s * 1.5)
        process.state = "ready"
        self._mark_ready(process)

    def _mark_ready(self, process: Supervised) -> None:
        process.ready.set()
        self._tell(process, EventKind.READY)

    async def _wait_for_restart(self, process: Supervised, exit_status: int | None) -> bool:
        decision = decide_restart(process.history, exit_status=exit_status, ran_s=process.ran_s)
        process.history = decision.history
        tail = last_line(self.log_file(process.description.name))
        if not decision.restart:
            process.state = "gave up"
            self.give_up_message = (
                f"{process.description.name} cannot run ({decision.reason}): {tail}"
            )
            self._tell(process, EventKind.GAVE_UP, tail)
            self.gave_up.set()
            return False
        process.restarts_count += 1
        process.state = "restarting"
        detail = f"in {decision.delay_s:.1f} s ({decision.reason}): {tail}"
        self._tell(process, EventKind.RESTARTING, detail)
        await asyncio.sleep(decision.delay_s)
        return True

    async def _stop_after(self, process: Supervised, users: Sequence[asyncio.Task[None]]) -> None:
        await asyncio.gather(*users)
        child, began_s = process.child, monotonic_s()
        if child is None or child.returncode is not None:
            process.state = "stopped"
            return
        description = process.description
        self._tell(process, EventKind.STOPPING)
        with suppress(ProcessLookupError):
            child.send_signal(description.stop_signal)
        keeper = self._keepers[description.name]
        await asyncio.wait((keeper,), timeout=description.stop_timeout_s)
        kind = EventKind.STOPPED
        if not keeper.done():
            kind = EventKind.KILLED
            with suppress(ProcessLookupError):
                child.kill()
            await asyncio.wait((keeper,), timeout=_KILLED_WITHIN_S)
        process.state = "stopped"
        self._tell(process, kind, elapsed_s=monotonic_s() - began_s)

    async def _limit_logs(self) -> None:
        while True:
            await asyncio.sleep(_LOG_LIMIT_EVERY_S)
            for name in self.processes:
                limit_log(self.log_file(name))

    def _write_log(self, process: Supervised, text: str) -> None:
        descriptor = open_log(self.log_file(process.description.name))
        try:
            os.write(descriptor, text.encode() + b"\n")
        finally:
            os.close(descriptor)

    def _tell(
        self, process: Supervised, kind: EventKind, detail: str = "", elapsed_s: float | None = None
    ) -> None:
        if self._on_event is None:
            return
        self._on_event(
            SupervisorEvent(
                kind=kind,
                name=process.description.name,
                elapsed_s=process.ran_s if elapsed_s is None else elapsed_s,
                detail=detail,
            )
        )


def _only_its_end_makes_it_ready() -> bool:
    return False


def _end_group(leader_pid: int) -> None:
    """End what an ended process left in its group; the group has the leader's number."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader_pid, signal.SIGKILL)


def _exit_words(exit_status: int) -> str:
    if exit_status >= 0:
        return f"exit status {exit_status}"
    return f"killed by {signal.Signals(-exit_status).name}"
