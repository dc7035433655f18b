"""A Mosquitto that runs on the files we ship, with everybody named by `liftward device`.

`deploy/mosquitto/mosquitto.conf` is taken as it stands; only the places that its head names are
replaced: the folder of its files, the folder of its store, and its ports.
"""

import asyncio
import os
import re
import shutil
import signal
import socket
import ssl
import sys
from argparse import ArgumentParser
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import aiomqtt

from liftward_kit.client_tls import ClientTls
from liftward_kit.clock import utc_now
from liftward_platform.devices import command
from liftward_platform.devices.authority import Authority
from liftward_runtime.embedded_broker import find_mosquitto
from liftward_runtime.ports import LOOPBACK, free_port
from liftward_runtime.settings import (
    DEFAULT_UNPRIVILEGED_USER,
    UNPRIVILEGED_USER_SETTING,
    BrokerKind,
)
from liftward_runtime.spawning import give_to, unprivileged_user
from support.brokers import need_broker
from support.children import Child
from support.directories import open_folder
from support.polling import eventually, eventually_async

SHIPPED = Path(__file__).parents[2] / "deploy" / "mosquitto"
DEVICES_BY_PASSWORD, DEVICES_BY_CERTIFICATE = 8883, 8884
SERVICES_BY_PASSWORD, SERVICES_BY_CERTIFICATE = 8885, 8886
_PORTS = (
    DEVICES_BY_PASSWORD,
    DEVICES_BY_CERTIFICATE,
    SERVICES_BY_PASSWORD,
    SERVICES_BY_CERTIFICATE,
)
_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """How somebody comes in: to which port, as whom, with what."""

    port: int
    username: str
    password: str | None = None
    tls: ClientTls

    def url(self) -> str:
        """Return the address for LIFTWARD_BROKER_URL."""
        credentials = "" if self.password is None else f"{self.username}:{self.password}@"
        return f"mqtts://{credentials}localhost:{self.port}"

    def environ(self) -> dict[str, str]:
        """Return the settings with which a process of ours comes in so."""
        files = {
            "LIFTWARD_BROKER_CA_FILE": self.tls.ca_file,
            "LIFTWARD_BROKER_CERTIFICATE_FILE": self.tls.certificate_file,
            "LIFTWARD_BROKER_KEY_FILE": self.tls.key_file,
        }
        named = {name: str(path) for name, path in files.items() if path is not None}
        return {"LIFTWARD_BROKER_URL": self.url(), **named}

    def client(self, **options: Any) -> aiomqtt.Client:
        """Return an independent client that comes in so."""
        return aiomqtt.Client(
            "localhost",
            self.port,
            username=None if self.password is None else self.username,
            password=self.password,
            identifier=options.pop("identifier", self.username),
            tls_context=self.tls.context(),
            timeout=_WITHIN_S,
            **options,
        )


