"""Where one path takes Sparkplug messages: states of nodes read, moved on, and written with rows.

Composes the pure parts with the path's database connection. A state that was moved on is written in
the transaction of the rows it led to; what follows builds on it whether that was repeated or not.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec
import structlog

from liftward_gateway.admit import Admitted, Received
from liftward_gateway.prepare import EVENT_STREAM, TELEMETRY_STREAM, Judged
from liftward_gateway.registry import Registry
from liftward_gateway.shards import ShardRange
from liftward_gateway.sparkplug.node import Node, Reading, Taken, take
from liftward_gateway.sparkplug.readings import EVENTS, TELEMETRY, events_of, samples_of
from liftward_gateway.store_link import QUERIES, Connection, StoreLink
from liftward_gateway.writer import load_registration
from liftward_wire.rejection import Rejected, RejectReason
from liftward_wire.sparkplug.payload import decode_payload
from liftward_wire.sparkplug.topics import PREFIX, MessageType, SparkplugTopic, parse_sparkplug
from liftward_wire.topics import TopicError, shard_of

log = structlog.get_logger()

_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Node)

Maker = Callable[
    [Taken, SparkplugTopic, Received, Mapping[str, int]], Iterator[Admitted | Rejected]
]
_OF_STREAM: Mapping[str, tuple[Reading, Maker]] = {
    TELEMETRY_STREAM: (TELEMETRY, samples_of),
    EVENT_STREAM: (EVENTS, events_of),
}


@dataclass(frozen=True, slots=True)
class _Heard:
    received: Received
    topic: SparkplugTopic


def is_sparkplug(received: Received) -> bool:
    return received.topic.startswith(PREFIX)


class Desk:
    """The Sparkplug nodes of one path. `rebirths` are the nodes to be asked for a new birth."""

    def __init__(self, stream: str, shards: ShardRange, registry: Registry) -> None:
        self.rebirths: dict[str, SparkplugTopic] = {}
        # Whether what nodes say is taken: before it is subscribed, the broker may have kept some.
        self.listening = registry.sparkplug_count > 0
        self.subscribed = False
        self._stream, self._shards, self._registry = stream, shards, registry
        self._reading, self._made = _OF_STREAM[stream]
        self._nodes: dict[str, Node | None] = {}
        self._moved: set[str] = set()
        self._of_connection = -1

    async def judge(self, messages: Sequence[Received], link: StoreLink) -> list[Judged]:
        """Return what these messages are; one may be several things, or none."""
        heard = [one for message in messages if (one := self._heard(message)) is not None]
        await self._look_up(heard, link)
        await self._load(heard, link)
        return [judged for one in heard for judged in self._judge(one)]

    async def write(self, connection: Connection) -> None:
        """Write the states that were moved on."""
        if not self._moved:
            return
        moved = sorted(self._moved)
        await connection.execute(
            QUERIES["write_sparkplug_nodes"],
            {
                "stream": self._stream,
                "device_ids": moved,
                "states": [_ENCODER.encode(self._nodes[node_id]) for node_id in moved],
            },
        )

    def committed(self) -> None:
        """Take what was written as written."""
        self._moved.clear()

    def _heard(self, received: Received) -> _Heard | None:
        """Return a message of a node in our shards; those of others cost no more than this."""
        try:
            topic = parse_sparkplug(received.topic)
        except TopicError:
            return None  # a node whose id no registry can have
        if shard_of(topic.node_id) not in self._shards:
            return None
        return _Heard(received, topic)

    async def _look_up(self, heard: Sequence[_Heard], link: StoreLink) -> None:
        """Read the registration of nodes that are born and that we do not know."""
        strange = {
            one.topic.node_id
            for one in heard
            if one.topic.type is MessageType.NODE_BIRTH
            and not self._registry.speaks_sparkplug(one.topic.node_id)
        }
        if strange:
            shards = self._shards
            rows = await link.read(
                lambda connection: load_registration(connection, shards, strange)
            )
            self._registry.update(strange, rows)

    async def _load(self, heard: Sequence[_Heard], link: StoreLink) -> None:
        if self._of_connection != link.connections_count:
            # Another worker may have written since; what we moved on and could not write is newer.
            self._nodes = {node_id: self._nodes[node_id] for node_id in self._moved}
            self._of_connection = link.connections_count
        wanted = {one.topic.node_id for one in heard}
        wanted = {node_id for node_id in wanted if self._registry.speaks_sparkplug(node_id)}
        missing = sorted(wanted - self._nodes.keys())
        if not missing:
            return

        async def read(connection: Connection) -> dict[str, bytes]:
            values = {"stream": self._stream, "device_ids": missing}
            cursor = await connection.execute(QUERIES["sparkplug_nodes"], values)
            return {row["device_id"]: row["state"] for row in await cursor.fetchall()}

        states = await link.read(read)
        self._nodes |= {node_id: _decoded(node_id, states.get(node_id)) for node_id in missing}

    def _judge(self, one: _Heard) -> Iterator[Judged]:
        received, topic = one.received, one.topic
        node_id = topic.node_id
        if not self._registry.speaks_sparkplug(node_id):
            yield from self._strange(one)
            return
        payload = decode_payload(received.payload)
        if isinstance(payload, Rejected):
            if self._stream == TELEMETRY_STREAM:
                yield Judged(received, payload)
            return
        node = self._nodes.get(node_id)
        taken = take(node, topic, payload, self._reading)
        lifts = self._registry.lifts_of(node_id) or {}
        results = list(self._made(taken, topic, received, lifts))
        if taken.node is not node:
            self._nodes[node_id] = taken.node
            self._moved.add(node_id)
        if taken.wants_rebirth:
            self.rebirths[node_id] = topic
        elif taken.born:
            self.rebirths.pop(node_id, None)
        for result in results:
            yield Judged(received, result)

    def _strange(self, one: _Heard) -> Iterator[Judged]:
        """Tell of a birth that nobody registered; the data after it say no more, and are many."""
        if one.topic.type is MessageType.NODE_BIRTH and self._stream == TELEMETRY_STREAM:
            detail = f"no device {one.topic.node_id} is registered for sparkplug-b"
            yield Judged(one.received, Rejected(RejectReason.UNKNOWN_DEVICE, detail))


def _decoded(node_id: str, state: bytes | None) -> Node | None:
    """Return a stored state; one that cannot be read is as good as none: a birth replaces it."""
    if state is None:
        return None
    try:
        return _DECODER.decode(state)
    except msgspec.DecodeError as error:
        log.warning("sparkplug_state_unusable", node_id=node_id, reason=str(error))
        return None
