"""A PostgreSQL server of our own, run as a supervised child.

It listens on 127.0.0.1 only, on a port and with a password of its own, and keeps everything in one
folder. Must not know migrations or tables.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from liftward_kit.clock import monotonic_s
from liftward_kit.settings import Secret
from liftward_kit.subcommand import CallError
from liftward_runtime.ports import LOOPBACK, free_port, is_free
from liftward_runtime.postgres_binaries import binaries_major_version
from liftward_runtime.process_identity import processes_working_in
from liftward_runtime.spawning import UnprivilegedUser, give_to, shim_argv

DATABASE = "liftward"
OWNER = "liftward"
# SIGINT is PostgreSQL's fast shutdown: connections are cut, everything is flushed.
STOP_SIGNAL = signal.SIGINT
# Backends notice the death of their server within milliseconds; a long checkpoint may take longer.
_LEFTOVER_STOP_S = 10.0
_CONNECT_TIMEOUT_S = 2
_INITDB_TIMEOUT_S = 120  # 0.5 s where measured; a slow disk must not look like a hang for ever
_WAY_OUT = (
    "start as the same user and version as before, or set LIFTWARD_STATE_DIR to another folder"
)

# Written to the command line, so that an upgrade of Liftward changes them without a new cluster.
_SERVER_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",  # the password-protected TCP port is the only door
    "max_connections": "60",  # gateway workers, engine, API pool and a person; each costs memory
    "shared_buffers": "128MB",  # the whole demo must stay under 1.5 GB
    "max_wal_size": "1GB",  # fewer forced checkpoints under ingest
    "synchronous_commit": "on",  # what we acknowledge must survive a power cut
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",  # the supervisor keeps what it writes to standard error
    "cluster_name": "liftward",  # shows in the process list
    "jit": "off",  # the queries are short
}


class InitialisationError(Exception):
    """The data folder could not be created; the message is initdb's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresCluster:
    """One server: where its data, its programs and its door are."""

    folder: Path
    binaries: Path
    port: int
    password: Secret
    run_as: UnprivilegedUser | None
    extra_settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def dsn(self, database: str = DATABASE) -> str:
        """Return the connection string, password included."""
        password = quote(self.password.reveal, safe="")
        return f"postgresql://{OWNER}:{password}@{LOOPBACK}:{self.port}/{database}"

    def argv(self) -> tuple[str, ...]:
        """Return the words that start the server in the foreground."""
        settings = {**_SERVER_SETTINGS, "port": str(self.port), **self.extra_settings}
        words = [word for name, text in settings.items() for word in ("-c", f"{name}={text}")]
        return (str(self.binaries / "bin" / "postgres"), "-D", str(self.data), *words)

    def prepare(self) -> None:
        """Make the data folder on the first start, and clear away what a killed server left."""
        self.folder.mkdir(mode=0o755, exist_ok=True)
        if not self.data.exists():
            self._initialise()
        self._refuse_foreign_data()
        self._clear_leftovers()

    def is_ready(self) -> bool:
        """Tell whether THIS server answers, and make sure that it has our database.

        Neither an open port nor postmaster.pid proves that: both may belong to something else.
        """
        try:
            with psycopg.connect(
                self.dsn("postgres"), connect_timeout=_CONNECT_TIMEOUT_S, autocommit=True
            ) as connection:
                shown = connection.execute("SHOW data_directory").fetchone()
                if shown is None or not self.data.samefile(shown[0]):
                    return False
                _ensure_database(connection)
        except (psycopg.OperationalError, OSError):
            return False
        return True

    def _refuse_foreign_data(self) -> None:
        """Say in our words what the server would refuse in its own, again and again."""
        owner = self.data.stat().st_uid
        we_run_as = os.geteuid() if self.run_as is None else self.run_as.uid
        if owner != we_run_as:
            raise CallError(
                f"the database in {self.data} belongs to user id {owner}, but would run as "
                f"{we_run_as}; {_WAY_OUT}"
            )
        marker = self.data / "PG_VERSION"
        made_by = marker.read_text(encoding="ascii").strip() if marker.exists() else "nothing"
        if made_by != binaries_major_version():
            raise CallError(
                f"the database in {self.data} was made by PostgreSQL {made_by}, the installed "
                f"server is {binaries_major_version()}; upgrade it with pg_upgrade, or {_WAY_OUT}"
            )

    def _initialise(self) -> None:
        """Run initdb beside the final place and move it there: a killed one leaves nothing."""
        draft, password_file = self.folder / "data.new", self.folder / "initdb.password"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        password_file.touch(mode=0o600)
        try:
            password_file.write_text(self.password.reveal + "\n", encoding="ascii")
            for path in (draft, password_file):
                give_to(path, self.run_as)
            self._run_initdb(draft, password_file)
        finally:
            password_file.unlink()
        draft.rename(self.data)

    def _run_initdb(self, draft: Path, password_file: Path) -> None:
        words = (
            str(self.binaries / "bin" / "initdb"),
            *("-D", str(draft), "-U", OWNER, f"--pwfile={password_file}"),
            *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-instructions"),
        )
        answer = subprocess.run(
            shim_argv(words, death_signal=signal.SIGKILL, run_as=self.run_as),
            cwd=self.folder,
            env=server_environ(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_INITDB_TIMEOUT_S,
            check=False,
        )
        if answer.returncode != 0:
            raise InitialisationError(f"initdb failed in {draft}: {answer.stderr.strip()[-500:]}")

    def _clear_leftovers(self) -> None:
        """Wait for processes of a former server, then remove a postmaster.pid that names none.

        PostgreSQL refuses to start when the number in a left postmaster.pid is alive, which a
        reused number or an unreaped zombie of the old server is.
        """
        _stop_all(self.data)
        (self.data / "postmaster.pid").unlink(missing_ok=True)


def choose_port(folder: Path) -> int:
    """Return the port this cluster had before when that is free, else a new one, and remember it.

    Clients of a killed run then find the server again where it was.
    """
    memory = folder / "port"
    try:
        port = int(memory.read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        port = 0
    if port == 0 or not is_free(port):
        port = free_port()
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        memory.write_text(str(port), encoding="ascii")
    return port


def server_environ() -> dict[str, str]:
    """Return a clean environment: our own PG* variables must not steer the server."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def _ensure_database(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
    if known.fetchone() is None:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))


def _stop_all(data: Path) -> None:
    """End the processes of a former server: ask, insist, then kill."""
    started_s = monotonic_s()
    for stop_signal in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        left = processes_working_in(data)
        for pid in left:
            _send(pid, stop_signal)
        while left and monotonic_s() - started_s < _LEFTOVER_STOP_S:
            time.sleep(0.02)
            left = processes_working_in(data)
        if not left:
            return
        started_s = monotonic_s()


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return  # it ended meanwhile
