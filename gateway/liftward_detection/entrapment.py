"""Who is trapped: the belief watched while a car stands shut, and the episode it opens.

A car is watched from the moment it stands behind doors that are not open (`rest_since_us`, the
onset), until it moves, opens at a landing, or is not to be watched (`suppression`). Unknown holds
what was known. What is seen of the stop is weighed anew whenever it changes (`evidence`, `belief`),
and `entrapment_due_us` is the instant at which the next level will be reached if nothing changes:
suspected, probable, and confirmed where a second source says so, too: the alarm button, a code of
the controller, or door-open pressed again and again.

At a landing a belief grows without samples or events for as long as this device is usually silent
(`rhythm`), between floors for `grows_in_silence_s`, and then waits for the lift's next word; what
it crosses later is dated by that word. A lift that falls silent while it runs, its mains lost and
people aboard, is suspected after `silent_without_mains_s`, by time alone.

An episode ends when the way out is open and nobody is seen any more; when a sensor still sees
someone, with a new run after that; or, withdrawn, when the belief has fallen. A suspicion ends with
a run, too; from probable on a car that moves is no proof that anyone is free. Who opened the doors
cannot be seen: only a car that ran at speed by itself before it opened has freed its people itself.
Must not know how people are rescued.
"""

from math import isnan

from liftward_detection.alarm_button import forget_alarm
from liftward_detection.belief import course_of, crossing_us, explain, odds_against
from liftward_detection.compiling import constant, flattened, helper
from liftward_detection.episodes import Context, begin, finish, raise_to, write
from liftward_detection.evidence import (
    DOOR_MOVES,
    POWER_LOST_PIECE,
    SECOND_SOURCES,
    is_automatic,
    mains_lost,
    pieces_of,
)
from liftward_detection.facts import NO, YES, Facts
from liftward_detection.fleet import (
    BYTE,
    CAME_AUTOMATIC,
    LEVEL_BITS,
    LEVEL_SHIFT,
    NEVER_DUE_US,
    NONE_US,
    OPEN,
    OPENED_IN_EPISODE,
    PRESSES_MAX,
    RAN_AT_SPEED,
    RAN_IN_EPISODE,
    SEEN_SPEED,
    Record,
)
from liftward_detection.kinds import DetectionKind, Level, Reason, Suppression, Transition
from liftward_detection.quiet import look_again
from liftward_detection.samples import Sample
from liftward_detection.status import status_of
from liftward_detection.suppression import is_blocked, service_mode_of
from liftward_detection.thresholds import Limits
from liftward_wire.states import ServiceMode

_ENTRAPMENT = constant(DetectionKind.ENTRAPMENT.code)
_SUSPECTED = constant(Level.SUSPECTED.code)
_PROBABLE = constant(Level.PROBABLE.code)
_CONFIRMED = constant(Level.CONFIRMED.code)
_RAISED = constant(Transition.RAISED.code)

_BELIEF = constant(Reason.BELIEF.code)
_SECOND_SOURCE = constant(Reason.SECOND_SOURCE.code)
_SILENT_WITHOUT_MAINS = constant(Reason.SILENT_WITHOUT_MAINS.code)
_WAY_OUT_OPEN = constant(Reason.WAY_OUT_OPEN.code)
_SELF_RELEASED = constant(Reason.SELF_RELEASED.code)
_MOVED_ON = constant(Reason.MOVED_ON.code)
_WITHDRAWN = constant(Reason.WITHDRAWN.code)

_OUT_OF_SERVICE = ServiceMode.OUT_OF_SERVICE.code
_COMMANDED = (Suppression.INSPECTION.code, Suppression.FIREFIGHTER.code)


@helper
def level_reached(record: Record) -> int:
    return (record["status"][_ENTRAPMENT] & LEVEL_BITS) >> LEVEL_SHIFT  # type: ignore[no-any-return]  # records are untyped


@helper
def _suppress_anew(record: Record) -> None:
    """Have the next sample looked at where what suppresses depends on whether a car is watched."""
    if service_mode_of(record) == _OUT_OF_SERVICE:
        look_again(record)


