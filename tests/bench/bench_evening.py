"""Broker, gateway, engine, API and database killed through an evening: is anybody forgotten?

Real processes, SIGKILL, scripted lifts, crews over HTTP; see support/kill_evening.py for what is
scaled down, and docs/benchmarks.md for how to read the figures.
"""

import secrets
from typing import Any

from liftward_kit.log import configure_logs
from liftward_kit.subcommand import progress
from liftward_runtime.bench.command import BenchOptions
from support.evening_oracle import End
from support.kill_evening import EveningOptions, play_evening

_ENTRAPMENTS, _QUICK_ENTRAPMENTS = 100, 4
_QUICK_EVERY_S = 1.0


def measure(options: BenchOptions) -> dict[str, Any]:
    """Play the evening, and account for everybody."""
    seed = secrets.randbelow(1_000_000) if options.seed is None else options.seed
    progress(f"  seed {seed} (again with --seed {seed})")
    evening = EveningOptions(entrapments=_ENTRAPMENTS, seed=seed)
    if options.quick:
        evening = EveningOptions(entrapments=_QUICK_ENTRAPMENTS, seed=seed, every_s=_QUICK_EVERY_S)
    configure_logs("evening", level="ERROR")  # phones that lose the API are part of it
    report = play_evening(evening, lambda line: progress(f"  {line}"))
    found = report.account
    waits_s = found.detection_to_order_s
    return {
        "seed": seed,
        "seconds": round(report.seconds, 1),
        "entrapments": evening.entrapments,
        "persons": report.persons,
        "ends": {str(end): found.ends[end] for end in End},
        "over_before_anybody_was_sent": found.over_before_anybody_was_sent,
        "kills": {str(target): count for target, count in sorted(report.kills.items())},
        "ended_by_themselves": {str(one): n for one, n in report.ended_by_themselves.items()},
        "connections_lost": report.connections_lost,
        "orders": report.orders,
        "detection_to_order_median_s": round(waits_s[len(waits_s) // 2], 2) if waits_s else None,
        "detection_to_order_longest_s": round(waits_s[-1], 2) if waits_s else None,
        "deadlines": dict(found.deadlines),
        "deadline_latest_s": round(found.deadline_latest_s, 2),
        "deliveries_repeated": found.deliveries_repeated,
        "ledger_entries": report.ledger_entries,
        "faults": report.faults,
        "logs": report.logs,
    }


def holds(result: dict[str, Any]) -> bool:
    """Tell whether everybody, every order and every deadline is accounted for."""
    return not result["faults"]


def summary(result: dict[str, Any]) -> list[str]:
    """Return the lines a person reads."""
    kills = ", ".join(f"{name} {count}" for name, count in result["kills"].items())
    ends = ", ".join(f"{name} {count}" for name, count in result["ends"].items())
    deadlines = ", ".join(f"{name} {count}" for name, count in result["deadlines"].items())
    return [
        f"killed in {result['seconds']:.0f} s: {kills}",
        f"{result['entrapments']} entrapments, {result['persons']} people: {ends}",
        (
            f"detection to order: median {result['detection_to_order_median_s']} s, "
            f"longest {result['detection_to_order_longest_s']} s; {result['orders']} orders"
        ),
        f"deadlines: {deadlines}; latest {result['deadline_latest_s']} s after it was due",
        (
            f"{result['deliveries_repeated']} messages came again and were told apart; "
            f"{result['ledger_entries']} ledger entries verified"
        ),
        *result["faults"],
    ]
