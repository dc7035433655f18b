"""The supervisor, with small real processes."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from liftward_runtime.process_description import ProcessDescription
from liftward_runtime.process_identity import identity_of
from liftward_runtime.supervisor import EventKind, Supervisor, SupervisorEvent
from support.polling import eventually, eventually_async

pytestmark = pytest.mark.integration

_READY = "import os, pathlib; pathlib.Path(os.environ['LIFTWARD_READY_FILE']).touch()\n"
_STAYS = _READY + "import signal; signal.pause()\n"
_STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + _STAYS


def _process(name: str, code: str, **more: Any) -> ProcessDescription:
    return ProcessDescription(
        name=name, argv=(sys.executable, "-I", "-S", "-c", code), environ={}, **more
    )


class _Watched:
    def __init__(self, folder: Path, *processes: ProcessDescription) -> None:
        self.events: list[SupervisorEvent] = []
        self.supervisor = Supervisor(
            processes, log_folder=folder, ready_folder=folder, on_event=self.events.append
        )

    def names(self, kind: EventKind) -> list[str]:
        return [event.name for event in self.events if event.kind is kind]

    def pid(self, name: str) -> int:
        child = self.supervisor.processes[name].child
        assert child is not None
        return child.pid


@pytest.fixture
def watched(tmp_path: Path) -> Callable[..., Any]:
    """Makes a supervisor that is started, and stopped at the end."""

    @asynccontextmanager
    async def make(*processes: ProcessDescription) -> AsyncIterator[_Watched]:
        made = _Watched(tmp_path, *processes)
        made.supervisor.start()
        try:
            yield made
        finally:
            await made.supervisor.stop()

    return make


async def test_starts_in_order_and_stops_in_reverse(watched: Callable[..., Any]) -> None:
    """Each process starts when those it needs are ready, and stops before them."""
    first = _process("first", _STAYS)
    once = _process("once", "pass", after=("first",), one_shot=True)
    last = _process("last", _STAYS, after=("once",))

    async with watched(last, once, first) as run:
        assert await run.supervisor.wait_ready()

    assert run.names(EventKind.READY) == ["first", "once", "last"]
    assert run.names(EventKind.STOPPED) == ["last", "first"]


async def test_a_killed_process_comes_back(watched: Callable[..., Any]) -> None:
    """A process that was killed is started again and becomes ready again."""
    async with watched(_process("one", _STAYS)) as run:
        await run.supervisor.wait_ready()
        killed = run.pid("one")

        os.kill(killed, signal.SIGKILL)

        async def ready_twice() -> bool:
            return len(run.names(EventKind.READY)) == 2

        await eventually_async(ready_twice)
        assert run.pid("one") != killed
    ended = [event for event in run.events if event.kind is EventKind.ENDED]
    assert [event.detail for event in ended] == ["killed by SIGKILL"]


async def test_configuration_errors_end_the_run_loudly(watched: Callable[..., Any]) -> None:
    """Exit status 2 three times in a row gives up, with the process's own last words."""
    code = "import sys; sys.stderr.write('LIFTWARD_X is wrong\\n'); sys.exit(2)"

    async with watched(_process("one", code)) as run:
        assert not await run.supervisor.wait_ready()

    assert "LIFTWARD_X is wrong" in run.supervisor.give_up_message
    assert run.names(EventKind.ENDED) == ["one"] * 3


async def test_other_failures_are_tried_again(watched: Callable[..., Any]) -> None:
    """A one-shot process that fails twice and then succeeds lets the others start."""
    counter = (
        "import os, pathlib, sys\n"
        "p = pathlib.Path(os.environ['LIFTWARD_READY_FILE'] + '.count')\n"
        "n = len(p.read_text()) if p.exists() else 0\n"
        "p.write_text('x' * (n + 1)); sys.exit(0 if n == 2 else 1)"
    )

    async with watched(
        _process("once", counter, one_shot=True), _process("one", _STAYS, after=("once",))
    ) as run:
        assert await run.supervisor.wait_ready()

    assert run.names(EventKind.ENDED) == ["once", "once"]
    assert run.names(EventKind.RESTARTING) == ["once", "once"]


