"""`liftward simulate`: play a scenario, `list` them, or `calibrate` against published figures."""

from argparse import ArgumentParser, Namespace

from liftward_kit.log import configure_logs
from liftward_kit.settings import process_environ
from liftward_simulator.commands import listing
from liftward_simulator.commands.options import add_options


def configure(parser: ArgumentParser) -> None:
    """Offer to play, which needs no word of its own, and the two that have one."""
    add_options(parser)
    words = parser.add_subparsers(
        dest="word", metavar="list|calibrate|picture", title="other words"
    )
    listing.configure(words.add_parser("list", help="what scenarios there are, and what they show"))
    from liftward_simulator.calibration import command as calibration
    from liftward_simulator.pictures import command as pictures

    calibration.configure(
        words.add_parser("calibrate", help="compare simulated years with published figures")
    )
    pictures.configure(words.add_parser("picture", help="draw what a scenario is about"))


def run(arguments: Namespace) -> int:
    """Do what the call asks for, and return the exit status."""
    if arguments.word == "list":
        return listing.run(arguments)
    environ = process_environ()
    configure_logs("simulate", level=environ.get("LIFTWARD_LOG_LEVEL") or "INFO")
    if arguments.word == "calibrate":
        from liftward_simulator.calibration import command as calibration

        return calibration.run(arguments)
    if arguments.word == "picture":
        from liftward_simulator.pictures import command as pictures

        return pictures.run(arguments)
    from liftward_simulator.commands import play

    return play.run(arguments, environ)
