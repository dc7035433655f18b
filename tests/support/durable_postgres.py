"""A PostgreSQL as durable as in production that may be killed and started again.

It also keeps the time of every commit, so that publish-to-commit times are exact.
"""

import secrets
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from liftward_kit.settings import Secret
from liftward_runtime.embedded_postgres import PostgresCluster
from liftward_runtime.ports import free_port
from liftward_runtime.postgres_binaries import reachable_binaries
from liftward_runtime.settings import DEFAULT_UNPRIVILEGED_USER, UNPRIVILEGED_USER_SETTING
from liftward_runtime.spawning import unprivileged_user
from support.children import Child
from support.databases import start_postgres
from support.polling import eventually

_READY_WITHIN_S = 60.0
SETTINGS = {"fsync": "on", "synchronous_commit": "on", "track_commit_timestamp": "on"}


class DurablePostgres:
    """A server; `dsn` stays the same over restarts."""

    def __init__(self, cluster: PostgresCluster) -> None:
        self._cluster = cluster
        self._child: Child | None = None

    @property
    def dsn(self) -> str:
        return self._cluster.dsn()

    @property
    def pid(self) -> int:
        assert self._child is not None
        return self._child.pid

    def start(self) -> None:
        """Start it; `wait_ready` says when it answers."""
        self._cluster.prepare()
        self._child = start_postgres(self._cluster)

    def wait_ready(self) -> None:
        eventually(self._cluster.is_ready, within_s=_READY_WITHIN_S, what="the database is ready")

    def kill(self) -> None:
        """SIGKILL the server; its backends end when they notice."""
        assert self._child is not None
        self._child.kill()
        self._child = None

    def stop(self) -> None:
        """Stop it in order, if it runs."""
        if self._child is not None and self._child.exit_status is None:
            self._child.stop(signal.SIGINT)
        self._child = None


@contextmanager
def durable_postgres(folder: Path) -> Iterator[DurablePostgres]:
    """Yield a running server whose data is in `folder`."""
    user = unprivileged_user(DEFAULT_UNPRIVILEGED_USER, setting=UNPRIVILEGED_USER_SETTING)
    server = DurablePostgres(
        PostgresCluster(
            folder=folder / "postgres",
            binaries=reachable_binaries(user, copies=folder),
            port=free_port(),
            password=Secret(secrets.token_urlsafe(12)),
            run_as=user,
            extra_settings=SETTINGS,
        )
    )
    server.start()
    try:
        server.wait_ready()
        yield server
    finally:
        server.stop()
