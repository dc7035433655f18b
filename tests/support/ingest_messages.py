"""The messages of an ingest benchmark, encoded once: only time and number change from then on.

Building them must cost next to nothing, for the generator shares the machine with what it measures.
Must not know brokers or clocks.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from liftward_wire.codec import encode
from liftward_wire.messages import Batch, Sample
from liftward_wire.signals import COUNTER_MAX
from liftward_wire.topics import Topic, TopicKind

LIFTS_PER_EDGE = 50
PLACES_COUNT = 97  # no period of anything that looks now and then
_AT = datetime(2001, 1, 1, 1, 1, 1, 123_456, tzinfo=UTC)
_AT_TEXT, _SEQUENCE_TEXT = b"2001-01-01T01:01:01.123456Z", str(COUNTER_MAX).encode()
_SEQUENCE_WIDTH = 16

# A car that takes somebody up and comes down empty, once every four messages. A device that says
# the same for ever, arrives where it left, or is never empty is rightly found out, and a whole
# fleet of them would measure how findings are stored.
_TRAVEL: dict[str, Any] = {
    "service_mode": "normal", "position_m": 37.25, "floor": 11, "speed_mps": 1.75,
    "direction": "up", "car_door": "closed", "door_zone": "outside", "load_kg": 150.0,
    "occupancy": "occupied", "trips_count": 123_456,
}  # fmt: skip
_LANDING: dict[str, Any] = _TRAVEL | {
    "position_m": 45.0, "floor": 13, "speed_mps": 0.0, "direction": "none", "car_door": "open",
    "door_zone": "inside", "load_kg": 0.0, "occupancy": "empty",
}  # fmt: skip
_ROUND_TRIP = (
    _TRAVEL,
    _LANDING,
    _TRAVEL | {"direction": "down", "load_kg": 0.0, "occupancy": "empty"},
    _LANDING | {"position_m": 30.0, "floor": 9},
)


def lift_name(number: int) -> str:
    return f"BENCH-{number:06d}"


def edge_name(number: int) -> str:
    return f"EDGE-{number:05d}"


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A payload in pieces, with room for the time of observation, the first number and the places.

    `places` are as many texts of equal length: a car that moves is seen somewhere else each time.
    """

    topic: str
    head: bytes
    middle: bytes
    inner: bytes
    places: tuple[bytes, ...]
    tail: bytes

    def filled(self, at_text: bytes, sequence: int, turn: int) -> bytes:
        """Return the payload; the number is padded with blanks, so its length never changes."""
        place = self.places[turn % len(self.places)]
        number = b"%16d" % sequence
        return b"".join((self.head, at_text, self.middle, number, self.inner, place, self.tail))

    @property
    def payload_bytes(self) -> int:
        fixed = len(self.head) + len(self.middle) + len(self.inner) + len(self.tail)
        return fixed + len(_AT_TEXT) + _SEQUENCE_WIDTH + len(self.places[0])


def batch_skeletons(edge: int, boot_id: int) -> tuple[Skeleton, ...]:
    """Return an edge's batches, to be sent in turn; in each of them half of the lifts move."""
    lift_ids = [lift_name(edge * LIFTS_PER_EDGE + place) for place in range(LIFTS_PER_EDGE)]
    topic = Topic(edge_name(edge), TopicKind.BATCH)
    return tuple(_batch(topic, lift_ids, boot_id, turn) for turn in range(len(_ROUND_TRIP)))


def single_skeletons(lift: int, boot_id: int) -> tuple[Skeleton, ...]:
    """Return a lift's samples, to be sent in turn; every other lift begins at a landing."""
    topic = Topic(lift_name(lift), TopicKind.TELEMETRY)
    samples = (
        Sample(observed_at=_AT, boot_id=boot_id, sequence=COUNTER_MAX, **_said(lift + turn))
        for turn in range(len(_ROUND_TRIP))
    )
    return tuple(_split(topic, encode(one), _places((one.position_m,))) for one in samples)


def at_text(at_us: int) -> bytes:
    """Return microseconds since 1970 as the contract writes times."""
    seconds, microseconds = divmod(at_us, 1_000_000)
    at = datetime.fromtimestamp(seconds, UTC)
    return b"%s.%06dZ" % (at.strftime("%Y-%m-%dT%H:%M:%S").encode(), microseconds)


def _said(step: int) -> dict[str, Any]:
    return _ROUND_TRIP[step % len(_ROUND_TRIP)]


def _batch(topic: Topic, lift_ids: list[str], boot_id: int, turn: int) -> Skeleton:
    rows = range(len(lift_ids))
    signals = [_said(row + turn) for row in rows]
    batch = Batch(
        started_at=_AT,
        boot_id=boot_id,
        sequence=COUNTER_MAX,
        offset_ms=[0 for _ in rows],
        lift_ids=lift_ids,
        lift_index=list(rows),
        columns={name: [row[name] for row in signals] for name in _TRAVEL},
    )
    return _split(topic, encode(batch), _places(tuple(row["position_m"] for row in signals)))


@cache
def _places(positions_m: tuple[float, ...]) -> tuple[bytes, ...]:
    """Return how the column is written, as encoded, and then with moving cars at other places."""
    moving_m = _TRAVEL["position_m"]
    texts = []
    for step in range(PLACES_COUNT):
        # Two digits before the point and two behind it: the length never changes.
        place = b"%05.2f" % (moving_m + 0.02 * step + 0.01)
        texts.append(b",".join(place if one == moving_m else b"%g.0" % one for one in positions_m))
    as_encoded = b",".join(b"%g" % one if one == moving_m else b"%g.0" % one for one in positions_m)
    return (as_encoded, *texts)


def _split(topic: Topic, payload: bytes, places: tuple[bytes, ...]) -> Skeleton:
    head, _, rest = payload.partition(_AT_TEXT)
    middle, _, rest = rest.partition(_SEQUENCE_TEXT)
    inner, _, tail = rest.partition(places[0])
    assert head, payload
    assert tail, payload
    assert {len(place) for place in places} == {len(places[0])}, places
    return Skeleton(str(topic), head, middle, inner, places, tail)
