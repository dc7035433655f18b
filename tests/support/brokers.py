"""Real MQTT brokers on free ports, each in a folder of its own, that tests may kill and restart."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

from liftward_runtime.embedded_broker import (
    EmbeddedBroker,
    choose_broker,
    find_mosquitto,
    find_node,
)
from liftward_runtime.ports import LOOPBACK, free_port
from liftward_runtime.settings import (
    DEFAULT_UNPRIVILEGED_USER,
    UNPRIVILEGED_USER_SETTING,
    BrokerKind,
)
from liftward_runtime.spawning import unprivileged_user
from support.children import Child
from support.directories import open_folder
from support.polling import eventually
from support.presence import missing


class RunningBroker:
    """A broker for one test; `url`, `host` and `port` stay the same over restarts."""

    def __init__(self, broker: EmbeddedBroker) -> None:
        self._broker = broker
        self._child: Child | None = None

    @property
    def kind(self) -> BrokerKind:
        return self._broker.kind

    @property
    def url(self) -> str:
        return self._broker.url

    @property
    def host(self) -> str:
        return LOOPBACK

    @property
    def port(self) -> int:
        return self._broker.port

    @property
    def keeps_sessions_over_restart(self) -> bool:
        """aedes keeps everything in memory; Mosquitto saves when it is stopped in order."""
        return self.kind is BrokerKind.MOSQUITTO

    def start(self) -> None:
        """Start it and wait until it accepts connections."""
        words = self._broker.installation()
        if words is not None:
            environ = self._broker.installation_environ(os.environ)
            subprocess.run(words, env=environ, check=True, capture_output=True, timeout=120)
        self._broker.prepare()
        self._child = Child(
            self._broker.argv(),
            output=self._broker.folder.parent / "broker.log",
            environ={"PATH": os.defpath},
            run_as=self._broker.run_as,
        )
        eventually(self._broker.is_ready, within_s=15.0, what=f"{self.kind} accepts connections")

    def stop(self) -> None:
        """Stop it in order, if it runs."""
        if self._child is not None and self._child.exit_status is None:
            self._child.stop(signal.SIGTERM)
        self._child = None

    def kill(self) -> None:
        """Kill it as a crash would."""
        assert self._child is not None
        self._child.kill()
        self._child = None

    def save(self) -> None:
        """Let Mosquitto write its store now, as it does every `autosave_interval` seconds."""
        assert self._child is not None
        self._child.send(signal.SIGUSR1)

    @property
    def pid(self) -> int:
        assert self._child is not None
        return self._child.pid

    def text(self) -> str:
        """Return what it wrote."""
        return "" if self._child is None else self._child.text()


def need_broker(kind: BrokerKind) -> None:
    """Skip (in CI: fail) when this kind of broker cannot run here."""
    if kind is BrokerKind.MOSQUITTO and find_mosquitto(os.environ) is None:
        missing("mosquitto is not installed")
    if kind is BrokerKind.AEDES and find_node(os.environ) is None:
        missing("aedes needs Node 20 or later")


@dataclass(frozen=True, slots=True, kw_only=True)
class AutosavingMosquitto(EmbeddedBroker):
    """Our Mosquitto with another autosave interval, for tests that scale time down."""

    autosave_s: int

    def prepare(self) -> None:
        """Write the configuration, then change its one line."""
        EmbeddedBroker.prepare(self)
        configuration = self.folder / "mosquitto.conf"
        text, count = re.subn(
            r"^autosave_interval \d+$",
            f"autosave_interval {self.autosave_s}",
            configuration.read_text(encoding="utf-8"),
            flags=re.MULTILINE,
        )
        assert count == 1, text
        configuration.write_text(text, encoding="utf-8")


def _chosen(kind: BrokerKind, folder: Path, autosave_s: int | None) -> EmbeddedBroker:
    user = unprivileged_user(DEFAULT_UNPRIVILEGED_USER, setting=UNPRIVILEGED_USER_SETTING)
    chosen = choose_broker(kind, os.environ, folder=folder / "broker", port=free_port(), user=user)
    if autosave_s is None:
        return chosen
    values = {field.name: getattr(chosen, field.name) for field in fields(chosen)}
    return AutosavingMosquitto(**values, autosave_s=autosave_s)


@contextmanager
def running_broker(kind: BrokerKind, *, autosave_s: int | None = None) -> Iterator[RunningBroker]:
    """Yield a running broker of this kind; it is stopped at the end."""
    need_broker(kind)
    with open_folder() as folder:
        broker = RunningBroker(_chosen(kind, folder, autosave_s))
        broker.start()
        try:
            yield broker
        finally:
            broker.stop()
