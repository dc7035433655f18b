"""Logs that stay below a limit."""

import os
from pathlib import Path

from liftward_runtime.process_log import last_line, limit_log, open_log


def test_a_full_log_is_put_aside_under_its_writer(tmp_path: Path) -> None:
    """The old text goes to `.1`; the writer goes on at the start of the emptied file."""
    path = tmp_path / "one.log"
    descriptor = open_log(path)
    os.write(descriptor, b"old text\n")

    moved = limit_log(path, bytes_max=4)
    os.write(descriptor, b"new\n")
    os.close(descriptor)

    assert moved
    assert path.read_text() == "new\n"
    assert (tmp_path / "one.log.1").read_text() == "old text\n"


def test_a_small_log_stays(tmp_path: Path) -> None:
    """Below the limit nothing happens; a log that does not exist is no problem."""
    path = tmp_path / "one.log"
    path.write_text("text\n")

    assert not limit_log(path, bytes_max=100)
    assert not limit_log(tmp_path / "none.log")


def test_last_line_is_the_last_with_text(tmp_path: Path) -> None:
    """Empty lines at the end say nothing; a missing log says the empty text."""
    path = tmp_path / "one.log"
    path.write_text("first\nlast word\n\n  \n")

    assert last_line(path) == "last word"
    assert last_line(tmp_path / "none.log") == ""
