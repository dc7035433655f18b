"""Brings a database's schema up to date, once, whoever comes first.

Files `NNNN_name.sql` are applied in order of number, each in a transaction of its own, under an
advisory lock. A number stands once: either in this folder, or in both `native/` and `timescale/`,
of which the database gets the one it can have. Forward only: a file that has been applied is never
edited, and an older program refuses a newer database.
"""

import hashlib
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import LiteralString

import psycopg
from psycopg import Connection

from liftward_kit.database import CONNECT_TIMEOUT_S

# Any fixed number that no other program of ours uses for its advisory locks.
MIGRATION_LOCK = 0x4C57_0001


class SchemaError(Exception):
    """The database's schema and this program do not belong together; the message says how."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered SQL file."""

    number: int
    name: str
    text: LiteralString  # our own files, never input

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def migrations(*, timescale: bool) -> list[Migration]:
    """Return all migrations for one kind of database, in order."""
    folder = files("liftward_platform.migrations")
    variant = folder.joinpath("timescale" if timescale else "native")
    found = sorted(
        (
            _read(file)
            for place in (folder, variant)
            for file in place.iterdir()
            if file.name.endswith(".sql")
        ),
        key=lambda migration: migration.number,
    )
    numbers = [migration.number for migration in found]
    assert numbers == list(range(1, len(found) + 1)), f"migration numbers have a hole: {numbers}"
    return found


def _read(file: Traversable) -> Migration:
    return Migration(int(file.name[:4]), file.name, file.read_text(encoding="utf-8"))


def migrate(dsn: str) -> list[str]:
    """Apply what is missing and return the names of the files applied.

    Raises
    ------
    SchemaError
        When an applied file was edited since, or the database is newer than this program.
    """
    with psycopg.connect(dsn, autocommit=True, connect_timeout=CONNECT_TIMEOUT_S) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        wanted = migrations(timescale=_prepare(connection))
        applied = _applied(connection)
        check(wanted, applied)
        missing = [migration for migration in wanted if migration.number not in applied]
        for migration in missing:
            _apply(connection, migration)
        return [migration.name for migration in missing]


def check_schema(connection: Connection) -> None:
    """Refuse to work on a schema that is not exactly this program's.

    Raises
    ------
    SchemaError
        When migrations are missing, edited or newer.
    """
    applied = _applied(connection)
    wanted = migrations(timescale=has_timescale(connection))
    check(wanted, applied)
    if len(applied) < len(wanted):
        raise SchemaError("the database schema is older than this program: run `liftward migrate`")


def has_timescale(connection: Connection) -> bool:
    """Tell whether this database uses TimescaleDB."""
    row = connection.execute("SELECT 1 FROM pg_extension WHERE extname = 'timescaledb'").fetchone()
    return row is not None


def check(wanted: list[Migration], applied: dict[int, str]) -> None:
    """Compare the files of this program with what the database says was applied (number → hash)."""
    hashes = {migration.number: migration for migration in wanted}
    for number, sha256 in sorted(applied.items()):
        if number not in hashes:
            raise SchemaError(
                f"the database has migration {number:04d}, this program does not know it: "
                "it is an older version and must not work on this database"
            )
        if hashes[number].sha256 != sha256:
            raise SchemaError(f"{hashes[number].name} was edited after it had been applied")


def _prepare(connection: Connection) -> bool:
    """Make the table of migrations; take TimescaleDB where the server offers it. Return that."""
    connection.execute(
        """CREATE TABLE IF NOT EXISTS schema_migration (
               number integer PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL,
               applied_at timestamptz NOT NULL DEFAULT now())"""
    )
    if not _applied(connection) and _offers_timescale(connection):
        connection.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
    return has_timescale(connection)


def _offers_timescale(connection: Connection) -> bool:
    """Tell whether the extension is installed and preloaded: creating it otherwise is fatal."""
    row = connection.execute(
        """SELECT 1 FROM pg_available_extensions
            WHERE name = 'timescaledb'
              AND current_setting('shared_preload_libraries') LIKE '%timescaledb%'"""
    ).fetchone()
    return row is not None


def _applied(connection: Connection) -> dict[int, str]:
    exists = connection.execute("SELECT to_regclass('schema_migration') IS NOT NULL").fetchone()
    if exists != (True,):
        return {}
    return dict(connection.execute("SELECT number, sha256 FROM schema_migration").fetchall())


def _apply(connection: Connection, migration: Migration) -> None:
    with connection.transaction():
        connection.execute(migration.text)
        connection.execute(
            "INSERT INTO schema_migration (number, name, sha256) VALUES (%s, %s, %s)",
            [migration.number, migration.name, migration.sha256],
        )
