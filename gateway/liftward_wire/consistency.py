"""What must hold between the fields of a message, and between a message and its topic."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from msgspec.json import Encoder

from liftward_wire.codes import VOCABULARIES, is_known_code
from liftward_wire.messages import (
    EXTENSION_BYTES_MAX,
    EXTENSION_DEPTH_MAX,
    Batch,
    Command,
    CommandKind,
    Event,
    EventKind,
    FromDevice,
    Message,
    Reply,
    Sample,
    Status,
)
from liftward_wire.rejection import Rejected, RejectReason
from liftward_wire.topics import Topic, TopicKind

# A clock before the one or after the other is broken whatever the time is now. It also keeps every
# time, in every zone, within what a database and 64-bit microseconds can hold.
YEAR_FIRST = 2000
YEAR_LAST = 2199

MAKERS_OWN = "x-"  # a vocabulary with this prefix is a maker's own: stored, not acted on

_FAULTS = frozenset((EventKind.FAULT_RAISED, EventKind.FAULT_CLEARED))
_ENCODER = Encoder()


def inconsistency(topic: Topic, message: Message) -> Rejected | None:
    """Return why a well-shaped message is refused, or None when it holds together."""
    return _CHECKS[type(message)](topic, message)


def _violation(detail: str, path: str) -> Rejected:
    return Rejected(RejectReason.CONTRACT_VIOLATION, detail, path)


def _broken_clock(moment: datetime, path: str) -> Rejected:
    early = moment.year < YEAR_FIRST
    return Rejected(
        RejectReason.OBSERVED_TOO_LONG_AGO if early else RejectReason.OBSERVED_IN_FUTURE,
        f"{moment.isoformat()} is outside the years {YEAR_FIRST} to {YEAR_LAST}: set the clock",
        path,
    )


def _other_identity(topic: Topic, message: FromDevice) -> Rejected | None:
    for name, claimed in (("device_id", message.device_id), ("lift_id", message.lift_id)):
        if claimed is not None and claimed != topic.device_id:
            return Rejected(
                RejectReason.IDENTITY_MISMATCH,
                f"payload says {claimed[:40]!r}, topic says {topic.device_id!r}",
                f"$.{name}",
            )
    return None


def _check_sample(topic: Topic, sample: Sample) -> Rejected | None:
    if other := _other_identity(topic, sample):
        return other
    if not YEAR_FIRST <= sample.observed_at.year <= YEAR_LAST:
        return _broken_clock(sample.observed_at, "$.observed_at")
    return None


def _check_batch(topic: Topic, batch: Batch) -> Rejected | None:
    if other := _other_identity(topic, batch):
        return other
    if not YEAR_FIRST <= batch.started_at.year <= YEAR_LAST:
        return _broken_clock(batch.started_at, "$.started_at")
    return (
        _rows_out_of_order(batch) or _column_of_other_length(batch) or _lifts_unclear(topic, batch)
    )


def _rows_out_of_order(batch: Batch) -> Rejected | None:
    offsets = batch.offset_ms
    if offsets == sorted(offsets):
        return None
    row = next(i for i in range(1, len(offsets)) if offsets[i] < offsets[i - 1])
    return _violation(
        f"row {row} is at {offsets[row]} ms, the row before at {offsets[row - 1]} ms:"
        " rows must be in time order",
        f"$.offset_ms[{row}]",
    )


def _column_of_other_length(batch: Batch) -> Rejected | None:
    rows = len(batch.offset_ms)
    for name, column in batch.columns.items():
        if len(column) != rows:
            return _violation(
                f"{name} has {len(column)} rows, offset_ms has {rows}: every column has as many,"
                " with null where a value is absent",
                f"$.columns.{name}",
            )
    return None


def _lifts_unclear(topic: Topic, batch: Batch) -> Rejected | None:
    ids, index = batch.lift_ids, batch.lift_index
    if topic.kind is TopicKind.TELEMETRY:
        if ids is None and index is None:
            return None
        detail = "a batch on kind telemetry is about the topic's lift alone; edges use kind batch"
        return _violation(detail, "$.lift_ids" if ids is not None else "$.lift_index")
    if ids is None or index is None:
        detail = "a batch on kind batch needs lift_ids and lift_index; a lift's own uses telemetry"
        return _violation(detail, "$.lift_ids" if ids is None else "$.lift_index")
    return _lift_lists_unfit(ids, index, len(batch.offset_ms))


def _lift_lists_unfit(ids: list[str], index: list[int], rows: int) -> Rejected | None:
    if len(set(ids)) != len(ids):
        return _violation("lift_ids names a lift twice", "$.lift_ids")
    if len(index) != rows:
        return _violation(f"lift_index has {len(index)} rows, offset_ms has {rows}", "$.lift_index")
    if max(index) < len(ids):
        return None
    row = next(i for i, position in enumerate(index) if position >= len(ids))
    return _violation(
        f"row {row} is about lift {index[row]}, lift_ids has {len(ids)}: allowed is 0 to"
        f" {len(ids) - 1}",
        f"$.lift_index[{row}]",
    )


def _check_event(topic: Topic, event: Event) -> Rejected | None:
    if other := _other_identity(topic, event):
        return other
    if not YEAR_FIRST <= event.observed_at.year <= YEAR_LAST:
        return _broken_clock(event.observed_at, "$.observed_at")
    if event.kind in _FAULTS and event.code is None:
        return _violation(f"{event.kind} needs the fault's code", "$.code")
    if event.kind is EventKind.MODE_CHANGED and event.service_mode is None:
        return _violation("mode_changed needs the new service_mode", "$.service_mode")
    return _unknown_code(event) or _unfit_extension(event.extension)


def _unknown_code(event: Event) -> Rejected | None:
    if event.vocabulary.startswith(MAKERS_OWN):
        return None
    if event.vocabulary not in VOCABULARIES:
        known = ", ".join(VOCABULARIES)
        detail = f"{event.vocabulary} is no vocabulary: allowed are {known}, or your own as x-..."
        return _violation(detail, "$.vocabulary")
    if event.code is not None and not is_known_code(event.vocabulary, event.code):
        detail = f"{event.code!r} is no code of {event.vocabulary}: see the contract's code tables"
        return _violation(detail, "$.code")
    return None


def _check_status(topic: Topic, status: Status) -> Rejected | None:
    if other := _other_identity(topic, status):
        return other
    moment = status.observed_at
    if moment is not None and not YEAR_FIRST <= moment.year <= YEAR_LAST:
        return _broken_clock(moment, "$.observed_at")
    return _unfit_extension(status.extension)


def _check_command(_topic: Topic, command: Command) -> Rejected | None:
    if not YEAR_FIRST <= command.deadline_at.year <= YEAR_LAST:
        return _broken_clock(command.deadline_at, "$.deadline_at")
    if command.kind is CommandKind.SET_SAMPLING_PERIOD and command.sampling_period_s is None:
        return _violation("set_sampling_period needs sampling_period_s", "$.sampling_period_s")
    return None


def _check_reply(topic: Topic, reply: Reply) -> Rejected | None:
    if other := _other_identity(topic, reply):
        return other
    if not YEAR_FIRST <= reply.observed_at.year <= YEAR_LAST:
        return _broken_clock(reply.observed_at, "$.observed_at")
    refused = None if reply.snapshot is None else _check_sample(topic, reply.snapshot)
    return refused and replace(refused, path=f"$.snapshot{refused.path.removeprefix('$')}")


def _unfit_extension(extension: dict[str, Any] | None) -> Rejected | None:
    if extension is None:
        return None
    if not _is_storable(extension, EXTENSION_DEPTH_MAX):
        detail = f"extension is nested deeper than {EXTENSION_DEPTH_MAX}, or has a NUL character"
        return _violation(detail, "$.extension")
    size = len(_ENCODER.encode(extension))
    if size > EXTENSION_BYTES_MAX:
        detail = f"extension has {size} bytes, allowed are {EXTENSION_BYTES_MAX}"
        return _violation(detail, "$.extension")
    return None


def _is_storable(value: Any, depth: int) -> bool:  # noqa: ANN401 - any JSON
    """Whether a database takes this JSON: PostgreSQL refuses NUL in text."""
    if isinstance(value, str):
        return "\0" not in value
    if depth == 0:
        return not isinstance(value, dict | list)
    if isinstance(value, dict):
        return all("\0" not in key and _is_storable(item, depth - 1) for key, item in value.items())
    return not isinstance(value, list) or all(_is_storable(item, depth - 1) for item in value)


_CHECKS: dict[type[Any], Callable[[Topic, Any], Rejected | None]] = {
    Sample: _check_sample,
    Batch: _check_batch,
    Event: _check_event,
    Status: _check_status,
    Command: _check_command,
    Reply: _check_reply,
}
