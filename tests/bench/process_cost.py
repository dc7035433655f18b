"""What processes cost: CPU seconds and memory, from /proc.

A server's children count with it, those that have ended too.
"""

import os
from pathlib import Path

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


def cpu_s(pid: int) -> float:
    """Return the CPU time of a process and of all its descendants so far."""
    own_s = _stat_s(pid, with_ended_children=True)
    return own_s + sum(_stat_s(child, with_ended_children=True) for child in _descendants(pid))


def memory_mb(pid: int, field: str = "VmRSS") -> float:
    """Return a figure of /proc/PID/status in MB: VmRSS now, VmHWM at most so far."""
    for line in (_PROC / str(pid) / "status").read_text(encoding="ascii").splitlines():
        name, _, text = line.partition(":")
        if name == field:
            return int(text.split()[0]) * 1024 / 1e6
    raise KeyError(f"no {field} of process {pid}")


def _stat_s(pid: int, *, with_ended_children: bool) -> float:
    try:
        text = (_PROC / str(pid) / "stat").read_text(encoding="ascii", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return 0.0  # it has just ended, and counts among its parent's ended children
    fields = text.rpartition(")")[2].split()
    ticks = sum(int(field) for field in fields[11 : 15 if with_ended_children else 13])
    return ticks * _TICK_S


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    for task in (_PROC / str(pid) / "task").glob("*/children"):
        try:
            children = [int(word) for word in task.read_text(encoding="ascii").split()]
        except (FileNotFoundError, ProcessLookupError):
            continue
        for child in children:
            found += [child, *_descendants(child)]
    return found
