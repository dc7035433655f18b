"""The messages of an ingest benchmark, encoded once: only time and number change from then on.

Building them must cost next to nothing, for the generator shares the machine with what it measures.
Must not know brokers or clocks.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from liftward_wire.codec import encode
from liftward_wire.messages import Batch, Sample
from liftward_wire.signals import COUNTER_MAX
from liftward_wire.topics import Topic, TopicKind

LIFTS_PER_EDGE = 50
_AT = datetime(2001, 1, 1, 1, 1, 1, 123_456, tzinfo=UTC)
_AT_TEXT, _SEQUENCE_TEXT = b"2001-01-01T01:01:01.123456Z", str(COUNTER_MAX).encode()
_SEQUENCE_WIDTH = 16

# What a car says on its way, and at a landing. Neither is anything to conclude something from.
_MOVING: dict[str, Any] = {
    "service_mode": "normal", "position_m": 31.25, "floor": 9, "speed_mps": 1.75, "direction": "up",
    "car_door": "closed", "door_zone": "outside", "load_kg": 150.0, "occupancy": "occupied",
    "trips_count": 123_456,
}  # fmt: skip
_STANDING: dict[str, Any] = _MOVING | {
    "position_m": 30.0, "speed_mps": 0.0, "direction": "none", "car_door": "open",
    "door_zone": "inside", "load_kg": 0.0, "occupancy": "empty",
}  # fmt: skip


def lift_name(number: int) -> str:
    return f"BENCH-{number:06d}"


def edge_name(number: int) -> str:
    return f"EDGE-{number:05d}"


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A payload in three pieces, with room for the time of observation and the first number."""

    topic: str
    head: bytes
    middle: bytes
    tail: bytes

    def filled(self, at_text: bytes, sequence: int) -> bytes:
        """Return the payload; the number is padded with blanks, so its length never changes."""
        return b"".join((self.head, at_text, self.middle, b"%16d" % sequence, self.tail))

    @property
    def payload_bytes(self) -> int:
        return len(self.head) + len(_AT_TEXT) + len(self.middle) + _SEQUENCE_WIDTH + len(self.tail)


def batch_skeletons(edge: int, boot_id: int) -> tuple[Skeleton, Skeleton]:
    """Return an edge's two batches: every other lift moves, and then the others."""
    lift_ids = [lift_name(edge * LIFTS_PER_EDGE + place) for place in range(LIFTS_PER_EDGE)]
    topic = Topic(edge_name(edge), TopicKind.BATCH)
    return (_batch(topic, lift_ids, boot_id, 0), _batch(topic, lift_ids, boot_id, 1))


def single_skeletons(lift: int, boot_id: int) -> tuple[Skeleton, Skeleton]:
    """Return a lift's two samples."""
    topic = Topic(lift_name(lift), TopicKind.TELEMETRY)
    samples = (
        Sample(observed_at=_AT, boot_id=boot_id, sequence=COUNTER_MAX, **signals)
        for signals in (_MOVING, _STANDING)
    )
    first, second = (_split(topic, encode(sample)) for sample in samples)
    return first, second


def at_text(at_us: int) -> bytes:
    """Return microseconds since 1970 as the contract writes times."""
    seconds, microseconds = divmod(at_us, 1_000_000)
    at = datetime.fromtimestamp(seconds, UTC)
    return b"%s.%06dZ" % (at.strftime("%Y-%m-%dT%H:%M:%S").encode(), microseconds)


def _batch(topic: Topic, lift_ids: list[str], boot_id: int, moved: int) -> Skeleton:
    rows = range(len(lift_ids))
    signals = [(_MOVING, _STANDING)[(row + moved) % 2] for row in rows]
    batch = Batch(
        started_at=_AT,
        boot_id=boot_id,
        sequence=COUNTER_MAX,
        offset_ms=[0 for _ in rows],
        lift_ids=lift_ids,
        lift_index=list(rows),
        columns={name: [row[name] for row in signals] for name in _MOVING},
    )
    return _split(topic, encode(batch))


def _split(topic: Topic, payload: bytes) -> Skeleton:
    head, _, rest = payload.partition(_AT_TEXT)
    middle, _, tail = rest.partition(_SEQUENCE_TEXT)
    assert head, payload
    assert tail, payload
    return Skeleton(str(topic), head, middle, tail)
