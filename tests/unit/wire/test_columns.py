"""Messages to arrays, compared with an obvious twin that goes row by row."""

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftward_wire.columns import (
    DTYPES,
    Item,
    SampleColumns,
    columns_of,
    concatenate,
    empty_columns,
    microseconds,
)
from liftward_wire.messages import Batch, Sample
from liftward_wire.signals import COUNT_ABSENT, SIGNALS, SignalType
from unit.wire.wire_strategies import PATIENT, batches, samples

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
AT = datetime(2026, 1, 1, 8, 30, tzinfo=UTC)


@dataclass
class Row:
    """One row of the twin: times as datetimes, signals as they are on the wire, None for absent."""

    lift_index: int
    observed_at: datetime
    received_at_us: int
    boot_id: int
    sequence: int
    signals: dict[str, Any] = field(default_factory=dict)


def rows_of(items: list[Item]) -> list[Row]:
    """The naive twin of columns_of."""
    rows = []
    for message, indices, received_at_us in items:
        if isinstance(message, Sample):
            signals = {signal.name: getattr(message, signal.name) for signal in SIGNALS}
            rows.append(
                Row(
                    indices[0],
                    message.observed_at,
                    received_at_us,
                    message.boot_id,
                    message.sequence,
                    signals,
                )
            )
            continue
        for number, offset_ms in enumerate(message.offset_ms):
            which = 0 if message.lift_index is None else message.lift_index[number]
            rows.append(
                Row(
                    indices[which],
                    message.started_at + timedelta(milliseconds=offset_ms),
                    received_at_us,
                    message.boot_id,
                    message.sequence + number,
                    {name: column[number] for name, column in message.columns.items()},
                )
            )
    return rows


def expected_cell(signal_type: SignalType, value: Any) -> Any:
    if signal_type is SignalType.STATE:
        return 0 if value is None else value.code
    if signal_type is SignalType.COUNT:
        return COUNT_ABSENT if value is None else value
    return math.nan if value is None else float(np.float32(value))


def assert_equal_rows(columns: SampleColumns, rows: list[Row]) -> None:
    assert columns.lift_index.tolist() == [row.lift_index for row in rows]
    assert columns.received_at_us.tolist() == [row.received_at_us for row in rows]
    assert columns.boot_id.tolist() == [row.boot_id for row in rows]
    assert columns.sequence.tolist() == [row.sequence for row in rows]
    assert [EPOCH + timedelta(microseconds=us) for us in columns.observed_at_us.tolist()] == [
        row.observed_at for row in rows
    ]
    for signal in SIGNALS:
        seen = columns.signals[signal.name]
        assert seen.dtype == DTYPES[signal.type]
        wanted = [expected_cell(signal.type, row.signals.get(signal.name)) for row in rows]
        np.testing.assert_array_equal(seen, np.array(wanted, seen.dtype))


@st.composite
def items(draw: st.DrawFn) -> list[Item]:
    message = samples | batches(of_edge=False) | batches(of_edge=True)
    return [
        (
            one,
            list(range(at * 10, at * 10 + lifts_count(one))),
            draw(st.integers(0, 2**52)),
        )
        for at, one in enumerate(draw(st.lists(message, max_size=5)))
    ]


def lifts_count(message: Sample | Batch) -> int:
    return len(message.lift_ids) if isinstance(message, Batch) and message.lift_ids else 1


@given(items())
@PATIENT
def test_columns_equal_the_rows_of_the_naive_twin(drawn: list[Item]) -> None:
    """Any mix of samples and batches becomes the rows that reading one by one gives, in order."""
    columns = columns_of(drawn)

    assert_equal_rows(columns, rows_of(drawn))


@given(items(), st.data())
@settings(PATIENT, max_examples=25)
def test_selecting_keeps_the_masked_rows_in_order(drawn: list[Item], data: st.DataObject) -> None:
    """A mask keeps its rows, with all their cells."""
    rows = rows_of(drawn)
    mask = data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows)))

    chosen = columns_of(drawn).select(np.array(mask, np.bool_))

    assert_equal_rows(chosen, [row for row, kept in zip(rows, mask, strict=True) if kept])


@given(items(), items())
@settings(PATIENT, max_examples=25)
def test_concatenating_puts_the_second_after_the_first(one: list[Item], two: list[Item]) -> None:
    """Joining columns equals building them from all messages at once."""
    joined = concatenate([columns_of(one), columns_of(two)])

    assert_equal_rows(joined, rows_of(one + two))


def test_selecting_by_index_reorders() -> None:
    """An index array gives its rows in its own order, repeats included."""
    batch = Batch(started_at=AT, boot_id=1, sequence=10, offset_ms=[0, 1, 2])

    columns = columns_of([(batch, [7], 0)]).select(np.array([2, 0, 0], np.intp))

    assert columns.sequence.tolist() == [12, 10, 10]


def test_no_messages_give_no_rows() -> None:
    """Empty columns have every signal, with its dtype and no rows."""
    columns = empty_columns()

    assert len(columns) == 0
    assert len(concatenate([])) == 0
    assert {name: array.dtype for name, array in columns.signals.items()} == {
        signal.name: np.dtype(DTYPES[signal.type]) for signal in SIGNALS
    }


def test_plain_words_serve_as_states() -> None:
    """A batch that our own code wrote with plain text has the codes of the words."""
    batch = Batch(
        started_at=AT,
        boot_id=1,
        sequence=0,
        offset_ms=[0, 0, 0],
        columns={"car_door": ["closed", "open", None]},
    )

    columns = columns_of([(batch, [0], 0)])

    assert columns.signals["car_door"].tolist() == [1, 3, 0]


def test_an_unknown_lift_can_be_dropped() -> None:
    """Rows of a lift with a negative index are there, marked, until the caller drops them."""
    batch = Batch(
        started_at=AT,
        boot_id=1,
        sequence=0,
        offset_ms=[0, 0, 1],
        lift_ids=["KNOWN", "UNKNOWN"],
        lift_index=[0, 1, 0],
    )

    columns = columns_of([(batch, [5, -1], 0)])

    assert columns.lift_index.tolist() == [5, -1, 5]
    assert columns.select(columns.lift_index >= 0).sequence.tolist() == [0, 2]


@pytest.mark.parametrize("microsecond", [0, 1, 499_999, 999_999])
def test_microseconds_are_exact_to_the_last_year(microsecond: int) -> None:
    """No rounding, even where a float could no longer tell two microseconds apart."""
    moment = datetime(2199, 12, 31, 23, 59, 59, microsecond, tzinfo=UTC)

    assert EPOCH + timedelta(microseconds=microseconds(moment)) == moment
