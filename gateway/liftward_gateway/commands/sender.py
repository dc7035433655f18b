"""Sends asked commands and ends overdue ones, for as long as the worker lives.

Has a session with the broker and a connection to the database of its own: a broker that breaks off
because it does not let us publish there must not take the alarms with it.
"""

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Protocol

import structlog

from liftward_gateway.backoff import Backoff
from liftward_gateway.commands import store
from liftward_gateway.commands.decision import Ending, LiveCommand, plan
from liftward_gateway.connection import BrokerAddress, BrokerUnavailableError
from liftward_gateway.connection import Connection as BrokerConnection
from liftward_gateway.shards import ShardRange
from liftward_gateway.store_link import Connection, StoreLink
from liftward_kit.clock import Clock
from liftward_wire.codec import encode
from liftward_wire.topics import Topic, TopicKind

log = structlog.get_logger()

# Deadlines fire within this, and a lost notification costs no more.
POLL_S = 1.0
# Looked at in one turn; a worker's whole city asks for less in a minute.
COMMANDS_AT_A_TIME = 200
# From the first byte to the broker's PUBACK, connecting included. Deadlines wait no longer than
# this for a broker that hangs.
PUBLISH_WITHIN_S = 3.0


class Publisher(Protocol):
    """Something that hands a message to the broker and returns when the broker has it."""

    async def publish(self, topic: str, payload: bytes) -> None: ...

    async def close(self) -> None: ...


class CommandPublisher:
    """A connection to the broker that is made when there is something to send, and kept."""

    def __init__(self, address: BrokerAddress, client_id: str) -> None:
        self._address, self._client_id = address, client_id
        self._connection: BrokerConnection | None = None
        self._connections_count = 0

    async def publish(self, topic: str, payload: bytes) -> None:
        """Publish at QoS 1; return when the broker has acknowledged.

        Raises
        ------
        BrokerUnavailableError
            When it does not; the message may have arrived all the same.
        """
        try:
            async with asyncio.timeout(PUBLISH_WITHIN_S):
                if self._connection is None or self._connection.closed.is_set():
                    self._connection = await self._connect()
                await self._connection.publish(topic, payload)
        except TimeoutError as error:
            if self._connection is not None:
                self._connection.abort()  # what it may still acknowledge is not waited for
            raise BrokerUnavailableError("the broker does not acknowledge a command") from error

    async def close(self) -> None:
        """Say goodbye."""
        if self._connection is not None:
            await self._connection.close()

    async def _connect(self) -> BrokerConnection:
        self._connections_count += 1
        connection = BrokerConnection(
            self._connections_count,
            on_message=lambda *_: None,  # it subscribes to nothing
            has_room=lambda: True,
            clean_session=True,
        )
        try:
            await connection.open(self._address, self._client_id)
        except BaseException:
            connection.abort()
            raise
        return connection


class CommandSender:
    """The part of a worker that speaks to devices."""

    def __init__(
        self,
        link: StoreLink,
        publisher: Publisher,
        shards: ShardRange,
        *,
        clock: Clock,
        rng: Random,
    ) -> None:
        self._link, self._publisher, self._shards = link, publisher, shards
        self._clock, self._backoff = clock, Backoff(rng)
        self._retry_at_s: float | None = None  # of the event loop; None while the broker answers

    async def run(self) -> None:
        """Look for commands, whenever told and at least every `POLL_S`, until cancelled."""
        try:
            while True:
                await self.turn()
                await self._link.read(_wait_for_word)
        finally:
            await self._publisher.close()

    async def turn(self) -> None:
        """Send what is to be sent and end what is over."""
        now = self._clock()
        commands = await self._link.read(
            lambda connection: store.live_commands(
                connection, self._shards, now=now, limit=COMMANDS_AT_A_TIME
            )
        )
        wanted = plan(commands, now=now)
        if wanted.endings:
            await self._end(wanted.endings)
        if wanted.to_send and not self._waits_for_broker():
            await self._send(wanted.to_send)

    async def _end(self, endings: Sequence[Ending]) -> None:
        now = self._clock()

        async def work(connection: Connection) -> None:
            await store.end(connection, endings, now)

        await self._link.transact(work)
        for ending in endings:
            log.info(
                "command_ended",
                command_id=ending.command_id,
                state=ending.state,
                reason=str(ending.reason),
            )

    async def _send(self, commands: Sequence[LiveCommand]) -> None:
        """Publish in order; only what the broker has acknowledged is marked as sent."""
        taken: list[str] = []
        try:
            for command in commands:
                if self._clock() >= command.deadline_at:
                    continue  # those before it took their time: the next turn ends it
                topic = str(Topic(command.lift_id, TopicKind.COMMAND))
                await self._publisher.publish(topic, encode(command.message()))
                taken.append(command.command_id)
        except BrokerUnavailableError as error:
            if self._retry_at_s is None:
                log.warning("commands_wait_for_broker", reason=str(error))
            self._retry_at_s = asyncio.get_running_loop().time() + self._backoff.next_s()
        else:
            self._retry_at_s = None
            self._backoff.reset()
        if taken:
            now = self._clock()

            async def work(connection: Connection) -> None:
                await store.mark_sent(connection, taken, now)

            await self._link.transact(work)
            log.info("commands_sent", command_ids=taken)

    def _waits_for_broker(self) -> bool:
        return self._retry_at_s is not None and (
            asyncio.get_running_loop().time() < self._retry_at_s
        )


async def _wait_for_word(connection: Connection) -> None:
    """Return when something was asked, or after a while."""
    await store.listen(connection)
    async for _ in connection.notifies(timeout=POLL_S, stop_after=1):
        continue  # all that have come: together they wake us once
