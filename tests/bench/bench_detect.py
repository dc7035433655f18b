"""Samples per second of the detector, beside its naive twin on the same samples.

Batches as a gateway makes them (a sample of many lifts each) and the worst that can come: one
lift's backfill, and tiny batches. Then a tick over the whole fleet, and bytes per lift. Medians.
"""

import statistics
from collections.abc import Callable
from typing import Any

import numpy as np

from liftward_detection.detector import observe, tick, warm_up
from liftward_detection.fleet import FleetState
from liftward_detection.thresholds import default_thresholds
from liftward_kit.clock import monotonic_s
from liftward_runtime.bench.command import BenchOptions
from liftward_wire.columns import DTYPES, SampleColumns
from liftward_wire.signals import SIGNALS, SignalType
from liftward_wire.states import DoorState, DoorZone, Occupancy, ServiceMode
from support.detector_twin import Twin

START_US = 1_700_000_000_000_000
SECOND_US = 1_000_000
NAIVE_SAMPLES = 20_000  # the naive twin is slow; a rate needs no more


def measure(options: BenchOptions) -> dict[str, Any]:
    """Measure every shape of batch on a fleet of 300,000 lifts."""
    lifts_count, runs = 300_000, 3 if options.quick else 7
    warm_up()
    rng = np.random.default_rng(7)
    mixed = {
        size: _rate(_batches(rng, lifts_count, size, rounds=200_000 // size), lifts_count, runs)
        for size in (100, 1_000, 10_000, 100_000)
    }
    backfill = _rate([_columns(rng, np.zeros(100_000, np.int32), spread_s=1.0)], lifts_count, runs)
    return {
        "lifts": lifts_count,
        "samples_per_s": mixed[10_000],
        "samples_per_s_by_batch": mixed,
        "samples_per_s_backfill": backfill,
        "samples_per_s_worst": min(*mixed.values(), backfill),
        "naive_samples_per_s": _naive_rate(rng),
        "tick_ms": _tick_ms(lifts_count, runs),
        "bytes_per_lift": _bytes_per_lift(),
    }


def summary(result: dict[str, Any]) -> list[str]:
    """Return the lines a person reads."""
    naive = result["naive_samples_per_s"]
    rows = [("naive twin", naive)]
    rows += [(f"batches of {size:,}", rate) for size, rate in _by_batch(result)]
    rows += [("one lift's backfill", result["samples_per_s_backfill"])]
    lines = [f"{name:<26}{rate:>12,} samples/s   x {rate / naive:.1f}" for name, rate in rows]
    return [
        *lines,
        f"a tick over {result['lifts']:,} lifts: {result['tick_ms']:.2f} ms",
        f"memory: {result['bytes_per_lift']} bytes per lift",
    ]


def _by_batch(result: dict[str, Any]) -> list[tuple[int, int]]:
    return list(result["samples_per_s_by_batch"].items())


def _batches(
    rng: np.random.Generator, lifts_count: int, size: int, *, rounds: int
) -> list[SampleColumns]:
    """Return batches of a sample each of random lifts; time goes on from batch to batch."""
    return [
        _columns(
            rng,
            rng.integers(0, lifts_count, size).astype(np.int32),
            start_us=START_US + number * SECOND_US,
            spread_s=0.0,
        )
        for number in range(rounds)
    ]


def _columns(
    rng: np.random.Generator,
    lift_index: Any,
    *,
    start_us: int = START_US,
    spread_s: float,
) -> SampleColumns:
    count = len(lift_index)
    observed_at_us = start_us + np.arange(count) * int(spread_s * SECOND_US)
    return SampleColumns(
        lift_index=lift_index,
        observed_at_us=observed_at_us,
        received_at_us=observed_at_us + 100_000,
        boot_id=np.ones(count, np.int64),
        sequence=np.arange(count, dtype=np.int64),
        signals=_signals(rng, count),
    )


def _signals(rng: np.random.Generator, count: int) -> dict[str, Any]:
    """Return plausible traffic: most cars move, some stand with open doors, few are stuck."""
    moving = rng.random(count) < 0.6
    absent = {SignalType.FLOAT: np.nan, SignalType.COUNT: -(2**63), SignalType.STATE: 0}
    signals = {
        signal.name: np.full(count, absent[signal.type], DTYPES[signal.type]) for signal in SIGNALS
    }
    signals["service_mode"][:] = ServiceMode.NORMAL.code
    signals["speed_mps"][:] = np.where(moving, 1.5, 0.0)
    signals["car_door"][:] = np.where(moving, DoorState.CLOSED.code, DoorState.OPEN.code)
    signals["door_zone"][:] = np.where(moving, DoorZone.OUTSIDE.code, DoorZone.INSIDE.code)
    signals["occupancy"][:] = np.where(
        rng.random(count) < 0.5, Occupancy.OCCUPIED.code, Occupancy.EMPTY.code
    )
    signals["load_kg"][:] = np.where(signals["occupancy"] == Occupancy.OCCUPIED.code, 75.0, 0.0)
    return signals


def _rate(batches: list[SampleColumns], lifts_count: int, runs: int) -> int:
    count = sum(len(batch) for batch in batches)
    thresholds = default_thresholds()

    def once() -> float:
        state = FleetState.empty(lifts_count)
        return _seconds(lambda: [observe(state, batch, thresholds) for batch in batches])

    return round(count / statistics.median(once() for _ in range(runs)))


def _naive_rate(rng: np.random.Generator) -> int:
    columns = _columns(rng, rng.integers(0, 1_000, NAIVE_SAMPLES).astype(np.int32), spread_s=0.01)
    limits = default_thresholds()
    twins = {int(lift): Twin(int(lift), limits) for lift in np.unique(columns.lift_index)}
    rows = [_row(columns, index) for index in range(len(columns))]

    def run() -> None:
        for row in rows:
            twins[row["lift"]].take_sample(row)

    return round(NAIVE_SAMPLES / _seconds(run))


def _row(columns: SampleColumns, index: int) -> dict[str, Any]:
    """Return one sample in the words the twin reads; absent signals are left out."""
    row: dict[str, Any] = {
        "lift": int(columns.lift_index[index]),
        "at_us": int(columns.observed_at_us[index]),
        "received_us": int(columns.received_at_us[index]),
        "boot_id": 1,
        "sequence": int(columns.sequence[index]),
    }
    for signal in SIGNALS:
        value = columns.signals[signal.name][index].item()
        if signal.type is SignalType.STATE and value:
            assert signal.states is not None
            row[signal.name] = signal.states.from_code(value).value
        elif signal.type is SignalType.FLOAT and value == value:  # noqa: PLR0124 - not NaN
            row[signal.name] = value
    return row


def _tick_ms(lifts_count: int, runs: int) -> float:
    state, thresholds = FleetState.empty(lifts_count), default_thresholds()
    rng = np.random.default_rng(11)
    observe(state, _columns(rng, np.arange(lifts_count, dtype=np.int32), spread_s=0.0), thresholds)
    seconds = [_seconds(lambda: tick(state, START_US + SECOND_US, thresholds)) for _ in range(runs)]
    return round(statistics.median(seconds) * 1000, 3)


def _bytes_per_lift() -> int:
    small, large = (len(FleetState.empty(count).to_bytes()) for count in (1_000, 2_000))
    return (large - small) // 1_000


def _seconds(work: Callable[[], object]) -> float:
    started_s = monotonic_s()
    work()
    return monotonic_s() - started_s
