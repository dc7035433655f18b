"""How likely it is that someone cannot leave, now and later: the arithmetic of the belief.

Each explanation has a log-weight, the sum of what the pieces of evidence say of it, and all but two
of the innocent ones run out: for a while they stay as likely as they were, then they decay with a
mean of their own. So the odds against an entrapment only fall while nothing new is told, and the
instant at which they fall to a limit can be found to the microsecond. Must not know episodes.
"""

from math import exp, floor, inf, log
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from liftward_detection.compiling import helper
from liftward_detection.evidence import (
    CLOSED_HERE_PIECE,
    COUNT_BITS,
    DOOR_OPENING_PIECE,
    PRESSES_SHIFT,
    RETRIES_SHIFT,
    alarm_counts,
)
from liftward_detection.facts import NO
from liftward_detection.fleet import NEVER_DUE_US, NONE_US, Record
from liftward_detection.kinds import Explanation, Piece
from liftward_detection.thresholds import SOJOURNS, Limits

_PIECES_COUNT = len(Piece)
_EXPLANATIONS_COUNT = len(Explanation)
_MORE_PRESSES = Piece.MORE_DOOR_OPEN_PRESSES.code
_MORE_RETRIES = Piece.MORE_DOOR_RETRIES.code
_OPENING = Explanation.OPENING.code
_STARTING = Explanation.STARTING.code
_RECOVERING = Explanation.RECOVERING.code
_RESCUE_DEVICE = Explanation.RESCUE_DEVICE.code
_LINGERING = Explanation.LINGERING.code
_TECHNICIAN = Explanation.TECHNICIAN.code
_FOR_OPENING = SOJOURNS.index("opening")
_FOR_OPENING_DOOR = SOJOURNS.index("opening_door")
_FOR_STARTING = SOJOURNS.index("starting")
_FOR_RECOVERING = SOJOURNS.index("recovering")
_FOR_RESCUE_DEVICE = SOJOURNS.index("rescue_device")
_FOR_LINGERING = SOJOURNS.index("lingering")
_FOR_LINGERING_SIGN = SOJOURNS.index("lingering_sign")
_FOR_TECHNICIAN = SOJOURNS.index("technician")
# What has not crossed a level after a day of standing still never will.
_HORIZON_US = 86_400 * 1_000_000
_TENTHS_PER_NEPER = 100.0 / log(10.0)


class Course(NamedTuple):
    """How the odds against an entrapment go on while nothing new is told.

    Arrays by Explanation; the first, trapped, is what the others are compared with.
    """

    log_odds: NDArray[np.float64]  # nepers, before anything has run out
    runs_out_us: NDArray[np.int64]  # begins to decay then
    mean_us: NDArray[np.float64]


@helper
def _times(pieces: int, piece: int) -> int:
    """Return how often a piece counts: 0 when it is not there."""
    if not pieces >> piece & 1:
        return 0
    if piece == _MORE_PRESSES:
        return pieces >> PRESSES_SHIFT & COUNT_BITS
    return pieces >> RETRIES_SHIFT & COUNT_BITS if piece == _MORE_RETRIES else 1


@helper
def _first_sign_us(record: Record, limits: Limits) -> int:
    """Return when someone inside first pressed something at this stop, or before it."""
    press_us = record["press_since_us"]
    if not alarm_counts(record, limits):
        return press_us  # type: ignore[no-any-return]  # records are untyped
    alarm_us = record["alarm_since_us"]
    return alarm_us if press_us == NONE_US else min(alarm_us, press_us)  # type: ignore[no-any-return]  # records are untyped


@helper
def _run_out(course: Course, explanation: int, since_us: int, sojourn: int, limits: Limits) -> None:
    course.runs_out_us[explanation] = since_us + limits.certain_us[sojourn]
    course.mean_us[explanation] = limits.mean_us[sojourn]


