"""An MQTT broker of our own, run as a supervised child: Mosquitto where it is, else aedes on Node.

Knows how each is found, configured and asked whether it is ready. Must not know topics or messages.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from liftward_gateway.batch import BROKER_MESSAGE_BYTES_MAX, BROKER_WINDOW_MESSAGES
from liftward_kit.settings import Environ
from liftward_kit.subcommand import CallError
from liftward_runtime.ports import LOOPBACK
from liftward_runtime.settings import BrokerKind
from liftward_runtime.spawning import UnprivilegedUser, give_to

# Debian keeps servers in sbin, which is not on the PATH of an ordinary user.
_SERVER_FOLDERS = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin")
STOP_SIGNAL = signal.SIGTERM  # Mosquitto saves its store on it, aedes closes its connections
_NODE_MAJOR_MIN = 20  # what aedes 1.x asks for
_PROBE_TIMEOUT_S = 1.0
# MQTT 3.1.1: CONNECT, clean session, 10 s keep-alive, empty client id; and the CONNACK.
_CONNECT = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x0a\x00\x00"
_CONNACK = b"\x20\x02\x00\x00"

# Both follow from the gateway's windows, where the reasons are.
MAX_INFLIGHT_MESSAGES = BROKER_WINDOW_MESSAGES
MAX_MESSAGE_BYTES = BROKER_MESSAGE_BYTES_MAX
# Waiting for one client that is away: half an hour of 270 single messages/s. Beyond it Mosquitto
# drops the newest, so production gateways must not stay away longer; see the deployment notes.
MAX_QUEUED_MESSAGES = 500_000
MAX_QUEUED_BYTES = 268_435_456  # the same queue in memory, whichever limit comes first: 256 MiB
_AUTOSAVE_S = 30  # what a kill of the broker may cost; each save writes the whole store
_SESSION_EXPIRES = "14d"  # sessions of gateways that were renamed must not fill the disk


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedBroker:
    """One broker: its kind, its program and its port on the loopback address."""

    kind: BrokerKind
    program: Path
    folder: Path
    port: int
    run_as: UnprivilegedUser | None

    @property
    def url(self) -> str:
        return f"mqtt://{LOOPBACK}:{self.port}"

    def argv(self) -> tuple[str, ...]:
        """Return the words that start the broker in the foreground."""
        if self.kind is BrokerKind.MOSQUITTO:
            return (str(self.program), "-c", str(self.folder / "mosquitto.conf"))
        server = aedes_folder(self.folder) / "server.mjs"
        return (str(self.program), str(server), LOOPBACK, str(self.port))

    def prepare(self) -> None:
        """Write the configuration; aedes needs none."""
        self.folder.mkdir(mode=0o755, exist_ok=True)
        if self.kind is BrokerKind.AEDES:
            return
        # Mosquitto writes its store here; as root it would otherwise switch user by itself, which
        # clears the parent-death signal.
        give_to(self.folder, self.run_as)
        store = self.folder / "mosquitto.db"
        if store.exists():
            give_to(store, self.run_as)
        configuration = self.folder / "mosquitto.conf"
        configuration.write_text(mosquitto_configuration(self.port, self.folder), encoding="utf-8")

    def installation(self) -> tuple[str, ...] | None:
        """Return the words that install the broker, None when that was done (`make setup` does).

        Raises
        ------
        CallError
            When it is not there and cannot be installed.
        """
        if self.kind is BrokerKind.MOSQUITTO or _installed(aedes_folder(self.folder)):
            return None
        self.folder.mkdir(mode=0o755, exist_ok=True)
        folder = aedes_folder(self.folder)
        _copy_aedes(folder)
        options = ("--omit=dev", "--no-audit", "--no-fund")
        return (str(_find_npm(self.program)), "ci", *options, "--prefix", str(folder))

    def installation_environ(self, environ: Environ) -> dict[str, str]:
        """Return the environment in which npm finds our Node, and its own settings."""
        path = os.pathsep.join((str(self.program.parent), environ.get("PATH", "")))
        return {**environ, "PATH": path}

    def is_ready(self) -> bool:
        """Tell whether the broker accepts an MQTT connection."""
        return accepts_mqtt(self.port)


def accepts_mqtt(port: int, host: str = LOOPBACK) -> bool:
    """Tell whether an MQTT broker answers a CONNECT on this port."""
    try:
        with socket.create_connection((host, port), timeout=_PROBE_TIMEOUT_S) as connection:
            connection.sendall(_CONNECT)
            return connection.recv(len(_CONNACK)) == _CONNACK
    except OSError:
        return False


def choose_broker(
    kind: BrokerKind | None,
    environ: Environ,
    *,
    folder: Path,
    port: int,
    user: UnprivilegedUser | None,
) -> EmbeddedBroker:
    """Decide for Mosquitto, else aedes, unless `kind` forces one.

    Raises
    ------
    CallError
        When neither (or not the forced one) can run here; the message says what to install.
    """
    mosquitto = None if kind is BrokerKind.AEDES else find_mosquitto(environ)
    if mosquitto is not None:
        return EmbeddedBroker(
            kind=BrokerKind.MOSQUITTO, program=mosquitto, folder=folder, port=port, run_as=user
        )
    if kind is BrokerKind.MOSQUITTO:
        raise CallError(
            "LIFTWARD_BROKER is 'mosquitto', but there is no mosquitto on the PATH or in "
            f"{', '.join(_SERVER_FOLDERS)}; install it, or leave LIFTWARD_BROKER unset"
        )
    node = find_node(environ)
    if node is None:
        raise CallError(
            f"no MQTT broker can be started: neither mosquitto nor Node >= {_NODE_MAJOR_MIN} was "
            "found; run `make setup`, or install mosquitto, or set LIFTWARD_BROKER_URL"
        )
    return EmbeddedBroker(
        kind=BrokerKind.AEDES, program=node, folder=folder, port=port, run_as=None
    )


def find_mosquitto(environ: Environ) -> Path | None:
    """Return Mosquitto's program from the PATH or the folders of servers."""
    return _which("mosquitto", os.pathsep.join((environ.get("PATH", ""), *_SERVER_FOLDERS)))


