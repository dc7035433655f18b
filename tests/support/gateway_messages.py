"""Messages of lifts for gateway tests, as a device would publish them."""

from datetime import datetime, timedelta
from typing import Any

from liftward_gateway.admit import Received
from liftward_wire.codec import encode
from liftward_wire.columns import microseconds
from liftward_wire.messages import Batch, Event, EventKind, Message, Sample
from liftward_wire.topics import Topic, TopicKind


def topic_of(device_id: str, kind: TopicKind) -> str:
    return str(Topic(device_id, kind))


def sample(at: datetime, *, sequence: int, boot_id: int = 1, **signals: Any) -> Sample:
    return Sample(observed_at=at, boot_id=boot_id, sequence=sequence, **signals)


def batch(at: datetime, *, sequence: int, count: int, boot_id: int = 1, **fields: Any) -> Batch:
    """Return a batch of `count` rows, a second apart."""
    return Batch(
        started_at=at,
        boot_id=boot_id,
        sequence=sequence,
        offset_ms=[row * 1_000 for row in range(count)],
        **fields,
    )


def event(
    at: datetime, kind: EventKind, *, sequence: int, boot_id: int = 1, **fields: Any
) -> Event:
    return Event(observed_at=at, boot_id=boot_id, sequence=sequence, kind=kind, **fields)


def received(
    device_id: str, kind: TopicKind, message: Message | bytes, at: datetime, **fields: Any
) -> Received:
    """Return a message as the broker hands it over at `at`."""
    payload = message if isinstance(message, bytes) else encode(message)
    return Received(topic_of(device_id, kind), payload, microseconds(at), **fields)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)
