"""Samples per second of the detector on one core, beside its naive twin and the memory's limit.

300,000 lifts: an evening of a simulated city in batches of four sizes, simulated lifts that send
what they stored, one after the other, and one lift alone. `samples_per_s_worst` is the slowest of
these. Apart from them stands `all_news`: every sample of every lift contradicts its last one, which
no lift does; it shows what the rules cost when nothing is quiet and memory answers late. The
memory's limit is a loop that reads the same columns, touches the same cache lines and decides
nothing. Then ticks over the whole fleet, bytes for each lift, and what the first call costs.
Medians, in seconds of CPU time: what else the machine does is not counted.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import detect_streams as streams
import numpy as np
from detect_floor import touch
from detect_naive import naive_samples_per_s

from liftward_detection.detector import count_quiet, observe, tick, warm_up
from liftward_detection.fleet import FleetState
from liftward_detection.thresholds import default_thresholds
from liftward_runtime.bench.command import BenchOptions
from liftward_wire.columns import SampleColumns

LIFTS_COUNT = 300_000
BATCH_SIZES = (100, 1_000, 10_000, 100_000)
GATEWAY_BATCH = 10_000  # what a worker hands over at 60,000 samples/s
PENDING_SHARE, DUE_COUNT = 0.1, 5_000
_THRESHOLDS = default_thresholds()
_FIRST_CALL = (
    "import time; from liftward_detection.detector import warm_up; s = time.process_time();"
    "warm_up(); print(time.process_time() - s)"
)

Columns = list[SampleColumns]


def measure(options: BenchOptions) -> dict[str, Any]:
    """Measure every shape of stream and of tick; the quick run takes fewer samples and runs."""
    runs, seconds = (3, 4.0) if options.quick else (7, 12.0)
    warm_up()
    warm, ticks = streams.city(LIFTS_COUNT, warm_s=15.0, measured_s=seconds)
    blank, lived_in = FleetState.empty(LIFTS_COUNT), FleetState.empty(LIFTS_COUNT)
    _feed(lived_in, warm)
    by_batch, quiet = {}, {}
    for size in BATCH_SIZES:
        batches = streams.in_batches(ticks, size, _samples_max(size, runs))
        by_batch[size] = _rate(partial(_feed, batches=batches), lived_in, batches, runs)
        if size == GATEWAY_BATCH:
            quiet["city"] = _quiet_share(lived_in, batches)
            limit = _rate(partial(touch, batches=batches), lived_in, batches, runs)
            naive = naive_samples_per_s(batches)
    others = {}
    for name, size in (("all_news", GATEWAY_BATCH), ("all_news_batches_of_100", 100)):
        warm, batches = streams.all_news(LIFTS_COUNT, size, _samples_max(size, runs))
        busy = blank.copy()
        _feed(busy, warm)
        quiet[name] = _quiet_share(busy, batches)
        others[name] = _rate(partial(_feed, batches=batches), busy, batches, runs)
    batches = streams.backfill(lifts_count=400, stored_s=60.0 if options.quick else 300.0)
    quiet["backfill"] = _quiet_share(blank, batches)
    backfill = _rate(partial(_feed, batches=batches), blank, batches, runs)
    batches = streams.one_lift(100_000)
    quiet["one_lift"] = _quiet_share(blank, batches)
    one_lift = _rate(partial(_feed, batches=batches), blank, batches, runs)
    ticks_ms = _ticks_ms(lived_in, runs)
    return {
        "lifts": LIFTS_COUNT,
        "samples_per_s": by_batch[GATEWAY_BATCH],
        "samples_per_s_by_batch": by_batch,
        "samples_per_s_by_stream": {"backfill": backfill, "one_lift": one_lift, **others},
        "samples_per_s_worst": min(*by_batch.values(), backfill, one_lift),
        "quiet_share": quiet,
        "memory_limit_samples_per_s": limit,
        "ratio_to_memory_limit": round(by_batch[GATEWAY_BATCH] / limit, 3),
        "naive_samples_per_s": naive,
        "tick_ms": max(ticks_ms.values()),
        "tick_ms_by_case": ticks_ms,
        "bytes_per_lift": _bytes_per_lift(),
        **_first_call_s(),
    }


def summary(result: dict[str, Any]) -> list[str]:
    """Return the lines a person reads."""
    naive, quiet = result["naive_samples_per_s"], result["quiet_share"]
    rows = [("naive twin", naive)]
    rows += [
        (f"city, batches of {int(size):,}", rate)
        for size, rate in result["samples_per_s_by_batch"].items()
    ]
    rows += [
        (name.replace("_", " "), rate) for name, rate in result["samples_per_s_by_stream"].items()
    ]
    rows += [("memory's limit", result["memory_limit_samples_per_s"])]
    ticks = ", ".join(f"{ms:.2f} ms {case}" for case, ms in result["tick_ms_by_case"].items())
    return [
        *(f"{name:<26}{rate:>12,} samples/s   x {rate / naive:.1f}" for name, rate in rows),
        "without news: " + ", ".join(f"{share:.0%} of {name}" for name, share in quiet.items()),
        f"a tick over {result['lifts']:,} lifts: {ticks}",
        f"memory: {result['bytes_per_lift']} bytes per lift",
        f"first call: {result['compile_s']} s, with the compiled code kept {result['load_s']} s",
    ]


def _samples_max(size: int, runs: int) -> int:
    """Return how many samples are enough: small batches are slower, and less noisy together."""
    return min(1_000 * size, 100_000 * runs)


def _feed(state: FleetState, batches: Columns) -> None:
    for batch in batches:
        observe(state, batch, _THRESHOLDS)


def _rate(
    work: Callable[[FleetState], None], before: FleetState, batches: Columns, runs: int
) -> int:
    """Return samples per second, each run from the same state."""
    seconds = statistics.median(_seconds(work, before.copy()) for _ in range(runs))
    return round(sum(map(len, batches)) / seconds)


def _quiet_share(before: FleetState, batches: Columns) -> float:
    state = before.copy()
    quiet_count = sum(count_quiet(state, batch, _THRESHOLDS) for batch in batches)
    return round(quiet_count / sum(map(len, batches)), 3)


def _ticks_ms(lived_in: FleetState, runs: int) -> dict[str, float]:
    """Measure a tick with nothing due, with many timers running, with many due at once."""
    pending, due = FleetState.empty(LIFTS_COUNT), FleetState.empty(LIFTS_COUNT)
    many = np.arange(0, LIFTS_COUNT, round(1 / PENDING_SHARE), dtype=np.int32)
    rng = np.random.default_rng(11)
    few = np.sort(rng.permutation(LIFTS_COUNT)[:DUE_COUNT]).astype(np.int32)
    _feed(pending, streams.trapped(many))
    _feed(due, streams.trapped(few))
    cases = {
        "as the city lives": (lived_in, streams.START_US),
        f"{len(many):,} timers running": (pending, streams.START_US + 5 * streams.SECOND_US),
        f"{len(few):,} due at once": (due, streams.START_US + 600 * streams.SECOND_US),
    }
    found = {}
    for name, (before, now_us) in cases.items():
        work = partial(_tick, now_us=now_us)
        seconds = statistics.median(_seconds(work, before.copy()) for _ in range(runs))
        found[name] = round(seconds * 1000, 3)
    assert _tick(due.copy(), cases[f"{len(few):,} due at once"][1]) >= DUE_COUNT
    return found


def _tick(state: FleetState, now_us: int) -> int:
    return len(tick(state, now_us, _THRESHOLDS))


def _bytes_per_lift() -> int:
    small, large = (len(FleetState.empty(count).to_bytes()) for count in (1_000, 2_000))
    return (large - small) // 1_000


def _first_call_s() -> dict[str, float]:
    """Return what the first call costs in a new process: nothing compiled, then all of it kept."""
    with tempfile.TemporaryDirectory() as folder:
        environ = {**os.environ, "NUMBA_CACHE_DIR": folder}
        seconds = [
            json.loads(
                subprocess.run(
                    [sys.executable, "-P", "-c", _FIRST_CALL],
                    check=True,
                    stdout=subprocess.PIPE,
                    env=environ,
                ).stdout
            )
            for _ in range(2)
        ]
    return {"compile_s": round(seconds[0], 2), "load_s": round(seconds[1], 2)}


def _seconds(work: Callable[[FleetState], object], state: FleetState) -> float:
    started_s = time.process_time()
    work(state)
    return time.process_time() - started_s
