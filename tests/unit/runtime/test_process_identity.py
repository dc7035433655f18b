"""Telling one process from a later one with the same number."""

import os
import subprocess
import sys
from pathlib import Path

from liftward_runtime.process_identity import (
    identity_of,
    is_alive,
    own_identity,
    processes_working_in,
)
from support.polling import eventually


def test_our_own_process_lives() -> None:
    """The identity of a running process is stable."""
    identity = own_identity()

    assert identity.pid == os.getpid()
    assert is_alive(identity)


def test_a_zombie_has_ended(tmp_path: Path) -> None:
    """A process that ended but was not asked about counts as gone, and works nowhere."""
    child = subprocess.Popen([sys.executable, "-I", "-S", "-c", "input()"], cwd=tmp_path, stdin=-1)
    identity = eventually(lambda: identity_of(child.pid))
    assert identity is not None
    assert processes_working_in(tmp_path) == [child.pid]

    child.kill()

    eventually(lambda: not is_alive(identity))
    assert processes_working_in(tmp_path) == []
    child.communicate()
