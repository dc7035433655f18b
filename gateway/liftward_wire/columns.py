"""Messages to arrays: what the detector and the writer work on.

Absent is NaN for floats, 0 for states (their UNKNOWN) and COUNT_ABSENT for counts. Works column by
column: a loop over rows would cost more than decoding them did.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain, repeat
from typing import Any, TypeAlias

import numpy as np
from msgspec.structs import astuple
from numpy.typing import NDArray

from liftward_wire.messages import Batch, Sample
from liftward_wire.signals import COUNT_ABSENT, SIGNALS, Signal, SignalType

Array: TypeAlias = NDArray[Any]
Item: TypeAlias = tuple[Sample | Batch, Sequence[int], int]

DTYPES: Mapping[SignalType, type[np.generic]] = {
    SignalType.FLOAT: np.float32,
    SignalType.COUNT: np.int64,
    SignalType.STATE: np.int8,
}
ABSENT: Mapping[SignalType, float] = {
    SignalType.FLOAT: float("nan"),
    SignalType.COUNT: COUNT_ABSENT,
    SignalType.STATE: 0,
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SAMPLE_FIELDS = Sample.__struct_fields__
_FIELDS = ("lift_index", "observed_at_us", "received_at_us", "boot_id", "sequence")


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleColumns:
    """Samples of many lifts, one row each, in the order they arrived.

    Parameters
    ----------
    lift_index : ndarray of shape (n,), int32
        Fleet index, as the caller gave it.
    observed_at_us, received_at_us : ndarray of shape (n,), int64
        Microseconds since 1970 in UTC, by the device's clock and by ours.
    boot_id, sequence : ndarray of shape (n,), int64
        Of the device that published the row.
    signals : dict of ndarray of shape (n,)
        Every signal of SIGNALS by name; float32 with NaN, int8 state codes with 0, int64 counts
        with COUNT_ABSENT for absent.
    """

    lift_index: NDArray[np.int32]
    observed_at_us: NDArray[np.int64]
    received_at_us: NDArray[np.int64]
    boot_id: NDArray[np.int64]
    sequence: NDArray[np.int64]
    signals: dict[str, Array]

    def __len__(self) -> int:
        return self.lift_index.size

    def select(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> "SampleColumns":
        """Return the rows of a mask, or of an index array in its order."""
        return SampleColumns(
            **{name: getattr(self, name)[rows] for name in _FIELDS},
            signals={name: column[rows] for name, column in self.signals.items()},
        )


def empty_columns() -> SampleColumns:
    """Return columns of no rows."""
    return columns_of(())


def concatenate(parts: Sequence[SampleColumns]) -> SampleColumns:
    """Return the rows of all parts, one after the other."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return empty_columns()
    return SampleColumns(
        **{name: np.concatenate([getattr(part, name) for part in parts]) for name in _FIELDS},
        signals={
            signal.name: np.concatenate([part.signals[signal.name] for part in parts])
            for signal in SIGNALS
        },
    )


def columns_of(items: Sequence[Item]) -> SampleColumns:
    """Return the rows of these messages, in their order.

    Parameters
    ----------
    items : sequence of (message, lift indices, received_at_us)
        The indices are one fleet index for a sample or a lift's own batch, and one for each entry
        of `lift_ids` for an edge's batch. A caller that marks a lift it does not know with a
        negative index finds it in the rows and can drop them with `select`.
    """
    samples = [item for item in items if type(item[0]) is Sample]
    batches = [item for item in items if type(item[0]) is Batch]
    if not batches:
        return _columns_of_samples(samples)
    if not samples:
        return _columns_of_batches(batches)
    both = concatenate([_columns_of_samples(samples), _columns_of_batches(batches)])
    return both.select(_places(items, len(samples)))


def _places(items: Sequence[Item], samples_count: int) -> NDArray[np.intp]:
    """Return where each row stands when all samples come first and all batches after them."""
    places: list[Iterable[int]] = []
    next_sample, next_batch_row = 0, samples_count
    for message, _, _ in items:
        if isinstance(message, Sample):
            places.append((next_sample,))
            next_sample += 1
        else:
            rows = len(message.offset_ms)
            places.append(range(next_batch_row, next_batch_row + rows))
            next_batch_row += rows
    return np.fromiter(chain.from_iterable(places), np.intp)


