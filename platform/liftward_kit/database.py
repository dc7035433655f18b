"""Where the database is, and how its errors are sorted by what a caller can do."""

from dataclasses import dataclass

import psycopg

from liftward_kit.settings import Environ, Secret, SettingError

# A connection that does not answer within this time counts as lost, and the caller tries again.
CONNECT_TIMEOUT_S = 5

DATABASE_SETTING = "LIFTWARD_DATABASE_URL"
# What makes libpq connect to a place that somebody chose.
LIBPQ_NAMES = ("PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE")


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """A libpq connection string. Empty means: PGHOST, PGPORT, PGUSER ... say where."""

    dsn: Secret

    @classmethod
    def from_environ(cls, environ: Environ) -> "DatabaseSettings":
        """Read where the database is.

        Raises
        ------
        SettingError
            When nothing names one: libpq's own guess is somebody else's database on this machine.
        """
        url = environ.get(DATABASE_SETTING, "")
        if not url.strip() and not any(environ.get(name) for name in LIBPQ_NAMES):
            raise SettingError(
                DATABASE_SETTING,
                None,
                "a libpq connection string (or PGHOST ...); or run the command in the folder where "
                "`liftward up` or `make demo` runs: it finds that database by itself",
            )
        return cls(Secret(url))


class StoreUnavailableError(Exception):
    """The database did not answer or broke off; the same call may succeed later."""


def is_transient(error: psycopg.Error) -> bool:
    """Tell whether trying again can help: lost connections, shutdowns, deadlocks, serialisation."""
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return True
    # SQLSTATE class 40 is a rolled-back transaction, 57P0x a server that is going or coming.
    return (error.sqlstate or "").startswith(("40", "57P0", "53"))
