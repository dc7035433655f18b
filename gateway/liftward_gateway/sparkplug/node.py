"""One edge node as one path knows it: births, aliases, sequence numbers, values held since.

Pure. Sparkplug reports by exception: a metric that is not in a message has the value it had. That
holds only while no message is missing, so a gap, a refused message and a death make the held values
unknown again, and a rebirth is asked for. Must not know the registry, SQL or MQTT.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import msgspec

from liftward_wire.columns import microseconds
from liftward_wire.consistency import YEAR_FIRST, YEAR_LAST
from liftward_wire.rejection import Rejected, RejectReason
from liftward_wire.sparkplug.metrics import BIRTH_SEQUENCE
from liftward_wire.sparkplug.payload import Metric, Payload
from liftward_wire.sparkplug.topics import MessageType, SparkplugTopic

SEQUENCES = 256  # seq counts from 0 to 255 and begins again
BORN_NOW = 0
_HALF = SEQUENCES // 2
_WINDOW = (1 << (_HALF + 1)) - 1
# Lifts behind one node; as many as one edge of the contract may have.
LIFTS_MAX = 1_000
# As for every time of the contract.
FIRST_MS = microseconds(datetime(YEAR_FIRST, 1, 1, tzinfo=UTC)) // 1000
LAST_MS = microseconds(datetime(YEAR_LAST + 1, 1, 1, tzinfo=UTC)) // 1000 - 1

Reader = Callable[[str, Metric, int | None, str], Any]


class Lift(msgspec.Struct):
    """What a node's birth, or a device's below it, defined, and what is held since."""

    # By alias: name and datatype. Only metrics that the path reads are kept.
    aliases: dict[int, tuple[str, int | None]] = {}
    datatypes: dict[str, int | None] = {}
    values: dict[str, Any] = {}
    alive: bool = True

    def copy(self) -> "Lift":
        return Lift(dict(self.aliases), dict(self.datatypes), dict(self.values), self.alive)


class Node(msgspec.Struct):
    """A node since its last birth.

    `highest` is the highest number that was taken; bit i of `seen` says that `highest` - i was.
    `events_count` numbers what the event path makes of the messages.
    """

    born_ms: int
    birth_sequence: int
    boot_id: int
    highest: int = BORN_NOW
    seen: bytes = b"\x01"
    events_count: int = 0
    alive: bool = True
    lifts: dict[str, Lift] = {}

    def copy(self) -> "Node":
        """Return a copy whose lifts are still the same: `own` the ones to change."""
        return msgspec.structs.replace(self, lifts=dict(self.lifts))

    def see(self, number: int) -> bool:
        """Note a number; return whether it was noted before. Half a turn of seq is remembered."""
        seen = int.from_bytes(self.seen, "big")
        behind = self.highest - number
        if behind < 0:
            self.highest = number
            seen, behind = seen << -behind, 0
        repeated = bool(seen >> behind & 1)
        seen = (seen | 1 << behind) & _WINDOW
        self.seen = seen.to_bytes(_HALF // 8 + 1, "big")
        return repeated

    def own(self, lift_id: str) -> Lift | None:
        """Return a copy of a lift that may be changed, if it is known."""
        lift = self.lifts.get(lift_id)
        if lift is not None:
            lift = self.lifts[lift_id] = lift.copy()
        return lift

    def own_all(self) -> list[Lift]:
        self.lifts = {name: lift.copy() for name, lift in self.lifts.items()}
        return list(self.lifts.values())


@dataclass(slots=True)
class Taken:
    """What one message came to.

    `number` is its place in the count of this birth, None where it takes none. `values` are the
    readings of its lift at `at_ms`: all that is held when the message is the newest, else its own.
    `before` is what was held of them until then.
    """

    node: Node | None
    refused: Rejected | None = None
    number: int | None = None
    repeated: bool = False
    at_ms: int = 0
    values: Mapping[str, Any] = field(default_factory=dict)
    told: frozenset[str] = frozenset()
    before: Mapping[str, Any] = field(default_factory=dict)
    born: bool = False
    died: bool = False
    wants_rebirth: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """Which metrics a path reads, and whether what it holds must be forgotten with a gap.

    A state is worth nothing when a message is missing. The last report of a button or a fault is
    kept: it only serves to tell a change from a repeat. A path that does not forget takes a time
    that no clock has as the nearest one, and leaves it to others to refuse it.
    """

    read: Mapping[str, Reader]
    forgets: bool


def take(node: Node | None, topic: SparkplugTopic, payload: Payload, reading: Reading) -> Taken:
    """Return what a message means and the node after it; `node` is left unchanged."""
    if payload.at_ms is not None:
        broken = _broken_clock(payload.at_ms, "$.timestamp")
        if broken is not None and reading.forgets:
            return Taken(node, broken)
        if broken is not None:  # an alarm is never lost to a wrong clock
            payload = replace(payload, at_ms=min(max(payload.at_ms, FIRST_MS), LAST_MS))
    match topic.type:
        case MessageType.NODE_BIRTH:
            return _birth(node, topic, payload, reading)
        case MessageType.NODE_DEATH:
            return _death(node, payload)
        case _:
            return _counted(node, topic, payload, reading)


def _violation(detail: str, path: str) -> Rejected:
    return Rejected(RejectReason.CONTRACT_VIOLATION, detail, path)


def _broken_clock(at_ms: int, path: str) -> Rejected | None:
    if FIRST_MS <= at_ms <= LAST_MS:
        return None
    early = at_ms < FIRST_MS
    return Rejected(
        RejectReason.OBSERVED_TOO_LONG_AGO if early else RejectReason.OBSERVED_IN_FUTURE,
        f"{at_ms} ms since 1970 is outside the years {YEAR_FIRST} to {YEAR_LAST}: set the clock",
        path,
    )


def _missing(node: Node | None, detail: str) -> Taken:
    refused = Rejected(RejectReason.BIRTH_MISSING, detail)
    return Taken(node, refused, wants_rebirth=True)


def _birth_sequence(payload: Payload) -> int | Rejected:
    for place, metric in enumerate(payload.metrics):
        if metric.name == BIRTH_SEQUENCE:
            value = None if metric.raw is None else metric.raw[1]
            if type(value) is int:
                return value
            return _violation("bdSeq is not a whole number", f"$.metrics[{place}]")
    return _violation("a birth or death of a node needs the metric bdSeq", "$.metrics")


def _birth(node: Node | None, topic: SparkplugTopic, payload: Payload, reading: Reading) -> Taken:
    birth_sequence = _birth_sequence(payload)
    if isinstance(birth_sequence, Rejected):
        return Taken(node, birth_sequence)
    if payload.at_ms is None or payload.seq != BORN_NOW:
        return Taken(node, _violation("a birth needs a timestamp and seq 0", "$"))
    again = (
        node is not None and node.born_ms == payload.at_ms and node.birth_sequence == birth_sequence
    )
    if node is not None and again:
        return Taken(node, number=BORN_NOW, repeated=True, at_ms=payload.at_ms)
    # A clock that was set back must not make a node that starts anew look old.
    boot_id = payload.at_ms if node is None else max(payload.at_ms, node.boot_id + 1)
    born = Node(born_ms=payload.at_ms, birth_sequence=birth_sequence, boot_id=boot_id)
    if node is not None and not reading.forgets:
        born.lifts = {
            name: Lift(values=dict(one.values), alive=False) for name, one in node.lifts.items()
        }
    taken = _readings(born, topic, payload, reading)
    taken.born = True
    return taken


def _death(node: Node | None, payload: Payload) -> Taken:
    """A will is written at the birth it belongs to: that of an earlier birth changes nothing."""
    birth_sequence = _birth_sequence(payload)
    if isinstance(birth_sequence, Rejected):
        return Taken(node, birth_sequence)
    if node is None or not node.alive or birth_sequence != node.birth_sequence:
        return Taken(node)
    node = node.copy()
    node.alive = False
    for lift in node.own_all():
        lift.alive = False
    return Taken(node, died=True)


def _counted(node: Node | None, topic: SparkplugTopic, payload: Payload, reading: Reading) -> Taken:
    """Take data, or a device's birth or death: they share the node's count."""
    if payload.seq is None or payload.seq >= SEQUENCES or payload.at_ms is None:
        return Taken(node, _violation("needs a timestamp, and seq from 0 to 255", "$"))
    if node is None:
        return _missing(node, f"no birth of node {topic.node_id} is known")
    number = node.highest + (payload.seq - node.highest + _HALF) % SEQUENCES - _HALF
    if payload.at_ms < node.born_ms or number <= BORN_NOW:
        # Its aliases were those of another birth: what they meant must not be guessed.
        return _missing(node, "said before the last birth: its aliases are not known any more")
    node = node.copy()
    gap = number > node.highest + 1
    newest = number > node.highest and node.alive
    repeated = node.see(number)
    if gap and reading.forgets:
        for lift in node.own_all():
            lift.values.clear()
    taken = _of_lift(node, topic, payload, reading, newest=newest)
    taken.number, taken.repeated = number, repeated
    taken.wants_rebirth |= gap or not node.alive
    return taken


def _of_lift(
    node: Node, topic: SparkplugTopic, payload: Payload, reading: Reading, *, newest: bool
) -> Taken:
    if topic.type is MessageType.DEVICE_BIRTH and newest:
        return _readings(node, topic, payload, reading)
    lift = node.own(topic.lift_id)
    if topic.type is MessageType.DEVICE_DEATH:
        if lift is not None and newest:
            lift.alive = False
            if reading.forgets:
                lift.values.clear()
        return Taken(node, at_ms=payload.at_ms or 0)
    if lift is None or (newest and not lift.alive):
        return _missing(node, f"no birth of {topic.lift_id} is known")
    return _readings(node, topic, payload, reading, lift, newest=newest)


def _readings(
    node: Node,
    topic: SparkplugTopic,
    payload: Payload,
    reading: Reading,
    lift: Lift | None = None,
    *,
    newest: bool = True,
) -> Taken:
    """Read the metrics of a message into its lift; without a lift this is the lift's birth."""
    before = node.lifts.get(topic.lift_id)
    number = BORN_NOW if topic.type is MessageType.NODE_BIRTH else None
    is_birth = lift is None
    if lift is None:
        if before is None and len(node.lifts) >= LIFTS_MAX:
            return Taken(node, _violation(f"more than {LIFTS_MAX} devices of one node", "$"))
        lift = node.lifts[topic.lift_id] = _defined(payload, reading)
        if before is not None and not reading.forgets:
            lift.values = dict(before.values)
    held = dict(lift.values)
    told, at_ms, refused = _read(lift, payload, reading)
    if is_birth:
        at_ms = payload.at_ms or 0  # a birth says what holds now, whenever it last changed
    else:
        newest = newest and not _is_past(payload)
    if refused is not None:
        # What else the message said is lost with it: nothing that is held can be relied on.
        if reading.forgets:
            lift.values.clear()
        return Taken(node, refused, number=number, wants_rebirth=True)
    if newest:
        lift.values.update(told)
    values = lift.values if newest and reading.forgets else told
    return Taken(
        node,
        number=number,
        at_ms=at_ms,
        values={name: value for name, value in values.items() if value is not None},
        told=frozenset(told),
        before=held,
    )


