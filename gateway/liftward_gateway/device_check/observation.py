"""What was heard of a device, and how it reads by the contract.

Pure: bytes with their circumstances in, messages and numbered rows out. Nothing raises on input.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from liftward_wire.codec import decode, encode
from liftward_wire.columns import microseconds
from liftward_wire.messages import Batch, Event, Message, Presence, Sample, Status
from liftward_wire.rejection import Rejected
from liftward_wire.signals import SIGNALS
from liftward_wire.topics import Topic, TopicError, TopicKind, parse_topic

_FROM_PLATFORM = TopicKind.COMMAND
_UNKNOWN = "unknown"
_TOPIC_PARTS_MIN = 4  # prefix, version, shard, id


@dataclass(frozen=True, slots=True)
class Observation:
    """One message as the broker handed it over."""

    topic: str
    payload: bytes
    received_us: int
    qos: int = 1
    retained: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """An observation as the contract reads it.

    `topic` is the topic, or the one that was plainly meant when `topic_fault` says what is wrong
    with it; None when nobody can tell.
    """

    observation: Observation
    topic: Topic | None
    topic_fault: str | None
    message: Message | Rejected | None

    @property
    def kind(self) -> TopicKind | None:
        return None if self.topic is None else self.topic.kind

    @property
    def is_live(self) -> bool:
        return not self.observation.retained


@dataclass(frozen=True, slots=True)
class Row:
    """One numbered row: a sample, a row of a batch, or an event."""

    device_id: str
    stream: TopicKind  # telemetry (batches of an edge too) or event
    boot_id: int
    sequence: int
    observed_us: int
    content: object  # equal for identical rows
    read: Read
    signals: Mapping[str, Any] = field(default_factory=dict)  # known ones, of the watched lift
    is_of_lift: bool = True  # an edge's batch has rows of other lifts


def read(observation: Observation, device_ids: Sequence[str]) -> Read:
    """Read one observation of the watched devices."""
    try:
        topic, fault = parse_topic(observation.topic), None
    except TopicError as error:
        meant, fault = _meant(observation.topic, device_ids), str(error)
        if meant is None:
            return Read(observation, None, fault, None)
        topic = meant
    return Read(observation, topic, fault, decode(topic, observation.payload))


def _meant(text: str, device_ids: Sequence[str]) -> Topic | None:
    """Return the topic behind one with a wrong prefix or shard."""
    parts = text.split("/")
    if len(parts) < _TOPIC_PARTS_MIN or parts[3] not in device_ids:
        return None
    return Topic(parts[3], TopicKind(parts[-1])) if parts[-1] in list(TopicKind) else None


@dataclass(frozen=True, slots=True)
class Heard:
    """A whole watch, read once. `reads` are the device's; `commands` the platform's to it."""

    lift_id: str
    started_us: int
    ended_us: int
    reads: tuple[Read, ...]
    commands: tuple[Read, ...]
    telemetry: tuple[Row, ...]
    events: tuple[Row, ...]

    @classmethod
    def of(
        cls,
        observations: Sequence[Observation],
        *,
        lift_id: str,
        edge_id: str | None = None,
        started_us: int,
        ended_us: int,
    ) -> "Heard":
        """Read all that was heard between two moments."""
        device_ids = [lift_id] if edge_id is None else [lift_id, edge_id]
        reads = [read(one, device_ids) for one in observations]
        own = tuple(one for one in reads if one.kind is not _FROM_PLATFORM)
        rows = [row for one in own if one.is_live for row in _rows(one, lift_id)]
        return cls(
            lift_id=lift_id,
            started_us=started_us,
            ended_us=ended_us,
            reads=own,
            commands=tuple(one for one in reads if one.kind is _FROM_PLATFORM),
            telemetry=tuple(row for row in rows if row.stream is TopicKind.TELEMETRY),
            events=tuple(row for row in rows if row.stream is TopicKind.EVENT),
        )

    @property
    def live(self) -> list[Read]:
        return [one for one in self.reads if one.is_live]

    @property
    def statuses(self) -> list[tuple[Read, Status]]:
        return [(one, one.message) for one in self.reads if isinstance(one.message, Status)]

    @property
    def births(self) -> list[tuple[Read, Status]]:
        return [pair for pair in self.statuses if pair[1].presence is Presence.ONLINE]

    @property
    def birth(self) -> Status | None:
        """The last word of the device about itself."""
        return self.births[-1][1] if self.births else None

    @property
    def offline_since_us(self) -> int | None:
        """When the device was last said to be offline, if that is how it stands at the end."""
        since: int | None = None
        for one, status in self.statuses:
            if status.presence is Presence.ONLINE:
                since = None
            elif since is None:
                since = one.observation.received_us
        return since

    @property
    def lift_rows(self) -> list[Row]:
        """Telemetry of the watched lift."""
        return [row for row in self.telemetry if row.is_of_lift]


def _rows(one: Read, lift_id: str) -> Iterator[Row]:
    if one.topic is None:
        return
    message = one.message
    device_id = one.topic.device_id
    if isinstance(message, Sample):
        signals = known_signals({name: getattr(message, name) for name in _SIGNAL_NAMES})
        observed_us = microseconds(message.observed_at)
        content = (observed_us, lift_id, tuple(sorted(signals.items())))
        yield Row(
            device_id, TopicKind.TELEMETRY, message.boot_id, message.sequence, observed_us,
            content, one, signals,
        )  # fmt: skip
    elif isinstance(message, Batch):
        yield from _batch_rows(one, message, device_id, lift_id)
    elif isinstance(message, Event):
        yield Row(
            device_id, TopicKind.EVENT, message.boot_id, message.sequence,
            microseconds(message.observed_at), encode(message), one,
        )  # fmt: skip


def _batch_rows(one: Read, batch: Batch, device_id: str, lift_id: str) -> Iterator[Row]:
    started_us = microseconds(batch.started_at)
    for row, offset_ms in enumerate(batch.offset_ms):
        of_lift = lift_id
        if batch.lift_ids is not None and batch.lift_index is not None:
            of_lift = batch.lift_ids[batch.lift_index[row]]
        signals = known_signals({name: column[row] for name, column in batch.columns.items()})
        observed_us = started_us + offset_ms * 1_000
        content = (observed_us, of_lift, tuple(sorted(signals.items())))
        yield Row(
            device_id, TopicKind.TELEMETRY, batch.boot_id, batch.sequence + row, observed_us,
            content, one, signals, is_of_lift=of_lift == lift_id,
        )  # fmt: skip


_SIGNAL_NAMES = tuple(signal.name for signal in SIGNALS)


def known_signals(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the signals that say something: absent and unknown ones left out."""
    return {
        name: value for name, value in values.items() if value is not None and value != _UNKNOWN
    }