@helper
def course_of(record: Record, pieces: int, limits: Limits) -> Course:
    """Weigh the pieces; the car stands shut since `rest_since_us`."""
    log_weights = np.zeros(_EXPLANATIONS_COUNT)
    place = 0 if record["at_level"] == NO else 1
    for piece in range(_PIECES_COUNT):
        times = _times(pieces, piece)
        if times:
            for explanation in range(_EXPLANATIONS_COUNT):
                log_weights[explanation] += times * limits.weights[place, piece, explanation]
    trapped = log_weights[0]
    for explanation in range(_EXPLANATIONS_COUNT):
        log_weights[explanation] -= trapped
    course = Course(
        log_weights,
        np.full(_EXPLANATIONS_COUNT, NEVER_DUE_US, dtype=np.int64),
        np.full(_EXPLANATIONS_COUNT, inf),
    )
    rest_us = record["rest_since_us"]
    if pieces & DOOR_OPENING_PIECE:
        door_us = max(rest_us, record["door_since_us"])
        _run_out(course, _OPENING, door_us, _FOR_OPENING_DOOR, limits)
    else:
        # Whoever stands in a car that closed here and presses door-open gets the doors opened.
        asked_us = record["press_since_us"] if pieces & CLOSED_HERE_PIECE else rest_us
        _run_out(course, _OPENING, max(rest_us, asked_us), _FOR_OPENING, limits)
    _run_out(course, _STARTING, rest_us, _FOR_STARTING, limits)
    _run_out(course, _RECOVERING, rest_us, _FOR_RECOVERING, limits)
    mains_us = max(rest_us, record["mains_lost_us"])
    _run_out(course, _RESCUE_DEVICE, mains_us, _FOR_RESCUE_DEVICE, limits)
    sign_us = _first_sign_us(record, limits)
    lingers = _FOR_LINGERING if sign_us == NONE_US else _FOR_LINGERING_SIGN
    _run_out(course, _LINGERING, max(rest_us, sign_us), lingers, limits)
    _run_out(course, _TECHNICIAN, rest_us, _FOR_TECHNICIAN, limits)
    return course


@helper
def odds_against(course: Course, at_us: int) -> float:
    """Return the odds of all innocent explanations together against an entrapment."""
    odds = 0.0
    for explanation in range(1, _EXPLANATIONS_COUNT):
        log_odds = course.log_odds[explanation]
        late_us = at_us - course.runs_out_us[explanation]
        if late_us > 0:
            log_odds -= late_us / course.mean_us[explanation]
        odds += exp(log_odds)
    return odds


@helper
def crossing_us(course: Course, odds: float, from_us: int) -> int:
    """Return the first microsecond, not before `from_us`, with odds as low as these."""
    if odds_against(course, from_us) <= odds:
        return from_us
    high_us = from_us + _HORIZON_US
    if odds_against(course, high_us) > odds:
        return NEVER_DUE_US
    low_us = from_us
    while high_us - low_us > 1:
        middle_us = low_us + (high_us - low_us) // 2
        if odds_against(course, middle_us) <= odds:
            high_us = middle_us
        else:
            low_us = middle_us
    return high_us


@helper
def _tenths(nepers: float) -> int:
    """Return tenths of decibans, rounded half up."""
    return int(floor(nepers * _TENTHS_PER_NEPER + 0.5))


@helper
def explain(record: Record, pieces: int, at_us: int, limits: Limits, row: Record) -> None:
    """Write the belief at `at_us` and what each piece added to its log-odds into a row.

    Pieces are added in the order of their class; each weight is what the log-odds changed by.
    """
    place = 0 if record["at_level"] == NO else 1
    sums = np.zeros(_EXPLANATIONS_COUNT)
    before = limits.prior
    row["weights"][0] = _tenths(before)
    for piece in range(_PIECES_COUNT):
        times = _times(pieces, piece)
        if times:
            odds = 0.0
            for explanation in range(_EXPLANATIONS_COUNT):
                sums[explanation] += times * limits.weights[place, piece, explanation]
                if explanation > 0:
                    odds += exp(sums[explanation] - sums[0])
            row["weights"][piece + 1] = _tenths(-log(odds) - before)
            before = -log(odds)
    odds = odds_against(course_of(record, pieces, limits), at_us)
    row["weights"][_PIECES_COUNT + 1] = _tenths(-log(odds) - before)
    row["probability"] = 1.0 / (1.0 + odds)
