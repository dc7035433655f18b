"""`liftward detect`: on a trace file, which needs no word of its own; `score` or `explain` it."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from liftward_kit.log import configure_logs
from liftward_kit.settings import process_environ
from liftward_runtime.detect import explain_command, score_command

METHODS = ("shipped", "timers")


def configure(parser: ArgumentParser) -> None:
    """Offer a trace, and the words `score` and `explain`."""
    parser.add_argument("--trace", type=Path, metavar="FILE", help="read this trace (JSON Lines)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write verdicts (JSON Lines)")
    parser.add_argument(
        "--truth", type=Path, metavar="FILE", help="compare with what really happened"
    )
    parser.add_argument("--thresholds", type=Path, metavar="FILE", help="instead of the shipped")
    parser.add_argument(
        "--method",
        choices=METHODS,
        default=METHODS[0],
        help="the detector that gateways run, or the field's fixed timers",
    )
    parser.add_argument("--json", action="store_true", help="print a summary as one object")
    words = parser.add_subparsers(dest="word", metavar="score|explain", title="other words")
    score_command.configure(
        words.add_parser("score", help="play simulated cities; recall, false alarms, times")
    )
    explain_command.configure(
        words.add_parser("explain", help="say why, in a sentence and a picture")
    )


def run(arguments: Namespace) -> int:
    """Do what the call asks for, and return the exit status."""
    environ = process_environ()
    configure_logs("detect", level=environ.get("LIFTWARD_LOG_LEVEL") or "INFO")
    if arguments.word == "score":
        return score_command.run(arguments)
    if arguments.word == "explain":
        return explain_command.run(arguments)
    from liftward_runtime.detect import trace_command  # the compiled rules: seconds

    return trace_command.run(arguments)
