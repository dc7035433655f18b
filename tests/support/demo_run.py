"""Plays `liftward demo` as a process of its own, on free ports, in a folder of its own."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from liftward_runtime.platform_stack import liftward_argv
from support.directories import open_folder
from support.polling import eventually
from support.processes import clean_environ

_STOPS_WITHIN_S = 60.0


class DemoRun:
    """A demo that runs: its processes can be found and killed, its result read at the end."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.narration = folder / "narration.txt"
        environ = {
            "LIFTWARD_STATE_DIR": str(self.state),
            "LIFTWARD_HTTP_PORT": "0",
            "LIFTWARD_MQTT_PORT": "0",
        }
        self.environ = clean_environ(environ)
        with self.narration.open("wb") as narration:
            self._process = subprocess.Popen(
                liftward_argv("demo", "--json", *words),
                env=self.environ,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=narration,
                text=True,
                start_new_session=True,
            )

    def text(self) -> str:
        """Return what it told so far."""
        return self.narration.read_text(errors="replace")

    def wait_told(self, words: str, *, within_s: float) -> None:
        """Wait until it has told something; fail when it ends before."""

        def told_or_ended() -> bool:
            if words in self.text():
                return True
            assert self._process.poll() is None, f"the demo ended:\n{self.text()}"
            return False

        eventually(told_or_ended, within_s=within_s, what=f"{words!r}; so far:\n{self.text()}")

    def running(self) -> dict[str, Any]:
        """Return what the run file says."""
        return dict(json.loads((self.state / "running.json").read_text()))

    def pids(self) -> dict[str, int]:
        """Return the processes that run now, by name."""
        return {
            process["name"]: process["identity"]["pid"]
            for process in self.running()["processes"]
            if process.get("identity")
        }

    def kill(self, name: str) -> None:
        """Kill one process and wait until another one runs in its place."""
        pid = self.pids()[name]
        os.kill(pid, signal.SIGKILL)
        eventually(
            lambda: self.pids().get(name, pid) != pid, within_s=30.0, what=f"{name} runs again"
        )

    def result(self, *, within_s: float) -> tuple[int, dict[str, Any]]:
        """Wait for the end and return exit status and object."""
        output, _ = self._process.communicate(timeout=within_s)
        return self._process.returncode, dict(json.loads(output))

    def interrupt(self) -> int:
        """Do what Ctrl-C does, and return the exit status."""
        self._process.send_signal(signal.SIGINT)
        self._process.communicate(timeout=_STOPS_WITHIN_S)
        return self._process.returncode

    def end(self) -> None:
        """End it if it still runs; its children end with it."""
        if self._process.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                self.interrupt()
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


@contextmanager
def demo_run(*words: str) -> Iterator[DemoRun]:
    """Yield a running demo; nothing of it is left at the end."""
    with open_folder("liftward-demo-") as folder:
        run = DemoRun(folder, *words)
        try:
            yield run
        finally:
            run.end()
