"""The compiled entry points: samples, events and due timers, one plain loop each.

Order within a lift is the order of the rows. Each call fills `rows` as far as there is room for
one more worst case and returns where it stopped, so that the caller can go on with a fresh table.
Must not know how the columns came about.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from liftward_detection.compiling import SOURCE_FINGERPRINT, entry_point, helper
from liftward_detection.episodes import Context, Cursor, Rows
from liftward_detection.event_intake import take_event
from liftward_detection.events import EventArrays
from liftward_detection.fleet import NEVER_DUE_US, Record
from liftward_detection.intake import allowance_us, take_sample
from liftward_detection.kinds import KIND_COUNT
from liftward_detection.samples import SampleArrays, sample_at
from liftward_detection.thresholds import Limits
from liftward_detection.timers import earliest_due_us, fire_due

# One sample or event can at worst end and begin every kind, and raise an entrapment twice, twice.
ROWS_PER_STEP_MAX = 2 * KIND_COUNT + 4

Records = NDArray[np.void]  # shape (lift_count,), dtype fleet.RECORD
Times = NDArray[np.int64]
SampleLoop = Callable[[Records, Times, SampleArrays, Limits, int, Rows, Cursor], int]
EventLoop = Callable[[Records, Times, EventArrays, Limits, int, Rows, Cursor], int]
DueLoop = Callable[[Records, Times, NDArray[np.int32], int, Limits, int, Rows, Cursor], int]


@helper
def _tick_due_us(record: Record, limits: Limits) -> int:
    """Return the platform time at which a tick has to look at this lift."""
    earliest_us = earliest_due_us(record, limits)
    if earliest_us == NEVER_DUE_US:
        return NEVER_DUE_US
    return earliest_us + allowance_us(record, limits)


def _build_loops(fingerprint: int) -> tuple[SampleLoop, EventLoop, DueLoop]:
    """Define the loops around `fingerprint`, which ties cached code to the sources it is from."""

    @entry_point
    def samples_loop(  # noqa: PLR0917 - called from here only, with what it touches
        records: Records,
        tick_due_us: Times,
        samples: SampleArrays,
        limits: Limits,
        start: int,
        rows: Rows,
        cursor: Cursor,
    ) -> int:
        room_needed = len(rows) - ROWS_PER_STEP_MAX if fingerprint >= 0 else 0
        for i in range(start, len(samples.lift_index)):
            if cursor[0] > room_needed:
                return i
            sample = sample_at(samples, i)
            lift = sample.lift_index
            context = Context(lift, sample.received_at_us, limits, rows, cursor)
            take_sample(records[lift], sample, context)
            tick_due_us[lift] = _tick_due_us(records[lift], limits)
        return len(samples.lift_index)

    @entry_point
    def events_loop(  # noqa: PLR0917 - as above
        records: Records,
        tick_due_us: Times,
        events: EventArrays,
        limits: Limits,
        start: int,
        rows: Rows,
        cursor: Cursor,
    ) -> int:
        room_needed = len(rows) - ROWS_PER_STEP_MAX if fingerprint >= 0 else 0
        for i in range(start, len(events.lift_index)):
            if cursor[0] > room_needed:
                return i
            lift = events.lift_index[i]
            context = Context(lift, events.received_at_us[i], limits, rows, cursor)
            take_event(records[lift], events, i, context)
            tick_due_us[lift] = _tick_due_us(records[lift], limits)
        return len(events.lift_index)

    @entry_point
    def due_loop(  # noqa: PLR0917 - as above
        records: Records,
        tick_due_us: Times,
        lifts: NDArray[np.int32],
        now_us: int,
        limits: Limits,
        start: int,
        rows: Rows,
        cursor: Cursor,
    ) -> int:
        room_needed = len(rows) - ROWS_PER_STEP_MAX if fingerprint >= 0 else 0
        for i in range(start, len(lifts)):
            if cursor[0] > room_needed:
                return i
            lift = lifts[i]
            horizon_us = now_us - allowance_us(records[lift], limits)
            fire_due(records[lift], horizon_us, Context(lift, now_us, limits, rows, cursor))
            tick_due_us[lift] = _tick_due_us(records[lift], limits)
        return len(lifts)

    return samples_loop, events_loop, due_loop


samples_loop, events_loop, due_loop = _build_loops(SOURCE_FINGERPRINT)
