"""`liftward migrate`: bring the schema of the configured database up to date."""

from argparse import ArgumentParser, Namespace

from liftward_kit.database import DatabaseSettings
from liftward_kit.settings import process_environ
from liftward_kit.subcommand import HOLDS, CallError, progress
from liftward_platform.migrations.runner import SchemaError, migrate


def configure(parser: ArgumentParser) -> None:
    """`migrate` takes no options: LIFTWARD_DATABASE_URL or PGHOST ... say where."""
    parser.epilog = "The database is the one LIFTWARD_DATABASE_URL names, else PGHOST, PGUSER ..."


def run(_arguments: Namespace) -> int:
    """Apply what is missing and say so."""
    settings = DatabaseSettings.from_environ(process_environ())
    try:
        applied = migrate(settings.dsn.reveal)
    except SchemaError as error:
        raise CallError(str(error)) from None
    progress("\n".join(f"applied {name}" for name in applied) or "the schema is up to date")
    return HOLDS
