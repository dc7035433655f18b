"""One MQTT connection from its first byte to its last, driven by the event loop. Never reused.

Packet ids mean something only within one connection, so each has a client object of its own: an
acknowledgement of an old connection cannot reach a new one. Must not know what messages mean.
"""

import asyncio
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from liftward_gateway.buffered_socket import BufferedSocket
from liftward_gateway.tls_socket import secured
from liftward_kit.client_tls import ClientTls
from liftward_kit.settings import Secret

log = structlog.get_logger()

CONNECT_WITHIN_S = (
    10.0  # TCP and TLS, then CONNACK, then SUBACK: each within this time, or try again
)
KEEPALIVE_S = 30  # a dead peer is noticed after at most twice this
_CARE_PERIOD_S = 1.0
PACKETS_PER_TURN = 256  # about 5 ms of reading, then the other path and the timers have their turn
_FILTERS_PER_SUBSCRIBE = (
    64  # 256 shards need more than one packet; brokers limit a packet's filters
)
_PINGREQ = b"\xc0\x00"
_QOS = 1


class BrokerUnavailableError(Exception):
    """The broker did not answer, broke off or refused; trying again may help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerAddress:
    """Where the broker is, and as whom we come."""

    host: str
    port: int
    username: str | None = None
    password: Secret | None = None
    tls: ClientTls | None = None  # None: in the clear

    @property
    def comes_as(self) -> str | None:
        """Whom the broker takes us for, None for nobody in particular."""
        return self.username if self.tls is None else self.username or self.tls.common_name()


class _Client(Client):
    """A paho client on a socket that is already connected: paho's own connecting would block."""

    def __init__(self, client_id: str, connected: BufferedSocket, *, clean_session: bool) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=clean_session,
            protocol=MQTTProtocolVersion.MQTTv311,
            manual_ack=True,
            reconnect_on_failure=False,
        )
        self._connected = connected

    def _create_socket(self) -> BufferedSocket:
        return self._connected


