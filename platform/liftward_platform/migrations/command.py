"""`liftward migrate`: bring the schema of the configured database up to date."""

from argparse import ArgumentParser, Namespace

import psycopg

from liftward_kit.database import DatabaseSettings
from liftward_kit.settings import process_environ
from liftward_kit.subcommand import DOES_NOT_HOLD, HOLDS, CallError, progress
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
    except psycopg.OperationalError as error:
        # It may come up yet, so this is no wrong call: whoever supervises us tries again.
        progress(f"the database does not answer: {str(error).strip()}")
        return DOES_NOT_HOLD
    progress("\n".join(f"applied {name}" for name in applied) or "the schema is up to date")
    return HOLDS