@helper
def begin_rest(record: Record, at_us: int) -> None:
    _suppress_anew(record)
    record["rest_since_us"] = at_us
    record["press_since_us"] = record["mains_lost_us"] = NONE_US
    record["presses"] = record["retries"] = 0
    record["pieces"] = 0
    record["entrapment_due_us"] = NEVER_DUE_US
    record["seen"] &= BYTE ^ CAME_AUTOMATIC
    if is_automatic(record, service_mode_of(record)):
        record["seen"] |= CAME_AUTOMATIC


@helper
def _end_rest(record: Record) -> None:
    _suppress_anew(record)
    record["rest_since_us"] = NONE_US
    record["entrapment_due_us"] = NEVER_DUE_US


@helper
def watch_rest(record: Record, displaced: bool, at_us: int) -> None:  # noqa: FBT001 - positional in compiled code
    """Note whether the car stands behind shut doors, and is to be watched."""
    if record["stationary"] == NO or record["shut"] == NO or is_blocked(record):
        if record["rest_since_us"] != NONE_US:
            _end_rest(record)
        return
    if record["stationary"] == YES and (record["rest_since_us"] == NONE_US or displaced):
        begin_rest(record, at_us)


@helper
def count_presses(record: Record, presses_count: int, at_us: int) -> None:
    """Count presses of door-open while the car stands shut."""
    if record["rest_since_us"] == NONE_US:
        return
    if record["press_since_us"] == NONE_US:
        record["press_since_us"] = at_us
    record["presses"] = min(PRESSES_MAX, int(record["presses"]) + presses_count)


@helper
def count_retry(record: Record) -> None:
    """Count a try of the doors to open or close while the car stands shut."""
    if record["rest_since_us"] != NONE_US:
        record["retries"] = min(PRESSES_MAX, int(record["retries"]) + 1)


@helper
def _next_due_us(record: Record, from_us: int, limits: Limits) -> int:
    """Return when the next level is reached by what is known, never before `from_us`."""
    pieces = record["pieces"]
    odds = limits.suspected_odds
    if status_of(record, _ENTRAPMENT) & OPEN:
        level = level_reached(record)
        if level == _CONFIRMED or (level == _PROBABLE and not pieces & SECOND_SOURCES):
            return NEVER_DUE_US
        odds = limits.probable_odds
    since_us = max(from_us, record["rest_since_us"])
    return crossing_us(course_of(record, pieces, limits), odds, since_us)


@helper
def _is_withdrawn(record: Record, at_us: int, limits: Limits) -> bool:
    """Tell whether the belief of the open episode has fallen too low.

    A car that was probably stuck and has moved since may only just have arrived: its people are
    not out before the doors open. And doors that begin to open say nothing of what was before.
    """
    if record["pieces"] & DOOR_MOVES:
        return False
    same_stop = record["rest_since_us"] == record["since_us"][_ENTRAPMENT]
    if level_reached(record) != _SUSPECTED and not same_stop:
        return False
    from_us = max(at_us, record["rest_since_us"])
    odds = odds_against(course_of(record, record["pieces"], limits), from_us)
    return odds > limits.withdrawn_odds


@helper
def weigh(record: Record, at_us: int, context: Context) -> None:
    """Weigh what has become known at `at_us`, and set when the next level is due."""
    if record["rest_since_us"] == NONE_US:
        return
    limits = context.limits
    pieces = pieces_of(record, service_mode_of(record), at_us, limits)
    if pieces == record["pieces"]:
        # Crossed while nothing was heard for too long: it counts from this word on.
        record["entrapment_due_us"] = max(record["entrapment_due_us"], at_us)
        return
    if pieces & POWER_LOST_PIECE and record["mains_lost_us"] == NONE_US:
        record["mains_lost_us"] = at_us
    record["pieces"] = pieces
    if status_of(record, _ENTRAPMENT) & OPEN and _is_withdrawn(record, at_us, limits):
        finish(record, _ENTRAPMENT, _WITHDRAWN, at_us, context)
        _explain_last(record, at_us, context)
        begin_rest(record, at_us)
        record["pieces"] = pieces
    record["entrapment_due_us"] = _next_due_us(record, at_us, limits)


