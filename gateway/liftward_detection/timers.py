"""What becomes due without a message: codes that have held, time boxes, levels of belief, silence.

Each fires with the instant at which it was due, whoever notices first: a sample, an event or a
tick. Must not know what any of them means.
"""

from liftward_detection.compiling import helper
from liftward_detection.entrapment import (
    reach_level,
    silence_due_us,
    suspect_silence,
    watch_rest,
    weigh,
)
from liftward_detection.episodes import Context, earliest_code_due_us, fire_codes
from liftward_detection.fleet import Record
from liftward_detection.rhythm import silent_from_us
from liftward_detection.suppression import expire, expiry_due_us
from liftward_detection.thresholds import Limits


@helper
def fire_due(record: Record, horizon_us: int, context: Context) -> None:
    """Let happen everything that was due at device time `horizon_us` or before.

    What a pending fault or a belief needs is that things stay as they were last seen, and of that
    silence tells nothing after a while: a lift is not blamed for its gateway.
    """
    limits = context.limits
    fire_codes(record, min(horizon_us, silent_from_us(record, limits)), context)
    expired_us = expiry_due_us(record, limits)
    if expired_us <= horizon_us:
        expire(record, expired_us, context)
        watch_rest(record, False, expired_us)
        weigh(record, expired_us, context)
    silent_us = silence_due_us(record, limits)
    if silent_us <= horizon_us:
        suspect_silence(record, silent_us, context)
    until_us = min(horizon_us, silent_from_us(record, limits))
    while record["entrapment_due_us"] <= until_us:
        reach_level(record, record["entrapment_due_us"], context)


@helper
def earliest_due_us(record: Record, limits: Limits) -> int:
    """Return when something is due first, device time, or NEVER_DUE_US.

    A level that is due only after the belief has stopped growing is named all the same: the
    lift's next word may come any time.
    """
    earliest_us = min(earliest_code_due_us(record, limits), expiry_due_us(record, limits))
    earliest_us = min(earliest_us, record["entrapment_due_us"])
    return min(earliest_us, silence_due_us(record, limits))  # type: ignore[no-any-return]  # records are untyped
