"""The `liftward` command: one program, one table of subcommands, each imported when called."""

import os
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import cast

from liftward_kit.settings import SettingError
from liftward_kit.subcommand import WRONG_CALL, CallError, Subcommand

# name -> (module that offers it, what it does)
SUBCOMMANDS: dict[str, tuple[str, str]] = {
    "demo": (
        "liftward_runtime.demo.command",
        "play a synthetic town with trapped people and crews",
    ),
    "demo-town": ("liftward_runtime.demo.town", "(part of the demo) register its town"),
    "up": ("liftward_runtime.up", "run the platform with the embedded database and broker"),
    "status": ("liftward_runtime.status", "say what is running in the state directory"),
    "check-config": (
        "liftward_runtime.check_config",
        "validate and print the settings, secrets masked",
    ),
    "migrate": ("liftward_platform.migrations.command", "bring the database schema up to date"),
    "gateway": ("liftward_gateway.command", "run a gateway worker; list and replay quarantine"),
    "check-device": (
        "liftward_gateway.device_check.command",
        "watch a device over the broker and judge it by the contract",
    ),
    "engine": ("liftward_platform.engine.command", "run the rescue engine"),
    "api": ("liftward_platform.api.command", "run the HTTP API and the console"),
    "account": ("liftward_platform.access.command", "create, list and disable accounts"),
    "fleet": ("liftward_platform.fleet.command", "load and list lifts, parties and crews"),
    "device": (
        "liftward_platform.devices.command",
        "issue and withdraw what lets devices into the broker",
    ),
    "notify": (
        "liftward_platform.notifications.command",
        "list who is told what by which channels; test them",
    ),
    "audit": ("liftward_platform.auditor.command", "compare truth, detections, incidents, ledger"),
    "ledger": ("liftward_platform.ledger.command", "verify the ledger, print a lift's history"),
    "simulate": (
        "liftward_simulator.command",
        "play a simulated city: over a broker, into a trace, or alone",
    ),
    "detect": (
        "liftward_runtime.detect.command",
        "tell from a trace file who is trapped; score the detector on simulated cities",
    ),
    "bench": ("liftward_runtime.bench.command", "measure, as ratios beside a named peer"),
}

# They start a platform of their own or look at one; the others use the one that runs here.
RUNTIME_SUBCOMMANDS = frozenset({"demo", "up", "status", "check-config", "bench", "detect"})


def load(name: str) -> Subcommand:
    """Import and return the module behind a subcommand."""
    return cast("Subcommand", import_module(SUBCOMMANDS[name][0]))


def top_parser() -> ArgumentParser:
    """Return the parser that knows the names of all subcommands, and imports none."""
    lines = "\n".join(f"  {name:<14}{purpose}" for name, (_, purpose) in SUBCOMMANDS.items())
    parser = ArgumentParser(
        prog="liftward",
        usage="liftward <subcommand> [options]   (liftward <subcommand> --help)",
        description=f"subcommands:\n{lines}",
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("subcommand", choices=SUBCOMMANDS, metavar="subcommand")
    return parser


READER_GONE = 128 + 13  # as a shell tells of a program that SIGPIPE ended


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand and return its exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    name = top_parser().parse_args(words[:1]).subcommand
    module = load(name)
    parser = ArgumentParser(prog=f"liftward {name}", description=SUBCOMMANDS[name][1])
    module.configure(parser)
    try:
        if name not in RUNTIME_SUBCOMMANDS and not os.environ.get("LIFTWARD_DATABASE_URL"):
            from liftward_runtime.running_environment import adopt_running

            adopt_running(os.environ, current_folder=Path.cwd())
        status = module.run(parser.parse_args(words[1:]))
        sys.stdout.flush()  # a reader that has gone is noticed here, and not at exit
    except (SettingError, CallError) as error:
        sys.stderr.write(f"liftward {name}: {error}\n")
        return WRONG_CALL
    except BrokenPipeError:
        # Whoever read our output has seen enough (`| head`); what is left would complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_GONE
    return status


if __name__ == "__main__":
    sys.exit(main())
