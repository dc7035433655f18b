"""Files that appear whole or not at all: written under another name, renamed at the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from liftward_kit.subcommand import CallError

_SUFFIX = ".part"


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that takes its name when the block ends, and vanishes when it fails.

    What is there already and no plain file (a pipe, a device) is written to as it is.

    Raises
    ------
    CallError
        When it cannot be written.
    """
    is_special = path.exists() and not path.is_file()
    part = path if is_special else path.with_name(path.name + _SUFFIX)
    try:
        file = part.open("wb")
    except OSError as error:
        raise CallError(f"cannot write {path}: {error.strerror}") from None
    try:
        with file:
            yield file
    except BaseException:
        if not is_special:
            part.unlink(missing_ok=True)
        raise
    if not is_special:
        part.replace(path)


@contextmanager
def appended_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file to append to.

    Raises
    ------
    CallError
        When it cannot be written.
    """
    try:
        file = path.open("ab")
    except OSError as error:
        raise CallError(f"cannot write {path}: {error.strerror}") from None
    with file:
        yield file
