"""A device that follows the contract: it keeps what it could not send, and repeats after a loss.

What it has to say is kept until the broker has acknowledged it. After a lost connection it sends
what waits at once, and after a random delay repeats everything it had published in the window
before the loss and since: a broker that is killed loses what it acknowledged after its last save.
"""

import asyncio
import secrets
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from random import Random

from liftward_kit.clock import monotonic_s
from support.brokers import RunningBroker
from support.mqtt_packets import (
    CONNACK_ACCEPTED,
    PACKET_IDS,
    PUBACK_BYTES,
    connect_packet,
    puback_ids,
    publish_packet,
)

_ANSWER_WITHIN_S = 5.0
_CONNECT_PAUSE_S = (0.1, 0.5)
_IDLE_S = 0.05
_IN_FLIGHT_MAX = 20

# Lift, stream, sequence of the device that speaks for it.
Key = tuple[str, str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatRule:
    """How much is repeated after a lost connection, and when."""

    window_s: float
    delay_s: tuple[float, float]


# docs/contract.md: a minute, 10 to 30 s later; for a broker that saves every 30 s.
CONTRACT_RULE = RepeatRule(window_s=60.0, delay_s=(10.0, 30.0))


@dataclass(frozen=True, slots=True)
class Publication:
    """One message, and which rows it tells of."""

    topic: str
    payload: bytes
    keys: tuple[Key, ...]


class ContractDevice:
    """One connection to the broker with a store behind it."""

    def __init__(self, broker: RunningBroker, rule: RepeatRule, rng: Random) -> None:
        self.kept: set[Key] = set()  # everything it was ever told to send
        self.acknowledged: set[Key] = set()
        self.repeated_count = 0
        self.losses_count = 0
        self._broker, self._rule, self._rng = broker, rule, rng
        self._waiting: deque[Publication] = deque()
        self._in_flight: dict[int, Publication] = {}  # by packet id, in order
        self._published: deque[tuple[float, Publication]] = deque()
        self._repeat_at_s: float | None = None
        self._repeat_from_s = 0.0
        self._packet_id = 0
        self._woken = asyncio.Event()

    @property
    def is_idle(self) -> bool:
        """Whether everything is acknowledged, and repeated where that is due."""
        return not self._waiting and not self._in_flight and self._repeat_at_s is None

    def send(self, publication: Publication) -> None:
        """Take a message into the store; it leaves when the broker is there."""
        self.kept.update(publication.keys)
        self._waiting.append(publication)
        self._woken.set()

    async def run(self) -> None:
        """Stay connected and send until cancelled."""
        while True:
            with suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
                await self._connect_and_work()
            await asyncio.sleep(self._rng.uniform(*_CONNECT_PAUSE_S))

    async def _connect_and_work(self) -> None:
        reader, writer = await asyncio.open_connection(self._broker.host, self._broker.port)
        try:
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                writer.write(connect_packet(f"device-{secrets.token_hex(6)}"))
                answer = await reader.readexactly(len(CONNACK_ACCEPTED))
            assert answer == CONNACK_ACCEPTED, answer
            listening = asyncio.create_task(self._listen(reader))
            try:
                await self._talk(writer, listening)
            finally:
                listening.cancel()
                self._lost(monotonic_s())
        finally:
            writer.close()

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        """Take acknowledgements until the connection ends."""
        with suppress(OSError, asyncio.IncompleteReadError):
            while True:
                for packet_id in puback_ids(await reader.readexactly(PUBACK_BYTES)):
                    publication = self._in_flight.pop(packet_id)
                    self.acknowledged.update(publication.keys)
                    self._published.append((monotonic_s(), publication))
                    self._woken.set()

    async def _talk(self, writer: asyncio.StreamWriter, listening: asyncio.Task[None]) -> None:
        while not listening.done():
            if self._repeat_at_s is not None and monotonic_s() >= self._repeat_at_s:
                self._repeat()
            while self._waiting and len(self._in_flight) < _IN_FLIGHT_MAX:
                publication = self._waiting.popleft()
                self._packet_id = self._packet_id % PACKET_IDS + 1
                self._in_flight[self._packet_id] = publication
                writer.write(
                    publish_packet(publication.topic, publication.payload, self._packet_id)
                )
            await writer.drain()
            self._forget()
            self._woken.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(_IDLE_S):
                    await self._woken.wait()

    def _repeat(self) -> None:
        """Put what was published in the window in front of what waits."""
        again = [one for at_s, one in self._published if at_s >= self._repeat_from_s]
        self._published = deque(
            (at_s, one) for at_s, one in self._published if at_s < self._repeat_from_s
        )
        self._waiting.extendleft(reversed(again))
        self.repeated_count += sum(len(publication.keys) for publication in again)
        self._repeat_at_s = None

    def _lost(self, now_s: float) -> None:
        self.losses_count += 1
        self._waiting.extendleft(reversed(self._in_flight.values()))
        self._in_flight.clear()
        from_s = now_s - self._rule.window_s
        # A loss before the repetition of the last one is over: repeat for both.
        if self._repeat_at_s is not None:
            from_s = min(from_s, self._repeat_from_s)
        self._repeat_from_s = from_s
        self._repeat_at_s = now_s + self._rng.uniform(*self._rule.delay_s)

    def _forget(self) -> None:
        oldest_s = monotonic_s() - self._rule.window_s
        if self._repeat_at_s is not None:
            oldest_s = min(oldest_s, self._repeat_from_s)
        while self._published and self._published[0][0] < oldest_s:
            self._published.popleft()
