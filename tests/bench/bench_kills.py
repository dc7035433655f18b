"""Gateway, broker and database killed at random under load: is anything lost or doubled?

Real processes, SIGKILL, devices that follow the contract. See support/kill_soak.py for what is
scaled down, and docs/benchmarks.md for how to read the figures.
"""

import secrets
from typing import Any

from liftward_kit.subcommand import progress
from liftward_runtime.bench.command import BenchOptions
from support.kill_soak import SoakOptions, soak

_SECONDS = 300.0
_QUICK_SECONDS = 20.0


def measure(options: BenchOptions) -> dict[str, Any]:
    """Kill for the wanted time, and count."""
    seconds = options.seconds or (_QUICK_SECONDS if options.quick else _SECONDS)
    seed = secrets.randbelow(1_000_000) if options.seed is None else options.seed
    progress(f"  seed {seed} (again with --seed {seed})")
    soaking = SoakOptions(seconds=seconds, seed=seed)
    report = soak(soaking, lambda line: progress(f"  {line}"))
    judgement = report.judgement
    return {
        "seed": seed,
        "seconds": round(report.seconds, 1),
        "broker": "mosquitto",
        "broker_autosave_s": soaking.autosave_s,
        "repeat_window_s": soaking.rule.window_s,
        "repeat_delay_s": list(soaking.rule.delay_s),
        "kills": {str(target): count for target, count in sorted(report.kills.items())},
        "connections_lost": report.losses_count,
        "rows_repeated": report.repeated_count,
        "acknowledged": judgement.acknowledged,
        "kept": judgement.kept,
        "stored": judgement.stored,
        "lost": judgement.lost,
        "doubled": judgement.doubled,
        "entrapments": judgement.episodes,
        "entrapments_wrong": judgement.episodes_wrong,
        "longest_without_commit_s": {
            str(target): round(worst_s, 2) for target, worst_s in sorted(report.recovery_s.items())
        },
        "faults": judgement.faults,
    }


def holds(result: dict[str, Any]) -> bool:
    """Tell whether nothing was lost, doubled, or otherwise not as it should be."""
    return not result["faults"]


def summary(result: dict[str, Any]) -> list[str]:
    """Return the lines a person reads."""
    kills = ", ".join(f"{name} {count}" for name, count in result["kills"].items())
    longest = ", ".join(
        f"{name} {worst_s} s" for name, worst_s in result["longest_without_commit_s"].items()
    )
    return [
        f"killed in {result['seconds']:.0f} s: {kills}; {result['rows_repeated']} rows repeated",
        (
            f"acknowledged {result['acknowledged']}, stored {result['stored']}: "
            f"lost {result['lost']}, doubled {result['doubled']}"
        ),
        (
            f"entrapments {result['entrapments']}, of these not found once: "
            f"{result['entrapments_wrong']}"
        ),
        f"longest time without a commit after a kill: {longest}",
        *result["faults"],
    ]
