"""One run of a platform: owns the state directory, supervises the stack, tells others about it.

`up` and `demo` are thin commands on top of this.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from liftward_kit.clock import utc_now
from liftward_kit.settings import Environ
from liftward_kit.subcommand import CallError
from liftward_runtime.platform_stack import Stack, build_stack, restricted
from liftward_runtime.process_description import ProcessDescription
from liftward_runtime.process_identity import own_identity
from liftward_runtime.process_log import open_log
from liftward_runtime.run_file import (
    Run,
    RunningProcess,
    clear_leftovers,
    live_run,
    write_environment,
    write_run,
)
from liftward_runtime.settings import UNPRIVILEGED_USER_SETTING, RuntimeSettings
from liftward_runtime.spawning import unprivileged_user
from liftward_runtime.state_directory import DirectoryOwnedError, StateDirectory, owned, place
from liftward_runtime.supervisor import EventHook, Supervisor, SupervisorEvent

MoreProcesses = Callable[[Stack], Sequence[ProcessDescription]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformRun:
    """A platform that is starting or running."""

    directory: StateDirectory
    stack: Stack
    supervisor: Supervisor
    stop_requested: asyncio.Event  # set by SIGINT, SIGTERM or SIGHUP
    leftovers: tuple[str, ...]  # processes of a killed run that had to be stopped first

    async def wait_ready(self, names: Sequence[str] | None = None) -> bool:
        """Wait for the named processes (or all); False when one gave up or a person stopped us."""
        wanted = asyncio.create_task(self.supervisor.wait_ready(names))
        stop = asyncio.create_task(self.stop_requested.wait())
        try:
            await asyncio.wait((wanted, stop), return_when=asyncio.FIRST_COMPLETED)
            return wanted.done() and wanted.result()
        finally:
            wanted.cancel()
            stop.cancel()
            await asyncio.gather(wanted, stop, return_exceptions=True)

    async def wait_stopped(self) -> bool:
        """Wait for the wish to stop; False when a process gave up instead."""
        gave_up = asyncio.create_task(self.supervisor.gave_up.wait())
        stop = asyncio.create_task(self.stop_requested.wait())
        try:
            await asyncio.wait((gave_up, stop), return_when=asyncio.FIRST_COMPLETED)
        finally:
            gave_up.cancel()
            stop.cancel()
        return self.stop_requested.is_set()


def locate(settings: RuntimeSettings) -> StateDirectory:
    """Return where the state directory of these settings is; creates nothing."""
    user = unprivileged_user(settings.unprivileged_user, setting=UNPRIVILEGED_USER_SETTING)
    return place(settings.state_directory, user)


@asynccontextmanager
async def platform_run(
    settings: RuntimeSettings,
    environ: Environ,
    *,
    more_processes: MoreProcesses | None = None,
    only: Collection[str] | None = None,
    on_event: EventHook | None = None,
) -> AsyncIterator[PlatformRun]:
    """Own the state directory, start the stack and stop it at the end, whatever happens between.

    `more_processes` adds to the stack's processes; `only` names the ones to run, all others are
    left out.

    Raises
    ------
    CallError
        When the directory is in use, a port is taken, or a program is missing.
    """
    user = unprivileged_user(settings.unprivileged_user, setting=UNPRIVILEGED_USER_SETTING)
    directory = place(settings.state_directory, user)
    refuse_second_run(directory)
    directory.create()
    try:
        with owned(directory):
            leftovers = await asyncio.to_thread(clear_leftovers, directory)
            stack = build_stack(settings, directory, environ, user=user)
            if more_processes is not None:
                stack = replace(stack, processes=(*stack.processes, *more_processes(stack)))
            if only is not None:
                stack = restricted(stack, only)
            recorder = _Recorder(directory, stack, on_event)
            supervisor = Supervisor(
                stack.processes,
                log_folder=directory.log_folder,
                ready_folder=directory.ready_folder,
                on_event=recorder.record,
            )
            recorder.supervisor = supervisor
            run = PlatformRun(
                directory=directory,
                stack=stack,
                supervisor=supervisor,
                stop_requested=_stop_on_signals(),
                leftovers=tuple(leftovers),
            )
            write_environment(directory, stack.environ)
            supervisor.start()
            recorder.write()
            try:
                yield run
            finally:
                await supervisor.stop()
                recorder.close()
                directory.run_file.unlink(missing_ok=True)
                directory.environment_file.unlink(missing_ok=True)
    except DirectoryOwnedError:
        raise CallError(_already_running_message(directory)) from None


def refuse_second_run(directory: StateDirectory) -> None:
    """Raise CallError, saying what runs and how to stop it, when the directory is in use."""
    if live_run(directory) is not None:
        raise CallError(_already_running_message(directory))


def _already_running_message(directory: StateDirectory) -> str:
    run = live_run(directory)
    if run is None:
        return f"another Liftward is just starting or stopping in {directory.root}; try again"
    urls = ", ".join(f"{name} {url}" for name, url in run.urls.items())
    return (
        f"Liftward already runs in {directory.root}: pid {run.supervisor.pid} since "
        f"{run.started_at:%Y-%m-%d %H:%M:%S} UTC ({urls}). Stop it with `liftward status --stop` "
        f"or `kill {run.supervisor.pid}`, or set LIFTWARD_STATE_DIR to run another one beside it"
    )


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Under nohup SIGHUP is ignored, and must stay so.
        if signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, stop.set)
    return stop


class _Recorder:
    """Writes each event to the supervisor's own log and keeps the run file true."""

    def __init__(self, directory: StateDirectory, stack: Stack, on_event: EventHook | None) -> None:
        self.supervisor: Supervisor | None = None
        self._directory, self._stack, self._on_event = directory, stack, on_event
        self._started_at = utc_now()
        self._file = os.fdopen(open_log(directory.log_folder / "supervisor.log"), "w")
        self._log = structlog.wrap_logger(
            structlog.WriteLogger(self._file),
            processors=[
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )

    def record(self, event: SupervisorEvent) -> None:
        self._log.msg(
            f"process_{event.kind}",
            name=event.name,
            elapsed_s=round(event.elapsed_s, 3),
            detail=event.detail,
        )
        self.write()
        if self._on_event is not None:
            self._on_event(event)

    def write(self) -> None:
        assert self.supervisor is not None
        run = Run(
            supervisor=own_identity(),
            started_at=self._started_at,
            urls=self._stack.urls,
            ports=self._stack.ports,
            processes=[
                RunningProcess(
                    name=name,
                    state=process.state,
                    restarts_count=process.restarts_count,
                    identity=process.identity,
                    stop_signal=int(process.description.stop_signal),
                )
                for name, process in self.supervisor.processes.items()
            ],
        )
        write_run(self._directory, run)

    def close(self) -> None:
        self._file.close()


def environ_here() -> tuple[Environ, Path]:
    """Return this process's environment and current folder (the edge of `up`, `status` and co.)."""
    return os.environ, Path.cwd()
