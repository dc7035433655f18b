"""How a part of the system offers a subcommand of `liftward`.

A module with a subcommand defines `configure(parser)` and `run(arguments) -> int`; the command
imports it only when it is called. Exit status: 0 it holds, 1 it does not, 2 the call or the
configuration is wrong.
"""

import json
import sys
from argparse import ArgumentParser, Namespace
from typing import Any, Protocol


class Subcommand(Protocol):
    """What `liftward` expects of the module behind a subcommand."""

    def configure(self, parser: ArgumentParser) -> None: ...

    def run(self, arguments: Namespace) -> int: ...


HOLDS, DOES_NOT_HOLD, WRONG_CALL = 0, 1, 2


class CallError(Exception):
    """The call or the configuration is wrong: the message says what to do. Exit status 2."""


def print_object(value: dict[str, Any]) -> None:
    """Print the one JSON object of a `--json` command on standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")


def progress(message: str) -> None:
    """Tell a person what is happening, on standard error."""
    sys.stderr.write(message + "\n")
    sys.stderr.flush()