def _is_past(payload: Payload) -> bool:
    return any(metric.historical for metric in payload.metrics)


def _defined(payload: Payload, reading: Reading) -> Lift:
    lift = Lift()
    for metric in payload.metrics:
        if metric.name is not None and metric.name in reading.read:
            lift.datatypes[metric.name] = metric.datatype
            if metric.alias is not None:
                lift.aliases[metric.alias] = (metric.name, metric.datatype)
    return lift


def _named(
    lift: Lift, payload: Payload, reading: Reading
) -> Iterator[tuple[int, str, Metric, int | None]]:
    for place, metric in enumerate(payload.metrics):
        name, datatype = metric.name, metric.datatype
        if name is None and metric.alias is not None:
            name, defined = lift.aliases.get(metric.alias, (None, None))
            datatype = datatype or defined
        if name in reading.read:
            assert name is not None
            yield place, name, metric, datatype or lift.datatypes.get(name)


def _read(
    lift: Lift, payload: Payload, reading: Reading
) -> tuple[dict[str, Any], int, Rejected | None]:
    """Return the values of a message by name, the moment they are of, and why it is refused."""
    assert payload.at_ms is not None
    told: dict[str, Any] = {}
    live: set[int] = set()
    past: set[int] = set()
    for place, name, metric, datatype in _named(lift, payload, reading):
        value = reading.read[name](name, metric, datatype, f"$.metrics[{place}]")
        if isinstance(value, Rejected):
            return {}, 0, value
        at_ms = metric.at_ms or payload.at_ms
        broken = _broken_clock(at_ms, f"$.metrics[{place}].timestamp")
        if broken is not None and reading.forgets:
            return {}, 0, broken
        if broken is not None:
            at_ms = payload.at_ms
        (past if metric.historical else live).add(at_ms)
        if name in told:
            detail = f"{name} stands twice in one message: send one message for each moment"
            return {}, 0, _violation(detail, f"$.metrics[{place}]")
        told[name] = value
    if past and (live or len(past) > 1):
        detail = "values of several moments in one message: send one message for each moment"
        return {}, 0, _violation(detail, "$.metrics")
    return told, max(live or past, default=payload.at_ms), None
