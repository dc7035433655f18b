"""Findings about sensors: one episode of each kind at a time, and which signals not to believe.

Must not know how a sensor is found out.
"""

import numpy as np

from liftward_detection.compiling import constant, helper
from liftward_detection.condition import note_plain_row
from liftward_detection.episodes import Context, begin, finish
from liftward_detection.equipment import FINDING_COUNT, FIRST_FINDING_KIND, NO_SIGNAL
from liftward_detection.fleet import OPEN, Record
from liftward_detection.kinds import DetectionKind, Reason

_CONTRADICTED = constant(Reason.CONTRADICTED.code)
_CLEARED = constant(Reason.CONDITION_CLEARED.code)
_MISSING = constant(DetectionKind.VALUES_MISSING.code)
_ALL_SIGNALS = constant(0xFFFFFFFF)


@helper
def _bits_of(signal: int) -> int:
    """Return the bit of a signal, or of all of them when none is named."""
    return _ALL_SIGNALS if signal == NO_SIGNAL else 1 << signal


@helper
def _note_distrust(record: Record) -> None:
    """Believe no signal that a finding is about; absent values need no distrust."""
    bits = np.int64(0)
    for place in range(FINDING_COUNT):
        if FIRST_FINDING_KIND + place != _MISSING:
            bits |= np.int64(record["wrong_signals"][place])
    record["distrust"] = bits


@helper
def report(  # noqa: PLR0917 - called with constants
    record: Record,
    kind: int,
    signal: int,
    wrong: bool,  # noqa: FBT001 - positional in compiled code
    at_us: int,
    context: Context,
) -> None:
    """Take note of whether this signal is wrong in this way.

    A second signal that is wrong in the same way is distrusted at once, and told when the first one
    has been mended.
    """
    place = kind - FIRST_FINDING_KIND
    bits, before = _bits_of(signal), np.int64(record["wrong_signals"][place])
    is_open = record["status"][kind] & OPEN != 0
    if wrong == (before & bits != 0) and (is_open or not wrong):
        return
    record["wrong_signals"][place] = before | bits if wrong else before & (_ALL_SIGNALS ^ bits)
    _note_distrust(record)
    if wrong and not is_open:
        record["since_us"][kind] = at_us
        begin(record, kind, _CONTRADICTED, at_us, context)
        record["told_signal"][place] = signal
    elif not wrong and is_open and record["told_signal"][place] == signal:
        finish(record, kind, _CLEARED, at_us, context)
    else:
        return
    note_plain_row(context)
    context.rows[context.cursor[0] - 1]["detail_code"] = signal
