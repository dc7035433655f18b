"""From the messages of a trace to columns, with the gateway's own admission and sequence marks.

A trace has no registration beside it: a device is registered when it first speaks, an edge with the
lifts that its batches name. Must not know files or detectors.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from liftward_detection.events import EventColumns
from liftward_gateway.admit import AdmittedSamples, Received
from liftward_gateway.detecting import event_row
from liftward_gateway.mark_table import MarkTable
from liftward_gateway.prepare import (
    Judged,
    Prepared,
    judge,
    prepare,
    streams_of,
    unregistered_devices,
)
from liftward_gateway.registry import Registry, ServedLift
from liftward_gateway.sequence import Verdict
from liftward_wire.codec import decode
from liftward_wire.columns import SampleColumns, empty_columns
from liftward_wire.messages import Batch
from liftward_wire.rejection import Rejected
from liftward_wire.topics import TopicKind, parse_topic

EXAMPLES_MAX = 3  # of each reason for a refusal


@dataclass(slots=True)
class TraceIntake:
    """Mutable: who has spoken, what was refused, sequence marks of all."""

    lift_ids: list[str] = field(default_factory=list)  # by fleet index
    refused: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)
    repeats_count: int = 0
    samples_count: int = 0
    events_count: int = 0
    _registry: Registry = field(default_factory=Registry)
    _marks: MarkTable = field(default_factory=MarkTable)
    _served: dict[str, list[str]] = field(default_factory=dict)  # lift ids by device
    _key_of: dict[str, int] = field(default_factory=dict)

    def take(self, messages: Sequence[Received]) -> tuple[SampleColumns, EventColumns]:
        """Return what a gateway would hand to its detector of these messages."""
        prepared = self._prepared(self._judged(messages))
        for entry in prepared.quarantined:
            self.refuse(str(entry.reason), f"{entry.topic}: {entry.detail}")
        self.repeats_count += prepared.counts.get(Verdict.DUPLICATE, 0)
        samples = empty_columns() if prepared.columns is None else prepared.columns
        self.samples_count += len(samples)
        self.events_count += len(prepared.events)
        return samples, EventColumns.from_rows(event_row(one) for one in prepared.events)

    def refuse(self, reason: str, example: str) -> None:
        """Count a refusal, and keep the first few of its reason."""
        self.refused[reason] += 1
        shown = self.examples.setdefault(reason, [])
        if len(shown) < EXAMPLES_MAX:
            shown.append(example)

    def _judged(self, messages: Sequence[Received]) -> list[Judged]:
        """Admit messages; register who speaks for the first time, and admit those again."""
        judged = judge(messages, self._registry)
        unknown = unregistered_devices(judged)
        if not unknown:
            return judged
        again = [number for number, one in enumerate(judged) if _device_of(one) in unknown]
        self._register(unknown, (judged[number].received for number in again))
        for number, one in zip(
            again, judge([judged[n].received for n in again], self._registry), strict=True
        ):
            judged[number] = one
        return judged

    def _register(self, device_ids: Iterable[str], messages: Iterable[Received]) -> None:
        for device_id in device_ids:
            self._served.setdefault(device_id, [])
        for message in messages:
            for lift_id in _lifts_named(message):
                served = self._served[parse_topic(message.topic).device_id]
                if lift_id not in served:
                    served.append(lift_id)
        rows = [
            ServedLift(device_id, lift_id, self._key(lift_id))
            for device_id in sorted(device_ids)
            for lift_id in self._served[device_id]
        ]
        rows += [
            ServedLift(device, None, None) for device in device_ids if not self._served[device]
        ]
        self._registry.update(device_ids, rows)

    def _key(self, lift_id: str) -> int:
        key = self._key_of.get(lift_id)
        if key is None:
            key = self._key_of[lift_id] = len(self.lift_ids)
            self.lift_ids.append(lift_id)
        return key

    def _prepared(self, judged: Sequence[Judged]) -> Prepared:
        streams = streams_of(judged)
        missing = self._marks.missing(streams)
        self._marks.load(missing, [])
        prepared = prepare(judged, self._marks.batch(streams))
        self._marks.commit(prepared.marks)
        return prepared


def _device_of(judged: Judged) -> str | None:
    if isinstance(judged.result, Rejected | AdmittedSamples):
        return next(iter(unregistered_devices([judged])), None)
    return None


def _lifts_named(message: Received) -> list[str]:
    """Return the lifts that a message speaks of; a birth or a reply names none."""
    topic = parse_topic(message.topic)
    if topic.kind in (TopicKind.STATUS, TopicKind.REPLY):
        return []
    found = decode(topic, message.payload)
    if isinstance(found, Batch) and found.lift_ids is not None:
        return list(found.lift_ids)
    return [] if topic.kind is TopicKind.BATCH else [topic.device_id]
