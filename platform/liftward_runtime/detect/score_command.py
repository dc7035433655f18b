"""`liftward detect score`: how many are found, how soon, and how many alarms are false."""

import os
import platform as machine
import re
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path
from typing import Any

import msgspec

from liftward_kit.clock import monotonic_s
from liftward_kit.subcommand import DOES_NOT_HOLD, HOLDS, CallError, print_object, progress
from liftward_runtime.detect.options import thresholds_from

_SEEDS = re.compile(r"(\d+)(?:\.\.(\d+))?")
_SEEDS_COUNT_MAX = 1_000


def configure(parser: ArgumentParser) -> None:
    """Offer how much is played, and where the result goes."""
    parser.add_argument(
        "--scenario", nargs="+", metavar="NAME", help="only these parts (default: all)"
    )
    parser.add_argument(
        "--seeds", type=_seeds, metavar="N|A..B", help="of the cities (default 33..48; quick: 1000)"
    )
    parser.add_argument("--lift-days", type=float, help="of the full sensor set (default 51000)")
    parser.add_argument(
        "--sensor-sets", nargs="+", metavar="NAME", help="full and these (default: all)"
    )
    parser.add_argument("--processes", type=int, help="at once (default: one for each core)")
    parser.add_argument("--thresholds", type=Path, metavar="FILE", help="instead of the shipped")
    parser.add_argument(
        "--quick", action="store_true", help="a few minutes of a few cities: within 45 seconds"
    )
    parser.add_argument("--json", action="store_true", help="one object on standard output")
    parser.add_argument("--result", type=Path, metavar="FILE", help="write the object, indented")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="write missed and false cases (cases.jsonl)"
    )
    parser.add_argument(
        "--case",
        metavar="FILE:LINE",
        help="instead: play the city of a case again; the lift's trace around it goes to --out",
    )


def run(arguments: Namespace) -> int:
    """Play and compare; return whether the targets hold."""
    if arguments.case is not None:
        return _replay(arguments)
    thresholds = thresholds_from(arguments.thresholds)
    from liftward_runtime.detect import composition  # the simulator's compiled parts: seconds
    from liftward_runtime.detect.case_file import write_cases
    from liftward_runtime.detect.result import result_of, targets_of
    from liftward_runtime.detect.running import play_all

    extent = _extent(arguments)
    jobs = composition.jobs_of(extent)
    began_s = monotonic_s()
    try:
        scores = play_all(jobs, thresholds, processes=_processes(arguments.processes))
    except KeyboardInterrupt:
        progress("interrupted: nothing was compared")
        return DOES_NOT_HOLD
    figures = result_of(scores)
    targets = targets_of(figures)
    found: dict[str, Any] = {
        **_about(arguments, extent, thresholds),
        "seconds": round(monotonic_s() - began_s, 1),
        **figures,
        "targets": targets,
    }
    if arguments.out is not None:
        count = write_cases(arguments.out, scores)
        progress(f"{count} cases in {arguments.out}")
    if arguments.result is not None:
        arguments.result.write_bytes(msgspec.json.format(msgspec.json.encode(found)) + b"\n")
    if arguments.json:
        print_object(found)
    else:
        _print(found)
    return HOLDS if extent.quick or all(targets.values()) else DOES_NOT_HOLD


def _about(arguments: Namespace, extent: Any, thresholds: Any) -> dict[str, Any]:  # noqa: ANN401 - imported late
    from liftward_detection.baseline import BASELINE_VERSION
    from liftward_detection.thresholds import DETECTOR_VERSION
    from liftward_runtime.detect.composition import TUNING_SEEDS

    low, high = TUNING_SEEDS
    return {
        "quick": extent.quick,
        "machine": f"{machine.machine()}, {os.cpu_count()} cores",
        "processes": _processes(arguments.processes),
        "detector_version": DETECTOR_VERSION,
        "baseline_version": BASELINE_VERSION,
        "thresholds_version": thresholds.version,
        "thresholds_sha256": thresholds.sha256,
        "seeds": list(extent.seeds),
        "seeds_are_for_tuning": any(low <= seed <= high for seed in extent.seeds),
        "scenarios": "all" if extent.scenarios is None else list(extent.scenarios),
    }


def _extent(arguments: Namespace) -> Any:  # noqa: ANN401 - imported late
    from liftward_runtime.detect.composition import (
        LIFT_DAYS,
        QUICK_LIFT_DAYS,
        QUICK_SEEDS,
        SEEDS,
        Extent,
    )
    from liftward_runtime.detect.sensor_sets import ALL_SETS, FULL

    lift_days = arguments.lift_days
    if lift_days is None:
        lift_days = QUICK_LIFT_DAYS if arguments.quick else LIFT_DAYS
    if not 0 < lift_days < float("inf"):
        raise CallError(f"--lift-days is {lift_days}; allowed: above 0")
    scenarios = arguments.scenario
    sets = arguments.sensor_sets
    return Extent(
        seeds=arguments.seeds or (QUICK_SEEDS if arguments.quick else SEEDS),
        lift_days=lift_days,
        scenarios=None if scenarios is None or scenarios == ["all"] else tuple(scenarios),
        sensor_sets=ALL_SETS if sets is None or sets == ["all"] else (FULL, *sets),
        quick=arguments.quick,
    )


def _processes(asked: int | None) -> int:
    if asked is None:
        return os.cpu_count() or 1
    if asked < 1:
        raise CallError(f"--processes is {asked}; allowed: 1 or more")
    return asked


def _replay(arguments: Namespace) -> int:
    if arguments.out is None:
        raise CallError("--case needs --out DIR: where the trace goes")
    from liftward_runtime.detect.case_file import read_case
    from liftward_runtime.detect.case_trace import write_case_trace

    case = read_case(arguments.case)
    try:
        for file in write_case_trace(case, arguments.out):
            progress(f"{file}")
    except KeyboardInterrupt:
        progress("interrupted: nothing was written")
        return DOES_NOT_HOLD
    return HOLDS


def _seeds(text: str) -> tuple[int, ...]:
    found = _SEEDS.fullmatch(text)
    if found is None:
        raise ArgumentTypeError(f"{text!r} is not a seed or A..B")
    first = int(found[1])
    last = first if found[2] is None else int(found[2])
    if not first <= last < first + _SEEDS_COUNT_MAX:
        raise ArgumentTypeError(f"{text!r} is not up to {_SEEDS_COUNT_MAX} seeds, first to last")
    return tuple(range(first, last + 1))


def _print(found: dict[str, Any]) -> None:
    from liftward_runtime.detect.tables import summary_lines

    sys.stdout.write("\n".join(summary_lines(found)) + "\n")
