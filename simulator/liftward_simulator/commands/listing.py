"""`liftward simulate list`: the scenarios that come with the program."""

import sys
from argparse import ArgumentParser, Namespace
from textwrap import wrap

from liftward_kit.subcommand import HOLDS, print_object
from liftward_simulator.scenarios.library import load_scenario, scenario_names

_WIDTH = 96


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one object on standard output")


def run(arguments: Namespace) -> int:
    """Print name, titles, size and what each scenario shows."""
    scenarios = {name: load_scenario(name) for name in scenario_names()}
    if arguments.json:
        print_object(
            {
                "scenarios": [
                    {
                        "name": name,
                        "title": one.title,
                        "title_zh": one.title_zh,
                        "description": one.description,
                        "description_zh": one.description_zh,
                        "lifts": one.lifts,
                        "hours": one.hours,
                        "starts_at": one.starts_at.isoformat(),
                    }
                    for name, one in scenarios.items()
                ]
            }
        )
        return HOLDS
    for name, one in scenarios.items():
        hours = "until ended" if one.hours is None else f"{one.hours:g} h"
        lines = [
            f"{name:<18}{one.title} · {one.title_zh} ({one.lifts} lifts, {hours})",
            *(f"    {line}" for line in wrap(one.description, _WIDTH)),
        ]
        sys.stdout.write("\n".join(lines) + "\n")
    return HOLDS
