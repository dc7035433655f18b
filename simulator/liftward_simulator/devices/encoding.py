"""Rows in columns to messages: single samples, and batches of an edge. Not: what is due."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liftward_simulator.devices.observed import ObservedRows
from liftward_simulator.devices.publications import Publication, publication
from liftward_simulator.devices.spans import IntArray
from liftward_wire.messages import BATCH_ROWS_MAX, OFFSET_MS_MAX, Batch, Sample
from liftward_wire.signals import COUNT_ABSENT, SIGNALS, Signal, SignalType
from liftward_wire.topics import TopicKind

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US_PER_MS = 1000
# Words by code; what is unknown is absent.
_WORDS: dict[str, NDArray[np.object_]] = {
    signal.name: np.array([None, *list(signal.states)[1:]], np.object_)
    for signal in SIGNALS
    if signal.states is not None
}


def moment(at_us: int) -> datetime:
    """Return the time of microseconds since 1970, UTC, exactly."""
    return EPOCH + timedelta(microseconds=at_us)


def samples(rows: ObservedRows, lift_ids: Sequence[str]) -> list[Publication]:
    """Return one message for each row, under the lift's own id."""
    return [
        publication(lift_ids[lift], TopicKind.TELEMETRY, sample)
        for lift, sample in zip(rows.lift.tolist(), sample_messages(rows), strict=True)
    ]


def sample_messages(rows: ObservedRows) -> list[Sample]:
    """Return each row as a message of the contract."""
    cells = {signal.name: _cells(signal, rows.signals[signal.name]) for signal in SIGNALS}
    names = [name for name, column in cells.items() if column is not None]
    columns = [column for column in cells.values() if column is not None]
    heads = zip(
        rows.observed_at_us.tolist(), rows.boot_id.tolist(), rows.sequence.tolist(), strict=True
    )
    values = zip(*columns, strict=True) if columns else [()] * len(rows)
    return [
        Sample(
            observed_at=moment(observed_at_us),
            boot_id=boot_id,
            sequence=sequence,
            **{name: value for name, value in zip(names, row, strict=True) if value is not None},
        )
        for (observed_at_us, boot_id, sequence), row in zip(heads, values, strict=True)
    ]


def batches(
    rows: ObservedRows,
    device_id_of: Callable[[int], str],
    lift_ids_of: Callable[[int], list[str]],
    place_of_lift: IntArray,
) -> list[Publication]:
    """Return the batches of these rows, edge by edge.

    Parameters
    ----------
    rows : ObservedRows
        Of edges only; the rows of each edge in the order they were measured.
    device_id_of, lift_ids_of : callables
        The id and the lifts of a sender.
    place_of_lift : ndarray of shape (n_lifts,), int64
        Where each lift stands among the lifts of its edge.
    """
    by_sender, starts = by_batch(rows)
    ends = [*starts[1:].tolist(), len(by_sender)]
    columns = {signal.name: _cells(signal, by_sender.signals[signal.name]) for signal in SIGNALS}
    present = {
        name: np.logical_or.reduceat(_present(by_sender.signals[name]), starts).tolist()
        for name, column in columns.items()
        if column is not None
    }
    at_us = by_sender.observed_at_us
    offsets_ms = (
        (at_us - np.repeat(at_us[starts], np.diff([*starts, at_us.size]))) // _US_PER_MS
    ).tolist()
    places = place_of_lift[by_sender.lift].tolist()
    published = []
    for number, (start, end) in enumerate(zip(starts.tolist(), ends, strict=True)):
        sender = int(by_sender.sender[start])
        batch = Batch(
            started_at=moment(int(at_us[start])),
            boot_id=int(by_sender.boot_id[start]),
            sequence=int(by_sender.sequence[start]),
            offset_ms=offsets_ms[start:end],
            columns={
                name: column[start:end]
                for name, column in columns.items()
                if column is not None and present[name][number]
            },
            lift_ids=lift_ids_of(sender),
            lift_index=places[start:end],
        )
        published.append(publication(device_id_of(sender), TopicKind.BATCH, batch))
    return published


def by_batch(rows: ObservedRows) -> tuple[ObservedRows, IntArray]:
    """Return rows of edges in the order of their batches, and where each batch begins."""
    by_sender = rows.select(np.argsort(rows.sender, kind="stable"))
    return by_sender, _batch_starts(by_sender)


def _batch_starts(rows: ObservedRows) -> IntArray:
    """Return where a new batch begins: another edge, a clock set back, or a full batch."""
    at_us = rows.observed_at_us
    begins = np.ones(len(rows), np.bool_)
    begins[1:] = (np.diff(rows.sender) != 0) | (np.diff(at_us) < 0)
    # A hole in the numbers (a new boot begins at 0) or a leap of the clock needs another batch too.
    begins[1:] |= (np.diff(rows.sequence) != 1) | (np.diff(at_us) > OFFSET_MS_MAX * _US_PER_MS)
    index = np.arange(len(rows))
    since_begin = index - np.maximum.accumulate(np.where(begins, index, 0))
    begins |= since_begin % BATCH_ROWS_MAX == 0
    return np.flatnonzero(begins)


def _present(column: NDArray[Any]) -> NDArray[np.bool_]:
    present: NDArray[np.bool_]
    if column.dtype == np.int8:
        present = column != 0
    elif column.dtype == np.float64:
        present = ~np.isnan(column)
    else:
        present = column != COUNT_ABSENT
    return present


def _cells(signal: Signal, column: NDArray[Any]) -> list[Any] | None:
    """Return a column as the values of messages, with None for what is absent; None if all is."""
    present = _present(column)
    if not present.any():
        return None
    if signal.type is SignalType.STATE:
        words: list[Any] = _WORDS[signal.name][column].tolist()
        return words
    cells: list[Any] = column.tolist()
    if present.all():
        return cells
    return [cell if there else None for cell, there in zip(cells, present.tolist(), strict=True)]
