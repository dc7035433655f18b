"""`liftward gateway`: run a worker; list and replay what was refused."""

import asyncio
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from random import SystemRandom

import structlog

from liftward_gateway import quarantine_command
from liftward_gateway.errors import GatewayError
from liftward_gateway.settings import GatewaySettings
from liftward_gateway.shards import ALLOWED, ShardRange
from liftward_kit.clock import utc_now
from liftward_kit.log import configure_logs
from liftward_kit.settings import process_environ
from liftward_kit.subcommand import DOES_NOT_HOLD, HOLDS, progress

log = structlog.get_logger()


def configure(parser: ArgumentParser) -> None:
    """`run`, and `quarantine list|replay`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="action")
    worker = actions.add_parser("run", help="take messages from the broker into the database")
    worker.add_argument(
        "--shards",
        type=_shards,
        default=ShardRange(0, 255),
        metavar="FIRST-LAST",
        help=f"the shards this worker owns: {ALLOWED} (default: all)",
    )
    quarantine_command.configure(
        actions.add_parser("quarantine", help="list and replay refused messages")
    )


def run(arguments: Namespace) -> int:
    """Run the chosen action."""
    settings = GatewaySettings.from_environ(process_environ())
    if arguments.action == "quarantine":
        return quarantine_command.run(arguments, settings)
    from liftward_gateway.worker import Worker  # compiled rules: seconds that `quarantine` saves

    configure_logs(f"gateway {arguments.shards}", level=settings.log_level)
    worker = Worker(settings, arguments.shards, clock=utc_now, rng=SystemRandom())
    try:
        asyncio.run(worker.run())
    except GatewayError as error:
        log.critical("gateway_cannot_go_on", reason=str(error))
        progress(f"liftward gateway: {error}")
        return DOES_NOT_HOLD
    return HOLDS


def _shards(text: str) -> ShardRange:
    try:
        return ShardRange.parse(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not {ALLOWED}") from None
