"""The MQTT edge: keeps one durable session alive and hands over its messages in batches.

Must not know what messages mean. See `connection` for the bytes.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from math import inf
from random import Random

import structlog
from paho.mqtt.client import MQTTMessage

from liftward_gateway.admit import Received
from liftward_gateway.backoff import Backoff
from liftward_gateway.batch import (
    BROKER_WINDOW_MESSAGES,
    WINDOW_BYTES_MAX,
    WINDOW_MESSAGES_MAX,
    BatchLimits,
    close_reason,
    wait_s,
)
from liftward_gateway.broker_window import BrokerWindow
from liftward_gateway.connection import BrokerAddress, BrokerUnavailableError, Connection

log = structlog.get_logger()


class MqttSource:
    """A MessageSource over one MQTT session with a stable name.

    Messages wait in memory up to the window; when it is full the socket is not read, and the broker
    keeps the rest.
    """

    def __init__(
        self,
        *,
        address: BrokerAddress,
        client_id: str,
        filters: Sequence[str],
        stamp: Callable[[], int],
        rng: Random,
    ) -> None:
        self.subscribed = asyncio.Event()
        self._address, self._client_id, self._filters = address, client_id, filters
        self._stamp, self._rng = stamp, rng
        self._log = log.bind(client_id=client_id)
        self._waiting: deque[Received] = deque()
        self._waiting_bytes = 0
        self._under_way = 0
        self._arrived = asyncio.Event()
        self._oldest_at_s = self._newest_at_s = 0.0
        self._connection: Connection | None = None
        self._broker_window = BrokerWindow()
        self._connections_count = 0
        self._stopping = False
        self._subscribed_at_s: float | None = None  # None until the first time

    @property
    def waiting_count(self) -> int:
        """Messages received and not yet taken."""
        return len(self._waiting)

    @property
    def unacknowledged_count(self) -> int:
        """Messages received and not yet acknowledged, waiting ones and those under way."""
        return len(self._waiting) + self._under_way

    @property
    def oldest_waiting_us(self) -> int | None:
        """When the oldest waiting message arrived, in microseconds since 1970."""
        return self._waiting[0].received_at_us if self._waiting else None

    def subscribed_for_s(self, now_s: float) -> float:
        """Return the time since the subscriptions were last granted.

        0 before the first time; infinite while the broker is away.
        """
        if self._subscribed_at_s is None:
            return 0.0
        return now_s - self._subscribed_at_s if self.subscribed.is_set() else inf

    async def run(self) -> None:
        """Stay connected and subscribed until cancelled or stopped."""
        backoff = Backoff(self._rng)
        told_loss = False
        while not self._stopping:
            try:
                connection = await self._connect()
            except BrokerUnavailableError as error:
                if not told_loss:
                    self._log.warning("broker_lost", reason=str(error))
                told_loss = True
                await asyncio.sleep(backoff.next_s())
                continue
            self._log.info("broker_connected", session_present=connection.session_present)
            backoff.reset()
            told_loss = False
            self.subscribed.set()
            self._subscribed_at_s = asyncio.get_running_loop().time()
            await connection.closed.wait()
            self.subscribed.clear()
            if not self._stopping:
                self._log.warning("broker_lost", reason="the connection ended")
                told_loss = True
                await asyncio.sleep(backoff.next_s())

    async def next_batch(self, limits: BatchLimits, *, wait_s: float) -> list[Received]:
        """Return the next messages as `limits` say, or none when nothing came within `wait_s`."""
        loop = asyncio.get_running_loop()
        give_up_at_s = loop.time() + wait_s
        while True:
            left_s = self._left_s(limits, loop.time(), give_up_at_s)
            if left_s <= 0:
                return self._take(limits)
            self._arrived.clear()
            try:
                async with asyncio.timeout(left_s):
                    await self._arrived.wait()
            except TimeoutError:
                continue

    def acknowledge(self, messages: Sequence[Received]) -> None:
        """Acknowledge on the connection they came by; those of an earlier one are left out."""
        self._under_way = 0
        connection = self._connection
        if connection is not None:
            connection.acknowledge(
                [
                    (message.packet_id, message.qos)
                    for message in messages
                    if message.connection == connection.number and message.qos > 0
                ]
            )
            self._broker_window.acknowledged(asyncio.get_running_loop().time())

    async def listen(self, filters: Sequence[str]) -> None:
        """Subscribe to more, now and after every connect.

        Raises
        ------
        BrokerUnavailableError
            When the broker refuses, or is away: nothing is changed.
        """
        connection = self._connection
        if connection is None or not self.subscribed.is_set():
            raise BrokerUnavailableError("not connected")
        await connection.subscribe(filters)
        self._filters = [*self._filters, *filters]

    def send(self, topic: str, payload: bytes) -> None:
        """Publish something that may be lost."""
        if self._connection is not None:
            self._connection.send(topic, payload)

    async def stop(self) -> None:
        """Disconnect in order; what was not acknowledged stays with the broker."""
        self._stopping = True
        if self._connection is not None:
            await self._connection.close()

    async def _connect(self) -> Connection:
        self._connections_count += 1
        connection = Connection(
            self._connections_count, on_message=self._receive, has_room=self._has_room
        )
        try:
            await connection.open(self._address, self._client_id)
            # From here on messages come in, and may be acknowledged, even before SUBACK.
            self._connection = connection
            if self._connections_count > 1 and not connection.session_present:
                self._log.warning("broker_forgot_session")
            await connection.subscribe(self._filters)
        except BaseException:
            connection.abort()
            raise
        return connection

    def _receive(self, message: MQTTMessage, connection: int) -> None:
        received = Received(
            topic=topic_text(message),
            payload=bytes(message.payload),
            received_at_us=self._stamp(),
            retained=message.retain,
            packet_id=message.mid,
            qos=message.qos,
            connection=connection,
        )
        self._newest_at_s = asyncio.get_running_loop().time()
        if not self._waiting:
            self._oldest_at_s = self._newest_at_s
        self._waiting.append(received)
        self._waiting_bytes += len(received.payload)
        self._arrived.set()

    def _has_room(self) -> bool:
        return len(self._waiting) < WINDOW_MESSAGES_MAX and self._waiting_bytes < WINDOW_BYTES_MAX

    def _left_s(self, limits: BatchLimits, now_s: float, give_up_at_s: float) -> float:
        """Return how long to wait for more; 0 when the batch is to be taken as it is."""
        if not self._waiting:
            return give_up_at_s - now_s
        age_s, quiet_s = now_s - self._oldest_at_s, now_s - self._newest_at_s
        reason = close_reason(
            limits,
            messages_count=len(self._waiting),
            bytes_count=self._waiting_bytes,
            age_s=age_s,
            quiet_s=quiet_s,
        )
        return 0.0 if reason else wait_s(limits, age_s=age_s, quiet_s=quiet_s)

    def _take(self, limits: BatchLimits) -> list[Received]:
        self._watch_window()
        taken: list[Received] = []
        bytes_count = 0
        while self._waiting and len(taken) < limits.messages_max and bytes_count < limits.bytes_max:
            message = self._waiting.popleft()
            bytes_count += len(message.payload)
            taken.append(message)
        self._waiting_bytes -= bytes_count
        self._under_way = len(taken)
        self._oldest_at_s = self._newest_at_s
        if self._connection is not None and self._has_room():
            self._connection.resume()
        return taken

    def _watch_window(self) -> None:
        """Tell the operator of a broker that hands out too few messages at a time."""
        window = self._broker_window.taken(len(self._waiting), first_at_s=self._oldest_at_s)
        if window is not None:
            self._log.warning(
                "broker_window_small",
                unacknowledged_messages_max=window,
                wanted=BROKER_WINDOW_MESSAGES,
                hint="each of our commits takes so few: raise max_inflight_messages of the broker",
            )


def topic_text(message: MQTTMessage) -> str:
    """Return the topic; one that is not UTF-8 becomes a text that no contract allows."""
    try:
        return message.topic
    except UnicodeDecodeError as error:
        return f"(not UTF-8) {bytes(error.object)!r}"
