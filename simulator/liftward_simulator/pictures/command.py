"""`liftward simulate picture`: draw what a scenario is about, for docs and for eyes."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

import msgspec
import numpy as np

from liftward_kit.subcommand import HOLDS, CallError, progress
from liftward_simulator.city.town import build_town
from liftward_simulator.commands.preparation import Preparation
from liftward_simulator.pictures.focus import focus_of
from liftward_simulator.pictures.recorder import record
from liftward_simulator.scenarios.casting import shape_of
from liftward_simulator.scenarios.library import ScenarioError, load_scenario, scenario_names

FIRST_TRAP_AFTER_S = 90.0
FORMATS = (".png", ".svg")


def configure(parser: ArgumentParser) -> None:
    parser.add_argument(
        "pictured",
        metavar="NAME|FILE|all",
        help="a scenario, or all of `liftward simulate list`",
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        help="the picture (.png or .svg); with all, the folder for NAME.png",
    )
    parser.add_argument("--seed", type=int, default=1, help="same seed, same picture (default 1)")


def run(arguments: Namespace) -> int:
    """Draw, and return the exit status."""
    if arguments.pictured == "all":
        if not arguments.out.is_dir():
            raise CallError(f"--out is {arguments.out}; allowed with all: a folder that is there")
        for name in scenario_names():
            _draw(name, arguments.seed, arguments.out / f"{name}.png")
        return HOLDS
    if arguments.out.suffix not in FORMATS or not arguments.out.parent.is_dir():
        allowed = " or ".join(FORMATS)
        raise CallError(
            f"--out is {arguments.out}; allowed: a file {allowed} in a folder that is there"
        )
    _draw(arguments.pictured, arguments.seed, arguments.out)
    return HOLDS


def _draw(name: str, seed: int, file: Path) -> None:
    from liftward_simulator.pictures.drawing import draw  # half a second that only pictures need

    focus = focus_of(name)
    try:
        scenario = load_scenario(name)
    except ScenarioError as error:
        raise CallError(str(error)) from None
    if scenario.faults.rate_factor == 0 and not scenario.events:
        # Nothing goes wrong in it unless it is asked for.
        asked = msgspec.structs.replace(scenario.story, first_trap_after_s=FIRST_TRAP_AFTER_S)
        scenario = msgspec.structs.replace(scenario, story=asked)
    lifts_count = min(scenario.lifts, focus.lifts_count)
    preparation = Preparation(
        name=name,
        scenario=msgspec.structs.replace(scenario, lifts=lifts_count),
        town=build_town(
            np.random.default_rng(seed),
            lifts_count,
            shape=shape_of(scenario.gateways, lifts_count),
        ),
        seed=seed,
        hours=focus.hours,
    )
    draw(record(preparation, focus, lambda text: progress(f"{name}: {text}")), file)
    progress(f"{name}: {file}")
