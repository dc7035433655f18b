"""What the fault rules remember between samples, and the steps they share.

The bits of `fault_flags`, and two ways into an episode beside `episodes.settle`: seen again after
the time that a measured value must last, and begun with an onset that lies back. Must not know what
a condition means.
"""

from math import isnan

import numpy as np

from liftward_detection.compiling import helper
from liftward_detection.episodes import Context, begin, drop, hold_us, is_news, raise_level, settle
from liftward_detection.facts import NO, UNKNOWN, YES
from liftward_detection.fleet import DERIVED, NONE_US, OPEN, PENDING, Record
from liftward_detection.kinds import PLACE_OF_WORST, Reason
from liftward_detection.status import is_active, set_status

OPENED_AT_LEVEL = 1  # the doors stand open since they did so at a landing
MOVED_OPEN = 2  # and the car has moved since
STOP_TO_JUDGE = 4  # the car has travelled since a stop was judged
STOP_BAD = 8  # and found bad
ASKED_TO_OPEN = 16  # the doors were told to open at this stop, and did not
CALL_OPENED = 32  # the present opening is counted as an answer to the waiting car call
DEVICE_KNOWN = 64  # an automatic rescue device, or a generator, has fed this lift before
DEVICE_REACHED = 128  # the doors were open at a landing since the mains were lost

COUNT_MAX = 255  # counters of one byte stay there
_CONDITION_HELD = Reason.CONDITION_HELD.code


@helper
def counted(count: int) -> int:
    return min(int(count) + 1, COUNT_MAX)


@helper
def note_worst(record: Record, kind: int, measured: float) -> None:
    """Keep the largest reading, either way, of what a kind measures; NaN tells nothing."""
    if isnan(measured):
        return
    place, kept = PLACE_OF_WORST[kind], np.float32(measured)  # as it is kept: no tie by rounding
    worst = record["worst"][place]
    if isnan(worst) or abs(kept) > abs(worst):
        record["worst"][place] = kept


@helper
def matters(record: Record, kind: int, condition: int) -> bool:
    """Tell whether a condition has to be judged at all: asked first, for it nearly never has."""
    return condition == YES or is_active(record, kind)


@helper
def settle_seen(record: Record, kind: int, condition: int, at_us: int, context: Context) -> None:
    """Take note of a condition that must be seen once more when its time is over.

    Between two samples nobody knows: a single odd reading, or one before a silence, opens nothing.
    """
    status = record["status"][kind]
    if condition == UNKNOWN and status == PENDING:
        drop(record, kind)
    elif condition == YES and status == PENDING:
        if at_us - record["since_us"][kind] >= hold_us(record, kind, context.limits):
            begin(record, kind, _CONDITION_HELD, at_us, context)
    elif is_news(record, kind, condition):
        settle(record, kind, condition, at_us, context)


@helper
def open_since(record: Record, kind: int, onset_us: int, at_us: int, context: Context) -> None:
    """Open an episode that began before it could be told, or note that it goes on."""
    if record["status"][kind] & OPEN:
        set_status(record, kind, record["status"][kind] | DERIVED)
        raise_level(record, kind)
    else:
        record["since_us"][kind] = min(onset_us, at_us)
        begin(record, kind, _CONDITION_HELD, at_us, context)


@helper
def settle_since(  # noqa: PLR0917 - positional in compiled code
    record: Record, kind: int, condition: int, onset_us: int, at_us: int, context: Context
) -> None:
    """Take note of a condition that, once found, began at `onset_us`; unknown changes nothing."""
    if condition == YES:
        open_since(record, kind, onset_us, at_us, context)
    elif condition == NO and is_active(record, kind):
        settle(record, kind, condition, at_us, context)


@helper
def _shifted(at_us: int, step_us: int) -> int:
    return at_us if at_us == NONE_US else at_us + step_us


@helper
def set_fault_clock_back(record: Record, step_us: int) -> None:
    """Move what the rules remember by the step of the device's clock."""
    record["position_at_us"] = _shifted(record["position_at_us"], step_us)
    record["position_doubted_us"] = _shifted(record["position_doubted_us"], step_us)
    record["left_landing_us"] = _shifted(record["left_landing_us"], step_us)
    record["reopened_us"] = _shifted(record["reopened_us"], step_us)
    record["badly_stopped_us"] = _shifted(record["badly_stopped_us"], step_us)
    record["calls_since_us"] = _shifted(record["calls_since_us"], step_us)
