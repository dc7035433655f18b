"""What a demo needs: seconds until people can sign in, and the memory of each process.

Memory is the proportional set size (PSS): what two processes share is counted once, half each.
"""

import re
import time
from pathlib import Path
from typing import Any

from liftward_runtime.bench.command import BenchOptions
from support.demo_run import DemoRun, demo_run

_LIMIT_MB = 1500
_READY_WITHIN_S = 120.0


def measure(options: BenchOptions) -> dict[str, Any]:
    """Run a demo of 200 lifts with rescues going on, and look at its processes."""
    watch_s = 15.0 if options.quick else 60.0
    with demo_run("--trap-every-s", "10") as demo:
        demo.wait_told("Ctrl-C stops everything", within_s=_READY_WITHIN_S)
        ready = re.search(r"Ready after ([0-9.]+) s", demo.text())
        assert ready is not None
        time.sleep(watch_s)  # not a wait for something: the load must have been on for a while
        memory_mb = _memory_mb(demo)
    return {
        "ready_s": float(ready[1]),
        "watched_s": watch_s,
        "memory_mb": memory_mb,
        "memory_total_mb": round(sum(memory_mb.values()), 1),
        "memory_limit_mb": _LIMIT_MB,
    }


def summary(result: dict[str, Any]) -> list[str]:
    """Return the lines a person reads."""
    total, limit = result["memory_total_mb"], result["memory_limit_mb"]
    return [
        f"people can sign in after       {result['ready_s']:>8.1f} s (environment already made)",
        *(f"memory of {name:<20}{size:>8.1f} MB" for name, size in result["memory_mb"].items()),
        f"memory of all together        {total:>8.1f} MB (x {total / limit:.2f} of the limit)",
    ]


def _memory_mb(demo: DemoRun) -> dict[str, float]:
    pids = demo.pids() | {"supervisor": int(demo.running()["supervisor"]["pid"])}
    trees = {name: [pid, *_descendants(pid)] for name, pid in pids.items() if name != "supervisor"}
    trees["supervisor"] = [pids["supervisor"]]
    return {name: round(sum(map(_pss_mb, tree)), 1) for name, tree in sorted(trees.items())}


def _descendants(pid: int) -> list[int]:
    """Return the children of a process and theirs: PostgreSQL is a family."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found += [child, *_descendants(child)]
    return found


def _pss_mb(pid: int) -> float:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0  # ended between the listing and the look
    found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0
