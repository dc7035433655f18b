"""Door times and re-tries, from the words that the car door says one after the other.

A phase is timed from the first sample in it to the first sample of the next one; a phase that was
jumped over between two samples counts as no time at all. For a device that tells each change this
is exact; for one that samples every P seconds it is right on average (a phase of D seconds is seen
with probability D/P and then counts P), with a spread of up to half of P for each cycle, which many
cycles average out. A phase is not timed when more than `gap_us_max` passed without a sample
just before its end, nor after the doors turned back. Must not know baselines.
"""

from typing import NamedTuple

from liftward_detection.compiling import helper
from liftward_detection.condition import measure
from liftward_detection.episodes import Context
from liftward_detection.equipment import (
    CAR_DOOR,
    DOOR_CLOSING,
    DOOR_OPENING,
    DOOR_RETRIES,
    distrusted,
    found_out,
    whole,
)
from liftward_detection.fleet import NONE_US, Record
from liftward_detection.sightings import ran_uncalled
from liftward_wire.states import DoorState

_CLOSED = DoorState.CLOSED.code
_OPENING = DoorState.OPENING.code
_OPEN = DoorState.OPEN.code
_CLOSING = DoorState.CLOSING.code

_PHASE_US_MAX = 60_000_000  # a door that takes longer does not move: that is for the fault rules
_MICROSECONDS = 1e6
_RETRIES_MAX = 200

# `door_told`: a DoorState code, and whether `door_since_us` is when that phase began.
_TIMED, _CODE_SHIFT = 1, 1


class DoorBefore(NamedTuple):
    """The car door by the samples before this one."""

    door: int  # DoorState code
    moved_us: int  # it does what it does since then; NONE_US: not known to the phase
    uncalled: bool  # they open now, after a run without a car call


@helper
def moved_us(record: Record) -> int:
    """Return since when the doors do what they do, NONE_US when that is no phase to be timed."""
    return record["door_since_us"] if whole(record["door_told"]) & _TIMED else NONE_US


@helper
def door_told(record: Record) -> int:
    """Return what the car door was told to do, believed (`car_door`) or not."""
    return whole(record["door_told"]) >> _CODE_SHIFT


@helper
def door_before(record: Record, door: int) -> DoorBefore:
    """Return what is known of the doors before a sample that says `door` is applied."""
    told = door_told(record)
    opens = told == _CLOSED and door != _CLOSED
    return DoorBefore(told, moved_us(record), opens and ran_uncalled(record))


@helper
def _phase_s(since_us: int, at_us: int, sampled_us: int, context: Context) -> float:
    """Return how long the present phase has lasted, or -1 when that is not known."""
    if NONE_US in (since_us, sampled_us):
        return -1.0
    elapsed_us = at_us - since_us
    gap_us = at_us - sampled_us
    if gap_us > context.limits.equipment.gap_us_max or not 0 <= elapsed_us <= _PHASE_US_MAX:
        return -1.0
    return elapsed_us / _MICROSECONDS


@helper
def _end_cycle(record: Record, at_us: int, counts: bool, context: Context) -> None:  # noqa: FBT001
    retries = max(whole(record["door_retries"]), whole(record["door_retry_events"]))
    record["door_retries"] = record["door_retry_events"] = 0
    if counts:
        measure(record, DOOR_RETRIES, 100.0 * retries, at_us, context)


@helper
def door_moved(  # noqa: PLR0917 - called from one place, with what it needs
    record: Record,
    door_before: DoorBefore,
    door: int,
    at_us: int,
    sampled_us: int,
    counts: bool,  # noqa: FBT001 - positional in compiled code
    context: Context,
) -> None:
    """Take another word of the car door than before; `sampled_us`: the sample before this one.

    `counts` is false while the lift is not in ordinary service: then nothing is measured.
    """
    before = door_before.door
    phase_s = _phase_s(door_before.moved_us, at_us, sampled_us, context)
    counts = counts and not distrusted(record, CAR_DOOR)
    turned_back = before == _CLOSING and door in (_OPENING, _OPEN)
    metric, value_s = -1, phase_s
    if before == _OPENING and door == _OPEN:
        metric = DOOR_OPENING
    elif before == _CLOSED and door == _OPEN:
        metric, value_s = DOOR_OPENING, 0.0
    elif before == _CLOSING and door == _CLOSED:
        metric = DOOR_CLOSING
    elif before == _OPEN and door == _CLOSED:
        metric, value_s = DOOR_CLOSING, 0.0
    gap_us = at_us - sampled_us if sampled_us != NONE_US else NONE_US
    near = 0 <= gap_us <= context.limits.equipment.gap_us_max
    if metric >= 0 and counts and near and value_s >= 0.0:
        measure(record, metric, value_s, at_us, context)
    if turned_back:
        record["door_retries"] = min(whole(record["door_retries"]) + 1, _RETRIES_MAX)
    if door == _CLOSED and before in (_OPEN, _CLOSING):
        _end_cycle(record, at_us, counts, context)
    odd = turned_back or (before == _OPENING and door == _CLOSING)
    known_before = before in (_CLOSED, _OPENING, _OPEN, _CLOSING)
    # The rules' `door_since_us` is that of a doubted word for shut doors only.
    timed = known_before and not odd and (door == _CLOSED or not found_out(record, CAR_DOOR))
    record["door_told"] = whole(door) << _CODE_SHIFT | (_TIMED if timed else 0)


@helper
def note_retry_event(record: Record) -> None:
    record["door_retry_events"] = min(whole(record["door_retry_events"]) + 1, _RETRIES_MAX)
