"""What the gateways measured, before it becomes messages: rows in columns.

The stage between world and wire at which a detector can be fed without JSON. Must not know how a
value came to be or how it is written.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liftward_simulator.devices.spans import IntArray
from liftward_wire.columns import DTYPES, SampleColumns
from liftward_wire.signals import SIGNALS, SignalType

Signals = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedRows:
    """Rows of many lifts, in the order they were measured.

    Attributes
    ----------
    lift : ndarray of shape (n,), int64
        Index in the table of lifts.
    sender : ndarray of shape (n,), int64
        Index of the device that sends the row: the lift's own gateway or an edge.
    observed_at_us : ndarray of shape (n,), int64
        The sender's clock, microseconds since 1970: right or wrong.
    boot_id, sequence : ndarray of shape (n,), int64
        Of the sender.
    signals : dict of ndarray of shape (n,)
        Every signal of SIGNALS; float64 with NaN, int8 codes with 0, int64 with COUNT_ABSENT for
        absent.
    """

    lift: IntArray
    sender: IntArray
    observed_at_us: IntArray
    boot_id: IntArray
    sequence: IntArray
    signals: Signals

    def __len__(self) -> int:
        return self.lift.size

    def select(self, rows: "slice | NDArray[np.bool_] | IntArray") -> "ObservedRows":
        """Return the rows of a slice, a mask, or an index array in its order."""
        return ObservedRows(
            lift=self.lift[rows],
            sender=self.sender[rows],
            observed_at_us=self.observed_at_us[rows],
            boot_id=self.boot_id[rows],
            sequence=self.sequence[rows],
            signals={name: column[rows] for name, column in self.signals.items()},
        )

    def columns(self, received_at_us: int) -> SampleColumns:
        """Return the rows as the detector takes them, all received at this moment."""
        return SampleColumns(
            lift_index=self.lift.astype(np.int32),
            observed_at_us=self.observed_at_us,
            received_at_us=np.full(len(self), received_at_us),
            boot_id=self.boot_id,
            sequence=self.sequence,
            signals={
                signal.name: self.signals[signal.name].astype(DTYPES[signal.type])
                for signal in SIGNALS
            },
        )


_KEYS = ("lift", "sender", "observed_at_us", "boot_id", "sequence")
_TYPES = {SignalType.FLOAT: np.float64, SignalType.COUNT: np.int64, SignalType.STATE: np.int8}
# A whole row side by side: rows that wait are cut and joined many times, columns only once.
PACKED = np.dtype(
    [*((name, np.int64) for name in _KEYS)]
    + [(signal.name, _TYPES[signal.type]) for signal in SIGNALS]
)
PackedRows = NDArray[np.void]  # dtype PACKED


def packed(rows: ObservedRows) -> PackedRows:
    """Return the rows side by side."""
    table = np.empty(len(rows), PACKED)
    for name in _KEYS:
        table[name] = getattr(rows, name)
    for name, column in rows.signals.items():
        table[name] = column
    return table


def unpacked(parts: list[PackedRows]) -> ObservedRows:
    """Return the rows of all parts, one after the other, as columns."""
    table = np.empty(sum(part.size for part in parts), PACKED)
    end = 0
    for part in parts:
        start, end = end, end + part.size
        table[start:end] = part
    return ObservedRows(
        **{name: table[name].copy() for name in _KEYS},
        signals={signal.name: table[signal.name].copy() for signal in SIGNALS},
    )