def find_node(environ: Environ) -> Path | None:
    """Return a Node that is new enough: from the PATH, else the one the environment brought."""
    beside_python = str(Path(sys.executable).parent)
    for path in (environ.get("PATH", ""), beside_python):
        node = _which("node", path)
        if node is not None and _node_major(node) >= _NODE_MAJOR_MIN:
            return node
    return None


def mosquitto_configuration(port: int, folder: Path) -> str:
    """Return mosquitto.conf for a broker that only this machine can reach."""
    return f"""\
# Written by Liftward at every start; changes here do not last.
listener {port} {LOOPBACK}
# Only programs on this machine reach the loopback address. A broker for others needs credentials:
# run your own and name it in LIFTWARD_BROKER_URL.
allow_anonymous true
# Durable sessions and retained messages survive a restart of the broker.
persistence true
persistence_location {folder}/
autosave_interval {_AUTOSAVE_S}
persistent_client_expiration {_SESSION_EXPIRES}
# The default of 20 starves a gateway that acknowledges after its commit.
max_inflight_messages {MAX_INFLIGHT_MESSAGES}
max_queued_messages {MAX_QUEUED_MESSAGES}
max_queued_bytes {MAX_QUEUED_BYTES}
message_size_limit {MAX_MESSAGE_BYTES}
set_tcp_nodelay true
log_dest stderr
log_type error
log_type warning
log_type notice
connection_messages false
"""


def aedes_folder(own_folder: Path) -> Path:
    """Return the folder with server.mjs: the repository's, or our copy when that is read-only."""
    repository = _repository_aedes()
    if repository is not None and (_installed(repository) or os.access(repository, os.W_OK)):
        return repository
    return own_folder / "aedes"


def _copy_aedes(folder: Path) -> None:
    """Copy aedes' own files to a folder of ours when the repository is not ours to write to."""
    repository = _repository_aedes()
    if repository is None:
        raise CallError(
            "aedes (deploy/aedes) is not part of this installation; install mosquitto, start from "
            "a clone of the repository, or set LIFTWARD_BROKER_URL to a broker of your own"
        )
    if folder != repository:
        ignore = shutil.ignore_patterns("node_modules")
        shutil.copytree(repository, folder, ignore=ignore, dirs_exist_ok=True)


def _find_npm(node: Path) -> Path:
    npm = _which("npm", os.pathsep.join((str(node.parent), os.environ.get("PATH", ""))))
    if npm is None:
        raise CallError(f"aedes is not installed, and npm is not beside {node}; run `make setup`")
    return npm


def _repository_aedes() -> Path | None:
    folder = Path(__file__).resolve().parents[2] / "deploy" / "aedes"
    return folder if (folder / "package-lock.json").is_file() else None


def _installed(folder: Path) -> bool:
    # npm writes this file last: an installation that was killed half-way does not have it.
    return (folder / "node_modules" / ".package-lock.json").is_file()


def _which(name: str, path: str) -> Path | None:
    found = shutil.which(name, path=path)
    return None if found is None else Path(found)


def _node_major(node: Path) -> int:
    try:
        answer = subprocess.run(
            [node, "--version"], capture_output=True, text=True, timeout=10, check=False
        )
        return int(answer.stdout.strip().removeprefix("v").partition(".")[0])
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return 0
