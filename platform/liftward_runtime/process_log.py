"""Where a supervised process writes: one file each, kept below a limit.

The process holds the file itself, so nothing is lost and nothing breaks when the supervisor dies.
"""

import os
import shutil
from pathlib import Path

# Enough for days of events; two files of this size for each of ten processes fit any disk.
LOG_BYTES_MAX = 10_000_000
_TAIL_BYTES = 4_000
_LINE_LENGTH_MAX = 500  # a message for people; the rest is in the log


def open_log(path: Path) -> int:
    """Return a descriptor to append to, after putting a full log aside."""
    limit_log(path)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def limit_log(path: Path, *, bytes_max: int = LOG_BYTES_MAX) -> bool:
    """Move what a full log holds to `<name>.1`, and tell whether that was needed.

    The file itself is emptied, not renamed: its writer goes on in it (it appends, so at the start).
    """
    if not path.exists() or path.stat().st_size <= bytes_max:
        return False
    shutil.copyfile(path, path.with_name(path.name + ".1"))
    os.truncate(path, 0)
    return True


def last_line(path: Path) -> str:
    """Return what a log says last, for the message that something went wrong."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
            text = file.read().decode(errors="replace")
    except FileNotFoundError:
        return ""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][-_LINE_LENGTH_MAX:] if lines else ""