class Connection:
    """A live connection. `closed` is set when it is over, for whatever reason."""

    def __init__(
        self,
        number: int,
        *,
        on_message: Callable[[MQTTMessage, int], None],
        has_room: Callable[[], bool],
        clean_session: bool = False,
    ) -> None:
        self.number = number
        self.closed = asyncio.Event()
        self.session_present = False
        self._clean_session = clean_session  # True: nothing is kept for us when we are gone
        self._on_message = on_message
        self._has_room = has_room
        self._loop = asyncio.get_running_loop()
        self._connected: asyncio.Future[None] = self._loop.create_future()
        self._granted: dict[int, asyncio.Future[None]] = {}
        self._published: dict[int, asyncio.Future[None]] = {}
        self._paused = False
        self._pinged_at_s = 0.0
        self._client: _Client
        self._socket: BufferedSocket
        self._care: asyncio.Task[None] | None = None

    async def open(self, address: BrokerAddress, client_id: str) -> None:
        """Connect and wait for the broker's welcome.

        Raises
        ------
        BrokerUnavailableError
            When any step fails or takes too long.
        """
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                self._socket = await _connect(self._loop, address)
                self._client = self._make_client(client_id, address)
                self._client.connect(address.host, address.port, keepalive=KEEPALIVE_S)
                self._care = asyncio.create_task(self._take_care())
                await self._connected
        except (OSError, TimeoutError) as error:
            self.abort()
            raise BrokerUnavailableError(
                f"no MQTT broker at {address.host}:{address.port}: {error or 'no answer'}"
            ) from error

    async def subscribe(self, filters: Sequence[str]) -> None:
        """Subscribe at QoS 1 and wait until every filter is granted.

        Raises
        ------
        BrokerUnavailableError
            When the broker refuses one, grants less, or does not answer.
        """
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                for begin in range(0, len(filters), _FILTERS_PER_SUBSCRIBE):
                    await self._subscribe(filters[begin : begin + _FILTERS_PER_SUBSCRIBE])
        except TimeoutError as error:
            raise BrokerUnavailableError("the broker does not answer SUBSCRIBE") from error

    def send(self, topic: str, payload: bytes) -> None:
        """Publish at QoS 0: nobody waits for it, and it may be lost."""
        if not self.closed.is_set():
            self._client.publish(topic, payload, qos=0)
            self._write()

    async def publish(self, topic: str, payload: bytes) -> None:
        """Publish at QoS 1 and wait for the broker's PUBACK.

        Raises
        ------
        BrokerUnavailableError
            When the connection is over first; the message may have arrived all the same.
        """
        if self.closed.is_set():
            raise BrokerUnavailableError("the connection is over")
        sent = self._client.publish(topic, payload, qos=_QOS)
        if sent.rc is not MQTTErrorCode.MQTT_ERR_SUCCESS or self.closed.is_set():
            raise BrokerUnavailableError("the connection broke before PUBLISH")
        acknowledged = self._published[sent.mid] = self._loop.create_future()
        self._write()
        try:
            await acknowledged
        finally:
            self._published.pop(sent.mid, None)

    def acknowledge(self, packets: Sequence[tuple[int, int]]) -> None:
        """Queue acknowledgements for (packet id, QoS) in order of arrival, and send them."""
        if self.closed.is_set():
            return
        for packet_id, qos in packets:
            self._client.ack(packet_id, qos)
        self._write()

    def resume(self) -> None:
        """Read on after `has_room` had said no."""
        if self._paused and not self.closed.is_set():
            self._paused = False
            self._loop.add_reader(self._socket.fileno(), self._read)
            # What is in our own buffer does not make the socket readable.
            self._loop.call_soon(self._read)

    async def close(self) -> None:
        """Say goodbye and close; the broker keeps the session."""
        if not self.closed.is_set() and self._connected.done():
            self._client.disconnect()
            self._write()
        self.abort()

    def abort(self) -> None:
        """Close without ceremony."""
        if self._care is not None:
            self._care.cancel()
        if not self.closed.is_set() and hasattr(self, "_socket"):
            self._forget_socket()
            self._socket.close()
        self.closed.set()

    def _make_client(self, client_id: str, address: BrokerAddress) -> _Client:
        client = _Client(client_id, self._socket, clean_session=self._clean_session)
        if address.username is not None:
            password = address.password.reveal if address.password else None
            client.username_pw_set(address.username, password)
        client.on_connect = self._connack
        client.on_subscribe = self._suback
        client.on_message = self._message
        client.on_publish = self._puback
        client.on_socket_open = lambda *_: self._loop.add_reader(self._socket.fileno(), self._read)
        client.on_socket_close = lambda *_: self._forget_socket()
        client.on_socket_register_write = lambda *_: self._loop.add_writer(
            self._socket.fileno(), self._write
        )
        client.on_disconnect = lambda *_: self._lost(
            self._socket.fault or "the broker closed the connection"
        )
        return client

    async def _subscribe(self, filters: Sequence[str]) -> None:
        result, packet_id = self._client.subscribe([(text, _QOS) for text in filters])
        if result is not MQTTErrorCode.MQTT_ERR_SUCCESS or packet_id is None:
            raise BrokerUnavailableError("the connection broke before SUBSCRIBE")
        granted = self._granted[packet_id] = self._loop.create_future()
        self._write()
        await granted

    def _connack(
        self, _client: Client, _data: object, flags: ConnectFlags, reason: ReasonCode, *_: object
    ) -> None:
        self.session_present = flags.session_present
        if self._connected.done():
            return
        if reason.is_failure:
            self._connected.set_exception(
                BrokerUnavailableError(f"the broker refuses us: {reason}")
            )
        else:
            self._connected.set_result(None)

    def _suback(
        self, _client: Client, _data: object, packet_id: int, reasons: list[ReasonCode], *_: object
    ) -> None:
        granted = self._granted.pop(packet_id, None)
        if granted is None or granted.done():
            return
        refused = [str(reason) for reason in reasons if reason.value != _QOS]
        if refused:
            granted.set_exception(
                BrokerUnavailableError(f"the broker refuses {len(refused)} filters: {refused[0]}")
            )
        else:
            granted.set_result(None)

    def _puback(self, _client: Client, _data: object, packet_id: int, *_: object) -> None:
        acknowledged = self._published.get(packet_id)
        if acknowledged is not None and not acknowledged.done():
            acknowledged.set_result(None)

    def _message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self._on_message(message, self.number)

    def _read(self) -> None:
        """Handle packets that are here, up to a turn's worth or until there is no room."""
        try:
            for _ in range(PACKETS_PER_TURN):
                if self.closed.is_set() or self._paused:
                    return
                if not self._has_room():
                    self._paused = True
                    self._loop.remove_reader(self._socket.fileno())
                    return
                self._client.loop_read()
                if not self._socket.has_read_bytes:
                    return
            self._loop.call_soon(self._read)
        except Exception as error:  # noqa: BLE001 - a broken byte stream ends this connection only
            self._lost(f"cannot read: {error!r}")

    def _write(self) -> None:
        """Send what waits; ask for another turn when the network takes no more."""
        if self.closed.is_set():
            return
        try:
            self._client.loop_write()
            if self.closed.is_set():
                return
            self._socket.flush()
        except OSError as error:
            self._lost(f"cannot write: {error}")
            return
        if self._socket.has_unsent_bytes or self._client.want_write():
            self._loop.add_writer(self._socket.fileno(), self._write)
        else:
            self._loop.remove_writer(self._socket.fileno())

    async def _take_care(self) -> None:
        """Keep the connection alive, also while we read nothing because there is no room."""
        while not self.closed.is_set():
            await asyncio.sleep(_CARE_PERIOD_S)
            if not self._paused:
                self._client.loop_misc()
            elif self._loop.time() - self._pinged_at_s > KEEPALIVE_S / 2:
                # The client would take the answer it cannot see for a dead broker.
                self._pinged_at_s = self._loop.time()
                self._socket.send(_PINGREQ)
            self._write()

    def _forget_socket(self) -> None:
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket.fileno())
            self._loop.remove_writer(self._socket.fileno())

    def _lost(self, why: str) -> None:
        error = BrokerUnavailableError(why)
        for future in (self._connected, *self._granted.values(), *self._published.values()):
            if not future.done():
                future.set_exception(error)
                future.exception()  # nobody may be waiting for it: that is no mistake
        self._granted.clear()
        self.abort()


async def _connect(loop: asyncio.AbstractEventLoop, address: BrokerAddress) -> BufferedSocket:
    connected = await _connect_tcp(loop, address)
    if address.tls is None:
        return BufferedSocket(connected)
    try:
        return await secured(loop, connected, address.tls.context(), address.host)
    except BaseException:
        connected.close()
        raise


async def _connect_tcp(loop: asyncio.AbstractEventLoop, address: BrokerAddress) -> socket.socket:
    found = await loop.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    errors: list[OSError] = []
    for family, kind, protocol, _, socket_address in found:
        one = socket.socket(family, kind, protocol)
        one.setblocking(False)
        try:
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await loop.sock_connect(one, socket_address)
        except OSError as error:
            one.close()
            errors.append(error)
        except BaseException:
            one.close()
            raise
        else:
            return one
    raise errors[-1] if errors else OSError("the name has no address")
