"""Rows in columns to batches: where one ends and the next begins."""

import numpy as np

from liftward_simulator.devices.encoding import batches
from liftward_simulator.devices.observed import ObservedRows, packed, unpacked
from liftward_simulator.devices.publications import Publication
from liftward_wire.codec import decode
from liftward_wire.messages import BATCH_ROWS_MAX, OFFSET_MS_MAX, Batch
from liftward_wire.signals import COUNT_ABSENT, SIGNALS, SignalType
from liftward_wire.topics import parse_topic

LIFT_IDS = {2: ["DEMO-001"], 3: ["DEMO-002"]}
AT_US = 1_767_600_000_000_000
ABSENT = {
    SignalType.STATE: (0, np.int8),
    SignalType.FLOAT: (np.nan, np.float64),
    SignalType.COUNT: (COUNT_ABSENT, np.int64),
}


def rows_of(sender: int, sequence: list[int], at_ms: list[int], speed_mps: float) -> ObservedRows:
    """Rows of an edge's only lift that hold nothing but a speed, NaN for absent."""
    count = len(sequence)
    signals = {signal.name: np.full(count, *ABSENT[signal.type]) for signal in SIGNALS}
    signals["speed_mps"] = np.full(count, speed_mps)
    return ObservedRows(
        lift=np.full(count, sender - 2),
        sender=np.full(count, sender),
        observed_at_us=AT_US + np.array(at_ms) * 1000,
        boot_id=np.ones(count, np.int64),
        sequence=np.array(sequence),
        signals=signals,
    )


def batches_of(rows: ObservedRows) -> list[Batch]:
    published: list[Publication] = batches(
        rows, lambda sender: f"EDGE-{sender}", LIFT_IDS.__getitem__, np.zeros(2, np.int64)
    )
    messages = [decode(parse_topic(p.topic), p.payload) for p in published]
    assert all(isinstance(message, Batch) for message in messages), messages
    return [message for message in messages if isinstance(message, Batch)]


def test_a_batch_holds_no_more_rows_than_the_contract_allows() -> None:
    """A long wait is told in several batches, each with its own first number."""
    count = 2 * BATCH_ROWS_MAX + 5
    found = batches_of(rows_of(2, list(range(count)), list(range(count)), 1.0))

    assert [len(batch.offset_ms) for batch in found] == [BATCH_ROWS_MAX, BATCH_ROWS_MAX, 5]
    assert [batch.sequence for batch in found] == [0, BATCH_ROWS_MAX, 2 * BATCH_ROWS_MAX]
    assert all(batch.offset_ms[0] == 0 for batch in found)


def test_holes_and_leaps_begin_another_batch() -> None:
    """A number left out, a clock set back and a clock a day ahead cannot be told in one batch."""
    late_ms = OFFSET_MS_MAX + 10_000
    rows = rows_of(2, [0, 1, 5, 6, 7], [0, 1_000, 2_000, 500, late_ms], 1.0)

    assert [(batch.sequence, batch.offset_ms) for batch in batches_of(rows)] == [
        (0, [0, 1_000]),
        (5, [0]),
        (6, [0]),
        (7, [0]),
    ]


def test_rows_of_edges_are_told_apart_and_absent_columns_left_out() -> None:
    """Mixed rows come out edge by edge; a column without any value is not in the batch."""
    parts = (
        rows_of(3, [4], [0], np.nan),
        rows_of(2, [0], [100], 1.5),
        rows_of(3, [5], [200], np.nan),
    )
    mixed = unpacked([packed(rows) for rows in parts])

    found = batches_of(mixed)

    assert [(batch.lift_ids, batch.sequence, batch.columns) for batch in found] == [
        (["DEMO-001"], 0, {"speed_mps": [1.5]}),
        (["DEMO-002"], 4, {}),
    ]
