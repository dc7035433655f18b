"""`liftward bench NAME`: measure, as ratios beside a named peer or limit in the same run.

The benchmarks live in tests/bench/, one `bench_<name>.py` each with `measure(options) -> dict` and
`summary(result) -> list[str]`, and `holds(result) -> bool` where a figure can be wrong: they need
the peers and twins that only a source tree has.
"""

import os
import platform as machine
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from dataclasses import dataclass
from importlib import util
from pathlib import Path
from types import ModuleType
from typing import Any

from liftward_kit.subcommand import DOES_NOT_HOLD, HOLDS, CallError, print_object, progress

_SECONDS_MIN, _SECONDS_MAX = 2.0, 86_400.0  # less is no load, more is no benchmark
BENCH_FOLDER = Path(__file__).parents[3] / "tests" / "bench"


@dataclass(frozen=True, slots=True)
class BenchOptions:
    """What every benchmark is told: the quick one ends within 45 seconds on 2 cores.

    But for the evening, whose people need the detector's seconds and whose messages wait for the
    lease of a killed sender: two minutes at most.

    `seconds` and `seed` are None unless given; `profile` asks where the time goes. A benchmark that
    has no use for one of them leaves it alone.
    """

    quick: bool
    seconds: float | None = None
    seed: int | None = None
    profile: bool = False


def configure(parser: ArgumentParser) -> None:
    """Offer the benchmarks that the source tree has."""
    parser.add_argument("name", help=f"one of: all {' '.join(benchmarks())}")
    parser.add_argument("--json", action="store_true", help="one object on standard output")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="bounded: ends within 45 seconds (evening: two minutes)",
    )
    parser.add_argument("--seconds", type=_seconds, help="how long the load lasts (ingest, kills)")
    parser.add_argument("--seed", type=int, help="repeat a run with this seed (kills, evening)")
    parser.add_argument(
        "--profile", action="store_true", help="say where the time goes instead (ingest)"
    )


def run(arguments: Namespace) -> int:
    """Run one benchmark, or all of them one after the other."""
    known = benchmarks()
    names = known if arguments.name == "all" else [arguments.name]
    if unknown := [name for name in names if name not in known]:
        raise CallError(f"no benchmark {unknown[0]!r}; there are: all {' '.join(known)}")
    options = BenchOptions(
        quick=arguments.quick,
        seconds=arguments.seconds,
        seed=arguments.seed,
        profile=arguments.profile,
    )
    measured = {name: _measure(name, options) for name in names}
    results = {name: result for name, (result, _) in measured.items()}
    if arguments.json:
        print_object(results if arguments.name == "all" else results[arguments.name])
    return HOLDS if all(holds for _, holds in measured.values()) else DOES_NOT_HOLD


def benchmarks() -> list[str]:
    """Return the names of the benchmarks, from their files."""
    if not BENCH_FOLDER.is_dir():
        raise CallError("benchmarks run from a source tree (tests/bench/); this is an installation")
    return sorted(file.stem.removeprefix("bench_") for file in BENCH_FOLDER.glob("bench_*.py"))


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not _SECONDS_MIN <= seconds <= _SECONDS_MAX:
        raise ArgumentTypeError(f"{text!r} is not {_SECONDS_MIN:.0f} to {_SECONDS_MAX:.0f} seconds")
    return seconds


def _measure(name: str, options: BenchOptions) -> tuple[dict[str, Any], bool]:
    """Return what was measured, and whether it is as it should be."""
    module = _load(BENCH_FOLDER / f"bench_{name}.py")
    purpose = (module.__doc__ or "").partition("\n")[0]
    progress(f"bench {name}{' (quick)' if options.quick else ''}: {purpose}")
    result: dict[str, Any] = {
        "quick": options.quick,
        "machine": f"{machine.machine()}, {os.cpu_count()} cores",
        "python": machine.python_version(),
        **module.measure(options),
    }
    for line in module.summary(result):
        progress(f"  {line}")
    holds = getattr(module, "holds", None)
    return result, holds is None or holds(result)


def _load(path: Path) -> ModuleType:
    for folder in (path.parent, path.parents[1]):
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
    spec = util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module
