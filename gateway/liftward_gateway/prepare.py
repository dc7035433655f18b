"""From received messages to all that one transaction writes.

Knows messages, registration and sequence marks. Must not know SQL, MQTT or the clock. Leaves what
it is given unchanged: when the store refuses a batch, parts of it are prepared again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from msgspec import Struct

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
from liftward_gateway.mark_loop import ALL_DUPLICATE, FIRST, LAST, MIXED, NUMBER_COLUMNS
from liftward_gateway.mark_table import BatchMarks, Judgement, StreamKey
from liftward_gateway.quarantine import QuarantineEntry, entry_of
from liftward_gateway.registry import Registry
from liftward_gateway.sequence import Verdict
from liftward_wire.columns import SampleColumns, columns_of
from liftward_wire.messages import Sample
from liftward_wire.rejection import Rejected

TELEMETRY_STREAM, EVENT_STREAM = "telemetry", "event"


class Judged(Struct, frozen=True):
    """A message and what admission made of it."""

    received: Received
    result: Admitted | Rejected

    @property
    def stream(self) -> StreamKey | None:
        """The stream whose marks decide about it, if it has sequence numbers."""
        match self.result:
            case AdmittedSamples():
                return self.result.device_id, TELEMETRY_STREAM
            case AdmittedEvent():
                return self.result.device_id, EVENT_STREAM
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
    marks: BatchMarks = field(default_factory=BatchMarks)
    counts: dict[Verdict, int] = field(default_factory=dict)


def judge(messages: Iterable[Received], registry: Registry) -> list[Judged]:
    """Admit each message; the order stays."""
    return [Judged(message, admit(message, registry)) for message in messages]


def unregistered_devices(judged: Iterable[Judged]) -> set[str]:
    """Return the devices to look up again before these refusals stand."""
    found = (unregistered_device(one.received, one.result) for one in judged)
    return {device_id for device_id in found if device_id is not None}


def streams_of(judged: Iterable[Judged]) -> list[StreamKey]:
    """Return the streams whose marks decide about these messages, each once."""
    return list(dict.fromkeys(stream for one in judged if (stream := one.stream) is not None))


def prepare(judged: Iterable[Judged], marks: BatchMarks) -> Prepared:
    """Drop repeats and gather what is to be written; `marks` has every stream of `judged`."""
    prepared = Prepared(marks=marks)
    samples: list[AdmittedSamples] = []
    events: list[AdmittedEvent] = []
    for one in judged:
        match one.result:
            case AdmittedSamples():
                samples.append(one.result)
                if one.result.refused_rows is not None:
                    prepared.quarantined.append(entry_of(one.received, one.result.refused_rows))
            case AdmittedEvent():
                events.append(one.result)
            case AdmittedStatus():
                prepared.statuses.append(one.result)
            case AdmittedReply():
                prepared.replies.append(one.result)
            case Rejected():
                prepared.quarantined.append(entry_of(one.received, one.result))
    if samples:
        prepared.columns = _accepted_columns(samples, prepared)
    if events:
        prepared.events = _accepted_events(events, prepared)
    return prepared


def _accepted_columns(samples: Sequence[AdmittedSamples], prepared: Prepared) -> SampleColumns:
    places = prepared.marks.places
    numbers = [_numbers(places[one.device_id, TELEMETRY_STREAM], one) for one in samples]
    kept = _kept_rows(prepared, numbers)
    columns = columns_of([(one.message, one.lift_indices, one.received_at_us) for one in samples])
    kept &= columns.lift_index != UNSERVED
    return columns if kept.all() else columns.select(kept)


def _accepted_events(events: Sequence[AdmittedEvent], prepared: Prepared) -> list[AdmittedEvent]:
    places = prepared.marks.places
    numbers = [
        (
            places[one.device_id, EVENT_STREAM],
            one.event.boot_id,
            one.event.sequence,
            one.event.sequence,
            one.observed_us,
            one.received_at_us,
            one.received_at_us - one.claimed_us,
        )
        for one in events
    ]
    return [one for one, kept in zip(events, _kept_rows(prepared, numbers), strict=True) if kept]


def _numbers(place: int, admitted: AdmittedSamples) -> tuple[int, ...]:
    """Return what a message says to its mark, in the columns of `mark_loop`."""
    message, received_us = admitted.message, admitted.received_at_us
    rows_count = 1 if isinstance(message, Sample) else len(message.offset_ms)
    return (
        place,
        message.boot_id,
        message.sequence,
        message.sequence + rows_count - 1,
        admitted.last_observed_us,
        received_us,
        received_us - admitted.last_observed_us,
    )


def _kept_rows(prepared: Prepared, said: Sequence[tuple[int, ...]]) -> npt.NDArray[np.bool_]:
    """Judge messages in their order; return which of their rows are no repeats."""
    numbers = np.array(said, np.int64).reshape(-1, NUMBER_COLUMNS)
    judgement = prepared.marks.judge(numbers)
    for verdict, count in judgement.counts.items():
        prepared.counts[verdict] = prepared.counts.get(verdict, 0) + count
    sizes = numbers[:, LAST] - numbers[:, FIRST] + 1
    kept = np.repeat(judgement.verdicts != ALL_DUPLICATE, sizes)
    _drop_repeated_spans(kept, numbers, np.cumsum(sizes) - sizes, judgement)
    return kept


def _drop_repeated_spans(
    kept: npt.NDArray[np.bool_],
    numbers: npt.NDArray[np.int64],
    starts: npt.NDArray[np.int64],
    judgement: Judgement,
) -> None:
    """Drop the repeats within messages that have both; `starts` has each message's first row."""
    for message, spans in judgement.spans.items():
        if judgement.verdicts[message] != MIXED:
            continue
        row_of_zero = starts[message] - numbers[message, FIRST]
        for span in spans:
            if span.verdict is Verdict.DUPLICATE:
                kept[row_of_zero + span.first : row_of_zero + span.last + 1] = False
