"""Sample columns to and from the bytes of a binary COPY, without a Python loop over rows.

Knows PostgreSQL's COPY format (manual, "COPY", Binary Format) and the table of signals. Must not
know connections.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from liftward_wire.columns import DTYPES, SampleColumns
from liftward_wire.signals import COUNT_ABSENT, SIGNALS, SignalType

# PostgreSQL counts microseconds from 2000-01-01, we from 1970-01-01.
POSTGRES_EPOCH_US = 946_684_800_000_000

COPY_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
COPY_TRAILER = b"\xff\xff"
SAMPLE_COLUMNS = (
    "lift_key",
    "observed_at",
    "received_at",
    "boot_id",
    "sequence",  # these first five are never absent
    *(signal.name for signal in SIGNALS),
)

_FIELD_COUNT = np.array([len(SAMPLE_COLUMNS)], dtype=">i2").view(np.uint8)
_LENGTH_BYTES = 4
_NULL_LENGTH = np.array([-1], dtype=">i4").view(np.uint8)
_WIRE_DTYPE = {SignalType.FLOAT: ">f4", SignalType.COUNT: ">i8", SignalType.STATE: ">i2"}

Bytes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]


def copy_bytes(columns: SampleColumns, lift_keys: npt.NDArray[np.int32]) -> bytes:
    """Return a whole binary COPY of SAMPLE_COLUMNS.

    Parameters
    ----------
    columns : SampleColumns of n rows
        NaN, COUNT_ABSENT and state 0 become NULL.
    lift_keys : ndarray of shape (lift_count,), int32
        Lift key by fleet index.

    Each row is laid out at full width beside a mask of the bytes that count; NULL has a length of
    -1 and no value, so its value bytes are masked out.
    """
    n = len(columns.lift_index)
    fields: list[tuple[npt.NDArray[np.generic], str, Mask | None]] = [
        (lift_keys[columns.lift_index], ">i4", None),
        (columns.observed_at_us - POSTGRES_EPOCH_US, ">i8", None),
        (columns.received_at_us - POSTGRES_EPOCH_US, ">i8", None),
        (columns.boot_id, ">i8", None),
        (columns.sequence, ">i8", None),
    ]
    for signal in SIGNALS:
        values = columns.signals[signal.name]
        fields.append((values, _WIRE_DTYPE[signal.type], _absent(values, signal.type)))
    width = _FIELD_COUNT.size + sum(
        _LENGTH_BYTES + np.dtype(kind).itemsize for _, kind, _ in fields
    )
    table = np.empty((n, width), dtype=np.uint8)
    counts = np.ones((n, width), dtype=np.bool_)
    table[:, : _FIELD_COUNT.size] = _FIELD_COUNT
    at = _FIELD_COUNT.size
    for values, kind, absent in fields:
        at = _put(table, counts, at, values.astype(kind), absent)
    return COPY_HEADER + table[counts].tobytes() + COPY_TRAILER


def _put(
    table: Bytes, counts: Mask, at: int, values: npt.NDArray[np.generic], absent: Mask | None
) -> int:
    """Write one field's length and value into every row; return where the next field begins."""
    size = values.dtype.itemsize
    value_at = at + _LENGTH_BYTES
    table[:, at:value_at] = np.array([size], dtype=">i4").view(np.uint8)
    table[:, value_at : value_at + size] = values.view(np.uint8).reshape(-1, size)
    if absent is not None:
        table[absent, at:value_at] = _NULL_LENGTH
        counts[absent, value_at : value_at + size] = False
    return value_at + size


def _absent(values: npt.NDArray[np.generic], kind: SignalType) -> Mask:
    if kind is SignalType.FLOAT:
        return np.asarray(np.isnan(values))
    return np.asarray(values == (COUNT_ABSENT if kind is SignalType.COUNT else 0))


def _row_type() -> np.dtype[np.void]:
    """Return the layout of one row in which nothing is NULL."""
    kinds = [">i4", ">i8", ">i8", ">i8", ">i8", *(_WIRE_DTYPE[signal.type] for signal in SIGNALS)]
    fields = [("field_count", ">i2")]
    for name, kind in zip(SAMPLE_COLUMNS, kinds, strict=True):
        fields += [(f"{name} length", ">i4"), (name, kind)]
    return np.dtype(fields)


FULL_ROW = _row_type()


def columns_of_rows(
    rows: bytes, index_of: Callable[[npt.NDArray[np.int32]], npt.NDArray[np.int32]]
) -> SampleColumns:
    """Return columns from COPY rows without header and trailer, none of whose fields is NULL.

    `index_of` maps lift keys to fleet indices.
    """
    table = np.frombuffer(rows, dtype=FULL_ROW)

    def int64(name: str) -> npt.NDArray[np.int64]:
        return table[name].astype(np.int64)

    return SampleColumns(
        lift_index=index_of(table["lift_key"].astype(np.int32)),
        observed_at_us=int64("observed_at") + POSTGRES_EPOCH_US,
        received_at_us=int64("received_at") + POSTGRES_EPOCH_US,
        boot_id=int64("boot_id"),
        sequence=int64("sequence"),
        signals={signal.name: table[signal.name].astype(DTYPES[signal.type]) for signal in SIGNALS},
    )
