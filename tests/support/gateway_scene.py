"""A gateway worker, a broker and a database as one scene, with a publisher that counts.

The publisher knows what the broker has acknowledged: that, and each of it once, is what the
database must hold in the end.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, LiteralString

import aiomqtt
import psycopg
from psycopg.rows import dict_row

from liftward_kit.clock import utc_now
from liftward_wire.codec import encode
from liftward_wire.messages import Message, Sample
from liftward_wire.topics import TopicKind
from support.brokers import RunningBroker
from support.fleet_rows import register_lifts
from support.gateway_messages import topic_of
from support.polling import eventually
from support.processes import LiftwardProcess, LiftwardProcesses

_PUBLISH_WITHIN_S = 5.0


class GatewayScene:
    """One fleet, one broker, one database, and the gateways a test starts."""

    def __init__(self, dsn: str, broker: RunningBroker, processes: LiftwardProcesses) -> None:
        self.dsn, self.broker = dsn, broker
        self._processes = processes
        self.lift_keys: dict[str, int] = {}

    def register(self, *lift_ids: str) -> None:
        """Register lifts with a gateway of their own each."""
        self.lift_keys |= register_lifts(self.dsn, lift_ids)

    def environ(self, **settings: str) -> dict[str, str]:
        return {
            "LIFTWARD_DATABASE_URL": self.dsn,
            "LIFTWARD_BROKER_URL": self.broker.url,
            **settings,
        }

    def start(self, *words: str, **settings: str) -> LiftwardProcess:
        """Start a worker without waiting for it."""
        return self._processes.start("gateway", "run", *words, environ=self.environ(**settings))

    def start_ready(self, *words: str, **settings: str) -> LiftwardProcess:
        """Start a worker and wait until it is subscribed."""
        worker = self.start(*words, **settings)
        worker.wait_ready()
        return worker

    def quarantine(self, *words: str) -> str:
        """Run `liftward gateway quarantine` and return what it printed."""
        answer = self._processes.run("gateway", "quarantine", *words, environ=self.environ())
        assert answer.returncode == 0, answer.stderr
        return answer.stdout

    def rows(self, query: LiteralString, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Run one query."""
        with psycopg.connect(self.dsn, autocommit=True, row_factory=dict_row) as connection:
            cursor = connection.execute(query, parameters)
            return [] if cursor.description is None else cursor.fetchall()

    def value(self, query: LiteralString, parameters: Sequence[Any] = ()) -> Any:
        """Return the one value of a query, or None when it has no row."""
        rows = self.rows(query, parameters)
        if not rows:
            return None
        [value] = rows[0].values()
        return value

    def wait_for(
        self, wanted: object, query: LiteralString, parameters: Sequence[Any] = (), **how: Any
    ) -> None:
        """Wait until a query gives a value."""
        eventually(
            lambda: self.value(query, parameters) == wanted, what=f"{wanted} by {query}", **how
        )

    def stored(self) -> dict[tuple[str, int, int], int]:
        """Return how often each (lift, boot, sequence) is stored."""
        rows = self.rows(
            "SELECT lift_id, boot_id, sequence, count(*) AS count FROM sample"
            "  JOIN lift USING (lift_key) GROUP BY 1, 2, 3"
        )
        return {(row["lift_id"], row["boot_id"], row["sequence"]): row["count"] for row in rows}

    def expect_stored_once(self, published: set[tuple[str, int, int]], **how: Any) -> None:
        """Wait until everything is stored, then check that nothing is there twice."""
        eventually(
            lambda: published <= set(self.stored()), what="all acknowledged rows stored", **how
        )
        stored = self.stored()
        assert published - set(stored) == set()
        assert {key: count for key, count in stored.items() if count != 1} == {}

    async def publish(
        self, device_id: str, kind: TopicKind, *messages: Message | bytes, retain: bool = False
    ) -> None:
        """Publish at QoS 1 and return when the broker has acknowledged."""
        await self.publish_to(topic_of(device_id, kind), *messages, retain=retain)

    async def publish_to(
        self, topic: str, *messages: Message | bytes, retain: bool = False
    ) -> None:
        """Publish to any topic."""
        async with aiomqtt.Client(self.broker.host, self.broker.port) as client:
            for message in messages:
                payload = message if isinstance(message, bytes) else encode(message)
                await client.publish(topic, payload, qos=1, retain=retain)


class Flow:
    """Publishes samples of some lifts in order, round after round, whatever happens to the broker.

    `acknowledged` are those the broker has acknowledged; one that failed is published again, as a
    device with a store would.
    """

    def __init__(self, scene: GatewayScene, lift_ids: Sequence[str], *, pause_s: float) -> None:
        self.acknowledged: set[tuple[str, int, int]] = set()
        self._scene, self._lift_ids, self._pause_s = scene, lift_ids, pause_s
        self._ended = asyncio.Event()

    async def run(self) -> None:
        """Publish until `end`."""
        waiting = [(lift_id, 0) for lift_id in self._lift_ids]
        while not self._ended.is_set():
            try:
                async with aiomqtt.Client(
                    self._scene.broker.host, self._scene.broker.port, timeout=_PUBLISH_WITHIN_S
                ) as client:
                    while not self._ended.is_set():
                        await self._round(client, waiting)
                        await asyncio.sleep(self._pause_s)
            except aiomqtt.MqttError:
                await asyncio.sleep(0.1)

    def end(self) -> None:
        """Let the round under way finish, then stop."""
        self._ended.set()

    async def _round(self, client: aiomqtt.Client, waiting: list[tuple[str, int]]) -> None:
        for place, (lift_id, sequence) in enumerate(waiting):
            message = Sample(observed_at=utc_now(), boot_id=1, sequence=sequence, speed_mps=0.0)
            await client.publish(topic_of(lift_id, TopicKind.TELEMETRY), encode(message), qos=1)
            self.acknowledged.add((lift_id, 1, sequence))
            waiting[place] = (lift_id, sequence + 1)
