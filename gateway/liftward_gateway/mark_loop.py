"""One compiled loop that judges the sequence numbers and the clock of a whole batch of messages.

A mark (what is stored of one boot of one device's stream) is a row of whole numbers; many rows are
one array. The loop decides what is ordinary: the next number of the boot that counts now, or a
repeat of what is stored without a gap. At anything else it stops, and `mark_table` decides that
message exactly and lets it go on. Knows numbers. Must not know messages, SQL or what a device is.

How a clock is measured: a message is received later than it was observed by its transport plus what
the clock is behind. Transport only adds, so the smallest delay of a window says how far the clock
is behind at most, and a negative one proves that it is ahead. A device that catches up after an
outage sends old news too, but its delay falls from window to window; that of a slow clock stays.
"""

from collections.abc import Callable
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from liftward_detection.compiling import entry_point, helper

# Columns of a mark.
BOOT_ID = 0
CONTIGUOUS = 1  # every number up to here is stored
HIGHEST = 2
DUPLICATES_COUNT = 3
LATE_COUNT = 4
OBSERVED_US = 5  # the latest times of its messages
RECEIVED_US = 6
WINDOW_US = 7  # arrival that began the present window of delays
DELAY_MIN_US = 8  # smallest delay in it
DELAY_BEFORE_US = 9  # smallest delay of the window before
SKEW = 10
OVERLAPS_COUNT = 11  # messages observed after a newer boot had spoken: a second publisher
OVERLAP_US = 12
MARK_COLUMNS = 13

# Columns of what a message says: where its mark stands, and its numbers and times.
PLACE, BOOT, FIRST, LAST, OBSERVED, RECEIVED, DELAY = range(7)
NUMBER_COLUMNS = 7

# Verdicts on a whole message.
UNJUDGED, ALL_NEW, ALL_DUPLICATE, MIXED, FORGOTTEN = range(5)

NOTHING = -1
NO_DELAY = np.iinfo(np.int64).max
# Long against the delays of a network, short against the hours a wrong clock stays unnoticed.
WINDOW_LENGTH_US = 300_000_000
# Half the shortest timer of the detector (10 s after an alarm): less does not change a verdict, and
# devices that tell whole seconds are within it.
SKEW_US_MAX = 5_000_000
# Two windows of a slow clock agree this well; catching up at 1.02 times the pace of life does not.
SKEW_STEADY_US = 5_000_000


class Skew(StrEnum):
    """What is known of a device's clock."""

    UNKNOWN = "unknown"  # too little heard, or nothing but old news
    OK = "ok"
    AHEAD = "ahead"
    BEHIND = "behind"


SKEW_BY_CODE = tuple(Skew)
SKEW_UNKNOWN, SKEW_OK, SKEW_AHEAD, SKEW_BEHIND = range(4)

Marks = NDArray[np.int64]  # shape (n, MARK_COLUMNS)
Numbers = NDArray[np.int64]  # shape (n, NUMBER_COLUMNS)
Verdicts = NDArray[np.int8]
Flags = NDArray[np.bool_]
Loop = Callable[[Marks, Flags, Numbers, Verdicts, int], int]


def unseen_mark(boot_id: int = NOTHING) -> Marks:
    """Return the mark, of shape (MARK_COLUMNS,), of a boot nothing is stored of."""
    mark = np.zeros(MARK_COLUMNS, np.int64)
    mark[[CONTIGUOUS, HIGHEST]] = NOTHING
    mark[[DELAY_MIN_US, DELAY_BEFORE_US]] = NO_DELAY
    mark[BOOT_ID] = boot_id
    return mark


@helper
def _judge_ordinary(mark: Marks, number: Numbers) -> int:
    """Return the verdict on an ordinary message of the newest boot, else UNJUDGED."""
    first, last = number[FIRST], number[LAST]
    if first == mark[HIGHEST] + 1:
        if mark[CONTIGUOUS] == mark[HIGHEST]:
            mark[CONTIGUOUS] = last
        mark[HIGHEST] = last
        return ALL_NEW
    if last <= mark[CONTIGUOUS]:
        mark[DUPLICATES_COUNT] += last - first + 1
        return ALL_DUPLICATE
    return UNJUDGED


@helper
def _note_delay(mark: Marks, delay_us: int, received_us: int) -> None:
    """Look at the clock once more: a message whose rows are all new was this late."""
    if mark[DELAY_MIN_US] == NO_DELAY:
        mark[WINDOW_US] = received_us
        mark[DELAY_MIN_US] = delay_us
    elif received_us - mark[WINDOW_US] >= WINDOW_LENGTH_US:
        mark[SKEW] = _skew(mark[DELAY_MIN_US], mark[DELAY_BEFORE_US])
        mark[DELAY_BEFORE_US] = mark[DELAY_MIN_US]
        mark[WINDOW_US] = received_us
        mark[DELAY_MIN_US] = delay_us
    else:
        mark[DELAY_MIN_US] = min(mark[DELAY_MIN_US], delay_us)
    # One message in time is proof; being behind takes two windows.
    if delay_us < -SKEW_US_MAX:
        mark[SKEW] = SKEW_AHEAD
    elif delay_us <= SKEW_US_MAX and mark[SKEW] != SKEW_AHEAD:
        mark[SKEW] = SKEW_OK


@helper
def _skew(closed_us: int, before_us: int) -> int:
    """Return what a whole window and the one before it say of the clock."""
    if closed_us < -SKEW_US_MAX:
        return SKEW_AHEAD
    if closed_us <= SKEW_US_MAX:
        return SKEW_OK
    if before_us != NO_DELAY and abs(closed_us - before_us) <= SKEW_STEADY_US:
        return SKEW_BEHIND
    return SKEW_UNKNOWN


@entry_point
def judge_loop(
    marks: Marks, touched: Flags, numbers: Numbers, verdicts: Verdicts, start: int
) -> int:
    """Judge from message `start` on; return the first message that is not ordinary, or the count.

    Changes `marks`, flags those it changed in `touched`, and writes `verdicts`. A message that has
    a verdict already only has its times noted.
    """
    for i in range(start, len(numbers)):
        number = numbers[i]
        mark = marks[number[PLACE]]
        is_of_newest = mark[BOOT_ID] == number[BOOT]
        if verdicts[i] == UNJUDGED and is_of_newest:
            verdicts[i] = _judge_ordinary(mark, number)
        if verdicts[i] == UNJUDGED:
            return i
        if not is_of_newest:
            continue
        touched[number[PLACE]] = True
        mark[OBSERVED_US] = max(mark[OBSERVED_US], number[OBSERVED])
        mark[RECEIVED_US] = max(mark[RECEIVED_US], number[RECEIVED])
        # Repeats and rows that fill a gap are old by nature: their delay says nothing.
        if verdicts[i] == ALL_NEW:
            _note_delay(mark, number[DELAY], number[RECEIVED])
    return len(numbers)


def warm_up() -> None:
    """Compile the loop, before the first message."""
    judge_loop(
        unseen_mark().reshape(1, -1),
        np.zeros(1, np.bool_),
        np.zeros((1, NUMBER_COLUMNS), np.int64),
        np.zeros(1, np.int8),
        0,
    )
