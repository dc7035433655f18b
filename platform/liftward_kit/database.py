"""Where the database is, and how its errors are sorted by what a caller can do."""

from dataclasses import dataclass

import psycopg

from liftward_kit.settings import Environ, Secret

# A connection that does not answer within this time counts as lost, and the caller tries again.
CONNECT_TIMEOUT_S = 5


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """A libpq connection string. Empty means: whatever PGHOST, PGPORT, PGUSER ... say."""

    dsn: Secret

    @classmethod
    def from_environ(cls, environ: Environ) -> "DatabaseSettings":
        return cls(Secret(environ.get("LIFTWARD_DATABASE_URL", "")))


class StoreUnavailableError(Exception):
    """The database did not answer or broke off; the same call may succeed later."""


def is_transient(error: psycopg.Error) -> bool:
    """Tell whether trying again can help: lost connections, shutdowns, deadlocks, serialisation."""
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return True
    # SQLSTATE class 40 is a rolled-back transaction, 57P0x a server that is going or coming.
    return (error.sqlstate or "").startswith(("40", "57P0", "53"))
