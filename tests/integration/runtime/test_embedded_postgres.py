"""The PostgreSQL server of our own, on real files and real kills."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from liftward_kit.settings import Secret
from liftward_kit.subcommand import CallError
from liftward_runtime import postgres_binaries
from liftward_runtime.embedded_postgres import PostgresCluster, choose_port
from liftward_runtime.ports import LOOPBACK, free_port
from liftward_runtime.postgres_binaries import reachable_binaries
from liftward_runtime.process_identity import processes_working_in
from liftward_runtime.settings import UNPRIVILEGED_USER_SETTING
from liftward_runtime.spawning import shim_argv, unprivileged_user
from support.children import Child
from support.databases import start_postgres
from support.polling import eventually

pytestmark = pytest.mark.integration


@pytest.fixture
def cluster(shared_folder: Path) -> PostgresCluster:
    """A cluster that is described but does not exist yet."""
    user = unprivileged_user("nobody", setting=UNPRIVILEGED_USER_SETTING)
    return PostgresCluster(
        folder=shared_folder / "postgres",
        binaries=reachable_binaries(user, copies=shared_folder),
        port=free_port(),
        password=Secret("a p@ssword: for/this test"),
        run_as=user,
    )


@pytest.fixture
def server(cluster: PostgresCluster) -> Iterator[Child]:
    """The cluster's server, ready."""
    cluster.prepare()
    child = start_postgres(cluster)
    try:
        eventually(cluster.is_ready, within_s=30.0)
        yield child
    finally:
        if child.exit_status is None:
            child.stop(signal.SIGINT)


def test_serves_a_password_protected_loopback_port(cluster: PostgresCluster, server: Child) -> None:
    """The server has our database, commits durably, speaks UTF-8, and wants the password."""
    with psycopg.connect(cluster.dsn()) as connection:
        shown = connection.execute(
            "SELECT current_setting('synchronous_commit'), current_setting('server_encoding'),"
            " current_setting('TimeZone'), current_setting('listen_addresses'),"
            " current_setting('unix_socket_directories'), current_setting('fsync')"
        ).fetchone()

    assert shown == ("on", "UTF8", "UTC", LOOPBACK, "", "on")
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(
            host=LOOPBACK, port=cluster.port, user="liftward", password="wrong", dbname="liftward"
        )


def test_does_not_run_as_root(cluster: PostgresCluster, server: Child) -> None:
    """Started by root, server and data belong to the unprivileged user; otherwise to us."""
    expected = os.geteuid() if cluster.run_as is None else cluster.run_as.uid

    assert expected != 0
    assert Path(f"/proc/{server.pid}").stat().st_uid == expected
    assert cluster.data.stat().st_uid == expected
    assert cluster.data.stat().st_mode & 0o777 == 0o700


def test_a_kill_loses_nothing_committed(cluster: PostgresCluster, server: Child) -> None:
    """After kill -9 of the server the next one recovers every committed row."""
    with psycopg.connect(cluster.dsn(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept SELECT generate_series(1, 1000)")
        server.kill()

    cluster.prepare()
    second = start_postgres(cluster)

    try:
        eventually(cluster.is_ready, within_s=30.0)
        with psycopg.connect(cluster.dsn()) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1000,)
    finally:
        second.stop(signal.SIGINT)


def test_a_stale_pid_file_neither_blocks_nor_fools(cluster: PostgresCluster) -> None:
    """A postmaster.pid that names a living stranger means nothing: not ready, and no obstacle."""
    cluster.prepare()
    stranger = subprocess.Popen([sys.executable, "-I", "-S", "-c", "input()"], stdin=-1)
    pid_file = cluster.data / "postmaster.pid"
    pid_file.write_text(
        f"{stranger.pid}\n{cluster.data}\n1\n{cluster.port}\n\n{LOOPBACK}\n\nready\n"
    )
    assert not cluster.is_ready()

    cluster.prepare()
    server = start_postgres(cluster)

    try:
        eventually(cluster.is_ready, within_s=30.0)
    finally:
        server.stop(signal.SIGINT)
        stranger.communicate(b"\n")


def test_a_server_left_running_is_stopped_first(cluster: PostgresCluster, server: Child) -> None:
    """Preparing a start ends the server that a former run left in the same data folder."""
    assert server.pid in processes_working_in(cluster.data)

    cluster.prepare()

    assert server.wait() == 0
    assert processes_working_in(cluster.data) == []


def test_a_killed_initialisation_is_begun_again(cluster: PostgresCluster) -> None:
    """What a killed initdb left behind does not count as a cluster."""
    cluster.folder.mkdir(mode=0o755)
    (cluster.folder / "data.new").mkdir()
    (cluster.folder / "data.new" / "PG_VERSION").write_text("18\n")

    cluster.prepare()

    assert (cluster.data / "global" / "pg_control").exists()
    assert {path.name for path in cluster.folder.iterdir()} == {"data"}


def test_another_versions_data_is_refused_in_words(cluster: PostgresCluster) -> None:
    """Data of another major version is named with both versions and the ways out."""
    cluster.prepare()
    (cluster.data / "PG_VERSION").write_text("12\n")

    with pytest.raises(CallError, match=r"PostgreSQL 12.*server is \d+.*LIFTWARD_STATE_DIR"):
        cluster.prepare()


def test_the_port_stays_the_same_while_it_is_free(tmp_path: Path) -> None:
    """A restart finds its former port again, and another one when that is taken."""
    first = choose_port(tmp_path / "postgres")

    assert choose_port(tmp_path / "postgres") == first
    (tmp_path / "postgres" / "port").write_text("1")
    assert choose_port(tmp_path / "postgres") != 1 or os.geteuid() == 0


def test_programs_in_a_closed_folder_are_copied(
    shared_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An environment that the servers' user cannot enter is copied once, and the copy works.

    An ordinary user runs the servers itself and needs no copy.
    """
    closed = shared_folder / "closed"
    closed.mkdir(mode=0o700)
    (closed / "pginstall").symlink_to(postgres_binaries.find_binaries())
    monkeypatch.setattr(postgres_binaries, "find_binaries", lambda: closed / "pginstall")
    user = unprivileged_user("nobody", setting=UNPRIVILEGED_USER_SETTING)

    copy = reachable_binaries(user, copies=shared_folder)

    assert copy.parent == (closed if user is None else shared_folder)
    assert reachable_binaries(user, copies=shared_folder) == copy
    words = shim_argv(
        [str(copy / "bin" / "postgres"), "--version"], death_signal=signal.SIGKILL, run_as=user
    )
    answer = subprocess.run(words, capture_output=True, text=True, check=True)
    assert answer.stdout.startswith("postgres (PostgreSQL)")
    assert closed.stat().st_mode & 0o777 == 0o700
