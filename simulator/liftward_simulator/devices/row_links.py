"""The same way from the devices to the platform as `links`, for samples that stay rows.

Half a million samples a second of a large city fit no message objects. Rows that leave at once are
delayed as arrays; those of a device that is cut off are packed and go through the same spools as
messages do. The generator is asked for the same numbers in the same order, so that a row arrives at
the instant at which its message would. Repeats are left out: the platform drops them by sequence.
Must not know what a signal means.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liftward_simulator.devices.devices import Noticed
from liftward_simulator.devices.encoding import by_batch
from liftward_simulator.devices.links import Arrival, Links
from liftward_simulator.devices.observed import ObservedRows
from liftward_simulator.devices.publications import Publication
from liftward_simulator.devices.spans import FloatArray, IntArray
from liftward_wire.columns import DTYPES, SampleColumns, concatenate, empty_columns
from liftward_wire.signals import SIGNALS
from liftward_wire.topics import TopicKind

_KEYS = ("lift_index", "observed_at_us", "boot_id", "sequence")
_PACKED = np.dtype(
    [
        ("lift_index", np.int32),
        ("observed_at_us", np.int64),
        ("boot_id", np.int64),
        ("sequence", np.int64),
        ("sent_s", np.float64),
        *((signal.name, DTYPES[signal.type]) for signal in SIGNALS),
    ]
)
_US_PER_MS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RowMessage:
    """Rows of one device that are one message: what a spool keeps of it."""

    device_id: str
    kind: TopicKind
    rows: NDArray[np.void]  # dtype _PACKED


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivedRows:
    """Samples that have arrived; of each lift in the order of arrival.

    Attributes
    ----------
    columns : SampleColumns
        Without `received_at_us`, which is 0: the world's time has no date.
    arrived_s, sent_s : ndarray of shape (n,), float64
        World time at which a row arrived, and at which its device sent it for the first time.
    number : ndarray of shape (n,), int64
        What left first among what arrives at the same instant.
    """

    columns: SampleColumns
    arrived_s: FloatArray
    sent_s: FloatArray
    number: IntArray

    def __len__(self) -> int:
        return self.arrived_s.size

    def select(self, rows: NDArray[np.bool_] | IntArray) -> "ArrivedRows":
        """Return the rows of a mask, or of an index array in its order."""
        return ArrivedRows(
            columns=self.columns.select(rows),
            arrived_s=self.arrived_s[rows],
            sent_s=self.sent_s[rows],
            number=self.number[rows],
        )


class RowLinks(Links):
    """Mutable, as Links: `take_up` takes the rows of a tick, `arrived` gives what has come."""

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - as Links
        super().__init__(*arguments, **options)
        self._parts: list[ArrivedRows] = []
        self._is_disordered = self._quality.held_back_share > 0.0

    def take_up(self, noticed: Noticed, *, clock_s: float, now: datetime) -> None:
        """Take what devices send now."""
        self._advance(clock_s, now)
        batched = [by_batch(rows) for rows in noticed.edge_rows]
        first = np.array([self._index_of[one.device_id] for one in noticed.first], np.int64)
        device = np.concatenate(
            [first, noticed.rows.sender, *(rows.sender[starts] for rows, starts in batched)]
        )
        sizes = np.concatenate(
            [
                np.ones(len(noticed.rows), np.int64),
                *(np.diff([*starts, len(rows)]) for rows, starts in batched),
            ]
        )
        rows = _columns([noticed.rows, *(_rounded(rows, starts) for rows, starts in batched)])
        kept = self._cut[device]
        if self._spools:
            kept[np.isin(device, list(self._spools))] = True
        if kept.any():
            self._keep_rows(noticed.first, rows, device, sizes, kept)
        self._send_rows(noticed.first, rows, device, sizes, ~kept)

    def arrived(self, before_s: float) -> tuple[ArrivedRows, list[Arrival]]:
        """Return the samples and the other messages that have arrived before a time."""
        others: list[Arrival] = []
        unpacked: list[tuple[float, int, NDArray[np.void]]] = []
        while self._flying and self._flying[0][0] < before_s:
            arrived_s, number, message = heapq.heappop(self._flying)
            if isinstance(message, RowMessage):
                unpacked.append((arrived_s, number, message.rows))
            else:
                others.append(Arrival(message, arrived_s))
        parts, self._parts = self._parts, []
        if unpacked:
            parts.append(_unpacked(unpacked))
        return self._before(parts, before_s, sort=self._is_disordered or bool(unpacked)), others

    def _before(self, parts: list[ArrivedRows], before_s: float, *, sort: bool) -> ArrivedRows:
        """Return the rows that have arrived; keep the others flying."""
        come = []
        for part in parts:
            has_come = part.arrived_s < before_s
            if has_come.all():
                come.append(part)
                continue
            self._parts.append(part.select(~has_come))
            if has_come.any():
                come.append(part.select(has_come))
        if not come:
            return ArrivedRows(
                columns=empty_columns(),
                arrived_s=np.empty(0),
                sent_s=np.empty(0),
                number=np.empty(0, np.int64),
            )
        together = ArrivedRows(
            columns=concatenate([part.columns for part in come]),
            arrived_s=np.concatenate([part.arrived_s for part in come]),
            sent_s=np.concatenate([part.sent_s for part in come]),
            number=np.concatenate([part.number for part in come]),
        )
        if not sort:  # without overtaking each lift's rows are in order, and lifts know no order
            return together
        return together.select(np.lexsort((together.number, together.arrived_s)))

    def _keep_rows(
        self,
        first: Sequence[Publication],
        rows: SampleColumns,
        device: IntArray,
        sizes: IntArray,
        kept: NDArray[np.bool_],
    ) -> None:
        """Put the messages of devices that are cut off into their spools, in order."""
        packed = _packed(rows, np.repeat(kept[len(first) :], sizes), self._clock_s)
        place = 0
        for number in np.flatnonzero(kept).tolist():
            if number < len(first):
                self._keep(int(device[number]), first[number])
                continue
            size = int(sizes[number - len(first)])
            kind = TopicKind.TELEMETRY if size == 1 else TopicKind.BATCH
            message: Any = RowMessage(
                device_id=self._device_ids[device[number]],
                kind=kind,
                rows=packed[place : place + size],
            )
            place += size
            self._keep(int(device[number]), message)
        assert place == packed.size, "every kept row is in one message"

    def _send_rows(
        self,
        first: Sequence[Publication],
        rows: SampleColumns,
        device: IntArray,
        sizes: IntArray,
        sent: NDArray[np.bool_],
    ) -> None:
        """Let the messages of connected devices fly: the arithmetic of `_send`, in arrays."""
        arrived_s = self._arrival_times(first, device, sent)
        for number, message in enumerate(first):
            if sent[number]:
                self._fly(message, float(arrived_s[number]))
        has_left = sent[len(first) :]
        if not has_left.any():
            return
        part = ArrivedRows(
            columns=rows,
            arrived_s=np.repeat(arrived_s[len(first) :], sizes),
            sent_s=np.full(len(rows), self._clock_s),
            number=np.arange(self._flown_count, self._flown_count + len(rows)),
        )
        self._flown_count += len(rows)
        self._parts.append(part if has_left.all() else part.select(np.repeat(has_left, sizes)))

    def _arrival_times(
        self, first: Sequence[Publication], device: IntArray, sent: NDArray[np.bool_]
    ) -> FloatArray:
        """Return when each message arrives; whatever stands for one that is not sent."""
        quality = self._quality
        arrived_s = np.full(device.size, np.inf)
        going = np.flatnonzero(sent)
        if not going.size:
            return arrived_s
        delay, _, held, wait = self._rng.random((4, going.size))
        low_s, high_s = quality.delay_s
        is_status = np.zeros(going.size, np.bool_)
        for place, number in enumerate(going[: len(first)].tolist()):
            if number < len(first):
                is_status[place] = first[number].kind is TopicKind.STATUS
        is_held = (held < quality.held_back_share) & ~is_status
        at_s = self._clock_s + low_s + delay * (high_s - low_s)
        wait_s = np.where(is_held, wait * quality.held_back_s_max, 0.0)
        to = device[going]
        earliest_s = np.maximum(at_s, self._last_s[to])
        again = np.bincount(to, minlength=self._last_s.size)[to] > 1
        settled = ~(is_held | again)
        self._last_s[to[settled]] = earliest_s[settled]
        for place in np.flatnonzero(again).tolist():  # each waits for the one before it
            earliest_s[place] = max(at_s[place], self._last_s[to[place]])
            if not is_held[place]:
                self._last_s[to[place]] = earliest_s[place]
        arrived_s[going] = earliest_s + wait_s
        return arrived_s

    def _repeat(self, message: Publication, arrived_s: float) -> None:
        """Leave a repeat out: the platform knows it by its sequence."""


def _rounded(rows: ObservedRows, starts: IntArray) -> ObservedRows:
    """Return the rows of batches with the times that a batch can carry: whole milliseconds on."""
    start_us = np.repeat(rows.observed_at_us[starts], np.diff([*starts, len(rows)]))
    since_us = (rows.observed_at_us - start_us) // _US_PER_MS * _US_PER_MS
    return ObservedRows(
        lift=rows.lift,
        sender=rows.sender,
        observed_at_us=start_us + since_us,
        boot_id=rows.boot_id,
        sequence=rows.sequence,
        signals=rows.signals,
    )


def _columns(parts: list[ObservedRows]) -> SampleColumns:
    return concatenate([part.columns(0) for part in parts])


def _packed(columns: SampleColumns, chosen: NDArray[np.bool_], sent_s: float) -> NDArray[np.void]:
    packed = np.empty(int(chosen.sum()), _PACKED)
    for name in _KEYS:
        packed[name] = getattr(columns, name)[chosen]
    packed["sent_s"] = sent_s
    for name, column in columns.signals.items():
        packed[name] = column[chosen]
    return packed


def _unpacked(messages: list[tuple[float, int, NDArray[np.void]]]) -> ArrivedRows:
    packed = np.concatenate([rows for _, _, rows in messages])
    sizes = [rows.size for _, _, rows in messages]
    columns = SampleColumns(
        **{name: packed[name].copy() for name in _KEYS},
        received_at_us=np.zeros(packed.size, np.int64),
        signals={signal.name: packed[signal.name].copy() for signal in SIGNALS},
    )
    return ArrivedRows(
        columns=columns,
        arrived_s=np.repeat([arrived_s for arrived_s, _, _ in messages], sizes),
        sent_s=packed["sent_s"].copy(),
        number=np.repeat([number for _, number, _ in messages], sizes),
    )
