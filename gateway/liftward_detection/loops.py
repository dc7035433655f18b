"""The compiled entry points: samples, events and due timers, one plain loop each.

Order within a lift is the order of the rows. Each call fills `rows` as far as there is room for
one more worst case and returns where it stopped, so that the caller can go on with a fresh table.
Records of lifts further on are asked for ahead: otherwise each sample would wait for memory.
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
from liftward_detection.hearing import hear_sample
from liftward_detection.intake import allowance_us, is_quiet, take_quiet
from liftward_detection.kinds import KIND_COUNT
from liftward_detection.prefetching import prefetch
from liftward_detection.quiet import said_of, wake
from liftward_detection.samples import SampleArrays, sample_at
from liftward_detection.thresholds import Limits
from liftward_detection.timers import earliest_due_us, fire_due

# One sample or event can at worst end and begin every kind, and raise an entrapment twice, twice.
ROWS_PER_STEP_MAX = 2 * KIND_COUNT + 4
# Samples ahead of the present one whose records are asked for: memory answers meanwhile.
LOOK_AHEAD = 16
CURSOR_LENGTH = 2  # rows filled, samples that were quiet

Records = NDArray[np.void]  # shape (lift_count,), dtype fleet.RECORD
SampleLoop = Callable[[Records, SampleArrays, Limits, int, Rows, Cursor], int]
EventLoop = Callable[[Records, EventArrays, Limits, int, Rows, Cursor], int]
DueLoop = Callable[[Records, NDArray[np.int32], int, Limits, int, Rows, Cursor], int]
RenewLoop = Callable[[Records, Limits], int]


@helper
def _tick_due_us(record: Record, limits: Limits) -> int:
    """Return the platform time at which a tick has to look at this lift."""
    if record["due_us"] == NEVER_DUE_US:
        return NEVER_DUE_US
    return record["due_us"] + allowance_us(record, limits)  # type: ignore[no-any-return]  # records are untyped


def _build_samples_loop(fingerprint: int) -> SampleLoop:
    """Define the loop around `fingerprint`, which ties cached code to the sources it is from."""

    @entry_point
    def samples_loop(  # noqa: PLR0917 - called from here only, with what it touches
        records: Records,
        samples: SampleArrays,
        limits: Limits,
        start: int,
        rows: Rows,
        cursor: Cursor,
    ) -> int:
        room_needed = len(rows) - ROWS_PER_STEP_MAX if fingerprint >= 0 else 0
        last = len(samples.lift_index) - 1
        quiet_count = 0
        for i in range(start, min(start + LOOK_AHEAD, last)):
            prefetch(records, samples.lift_index[i])
        for i in range(start, len(samples.lift_index)):
            if cursor[0] > room_needed:
                cursor[1] += quiet_count
                return i
            prefetch(records, samples.lift_index[min(i + LOOK_AHEAD, last)])
            sample = sample_at(samples, np.uint64(i))
            lift = sample.lift_index
            record = records[lift]
            said = said_of(record, sample, limits)
            context = Context(lift, sample.received_at_us, limits, rows, cursor)
            if is_quiet(record, sample, said, limits):
                take_quiet(record, sample, said, context)
                quiet_count += 1
                if record["due_us"] == NEVER_DUE_US:
                    continue
            else:
                hear_sample(record, sample, said, context)
            record["tick_due_us"] = _tick_due_us(record, limits)
        cursor[1] += quiet_count
        return len(samples.lift_index)

    return samples_loop


def _build_loops(fingerprint: int) -> tuple[EventLoop, DueLoop, RenewLoop]:
    @entry_point
    def events_loop(  # noqa: PLR0917 - as above
        records: Records,
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
            records[lift]["tick_due_us"] = _tick_due_us(records[lift], limits)
        return len(events.lift_index)

    @entry_point
    def due_loop(  # noqa: PLR0917 - as above
        records: Records,
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
            wake(records[lift])
            fire_due(records[lift], horizon_us, Context(lift, now_us, limits, rows, cursor))
            records[lift]["due_us"] = earliest_due_us(records[lift], limits)
            records[lift]["tick_due_us"] = _tick_due_us(records[lift], limits)
        return len(lifts)

    @entry_point
    def renew_loop(records: Records, limits: Limits) -> int:
        """Work out anew what rests on limits, after they have changed."""
        for lift in range(len(records) if fingerprint >= 0 else 0):
            wake(records[lift])
            records[lift]["due_us"] = earliest_due_us(records[lift], limits)
            records[lift]["tick_due_us"] = _tick_due_us(records[lift], limits)
        return len(records)

    return events_loop, due_loop, renew_loop


samples_loop = _build_samples_loop(SOURCE_FINGERPRINT)
events_loop, due_loop, renew_loop = _build_loops(SOURCE_FINGERPRINT)