class ProductionBroker:
    """The broker, the files it reads, and the commands that write them."""

    def __init__(self, folder: Path, dsn: str) -> None:
        self._user = unprivileged_user(DEFAULT_UNPRIVILEGED_USER, setting=UNPRIVILEGED_USER_SETTING)
        self.folder, self.out = folder / "broker-files", folder / "handed-out"
        self._store, self._dsn, self._authority = folder / "store", dsn, folder / "authority"
        self.ports = {shipped: free_port() for shipped in _PORTS}
        self._configuration = folder / "mosquitto.conf"
        self._log = folder / "broker.log"
        self._child: Child | None = None
        for made in (self.folder, self._store):
            made.mkdir()
            give_to(made, self._user)

    def device(self, *words: str) -> str:
        """Run `liftward device` and return its standard output."""
        settings = {
            "LIFTWARD_DATABASE_URL": self._dsn,
            "LIFTWARD_DEVICE_CA_DIR": str(self._authority),
        }
        parser = ArgumentParser()
        command.configure(parser)
        printed = StringIO()
        with (
            patch.dict(os.environ, settings),
            patch.object(sys, "stdout", printed),
            ThreadPoolExecutor(1) as apart,  # it runs a loop of its own
        ):
            assert apart.submit(command.run, parser.parse_args(words)).result() == 0
        return printed.getvalue()

    def set_up(self) -> None:
        """Do what the README says, up to the broker's start."""
        self.device("broker-certificate", "localhost", LOOPBACK, "--out", str(self.folder))
        self.export()
        text = (SHIPPED / "mosquitto.conf").read_text("utf-8")
        for place, ours in (
            ("/etc/mosquitto/liftward", self.folder),
            ("/var/lib/mosquitto", self._store),
        ):
            assert place in text
            text = text.replace(place, str(ours))
        for shipped, port in self.ports.items():
            assert len(re.findall(rf"^listener {shipped}\b", text, re.MULTILINE)) == 1
            text = re.sub(rf"^listener {shipped}\b", f"listener {port}", text, flags=re.MULTILINE)
        self._configuration.write_text(text, "utf-8")

    def export(self) -> None:
        self.device("export", "--mosquitto", str(self.folder))

    def start(self) -> None:
        program = find_mosquitto(os.environ)
        assert program is not None
        self._child = Child(
            (str(program), "-c", str(self._configuration)),
            output=self._log,
            environ={"PATH": os.defpath},
            run_as=self._user,
        )
        eventually(self._is_ready, within_s=15.0, what=f"it listens:\n{self._log.read_text()}")

    def stop(self) -> None:
        if self._child is not None and self._child.exit_status is None:
            self._child.stop(signal.SIGTERM)
        self._child = None

    def kill(self) -> None:
        """Kill it as a crash would."""
        assert self._child is not None
        self._child.kill()
        self._child = None

    def reload(self) -> None:
        """Export, tell the broker, and wait until it has read."""
        self.export()
        assert self._child is not None
        before = self.text().count("Reloading config")
        self._child.send(signal.SIGHUP)
        eventually(lambda: self.text().count("Reloading config") > before, what="it reloads")
        self._is_ready()  # it answers again: the one thread has read the files

    def text(self) -> str:
        return self._log.read_text("utf-8")

    def misconfigure(self, access_list: str) -> None:
        """Replace the access list by somebody's mistake."""
        (self.folder / "acl").write_text(access_list, "utf-8")

    def enrol_by_password(self, username: str) -> Login:
        """Issue a password; the broker knows it after `reload`, or at its start."""
        self.device("enrol", username, "--credential", "password", "--out", str(self.out))
        password = (self.out / f"{username}.password").read_text("ascii").strip()
        port = SERVICES_BY_PASSWORD if username.startswith("liftward.") else DEVICES_BY_PASSWORD
        return self.login(port, username, password=password)

    def enrol_by_certificate(self, username: str) -> Login:
        """Issue a certificate; the broker knows it at once."""
        self.device("enrol", username, "--credential", "certificate", "--out", str(self.out))
        port = (
            SERVICES_BY_CERTIFICATE if username.startswith("liftward.") else DEVICES_BY_CERTIFICATE
        )
        return self.login(port, username, certificate=self.out / username)

    def login(
        self,
        port: int,
        username: str,
        *,
        password: str | None = None,
        certificate: Path | None = None,
    ) -> Login:
        tls = ClientTls(
            ca_file=self.folder / "ca.crt",
            certificate_file=None if certificate is None else Path(f"{certificate}.crt"),
            key_file=None if certificate is None else Path(f"{certificate}.key"),
        )
        return Login(port=self.ports[port], username=username, password=password, tls=tls)

    def keep(self, login: Login, name: str) -> Login:
        """Return a copy of a certificate login that a later enrolment does not overwrite."""
        for suffix in ("crt", "key"):
            shutil.copy(self.out / f"{login.username}.{suffix}", self.out / f"{name}.{suffix}")
        return self.login(DEVICES_BY_CERTIFICATE, login.username, certificate=self.out / name)

    def foreign_certificate(self, username: str) -> Path:
        """Return a certificate for this name that an authority of somebody else signed."""
        now = utc_now()
        authority = Authority.make(now)
        issued = authority.issue_device(username, now=now, expires_at=now + timedelta(days=1))
        place = self.out / f"foreign-{username}"
        self.out.mkdir(exist_ok=True)
        Path(f"{place}.crt").write_bytes(issued.certificate_pem)
        Path(f"{place}.key").write_bytes(issued.key_pem)
        Path(f"{place}.ca").write_bytes(authority.certificate_pem)
        return place

    def _is_ready(self) -> bool:
        """Tell whether it completes a TLS handshake."""
        context = ssl.create_default_context(cafile=str(self.folder / "ca.crt"))
        try:
            with (
                socket.create_connection((LOOPBACK, self.ports[DEVICES_BY_PASSWORD]), 1.0) as plain,
                context.wrap_socket(plain, server_hostname="localhost"),
            ):
                return True
        except OSError:
            return False


@contextmanager
def production_broker(dsn: str) -> Iterator[ProductionBroker]:
    """Yield a broker that is set up and not started; it is stopped at the end."""
    need_broker(BrokerKind.MOSQUITTO)
    with open_folder() as folder:
        broker = ProductionBroker(folder, dsn)
        broker.set_up()
        try:
            yield broker
        finally:
            broker.stop()


def knock(login: Login) -> str:
    """Come in with bytes of our own; return `welcome`, `refused <code>`, or TLS's reason."""
    texts = [login.username] + ([] if login.password is None else [login.username, login.password])
    body = b"".join(len(text).to_bytes(2) + text.encode() for text in texts)
    flags = 0x02 if login.password is None else 0xC2
    head = b"\x00\x04MQTT\x04" + bytes([flags]) + b"\x00\x0a"
    assert len(head + body) < 128, "one byte tells the length"
    context = login.tls.context()
    # With TLS 1.3 a client is done before the broker has looked at its certificate.
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    try:
        with (
            socket.create_connection((LOOPBACK, login.port), _WITHIN_S) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as secured,
        ):
            secured.sendall(b"\x10" + bytes([len(head + body)]) + head + body)
            answer = secured.recv(4)
    except ssl.SSLError as error:
        return str(error.reason)
    return "welcome" if answer[3:] == b"\x00" else f"refused {answer[3]}"


class Listener:
    """Everything that somebody is given to read, from the moment `listening` yields it."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, bytes]] = []

    def seen(self, payload: bytes) -> bool:
        return any(payload == found for _, found in self.messages)

    async def wait_for(self, payload: bytes) -> None:
        """Wait for a message; what was sent before it has come by then, or never will."""

        async def there() -> bool:
            return self.seen(payload)

        await eventually_async(there, what=f"{payload!r} arrives; so far {self.messages}")


@asynccontextmanager
async def listening(login: Login, topic_filter: str, identifier: str) -> AsyncIterator[Listener]:
    """Subscribe as somebody and collect what comes."""
    listener = Listener()
    async with login.client(identifier=identifier) as client:
        await client.subscribe(topic_filter, qos=1)

        async def collect() -> None:
            async for message in client.messages:
                assert isinstance(message.payload, bytes)
                listener.messages.append((str(message.topic), message.payload))

        collecting = asyncio.create_task(collect())
        try:
            yield listener
        finally:
            collecting.cancel()
            await asyncio.wait([collecting])
