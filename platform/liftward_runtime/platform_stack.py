"""The standard stack: which processes make a platform, in which order, with which settings.

Decides; starts nothing but the look at ports that must be free. The demo adds its own processes.
"""

import os
import sys
import urllib.error
import urllib.request
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from liftward_kit.settings import Environ, SettingError
from liftward_kit.subcommand import CallError
from liftward_runtime import embedded_broker, embedded_postgres
from liftward_runtime.embedded_broker import EmbeddedBroker, choose_broker
from liftward_runtime.embedded_postgres import PostgresCluster, choose_port
from liftward_runtime.ports import LOOPBACK, free_port, is_free, port_owner
from liftward_runtime.postgres_binaries import reachable_binaries
from liftward_runtime.process_description import ProcessDescription
from liftward_runtime.settings import RuntimeSettings, masked_url
from liftward_runtime.spawning import UnprivilegedUser
from liftward_runtime.state_directory import StateDirectory

DATABASE, BROKER, MIGRATE = "database", "broker", "migrate"
BROKER_INSTALLATION = "broker-installation"
GATEWAY, ENGINE, API = "gateway", "engine", "api"
# Which process serves which address, and which port.
_URL_OF = {"console": API, "database": DATABASE, "broker": BROKER}
_PORT_OF = {"http": API, "database": DATABASE, "mqtt": BROKER}
_ALL_SHARDS = "00-ff"
_HEALTH_TIMEOUT_S = 2.0
_EVERYWHERE = frozenset({"0.0.0.0", "::", "*"})  # noqa: S104 - recognised here, not bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """The processes of a platform and how to reach it."""

    processes: tuple[ProcessDescription, ...]
    # What a child, or another command, needs to reach this platform; holds passwords.
    environ: dict[str, str]
    urls: dict[str, str]  # fit to be shown
    ports: dict[str, int]


def build_stack(
    settings: RuntimeSettings,
    directory: StateDirectory,
    environ: Environ,
    *,
    user: UnprivilegedUser | None,
) -> Stack:
    """Compose the standard stack.

    Raises
    ------
    CallError
        When a port is taken or a program is missing; the message says the way out.
    """
    cluster = None if settings.database_url else _cluster(directory, user)
    broker = None if settings.broker_url else _broker(settings, directory, environ, user)
    http_port = _free_or_blame(settings.http_port, settings.http_host, _HTTP_WAY_OUT)
    api_url = f"http://{_url_host(settings.http_host)}:{http_port}"
    reach = {
        "LIFTWARD_DATABASE_URL": settings.database_url.reveal
        if settings.database_url
        else _dsn(cluster),
        "LIFTWARD_BROKER_URL": settings.broker_url.reveal if settings.broker_url else _url(broker),
        "LIFTWARD_API_URL": api_url,
        "LIFTWARD_HTTP_HOST": settings.http_host,
        "LIFTWARD_HTTP_PORT": str(http_port),
        "LIFTWARD_STATE_DIR": str(directory.wanted),
        "LIFTWARD_LOG_LEVEL": settings.log_level,
    }
    servers = [*_database_process(cluster), *_broker_process(broker, environ)]
    return Stack(
        processes=(*servers, *_platform_processes(child_environ(environ, reach), servers, api_url)),
        environ=reach,
        urls={
            "console": api_url,
            "database": masked_url(reach["LIFTWARD_DATABASE_URL"]),
            "broker": masked_url(reach["LIFTWARD_BROKER_URL"]),
        },
        ports={"http": http_port}
        | ({"database": cluster.port} if cluster else {})
        | ({"mqtt": broker.port} if broker else {}),
    )


def restricted(stack: Stack, only: Collection[str]) -> Stack:
    """Return the stack with the named processes alone; those left out are not waited for.

    Raises
    ------
    CallError
        When a name is unknown.
    """
    known = {one.name for one in stack.processes}
    if not known.issuperset(only):
        raise CallError(f"{', '.join(only)}: the processes are {', '.join(sorted(known))}")
    if BROKER in only and BROKER_INSTALLATION in known:
        only = {*only, BROKER_INSTALLATION}
    left_out = known.difference(only)
    return replace(
        stack,
        processes=tuple(
            replace(one, after=tuple(name for name in one.after if name in only))
            for one in stack.processes
            if one.name in only
        ),
        urls={name: url for name, url in stack.urls.items() if _URL_OF[name] not in left_out},
        ports={name: port for name, port in stack.ports.items() if _PORT_OF[name] not in left_out},
    )


def child_environ(environ: Environ, reach: Environ) -> dict[str, str]:
    """Return the environment of our own children: ours, the stack's settings, no PG* of the user's.

    libpq would take what a connection string leaves open (TLS, options) from PG* variables.
    """
    return {name: text for name, text in environ.items() if not name.startswith("PG")} | dict(reach)


def liftward_argv(*words: str) -> tuple[str, ...]:
    """Return the words that run a subcommand with this interpreter.

    -P keeps the current folder off the module path: a repository has a folder named `platform`.
    """
    return (sys.executable, "-P", "-m", "liftward_runtime.command", *words)


