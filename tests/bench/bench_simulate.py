"""How much faster than life the simulator is: a city's world alone, and over a local broker.

The world: 300,000 lifts at the evening peak, each gateway measuring when a state changes or its
period (at most 5 s) is over, nothing published. The broker: 100,000 lifts behind edges of 50 that
send batches over one connection to a real Mosquitto. The limit for both is 1: life itself. Each
runs in a process of its own, on one core but for the broker's.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from liftward_runtime.bench.command import BenchOptions
from liftward_runtime.settings import BrokerKind
from support.brokers import running_broker

_PARTS = Path(__file__).with_name("simulate_parts.py")
_WITHIN_S = 900.0
WORLD_LIFTS, PUBLISHING_LIFTS = 300_000, 100_000


def measure(options: BenchOptions) -> dict[str, Any]:
    """Measure both parts; the quick run simulates fewer seconds of the same cities."""
    world_s, publishing_s = (10.0, 5.0) if options.quick else (120.0, 60.0)
    world = _part("world", WORLD_LIFTS, world_s)
    with running_broker(BrokerKind.MOSQUITTO) as broker:
        publishing = _part("publish", PUBLISHING_LIFTS, publishing_s, broker.url)
    return {
        "lifts": WORLD_LIFTS,
        "world_ratio_to_real_time": world["ratio_to_real_time"],
        "world": world,
        "publishing_lifts": PUBLISHING_LIFTS,
        "publishing_ratio_to_real_time": publishing["ratio_to_real_time"],
        "publishing": publishing,
        "peak_rss_mb": max(world["peak_rss_mb"], publishing["peak_rss_mb"]),
    }


def summary(result: dict[str, Any]) -> list[str]:
    """Return the lines a person reads."""
    world, publishing = result["world"], result["publishing"]
    return [
        f"{'life':<44}{'':>14}   x 1.0",
        (
            f"{result['lifts']:,} lifts, nothing published{'':<15}"
            f"{world['samples_per_s']:>9,} samples/s   x {world['ratio_to_real_time']}"
        ),
        (
            f"{result['publishing_lifts']:,} lifts over a broker{'':<20}"
            f"{publishing['messages_per_simulated_s']:>9,} messages/s"
            f"  x {publishing['ratio_to_real_time']}"
        ),
        (
            f"of one core at life's pace: {world['cpu_share']:.0%}, {publishing['cpu_share']:.0%};"
            f" peak memory {world['peak_rss_mb']}, {publishing['peak_rss_mb']} MB"
        ),
    ]


def _part(name: str, lifts: int, simulated_s: float, *more: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-P", str(_PARTS), name, str(lifts), str(simulated_s), *more],
        check=True,
        stdout=subprocess.PIPE,
        timeout=_WITHIN_S,
    )
    return dict(json.loads(done.stdout))
