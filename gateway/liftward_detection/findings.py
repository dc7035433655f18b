"""Findings about sensors: one episode of each kind at a time, and which signals not to believe.

Must not know how a sensor is found out.
"""

import numpy as np

from liftward_detection.compiling import constant, helper
from liftward_detection.condition import note_plain_row
from liftward_detection.episodes import Context, begin, finish
from liftward_detection.equipment import BIT_OF_FINDING, FIRST_FINDING_KIND, whole_seconds
from liftward_detection.fleet import OPEN, Record
from liftward_detection.kinds import Reason
from liftward_detection.quiet import wake

_CONTRADICTED = constant(Reason.CONTRADICTED.code)
_CLEARED = constant(Reason.CONDITION_CLEARED.code)
_ALL_BITS = constant(0xFFFF)


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
    bits, before = BIT_OF_FINDING[place, signal + 1], np.int64(record["wrong_findings"])
    is_open = record["status"][kind] & OPEN != 0
    if wrong == (before & bits != 0) and (is_open or not wrong):
        return
    record["wrong_findings"] = before | bits if wrong else before & (_ALL_BITS ^ bits)
    wake(record)  # the same sample is read differently next time, see `trust`
    told = np.int64(record["told_findings"])
    if wrong and not is_open:
        record["found_s"][place] = whole_seconds(at_us)
        begin(record, kind, _CONTRADICTED, at_us, context)
        record["told_findings"] = told | bits
    elif not wrong and is_open and told & bits != 0:
        record["told_findings"] = told & (_ALL_BITS ^ bits)
        finish(record, kind, _CLEARED, at_us, context)
    else:
        return
    note_plain_row(context)
    context.rows[context.cursor[0] - 1]["detail_code"] = signal
