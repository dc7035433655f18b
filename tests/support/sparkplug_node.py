"""A Sparkplug edge node for tests: counts seq and bdSeq as one does, and writes its messages."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from liftward_wire.columns import microseconds
from liftward_wire.sparkplug.metrics import BIRTH_SEQUENCE
from liftward_wire.sparkplug.payload import DataType, Told, Value, encode_payload
from liftward_wire.sparkplug.topics import MessageType, SparkplugTopic

GROUP = "lifts"


def metric(name: str, value: Value, datatype: DataType | None = None, **how: object) -> Told:
    """Return a metric by name; its type follows from the value."""
    types = {bool: DataType.BOOLEAN, float: DataType.DOUBLE, int: DataType.INT64}
    kind = datatype or types.get(type(value), DataType.STRING)
    return Told(name=name, value=value, datatype=kind, **how)  # type: ignore[arg-type]


@dataclass
class NodeSender:
    """`at` is the node's clock; every message moves it on by a second."""

    node_id: str
    at: datetime
    birth_sequence: int = -1
    seq: int = 0
    group: str = GROUP
    sent: list[tuple[str, bytes]] = field(default_factory=list)

    @property
    def at_ms(self) -> int:
        return microseconds(self.at) // 1000

    def birth(self, metrics: Sequence[Told], *, again: bool = False) -> tuple[str, bytes]:
        """Be born: a new session, or `again` in the same one."""
        if not again:
            self.birth_sequence = (self.birth_sequence + 1) % 256
        self.seq = 0
        number = metric(BIRTH_SEQUENCE, self.birth_sequence)
        return self._send(MessageType.NODE_BIRTH, [number, *metrics])

    def data(self, *metrics: Told, lift_id: str = "") -> tuple[str, bytes]:
        self.seq = (self.seq + 1) % 256
        kind = MessageType.DEVICE_DATA if lift_id else MessageType.NODE_DATA
        return self._send(kind, metrics, lift_id)

    def lift_birth(self, lift_id: str, metrics: Sequence[Told]) -> tuple[str, bytes]:
        self.seq = (self.seq + 1) % 256
        return self._send(MessageType.DEVICE_BIRTH, metrics, lift_id)

    def lift_death(self, lift_id: str) -> tuple[str, bytes]:
        self.seq = (self.seq + 1) % 256
        return self._send(MessageType.DEVICE_DEATH, (), lift_id)

    def will(self) -> tuple[str, bytes]:
        """Return the death that belongs to the last birth."""
        topic = SparkplugTopic(self.group, MessageType.NODE_DEATH, self.node_id, self.node_id)
        number = metric(BIRTH_SEQUENCE, self.birth_sequence)
        return str(topic), encode_payload([number], at_ms=self.at_ms, seq=None)

    def _send(
        self, kind: MessageType, metrics: Sequence[Told], lift_id: str = ""
    ) -> tuple[str, bytes]:
        self.at += timedelta(seconds=1)
        topic = SparkplugTopic(self.group, kind, self.node_id, lift_id or self.node_id)
        message = str(topic), encode_payload(metrics, at_ms=self.at_ms, seq=self.seq)
        self.sent.append(message)
        return message