@helper
def _explain_last(record: Record, at_us: int, context: Context) -> None:
    row = context.rows[context.cursor[0] - 1]
    from_us = max(at_us, record["rest_since_us"])
    explain(record, record["pieces"], from_us, context.limits, row)


@helper
def reach_level(record: Record, at_us: int, context: Context) -> None:
    """Open the episode, or raise it to its next level, at the instant at which that was due."""
    if status_of(record, _ENTRAPMENT) & OPEN:
        level = level_reached(record) + 1
        raise_to(record, _ENTRAPMENT, level)
        reason = _SECOND_SOURCE if level == _CONFIRMED else _BELIEF
        write(record, _ENTRAPMENT, _RAISED, reason, at_us, context)
    else:
        record["since_us"][_ENTRAPMENT] = record["rest_since_us"]
        record["flags"] &= BYTE ^ (OPENED_IN_EPISODE | RAN_IN_EPISODE)
        begin(record, _ENTRAPMENT, _BELIEF, at_us, context)
    _explain_last(record, at_us, context)
    record["entrapment_due_us"] = _next_due_us(record, at_us, context.limits)


@flattened
def needs_look(record: Record, sample: Sample, limits: Limits) -> bool:
    """Tell whether a sample with the states of the last one still tells the belief something.

    That is a run that becomes faster than inspection, and the first speed that a device tells.
    """
    if isnan(sample.speed_mps):
        return not isnan(sample.position_m) and not record["flags"] & RAN_AT_SPEED
    at_speed = abs(float(sample.speed_mps)) > limits.inspection_speed_mps
    is_new = at_speed and record["shut"] != NO and not record["flags"] & RAN_AT_SPEED
    return is_new or not record["seen"] & SEEN_SPEED


@helper
def silence_due_us(record: Record, limits: Limits) -> int:
    """Return when silence alone becomes a suspicion, device time, or NEVER_DUE_US."""
    in_mid_run = record["stationary"] == NO and record["shut"] != NO and record["aboard"] == YES
    if not in_mid_run or is_blocked(record) or status_of(record, _ENTRAPMENT) & OPEN:
        return NEVER_DUE_US
    due_us = record["observed_us"] + limits.silent_without_mains_us
    return due_us if mains_lost(record, due_us) else NEVER_DUE_US


@helper
def suspect_silence(record: Record, at_us: int, context: Context) -> None:
    record["since_us"][_ENTRAPMENT] = record["observed_us"]
    record["flags"] &= BYTE ^ (OPENED_IN_EPISODE | RAN_IN_EPISODE)
    begin(record, _ENTRAPMENT, _SILENT_WITHOUT_MAINS, at_us, context)


@helper
def watch_release(record: Record, facts: Facts, at_us: int, context: Context) -> None:
    """End an open entrapment by this sample; modes play no part in it."""
    if facts.shut == NO:
        if record["aboard"] == YES:
            record["flags"] |= OPENED_IN_EPISODE
            return
        ran = record["flags"] & RAN_IN_EPISODE
        finish(record, _ENTRAPMENT, _SELF_RELEASED if ran else _WAY_OUT_OPEN, at_us, context)
        return
    could_leave = record["flags"] & OPENED_IN_EPISODE or not facts.door_known
    if facts.travelling == YES and could_leave:
        finish(record, _ENTRAPMENT, _MOVED_ON, at_us, context)
        forget_alarm(record, at_us)  # answered, although no door was seen to open
    elif facts.travelling == YES and level_reached(record) == _SUSPECTED:
        finish(record, _ENTRAPMENT, _WITHDRAWN, at_us, context)
    elif facts.at_speed == YES and record["suppression"] not in _COMMANDED:
        record["flags"] |= RAN_IN_EPISODE
