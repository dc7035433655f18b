"""From received messages to all that one transaction writes.

Knows messages, registration and sequence marks. Must not know SQL, MQTT or the clock. Leaves what
it is given unchanged: when the store refuses a batch, parts of it are prepared again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from liftward_gateway.admit import (
    UNSERVED,
    Admitted,
    AdmittedEvent,
    AdmittedReply,
    AdmittedSamples,
    AdmittedStatus,
    Received,
    admit,
    unregistered_device,
)
from liftward_gateway.quarantine import QuarantineEntry, entry_of
from liftward_gateway.registry import Registry
from liftward_gateway.sequence import Mark, Span, StreamMarks, Verdict
from liftward_wire.columns import SampleColumns, columns_of
from liftward_wire.messages import Sample
from liftward_wire.rejection import Rejected

StreamKey = tuple[str, str]  # device id, and one of the two streams
TELEMETRY_STREAM, EVENT_STREAM = "telemetry", "event"


@dataclass(frozen=True, slots=True)
class Judged:
    """A message and what admission made of it."""

    received: Received
    result: Admitted | Rejected

    @property
    def stream(self) -> StreamKey | None:
        """The stream whose marks decide about it, if it has sequence numbers."""
        match self.result:
            case AdmittedSamples(device_id):
                return device_id, TELEMETRY_STREAM
            case AdmittedEvent(device_id):
                return device_id, EVENT_STREAM
            case _:
                return None


@dataclass(slots=True)
class Prepared:
    """All that one transaction writes, apart from detections."""

    columns: SampleColumns | None = None
    events: list[AdmittedEvent] = field(default_factory=list)
    statuses: list[AdmittedStatus] = field(default_factory=list)
    replies: list[AdmittedReply] = field(default_factory=list)
    quarantined: list[QuarantineEntry] = field(default_factory=list)
    marks: dict[StreamKey, StreamMarks] = field(default_factory=dict)
    touched: set[tuple[StreamKey, int]] = field(default_factory=set)  # with boot id
    counts: dict[Verdict, int] = field(default_factory=dict)

    @property
    def touched_marks(self) -> list[tuple[StreamKey, int, Mark]]:
        """The marks to write: those of boots that were not pushed out meanwhile, in key order."""
        return [
            (stream, boot_id, mark)
            for stream, boot_id in sorted(self.touched)
            if (mark := self.marks[stream].by_boot.get(boot_id)) is not None
        ]

    def forgotten_boots(
        self, known: Mapping[StreamKey, StreamMarks]
    ) -> list[tuple[StreamKey, int]]:
        """Return the boots that were remembered before and are not any more."""
        return [
            (stream, boot_id)
            for stream in sorted(self.marks)
            for boot_id in sorted(known[stream].by_boot.keys() - self.marks[stream].by_boot.keys())
        ]


def judge(messages: Iterable[Received], registry: Registry) -> list[Judged]:
    """Admit each message; the order stays."""
    return [Judged(message, admit(message, registry)) for message in messages]


def unregistered_devices(judged: Iterable[Judged]) -> set[str]:
    """Return the devices to look up again before these refusals stand."""
    found = (unregistered_device(one.received, one.result) for one in judged)
    return {device_id for device_id in found if device_id is not None}


def prepare(judged: Sequence[Judged], known: Mapping[StreamKey, StreamMarks]) -> Prepared:
    """Drop repeats and gather what is to be written; `known` has every stream of `judged`."""
    prepared = Prepared()
    samples: list[AdmittedSamples] = []
    keep: list[npt.NDArray[np.bool_]] = []
    for one in judged:
        match one.result:
            case Rejected():
                prepared.quarantined.append(entry_of(one.received, one.result))
            case AdmittedStatus():
                prepared.statuses.append(one.result)
            case AdmittedReply():
                prepared.replies.append(one.result)
            case AdmittedEvent():
                if _take_event(prepared, one.result, known):
                    prepared.events.append(one.result)
            case AdmittedSamples():
                samples.append(one.result)
                keep.append(_take_samples(prepared, one.result, known))
                if one.result.refused_rows is not None:
                    prepared.quarantined.append(entry_of(one.received, one.result.refused_rows))
    if samples:
        prepared.columns = _accepted_columns(samples, keep)
    return prepared


def _accepted_columns(
    samples: Sequence[AdmittedSamples], keep: Sequence[npt.NDArray[np.bool_]]
) -> SampleColumns:
    columns = columns_of([(one.message, one.lift_indices, one.received_at_us) for one in samples])
    wanted = np.concatenate(keep)
    wanted &= columns.lift_index != UNSERVED
    return columns if wanted.all() else columns.select(wanted)


def _take_event(
    prepared: Prepared, admitted: AdmittedEvent, known: Mapping[StreamKey, StreamMarks]
) -> bool:
    event = admitted.event
    spans = _take(
        prepared,
        (admitted.device_id, EVENT_STREAM),
        known,
        boot_id=event.boot_id,
        first=event.sequence,
        last=event.sequence,
        times_us=(admitted.observed_us, admitted.received_at_us),
    )
    return spans[0].verdict is not Verdict.DUPLICATE


_ONE_KEPT = np.ones(1, dtype=np.bool_)
_ONE_DROPPED = np.zeros(1, dtype=np.bool_)


def _take_samples(
    prepared: Prepared, admitted: AdmittedSamples, known: Mapping[StreamKey, StreamMarks]
) -> npt.NDArray[np.bool_]:
    """Return which rows of the message are to be stored."""
    message = admitted.message
    rows_count = 1 if isinstance(message, Sample) else len(message.offset_ms)
    first = message.sequence
    spans = _take(
        prepared,
        (admitted.device_id, TELEMETRY_STREAM),
        known,
        boot_id=message.boot_id,
        first=first,
        last=first + rows_count - 1,
        times_us=(admitted.last_observed_us, admitted.received_at_us),
    )
    if rows_count == 1:
        return _ONE_DROPPED if spans[0].verdict is Verdict.DUPLICATE else _ONE_KEPT
    rows = np.ones(rows_count, dtype=np.bool_)
    for span in spans:
        if span.verdict is Verdict.DUPLICATE:
            rows[span.first - first : span.last - first + 1] = False
    return rows


def _take(
    prepared: Prepared,
    stream: StreamKey,
    known: Mapping[StreamKey, StreamMarks],
    *,
    boot_id: int,
    first: int,
    last: int,
    times_us: tuple[int, int],
) -> list[Span]:
    """Judge sequence numbers on this batch's own copy of the marks."""
    marks = prepared.marks.get(stream)
    if marks is None:
        marks = prepared.marks[stream] = known[stream].copy()
    spans = marks.take(boot_id, first, last)
    mark = marks.by_boot.get(boot_id)
    if mark is not None:
        mark.last_observed_us = max(mark.last_observed_us, times_us[0])
        mark.last_received_us = max(mark.last_received_us, times_us[1])
        prepared.touched.add((stream, boot_id))
    for span in spans:
        prepared.counts[span.verdict] = prepared.counts.get(span.verdict, 0) + span.count
    return spans
