"""What others call: take samples, take events, let time pass, and get transitions.

    state = FleetState.empty(lift_count)
    warm_up()                                      # compile, before the first message
    transitions = observe(state, columns, thresholds)
    transitions = take_events(state, events, thresholds)
    transitions = tick(state, now_us, thresholds)   # every second or so

Each call changes `state` in place and needs it for itself; a caller that must not lose transitions
stores them before it saves the state or acknowledges the messages. The outcome does not depend on
how samples are cut into batches, nor on when ticks come while the samples are on time; deciding
the same samples twice gives transitions of the same names.

Must not know the clock, brokers, databases or incidents.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from liftward_detection.episodes import Cursor, Rows
from liftward_detection.events import EventColumns, event_arrays
from liftward_detection.fleet import FleetState
from liftward_detection.loops import (
    CURSOR_LENGTH,
    ROWS_PER_STEP_MAX,
    due_loop,
    events_loop,
    renew_loop,
    samples_loop,
)
from liftward_detection.samples import SampleSource, no_samples, sample_arrays
from liftward_detection.thresholds import Limits, Thresholds, default_thresholds, limits_of
from liftward_detection.transitions import ROW, Transitions

# Transitions are rare: one table nearly always holds a call's; when full, the loop goes on in a
# fresh one.
_TABLE_ROWS = 4 * ROWS_PER_STEP_MAX


class _WorkedOutWith(NamedTuple):
    thresholds: Thresholds
    limits: Limits


Step = Callable[[int, Rows, Cursor], int]  # from where, into what; returns how far it came


def observe(state: FleetState, columns: SampleSource, thresholds: Thresholds) -> Transitions:
    """Apply samples in their order; raise IndexError for a lift that the state has no room for."""
    samples = sample_arrays(columns)
    _check_lifts(state, samples.lift_index)
    limits = _limits_for(state, thresholds)

    def step(start: int, rows: Rows, cursor: Cursor) -> int:
        return samples_loop(state.records, samples, limits, start, rows, cursor)

    return _collect(len(samples.lift_index), step)


def take_events(state: FleetState, events: EventColumns, thresholds: Thresholds) -> Transitions:
    """Apply events in their order; raise IndexError for a lift that the state has no room for."""
    arrays = event_arrays(events)
    _check_lifts(state, arrays.lift_index)
    limits = _limits_for(state, thresholds)

    def step(start: int, rows: Rows, cursor: Cursor) -> int:
        return events_loop(state.records, arrays, limits, start, rows, cursor)

    return _collect(len(arrays.lift_index), step)


def tick(state: FleetState, now_us: int, thresholds: Thresholds) -> Transitions:
    """Fire what is due at platform time `now_us` although no message says so.

    Each lift's device time is taken from its last sample's two times; a lift that batches is
    given the time its news usually takes. A time earlier than before does nothing.
    """
    limits = _limits_for(state, thresholds)
    lifts = np.flatnonzero(state.tick_due_us <= now_us).astype(np.int32)

    def step(start: int, rows: Rows, cursor: Cursor) -> int:
        return due_loop(state.records, lifts, now_us, limits, start, rows, cursor)

    return _collect(len(lifts), step)


def count_quiet(state: FleetState, columns: SampleSource, thresholds: Thresholds) -> int:
    """Apply samples and return how many of them were quiet; for tests and benchmarks."""
    samples, limits = sample_arrays(columns), _limits_for(state, thresholds)
    _check_lifts(state, samples.lift_index)
    done, quiet_count = 0, 0
    while done < len(samples.lift_index):
        rows, cursor = np.empty(_TABLE_ROWS, dtype=ROW), np.zeros(CURSOR_LENGTH, dtype=np.int64)
        done = samples_loop(state.records, samples, limits, done, rows, cursor)
        quiet_count += int(cursor[1])
    return quiet_count


def warm_up() -> None:
    """Compile, or load the compiled code: call it once at start, before messages arrive."""
    state = FleetState.empty(0)
    limits = limits_of(default_thresholds())
    rows, cursor = np.empty(_TABLE_ROWS, dtype=ROW), np.zeros(CURSOR_LENGTH, dtype=np.int64)
    nothing = no_samples()
    no_events = event_arrays(EventColumns.from_rows([]))
    no_lifts = np.empty(0, dtype=np.int32)
    samples_loop(state.records, nothing, limits, 0, rows, cursor)
    events_loop(state.records, no_events, limits, 0, rows, cursor)
    due_loop(state.records, no_lifts, 0, limits, 0, rows, cursor)
    renew_loop(state.records, limits)


def _limits_for(state: FleetState, thresholds: Thresholds) -> Limits:
    """Return the limits; what the state worked out with other ones is worked out anew."""
    known = state.worked_out_with
    if isinstance(known, _WorkedOutWith) and known.thresholds is thresholds:
        return known.limits  # without a look at each threshold: small batches would feel it
    limits = limits_of(thresholds)
    same = isinstance(known, _WorkedOutWith) and known.limits is limits
    if known is not None and not same:
        renew_loop(state.records, limits)
    state.worked_out_with = _WorkedOutWith(thresholds, limits)
    return limits


def _check_lifts(state: FleetState, lift_index: NDArray[np.int32]) -> None:
    """Compiled code does not check bounds: a wrong index would write over foreign memory."""
    # A negative index, read without its sign, is above every count.
    if len(lift_index) and lift_index.view(np.uint32).max() >= state.lift_count:
        raise IndexError(
            f"lift indices run from {lift_index.min()} to {lift_index.max()}, the state has room "
            f"for {state.lift_count} lifts: drop unknown lifts, grow the state for new ones"
        )


def _collect(count: int, step: Step) -> Transitions:
    tables = []
    done = 0
    while done < count:
        rows = np.empty(_TABLE_ROWS, dtype=ROW)
        cursor = np.zeros(CURSOR_LENGTH, dtype=np.int64)
        done = step(done, rows, cursor)
        if cursor[0]:
            tables.append(rows[: cursor[0]])
    return Transitions(np.concatenate(tables)) if tables else Transitions.none()
