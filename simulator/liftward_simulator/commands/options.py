"""The options of `liftward simulate`, in groups. Must not know what they lead to."""

from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path

from liftward_simulator.outputs.publisher import Connections
from liftward_simulator.pace import FASTEST, parse_speed
from liftward_simulator.scenarios.library import DEFAULT_NAME

DEFAULT_API_URL = "http://127.0.0.1:9633"


def add_options(parser: ArgumentParser) -> None:
    """Offer everything that a run can be told."""
    _add_scenario(parser)
    _add_output(parser)
    _add_story(parser)
    _add_crews(parser)


def _add_scenario(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("scenario")
    group.add_argument(
        "--scenario",
        default=DEFAULT_NAME,
        metavar="NAME|FILE",
        help=f"one of `liftward simulate list`, or a TOML file (default {DEFAULT_NAME})",
    )
    group.add_argument("--seed", type=int, default=1, help="same seed, same world (default 1)")
    group.add_argument("--lifts", type=int, help="make a city of so many (default: the scenario's)")
    group.add_argument("--town", type=Path, metavar="FILE", help="use this town document (JSON)")
    group.add_argument("--save-town", type=Path, metavar="FILE", help="write the town document")
    group.add_argument("--hours", type=float, help="simulate so long (default: the scenario's)")
    group.add_argument("--minutes", type=float, help="the same in minutes")
    group.add_argument(
        "--speed",
        type=_speed,
        metavar="X|max",
        help="so many times as fast as life, or as fast as possible (default: 1 with --broker, else"
        f" {FASTEST}). With --broker and another speed than 1, which needs --hours, the devices'"
        " time begins in the past and reaches the present when the hours are over: no device"
        " speaks from the future",
    )


def _add_output(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("output (without --broker or --trace: the world alone)")
    group.add_argument(
        "--broker", metavar="URL", help="let devices speak to a broker, mqtt[s]://host:port"
    )
    group.add_argument(
        "--connections",
        choices=[kind.value for kind in Connections],
        default=Connections.SHARED.value,
        help="one connection for all (light, no last wills), or one per device with its last will",
    )
    group.add_argument("--trace", type=Path, metavar="FILE", help="write all messages to a file")
    group.add_argument(
        "--truth",
        type=Path,
        metavar="FILE",
        help="write what really happened (docs/truth.md); with --broker: append",
    )
    group.add_argument("--events", type=Path, metavar="FILE", help="append progress (JSON Lines)")
    group.add_argument("--json", action="store_true", help="print a summary as one object")


def _add_story(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("story (in place of what the scenario says)")
    group.add_argument("--until-idle", action="store_true", help="end when all traps are over")
    group.add_argument("--first-trap-after-s", type=float, help="a plain first story, then")
    group.add_argument("--trap-every-s", type=float, help="mean time between further entrapments")
    group.add_argument("--max-traps", type=int, help="no more than so many entrapments")
    group.add_argument(
        "--look-alike-every-s", type=float, help="mean time between look-alikes, 0: none"
    )
    group.add_argument(
        "--release-after-s", type=float, help="a neighbour frees people after so long, no crew"
    )


def _add_crews(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("crews that work through the HTTP API (with --broker)")
    group.add_argument("--crews", action="store_true", help="let them work")
    group.add_argument("--api-url", metavar="URL", help="default: LIFTWARD_API_URL")
    group.add_argument("--accounts", type=Path, metavar="FILE", help="who can sign in (JSON, 0600)")
    group.add_argument(
        "--crew-time-scale",
        "--crew-speedup",
        type=float,
        default=20.0,
        help="crews are so many times quicker than life",
    )
    group.add_argument("--refuse-share", type=float, default=0.05)
    group.add_argument("--silent-share", type=float, default=0.03)


def _speed(text: str) -> float | str:
    try:
        return parse_speed(text) or FASTEST
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a number above 0, or {FASTEST}") from None
