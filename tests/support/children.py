"""Starts servers for tests the way the supervisor does, and always ends them."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from liftward_runtime.spawning import UnprivilegedUser, shim_argv

_ENDS_WITHIN_S = 15.0


class Child:
    """A child process with its output in a file. `stop` and `kill` return when it has ended."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        output: Path,
        environ: Mapping[str, str],
        death_signal: signal.Signals = signal.SIGKILL,
        run_as: UnprivilegedUser | None = None,
        folder: Path | None = None,
    ) -> None:
        self.output = output
        with output.open("ab") as file:
            self._process = subprocess.Popen(
                shim_argv(argv, death_signal=death_signal, run_as=run_as),
                env=dict(environ),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_status(self) -> int | None:
        """The exit status (negative: the signal), or None while it runs."""
        return self._process.poll()

    def text(self) -> str:
        """Return all it has written so far."""
        return self.output.read_text(encoding="utf-8", errors="replace")

    def send(self, number: signal.Signals) -> None:
        """Send a signal without waiting."""
        self._process.send_signal(number)

    def wait(self, *, within_s: float = _ENDS_WITHIN_S) -> int:
        """Wait for the end and return the exit status."""
        return self._process.wait(within_s)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop; kill it when it does not."""
        self._process.send_signal(number)
        try:
            return self.wait()
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self) -> int:
        """Kill it and what it left in its group, as a crash would."""
        self._process.kill()
        status = self.wait()
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        return status
