"""Runs `liftward` subcommands as real processes that tests wait for, kill and read."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from liftward_runtime.platform_stack import child_environ, liftward_argv
from support.children import Child
from support.directories import open_folder
from support.polling import eventually

_COMMAND_WITHIN_S = 60.0


class LiftwardProcess(Child):
    """A `liftward` subcommand that runs until it is stopped or killed."""

    def __init__(self, *words: str, folder: Path, environ: Mapping[str, str]) -> None:
        self.ready_file = folder / f"ready-{len(list(folder.iterdir()))}"
        super().__init__(
            liftward_argv(*words),
            output=self.ready_file.with_suffix(".log"),
            environ=clean_environ({**environ, "LIFTWARD_READY_FILE": str(self.ready_file)}),
            folder=folder,
        )

    def wait_ready(self, *, within_s: float = 30.0) -> None:
        """Wait until it has touched its ready file; fail with what it wrote when it ends before."""

        def ready_or_ended() -> bool:
            assert self.exit_status is None, f"ended with {self.exit_status}:\n{self.text()}"
            return self.ready_file.exists()

        eventually(ready_or_ended, within_s=within_s, what=f"ready; it wrote:\n{self.text()}")

    def wait_for_text(self, wanted: str, *, within_s: float = 30.0) -> None:
        """Wait until its output contains a text."""
        eventually(lambda: wanted in self.text(), within_s=within_s, what=f"{wanted!r} in its log")


class LiftwardProcesses:
    """Starts processes in one folder and ends all of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._started: list[LiftwardProcess] = []

    def start(self, *words: str, environ: Mapping[str, str] | None = None) -> LiftwardProcess:
        """Start `liftward <words>` in the background."""
        process = LiftwardProcess(*words, folder=self.folder, environ=environ or {})
        self._started.append(process)
        return process

    def run(
        self,
        *words: str,
        environ: Mapping[str, str] | None = None,
        within_s: float = _COMMAND_WITHIN_S,
    ) -> subprocess.CompletedProcess[str]:
        """Run `liftward <words>` to its end and return status, standard output and error."""
        return subprocess.run(
            liftward_argv(*words),
            env=clean_environ(environ or {}),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=within_s,
            check=False,
        )

    def end_all(self) -> None:
        """Kill what still runs."""
        for process in self._started:
            if process.exit_status is None:
                process.kill()


def clean_environ(settings: Mapping[str, str]) -> dict[str, str]:
    """Return our environment without anybody's Liftward settings, plus the given ones."""
    clean = {name: text for name, text in os.environ.items() if not name.startswith("LIFTWARD_")}
    return child_environ(clean, settings)


@contextmanager
def liftward_processes() -> Iterator[LiftwardProcesses]:
    """Yield a starter of `liftward` processes; none of them outlives the context."""
    with open_folder() as folder:
        processes = LiftwardProcesses(folder)
        try:
            yield processes
        finally:
            processes.end_all()
