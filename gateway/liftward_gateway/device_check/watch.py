"""The edge of the device checker: subscribes, listens for a while, and leaves no trace.

Publishes nothing, but for one snapshot command when asked to. Must not know what is right.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from paho.mqtt.client import MQTTMessage

from liftward_gateway.connection import BrokerAddress, BrokerUnavailableError, Connection
from liftward_gateway.device_check.observation import Observation
from liftward_gateway.mqtt import topic_text
from liftward_kit.clock import Clock
from liftward_wire.codec import encode
from liftward_wire.columns import microseconds
from liftward_wire.messages import Command, CommandKind
from liftward_wire.topics import PREFIX, Topic, TopicKind, shard_of

# What one watch keeps in memory: minutes of the largest batches, hours of single samples.
KEPT_BYTES_MAX = 64_000_000
# What is retained comes within this after SUBACK, from every broker.
RETAINED_WITHIN_S = 1.0
COMMAND_DEADLINE_S = 10.0
_EACH_COSTS_BYTES = 500  # a message in memory, beside its payload


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """All that was heard, and for how long."""

    observations: Sequence[Observation]
    started_us: int
    ended_us: int
    stopped_early: bool  # KEPT_BYTES_MAX was reached


class _Listener:
    """Keeps what comes until it is too much."""

    def __init__(self, clock: Clock) -> None:
        self.observations: list[Observation] = []
        self.full = asyncio.Event()
        self._clock, self._kept_bytes = clock, 0
        self._connection: Connection | None = None

    @asynccontextmanager
    async def connected(
        self, address: BrokerAddress, client_id: str, filters: Sequence[str]
    ) -> AsyncIterator[Connection]:
        """Listen on one connection; its session ends with it."""
        connection = Connection(
            0, on_message=self._take, has_room=lambda: not self.full.is_set(), clean_session=True
        )
        try:
            await connection.open(address, client_id)
            self._connection = connection
            await connection.subscribe(filters)
            yield connection
        finally:
            await connection.close()

    def _take(self, message: MQTTMessage, _connection: int) -> None:
        payload = bytes(message.payload)
        self.observations.append(
            Observation(
                topic=topic_text(message),
                payload=payload,
                received_us=microseconds(self._clock()),
                qos=message.qos,
                retained=message.retain,
            )
        )
        self._kept_bytes += len(payload) + _EACH_COSTS_BYTES
        if self._kept_bytes > KEPT_BYTES_MAX:
            self.full.set()
        if message.qos > 0 and self._connection is not None:
            # Not from within the client's own callback.
            acknowledge = self._connection.acknowledge
            asyncio.get_running_loop().call_soon(acknowledge, [(message.mid, message.qos)])


async def watch(
    address: BrokerAddress,
    *,
    lift_id: str,
    edge_id: str | None,
    seconds: float,
    command_id: str | None,
    client_id: str,
    clock: Clock,
) -> Watched:
    """Listen to a lift's topics, right and wrong ones, for so many seconds.

    With a `command_id`, a snapshot command is published first. At the end the retained status is
    read once more: a birth that came meanwhile shows only then whether it was retained.

    Raises
    ------
    BrokerUnavailableError
        When the broker cannot be reached, refuses, or breaks off.
    """
    listener = _Listener(clock)
    filters = await _granted_filters(address, client_id, clock, lift_id, edge_id)
    async with listener.connected(address, client_id, filters) as connection:
        started_us = microseconds(clock())
        if command_id is not None:
            await _ask_snapshot(connection, lift_id, command_id, clock)
        await _until_over(connection, listener, seconds)
        ended_us = microseconds(clock())
    status = [f"{PREFIX}/{shard_of(lift_id):02x}/{lift_id}/{TopicKind.STATUS}"]
    at_end = _Listener(clock)
    async with at_end.connected(address, f"{client_id}-end", status):
        await asyncio.sleep(RETAINED_WITHIN_S)
    retained = [one for one in at_end.observations if one.retained]
    return Watched(
        observations=[*listener.observations, *retained],
        started_us=started_us,
        ended_us=ended_us,
        stopped_early=listener.full.is_set(),
    )


async def _granted_filters(
    address: BrokerAddress, client_id: str, clock: Clock, lift_id: str, edge_id: str | None
) -> list[str]:
    """Return the widest filters the broker lets us have: wrong prefixes and shards show in them."""
    wide = [f"+/+/+/{lift_id}/#"] + ([f"+/+/+/{edge_id}/{TopicKind.BATCH}"] if edge_id else [])
    narrow = [f"{PREFIX}/+/{lift_id}/+"] + (
        [f"{PREFIX}/+/{edge_id}/{TopicKind.BATCH}"] if edge_id else []
    )
    probe = _Listener(clock)
    try:
        async with probe.connected(address, client_id, wide):
            return wide
    except BrokerUnavailableError:
        # Refused, or away: with the narrow ones that is told apart.
        return narrow


async def _ask_snapshot(
    connection: Connection, lift_id: str, command_id: str, clock: Clock
) -> None:
    command = Command(
        command_id=command_id,
        kind=CommandKind.SNAPSHOT,
        deadline_at=clock() + timedelta(seconds=COMMAND_DEADLINE_S),
    )
    await connection.publish(str(Topic(lift_id, TopicKind.COMMAND)), encode(command))


async def _until_over(connection: Connection, listener: _Listener, seconds: float) -> None:
    """Wait for the time, or for too much; raises when the broker breaks off."""
    waits = [
        asyncio.create_task(connection.closed.wait()),
        asyncio.create_task(listener.full.wait()),
    ]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waits:
            task.cancel()
    if connection.closed.is_set():
        raise BrokerUnavailableError("the broker broke off while we listened")
