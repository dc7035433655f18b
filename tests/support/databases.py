"""Databases for tests: one server, one template built by the real migrations, a clone per test."""

import os
import secrets
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import DictRow

from liftward_kit.settings import Secret
from liftward_runtime.embedded_postgres import PostgresCluster, server_environ
from liftward_runtime.ports import free_port
from liftward_runtime.postgres_binaries import reachable_binaries
from liftward_runtime.settings import DEFAULT_UNPRIVILEGED_USER, UNPRIVILEGED_USER_SETTING
from liftward_runtime.spawning import unprivileged_user
from support.children import Child
from support.directories import open_folder
from support.polling import eventually

# Nothing here must survive a power cut, and one server serves every test of the session.
_FAST_NOT_DURABLE = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "100",
    "autovacuum": "off",
}


def given_dsn() -> str | None:
    """Return the server that the person who runs the tests named, if any."""
    return os.environ.get("LIFTWARD_TEST_DSN", "").strip() or None


@dataclass(frozen=True, slots=True)
class DatabaseServer:
    """A server on which tests make and drop databases."""

    admin_dsn: str

    def dsn(self, database: str) -> str:
        """Return the connection string of one database."""
        return make_conninfo(self.admin_dsn, dbname=database)

    def create(self, *, template: str = "template0") -> str:
        """Make a database and return its name."""
        name = f"test_{secrets.token_hex(6)}"
        self._execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        return name

    def seal(self, database: str) -> None:
        """Keep everybody out of a template: a clone needs that nobody is connected to it."""
        self._execute(
            sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(database))
        )
        with self._connect() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s",
                (database,),
            )

    def drop(self, database: str) -> None:
        """Drop a database whoever still uses it."""
        self._execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))

    def has_timescale(self) -> bool:
        """Tell whether databases of this server get TimescaleDB: installed alone is not enough."""
        with self._connect() as connection:
            found = connection.execute(
                "SELECT 1 FROM pg_available_extensions WHERE name = 'timescaledb'"
                " AND current_setting('shared_preload_libraries') LIKE '%timescaledb%'"
            )
            return found.fetchone() is not None

    def _connect(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self.admin_dsn, autocommit=True, connect_timeout=5)

    def _execute(self, statement: sql.Composed) -> None:
        with self._connect() as connection:
            connection.execute(statement)


@contextmanager
def database_server() -> Iterator[DatabaseServer]:
    """Yield the server that LIFTWARD_TEST_DSN names, else an embedded one of our own."""
    given = given_dsn()
    if given is not None:
        yield DatabaseServer(given)
        return
    with open_folder() as folder:
        user = unprivileged_user(DEFAULT_UNPRIVILEGED_USER, setting=UNPRIVILEGED_USER_SETTING)
        cluster = PostgresCluster(
            folder=folder / "postgres",
            binaries=reachable_binaries(user, copies=folder),
            port=free_port(),
            password=Secret(secrets.token_urlsafe(12)),
            run_as=user,
            extra_settings=_FAST_NOT_DURABLE,
        )
        cluster.prepare()
        server = start_postgres(cluster)
        try:
            eventually(cluster.is_ready, within_s=30.0, what="the test database is ready")
            yield DatabaseServer(cluster.dsn())
        finally:
            server.stop(signal.SIGINT)


async def has_continuous_ranges(connection: psycopg.AsyncConnection[DictRow]) -> bool:
    """Tell whether hours' ranges are a continuous aggregate: not in the Apache build."""
    cursor = await connection.execute(
        "SELECT relkind = 'v' AS there FROM pg_class WHERE oid = 'lift_hour_range'::regclass"
    )
    row = await cursor.fetchone()
    return row is not None and bool(row["there"])


def start_postgres(cluster: PostgresCluster) -> Child:
    """Start a prepared cluster; the caller stops it."""
    return Child(
        cluster.argv(),
        output=cluster.folder / "server.log",
        environ=server_environ(),
        death_signal=signal.SIGINT,
        run_as=cluster.run_as,
        folder=cluster.folder,
    )


@contextmanager
def database(server: DatabaseServer, *, template: str = "template0") -> Iterator[str]:
    """Yield the connection string of a fresh database that is dropped at the end."""
    name = server.create(template=template)
    try:
        yield server.dsn(name)
    finally:
        server.drop(name)