def microseconds(moment: datetime) -> int:
    """Return microseconds since 1970 in UTC, exactly."""
    return (moment - _EPOCH) // _MICROSECOND


def _columns_of_samples(items: Sequence[Any]) -> SampleColumns:
    # Turned on its side in one go: one lookup per field and sample would cost twice as much.
    rows = [astuple(item[0]) for item in items]
    fields: Any = zip(*rows, strict=True) if rows else repeat((), len(_SAMPLE_FIELDS))
    cells = dict(zip(_SAMPLE_FIELDS, fields, strict=True))
    return SampleColumns(
        lift_index=np.array([item[1][0] for item in items], np.int32),
        observed_at_us=np.array(list(map(microseconds, cells["observed_at"])), np.int64),
        received_at_us=np.array([item[2] for item in items], np.int64),
        boot_id=np.array(cells["boot_id"], np.int64),
        sequence=np.array(cells["sequence"], np.int64),
        signals={signal.name: _array(signal, cells[signal.name]) for signal in SIGNALS},
    )


def _columns_of_batches(items: Sequence[Any]) -> SampleColumns:
    batches: list[Batch] = [item[0] for item in items]
    sizes = np.array([len(batch.offset_ms) for batch in batches], np.intp)
    starts = np.cumsum(sizes) - sizes
    row_in_batch = np.arange(sizes.sum(), dtype=np.int64) - np.repeat(starts, sizes)

    def per_batch(value: Callable[[Batch], int]) -> NDArray[np.int64]:
        return np.repeat(np.array([value(batch) for batch in batches], np.int64), sizes)

    offsets_ms = np.fromiter(chain.from_iterable(batch.offset_ms for batch in batches), np.int64)
    return SampleColumns(
        lift_index=_lift_index(items),
        observed_at_us=per_batch(lambda batch: microseconds(batch.started_at)) + offsets_ms * 1000,
        received_at_us=np.repeat(np.array([item[2] for item in items], np.int64), sizes),
        boot_id=per_batch(lambda batch: batch.boot_id),
        sequence=per_batch(lambda batch: batch.sequence) + row_in_batch,
        signals={signal.name: _batch_signal(signal, batches) for signal in SIGNALS},
    )


def _lift_index(items: Sequence[Any]) -> NDArray[np.int32]:
    parts = []
    for batch, indices, _ in items:
        known = np.array(indices, np.int32)
        places = batch.lift_index
        parts.append(known.repeat(len(batch.offset_ms)) if places is None else known[places])
    return np.concatenate(parts)


def _batch_signal(signal: Signal, batches: Sequence[Batch]) -> Array:
    if not any(signal.name in batch.columns for batch in batches):
        rows = sum(len(batch.offset_ms) for batch in batches)
        return np.full(rows, ABSENT[signal.type], DTYPES[signal.type])
    cells: list[Any] = []
    for batch in batches:
        column = batch.columns.get(signal.name)
        cells.extend(repeat(None, len(batch.offset_ms)) if column is None else column)
    return _array(signal, cells)


def _array(signal: Signal, cells: Sequence[Any]) -> Array:
    """Return one signal's cells, where None is absent, as an array."""
    if cells and cells[0] is None and cells.count(None) == len(cells):
        return np.full(len(cells), ABSENT[signal.type], DTYPES[signal.type])
    if signal.type is SignalType.STATE:
        return np.fromiter(map(_CODES[signal.name].__getitem__, cells), np.int8, len(cells))
    if signal.type is SignalType.FLOAT:
        return np.array(cells, np.float32)  # None becomes NaN
    if None in cells:
        return np.array([COUNT_ABSENT if cell is None else cell for cell in cells], np.int64)
    return np.array(cells, np.int64)


# Words, as members or as plain text, and None, to codes.
_CODES: Mapping[str, Mapping[Any, int]] = {
    signal.name: {None: 0} | {state: state.code for state in signal.states}
    for signal in SIGNALS
    if signal.states is not None
}
