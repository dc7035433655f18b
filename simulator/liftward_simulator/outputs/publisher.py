"""The edge to the broker: takes publications from spools and sends them over MQTT, QoS 1.

`shared` uses one connection for all devices: light, but a last will belongs to a connection, so a
killed simulator leaves its devices' births standing. `per-device` gives each device a connection
with its own last will, as real devices have. Must not know lifts or faults.
"""

import asyncio
import random
import socket
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote, urlsplit

import aiomqtt
import structlog

from liftward_kit.client_tls import NO_FILES, ClientTls
from liftward_kit.settings import Secret
from liftward_simulator.devices.publications import Publication
from liftward_simulator.outputs.resending import AFTER_S, SentLog
from liftward_simulator.outputs.spool import SPOOL_MESSAGES_MAX, Spool
from liftward_wire.topics import PREFIX, Topic, TopicError, TopicKind, parse_topic

WINDOW_MESSAGES = 100  # sent before the first of them must be acknowledged
ACKNOWLEDGE_TIMEOUT_S = 5.0  # a broker that takes longer counts as gone
KEEPALIVE_S = 15
BACKOFF_S = (0.2, 5.0)  # first and longest wait before the next attempt to connect
# Without it the kernel holds back the last part of a window until the broker's delayed
# acknowledgement, 40 ms each time: half the throughput.
SEND_AT_ONCE = (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
FLUSH_TIMEOUT_S = 5.0  # what a clean end may cost; the rest is given up and counted
_DEFAULT_PORTS = {"mqtt": 1883, "mqtts": 8883}

log = structlog.get_logger()


class Connections(StrEnum):
    SHARED = "shared"
    PER_DEVICE = "per-device"


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    host: str
    port: int
    username: str | None
    password: Secret | None
    tls: ClientTls | None = None  # None: in the clear

    @classmethod
    def from_url(cls, url: str, tls: ClientTls = NO_FILES) -> "Broker":
        """Read `mqtt[s]://[user:password@]host[:port]`.

        Raises
        ------
        ValueError
            When it is no such address; the message does not repeat a password.
        """
        parts = urlsplit(url)
        if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
            raise ValueError("broker address is not mqtt[s]://[user:password@]host[:port]")
        password = None if parts.password is None else Secret(unquote(parts.password))
        username = None if parts.username is None else unquote(parts.username)
        return cls(
            host=parts.hostname,
            port=parts.port or _DEFAULT_PORTS[parts.scheme],
            username=username,
            password=password,
            tls=tls if parts.scheme == "mqtts" else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """Which commands a connection listens to, and what is published on each."""

    topic_filter: str
    answer: Callable[[str, bytes], Sequence[Publication]]


class Link:
    """One connection and its spool. Survives the broker: what is unacknowledged is sent again."""

    def __init__(
        self,
        broker: Broker,
        *,
        client_id: str,
        births: Callable[[], Sequence[Publication]],
        will: Publication | None = None,
        commands: Commands | None = None,
        spool_messages_max: int = SPOOL_MESSAGES_MAX,
        resend_after_s: tuple[float, float] = AFTER_S,
    ) -> None:
        self._broker, self._client_id, self._births, self._will = broker, client_id, births, will
        self.spool = Spool(spool_messages_max)
        self._commands = commands
        self._sent = SentLog()
        self._resend_after_s = resend_after_s
        self._resending: asyncio.TimerHandle | None = None
        self._waiting = asyncio.Event()
        self._ending = asyncio.Event()
        self.connected = False
        self.born = False
        self.sent_count = 0

    def put(self, publication: Publication) -> None:
        self.spool.put(publication)
        self._waiting.set()

    def end(self) -> None:
        """Ask the link to send what it has and to end."""
        self._ending.set()
        self._waiting.set()

    async def run(self) -> None:
        """Connect, send, and connect again, until the end is asked for."""
        wait_s = BACKOFF_S[0]
        while not self._ending.is_set():
            try:
                async with self._client() as client:
                    log.info("broker_connected", client_id=self._client_id)
                    self.connected, wait_s = True, BACKOFF_S[0]
                    if self._sent.is_lost:
                        self._resend_later()
                    await self._serve(client)
            except aiomqtt.MqttError as error:
                if self.connected:
                    log.warning("broker_lost", client_id=self._client_id, error=str(error))
                    self._sent.lose(asyncio.get_running_loop().time())
                self.connected = False
                await self._wait(wait_s * (0.5 + random.random()))
                wait_s = min(wait_s * 2, BACKOFF_S[1])
        self.connected = False
        if self._resending is not None:
            self._resending.cancel()

    def _resend_later(self) -> None:
        """Send once more what the broker may have lost, some time after we are back."""
        if self._resending is not None:
            self._resending.cancel()
        after_s = random.uniform(*self._resend_after_s)
        self._resending = asyncio.get_running_loop().call_later(after_s, self._resend)

    def _resend(self) -> None:
        if self.connected:  # or else the next return makes a new timer
            self.spool.put_back(self._sent.take())
            self._waiting.set()

    def _client(self) -> aiomqtt.Client:
        broker, will = self._broker, self._will
        client = aiomqtt.Client(
            broker.host,
            broker.port,
            username=broker.username,
            password=None if broker.password is None else broker.password.reveal,
            identifier=self._client_id,
            keepalive=KEEPALIVE_S,
            timeout=ACKNOWLEDGE_TIMEOUT_S,
            max_inflight_messages=WINDOW_MESSAGES,
            socket_options=[SEND_AT_ONCE],
            tls_context=None if broker.tls is None else broker.tls.context(),
            will=None if will is None else aiomqtt.Will(will.topic, will.payload, 1, will.retain),
        )
        client.pending_calls_threshold = WINDOW_MESSAGES  # a full window is no reason to warn
        return client

    async def _serve(self, client: aiomqtt.Client) -> None:
        """Send what is to be sent and answer commands, for as long as the connection holds."""
        if self._commands is None:
            await self._send(client)
            return
        await client.subscribe(self._commands.topic_filter, qos=1)
        listening = asyncio.create_task(self._listen(client, self._commands))
        try:
            await self._send(client)
        finally:
            listening.cancel()
            await asyncio.wait([listening])
            error = None if listening.cancelled() else listening.exception()
            if error is not None and not isinstance(error, aiomqtt.MqttError):
                raise error  # a mistake of ours; the connection's end is told by the sending

    async def _listen(self, client: aiomqtt.Client, commands: Commands) -> None:
        async for message in client.messages:
            if not isinstance(message.payload, bytes):
                continue
            try:
                device_id = parse_topic(message.topic.value).device_id
            except TopicError:
                continue  # the filter lets any device id through
            for publication in commands.answer(device_id, message.payload):
                self.put(publication)

    async def _send(self, client: aiomqtt.Client) -> None:
        """Send births, then the spool, for as long as the connection holds."""
        await self._send_births(client)
        self.born = True
        window = _Window(client)
        try:
            while len(self.spool) or window.unacknowledged or not self._ending.is_set():
                for message in self.spool.take(window.room_count):
                    window.send(message)
                if window.unacknowledged:
                    settled = await window.settled()
                    self.sent_count += len(settled)
                    self._sent.note(settled, asyncio.get_running_loop().time())
                else:
                    self._waiting.clear()
                    await self._waiting.wait()
        finally:
            # Some of them may have arrived: the platform drops what it has seen already.
            self.spool.put_back(window.close())

    async def _send_births(self, client: aiomqtt.Client) -> None:
        window = _Window(client)
        try:
            for birth in self._births():
                if not window.room_count:
                    await window.settled()
                window.send(birth)
            while window.unacknowledged:
                await window.settled()
        finally:
            window.close()  # births are made anew for the next connection

    async def _wait(self, duration_s: float) -> None:
        try:
            async with asyncio.timeout(duration_s):
                await self._ending.wait()
        except TimeoutError:
            return


class _Window:
    """Messages sent and not yet acknowledged, in the order of sending, and never too many."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self._client = client
        self.unacknowledged: deque[tuple[Publication, asyncio.Task[None]]] = deque()

    @property
    def room_count(self) -> int:
        return WINDOW_MESSAGES - len(self.unacknowledged)

    def send(self, message: Publication) -> None:
        publishing = self._client.publish(
            message.topic, message.payload, qos=1, retain=message.retain
        )
        self.unacknowledged.append((message, asyncio.ensure_future(publishing)))

    async def settled(self) -> list[Publication]:
        """Wait until the oldest is acknowledged; return those that are, from the oldest on."""
        await self.unacknowledged[0][1]
        settled: list[Publication] = []
        while self.unacknowledged and self.unacknowledged[0][1].done():
            self.unacknowledged[0][1].result()
            settled.append(self.unacknowledged.popleft()[0])
        return settled

    def close(self) -> list[Publication]:
        """Give up waiting; return what is not acknowledged."""
        for _, publishing in self.unacknowledged:
            if publishing.done() and not publishing.cancelled():
                publishing.exception()  # seen: the connection's end is told once, by its own error
            publishing.cancel()
        return [message for message, _ in self.unacknowledged]


class Publisher:
    """All links of the town; messages of one device always take the same link."""

    def __init__(self, links: Sequence[Link], link_of_device: dict[str, Link]) -> None:
        self._links, self._link_of_device = links, link_of_device

    def put(self, publication: Publication) -> None:
        self._link_of_device[publication.device_id].put(publication)

    @property
    def sent_count(self) -> int:
        return sum(link.sent_count for link in self._links)

    @property
    def spooled_count(self) -> int:
        return sum(len(link.spool) for link in self._links)

    @property
    def dropped_count(self) -> int:
        return sum(link.spool.dropped_count for link in self._links)

    @property
    def all_born(self) -> bool:
        """Tell whether every device's birth has reached the broker once."""
        return all(link.born for link in self._links)

    async def run(self) -> None:
        """Run every link until `end`; then send what is left, for a bounded time."""
        async with asyncio.TaskGroup() as group:
            for number, link in enumerate(self._links):
                group.create_task(link.run(), name=f"mqtt-link-{number}")

    async def end(self, running: "asyncio.Task[None]") -> None:
        """End all links cleanly; what cannot be sent in time is given up and logged."""
        for link in self._links:
            link.end()
        done, _ = await asyncio.wait([running], timeout=FLUSH_TIMEOUT_S)
        if not done:
            log.warning("spool_given_up", messages=self.spooled_count)
            running.cancel()
            await asyncio.wait([running])


def connect(
    broker: Broker,
    connections: Connections,
    device_ids: Sequence[str],
    *,
    client_id: str,
    birth: Callable[[str], Publication],
    will: Callable[[str], Publication],
    answer: Callable[[str, bytes], Sequence[Publication]] | None = None,
    resend_after_s: tuple[float, float] = AFTER_S,
) -> Publisher:
    """Return the publisher of these devices; nothing is connected before it runs.

    `answer` takes a device id and the bytes of a command; without it no device listens.
    """

    def births_of(ids: Sequence[str]) -> Callable[[], list[Publication]]:
        return lambda: [birth(device_id) for device_id in ids]

    def commands_of(topic_filter: str) -> Commands | None:
        return None if answer is None else Commands(topic_filter=topic_filter, answer=answer)

    if connections is Connections.SHARED:
        link = Link(
            broker,
            client_id=client_id,
            births=births_of(device_ids),
            commands=commands_of(f"{PREFIX}/+/+/{TopicKind.COMMAND}"),
            resend_after_s=resend_after_s,
        )
        return Publisher([link], dict.fromkeys(device_ids, link))
    links = {
        device_id: Link(
            broker,
            client_id=device_id,
            births=births_of([device_id]),
            will=will(device_id),
            commands=commands_of(str(Topic(device_id, TopicKind.COMMAND))),
            spool_messages_max=max(SPOOL_MESSAGES_MAX // len(device_ids), 1),
            resend_after_s=resend_after_s,
        )
        for device_id in device_ids
    }
    return Publisher(list(links.values()), links)