async def test_a_stubborn_process_is_killed(watched: Callable[..., Any]) -> None:
    """A process that ignores the stop signal is killed after its time."""
    async with watched(_process("one", _STUBBORN, stop_timeout_s=0.2)) as run:
        await run.supervisor.wait_ready()
        pid = run.pid("one")

    assert run.names(EventKind.KILLED) == ["one"]
    assert identity_of(pid) is None


async def test_grandchildren_do_not_stay(watched: Callable[..., Any], tmp_path: Path) -> None:
    """What a killed process had started itself is ended with it."""
    note = tmp_path / "grandchild"
    code = (
        "import pathlib, subprocess, sys\n"
        "c = subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'])\n"
        f"pathlib.Path({str(note)!r}).write_text(str(c.pid))\n" + _STAYS
    )
    async with watched(_process("one", code)) as run:
        await run.supervisor.wait_ready()
        os.kill(run.pid("one"), signal.SIGKILL)
        grandchild = int(note.read_text())

        async def gone() -> bool:
            return identity_of(grandchild) is None

        await eventually_async(gone)
        assert identity_of(grandchild) is None


async def test_stopping_while_starting_leaves_nothing(watched: Callable[..., Any]) -> None:
    """A stop in the middle of the start ends what has started and starts nothing more."""
    never_ready = _process("one", "import signal; signal.pause()")

    async with watched(never_ready, _process("two", _STAYS, after=("one",))) as run:

        async def started() -> bool:
            return bool(run.names(EventKind.STARTED))

        await eventually_async(started)
        pid = run.pid("one")

    assert identity_of(pid) is None
    assert run.names(EventKind.STARTED) == ["one"]


async def test_what_processes_write_is_kept(watched: Callable[..., Any], tmp_path: Path) -> None:
    """Both outputs of a process are appended to its log over restarts."""
    code = "import sys; print('out', flush=True); sys.stderr.write('err\\n'); sys.exit(1)"

    async with watched(_process("one", code)) as run:

        async def restarted() -> bool:
            return len(run.names(EventKind.ENDED)) >= 2

        await eventually_async(restarted)

    assert (tmp_path / "one.log").read_text().splitlines()[:4] == ["out", "err"] * 2


async def test_slow_starts_are_reported_and_waited_for(watched: Callable[..., Any]) -> None:
    """A process that is not ready in time is reported once, and may still become ready."""
    answers = iter([False] * 6)
    slow = _process("one", _STAYS, ready_within_s=0.01, is_ready=lambda: next(answers, True))

    async with watched(slow) as run:
        assert await run.supervisor.wait_ready()

    assert run.names(EventKind.SLOW) == ["one"]


def test_a_killed_supervisor_takes_its_children_along(tmp_path: Path) -> None:
    """The kernel ends the children of a supervisor that is killed, stubborn ones too."""
    code = (
        "import asyncio, pathlib, sys\n"
        "from liftward_runtime.process_description import ProcessDescription\n"
        "from liftward_runtime.supervisor import Supervisor\n"
        f"folder = pathlib.Path({str(tmp_path)!r})\n"
        f"argv = (sys.executable, '-I', '-S', '-c', {_STUBBORN!r})\n"
        "async def main():\n"
        "    s = Supervisor([ProcessDescription(name='one', argv=argv, environ={})],\n"
        "                   log_folder=folder, ready_folder=folder)\n"
        "    s.start(); await s.wait_ready()\n"
        "    (folder / 'pid').write_text(str(s.processes['one'].child.pid))\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    import subprocess

    supervisor = subprocess.Popen([sys.executable, "-P", "-c", code])
    note = tmp_path / "pid"
    pid = int(eventually(lambda: note.exists() and note.read_text(), within_s=20.0) or 0)
    assert identity_of(pid) is not None

    supervisor.kill()
    supervisor.wait()

    eventually(lambda: identity_of(pid) is None, what="the child has ended")


async def test_children_survive_other_threads(watched: Callable[..., Any]) -> None:
    """Threads of the supervisor that end do not take children with them."""
    async with watched(_process("one", _STAYS)) as run:
        await run.supervisor.wait_ready()
        pid = run.pid("one")

        await asyncio.gather(*(asyncio.to_thread(identity_of, pid) for _ in range(8)))

        assert identity_of(pid) is not None
        assert run.names(EventKind.ENDED) == []