def answers_health(api_url: str) -> bool:
    """Tell whether the API says that it is well."""
    try:
        with urllib.request.urlopen(f"{api_url}/api/health", timeout=_HEALTH_TIMEOUT_S) as answer:  # noqa: S310
            return bool(answer.status == 200)  # noqa: PLR2004 - HTTP's own number
    except (OSError, urllib.error.URLError):
        return False


def _platform_processes(
    environ: dict[str, str], servers: Sequence[ProcessDescription], api_url: str
) -> tuple[ProcessDescription, ...]:
    started = {one.name for one in servers}

    def process(name: str, *words: str, after: tuple[str, ...]) -> ProcessDescription:
        known = tuple(one for one in after if one in started or one == MIGRATE)
        return ProcessDescription(
            name=name,
            argv=liftward_argv(*words),
            environ=environ,
            after=known,
            one_shot=name == MIGRATE,
            is_ready=(lambda: answers_health(api_url)) if name == API else None,
        )

    return (
        process(MIGRATE, "migrate", after=(DATABASE,)),
        process(GATEWAY, "gateway", "run", "--shards", _ALL_SHARDS, after=(MIGRATE, BROKER)),
        process(ENGINE, "engine", after=(MIGRATE,)),
        process(API, "api", after=(MIGRATE,)),
    )


def _cluster(directory: StateDirectory, user: UnprivilegedUser | None) -> PostgresCluster:
    folder = directory.postgres_folder
    folder.mkdir(mode=0o755, exist_ok=True)
    return PostgresCluster(
        folder=folder,
        binaries=reachable_binaries(user, copies=folder),
        port=choose_port(folder),
        password=directory.secret("database_password"),
        run_as=user,
    )


def _broker(
    settings: RuntimeSettings,
    directory: StateDirectory,
    environ: Environ,
    user: UnprivilegedUser | None,
) -> EmbeddedBroker:
    port = _free_or_blame(settings.mqtt_port, LOOPBACK, _MQTT_WAY_OUT)
    return choose_broker(
        settings.broker_kind, environ, folder=directory.broker_folder, port=port, user=user
    )


def _database_process(cluster: PostgresCluster | None) -> tuple[ProcessDescription, ...]:
    if cluster is None:
        return ()
    return (
        ProcessDescription(
            name=DATABASE,
            argv=cluster.argv(),
            environ=embedded_postgres.server_environ(),
            folder=cluster.folder,
            prepare=cluster.prepare,
            is_ready=cluster.is_ready,
            run_as=cluster.run_as,
            stop_signal=embedded_postgres.STOP_SIGNAL,
            death_signal=embedded_postgres.STOP_SIGNAL,
            # A shutdown writes a checkpoint; cutting it short costs a recovery, not data.
            stop_timeout_s=30.0,
        ),
    )


def _broker_process(
    broker: EmbeddedBroker | None, environ: Environ
) -> tuple[ProcessDescription, ...]:
    if broker is None:
        return ()
    words = broker.installation()
    installation = () if words is None else (_broker_installation(broker, words, environ),)
    return (
        *installation,
        ProcessDescription(
            name=BROKER,
            after=tuple(one.name for one in installation),
            argv=broker.argv(),
            environ={"PATH": os.defpath},
            prepare=broker.prepare,
            is_ready=broker.is_ready,
            run_as=broker.run_as,
            stop_signal=embedded_broker.STOP_SIGNAL,
            death_signal=embedded_broker.STOP_SIGNAL,
        ),
    )


def _broker_installation(
    broker: EmbeddedBroker, words: tuple[str, ...], environ: Environ
) -> ProcessDescription:
    return ProcessDescription(
        name=BROKER_INSTALLATION,
        argv=words,
        environ=broker.installation_environ(environ),
        one_shot=True,
        stop_timeout_s=1.0,  # npm does not stop while it waits for the network
    )


_HTTP_WAY_OUT = "set LIFTWARD_HTTP_PORT to another port (0 takes any free one)"
_MQTT_WAY_OUT = (
    "set LIFTWARD_MQTT_PORT to another port (0 takes any free one), "
    "or use the broker that is there: LIFTWARD_BROKER_URL=mqtt://127.0.0.1:{port}"
)


def _free_or_blame(port: int, host: str, way_out: str) -> int:
    if port == 0:
        return free_port()
    try:
        free = is_free(port, host)
    except OSError as error:
        raise SettingError(
            "LIFTWARD_HTTP_HOST", host, f"an address of this machine ({error})"
        ) from None
    if not free:
        owner = port_owner(port) or "another process"
        raise CallError(f"port {port} on {host} is taken by {owner}; {way_out.format(port=port)}")
    return port


def _url_host(host: str) -> str:
    reachable = LOOPBACK if host in _EVERYWHERE else host
    return f"[{reachable}]" if ":" in reachable else reachable


def _dsn(cluster: PostgresCluster | None) -> str:
    assert cluster is not None
    return cluster.dsn()


def _url(broker: EmbeddedBroker | None) -> str:
    assert broker is not None
    return broker.url
