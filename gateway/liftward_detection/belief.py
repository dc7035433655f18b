"""How likely it is that someone cannot leave, now and later: the arithmetic of the belief.

Each explanation has a log-weight, the sum of what the pieces of evidence say of it, and all but
three of the innocent ones run out: for a while they stay as likely as they were, then they decay
with a mean of their own. So the odds against an entrapment only fall while nothing new is told, and
the instant at which they fall to a limit can be found to the microsecond. Must not know episodes.
"""

from math import exp, floor, inf, log
from typing import NamedTuple

from liftward_detection.compiling import helper
from liftward_detection.evidence import (
    ALARM_PIECE,
    COUNT_BITS,
    DOOR_OPENING_PIECE,
    PRESSES_SHIFT,
    RETRIES_SHIFT,
)
from liftward_detection.facts import NO
from liftward_detection.fleet import NEVER_DUE_US, NONE_US, Record
from liftward_detection.kinds import Explanation, Piece
from liftward_detection.thresholds import SOJOURNS, Limits

_PIECES_COUNT = len(Piece)
_INNOCENT_COUNT = len(Explanation) - 1
_MORE_PRESSES = Piece.MORE_DOOR_OPEN_PRESSES.code
_MORE_RETRIES = Piece.MORE_DOOR_RETRIES.code
_TRAPPED = Explanation.TRAPPED.code
_EMPTY = Explanation.EMPTY.code
_OPENING = Explanation.OPENING.code
_STARTING = Explanation.STARTING.code
_RECOVERING = Explanation.RECOVERING.code
_RESCUE_DEVICE = Explanation.RESCUE_DEVICE.code
_LINGERING = Explanation.LINGERING.code
_TECHNICIAN = Explanation.TECHNICIAN.code
_SENSOR_ERROR = Explanation.SENSOR_ERROR.code
_EMPTY_STUCK = Explanation.EMPTY_STUCK.code
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
_STEPS_BY_SLOPE = 24  # then by halves: kinks and rounding must not keep it from an end
_TENTHS_PER_NEPER = 100.0 / log(10.0)


Numbers = tuple[float, float, float, float, float, float, float, float, float]
Times = tuple[int, int, int, int, int, int, int, int, int]


class Course(NamedTuple):
    """How the odds against an entrapment go on while nothing new is told.

    Tuples by innocent Explanation: compiled code gets along without allocating an array.
    """

    log_odds: Numbers  # nepers, of the explanation against an entrapment, before it runs out
    runs_out_us: Times  # begins to decay then
    mean_us: Numbers


@helper
def _times(pieces: int, piece: int) -> int:
    """Return how often a piece counts: 0 when it is not there."""
    if not pieces >> piece & 1:
        return 0
    if piece == _MORE_PRESSES:
        return pieces >> PRESSES_SHIFT & COUNT_BITS
    return pieces >> RETRIES_SHIFT & COUNT_BITS if piece == _MORE_RETRIES else 1


@helper
def _first_sign_us(record: Record, pieces: int) -> int:
    """Return when someone inside first pressed something at this stop, or before it."""
    press_us = record["press_since_us"]
    if not pieces & ALARM_PIECE:
        return press_us  # type: ignore[no-any-return]  # records are untyped
    alarm_us = record["alarm_since_us"]
    return alarm_us if press_us == NONE_US else min(alarm_us, press_us)  # type: ignore[no-any-return]  # records are untyped


@helper
def _all_log_odds(pieces: int, place: int, limits: Limits) -> Numbers:
    """Return how much more each explanation says of these pieces than an entrapment, in nepers.

    One pass for all of them: most pieces are not there.
    """
    trapped = empty = opening = starting = recovering = 0.0
    rescue = lingering = technician = sensor = stuck = 0.0
    weights = limits.weights
    for piece in range(_PIECES_COUNT):
        times = _times(pieces, piece)
        if times:
            trapped += times * weights[place, piece, _TRAPPED]
            empty += times * weights[place, piece, _EMPTY]
            opening += times * weights[place, piece, _OPENING]
            starting += times * weights[place, piece, _STARTING]
            recovering += times * weights[place, piece, _RECOVERING]
            rescue += times * weights[place, piece, _RESCUE_DEVICE]
            lingering += times * weights[place, piece, _LINGERING]
            technician += times * weights[place, piece, _TECHNICIAN]
            sensor += times * weights[place, piece, _SENSOR_ERROR]
            stuck += times * weights[place, piece, _EMPTY_STUCK]
    return (
        empty - trapped,
        opening - trapped,
        starting - trapped,
        recovering - trapped,
        rescue - trapped,
        lingering - trapped,
        technician - trapped,
        sensor - trapped,
        stuck - trapped,
    )


@helper
def _opening_since_us(record: Record, pieces: int) -> int:
    """Return when the doors were to open: on arrival, or since they say that they do."""
    rest_us = record["rest_since_us"]
    if pieces & DOOR_OPENING_PIECE:
        return max(rest_us, record["door_since_us"])  # type: ignore[no-any-return]  # records are untyped
    return rest_us  # type: ignore[no-any-return]  # records are untyped


@helper
def course_of(record: Record, pieces: int, limits: Limits) -> Course:
    """Weigh the pieces; the car stands shut since `rest_since_us`."""
    place = 0 if record["at_level"] == NO else 1
    certain_us, mean_us = limits.certain_us, limits.mean_us
    rest_us, sign_us = record["rest_since_us"], _first_sign_us(record, pieces)
    opens = _FOR_OPENING_DOOR if pieces & DOOR_OPENING_PIECE else _FOR_OPENING
    lingers = _FOR_LINGERING if sign_us == NONE_US else _FOR_LINGERING_SIGN
    return Course(
        _all_log_odds(pieces, place, limits),
        (
            NEVER_DUE_US,
            _opening_since_us(record, pieces) + certain_us[opens],
            rest_us + certain_us[_FOR_STARTING],
            rest_us + certain_us[_FOR_RECOVERING],
            max(rest_us, record["mains_lost_us"]) + certain_us[_FOR_RESCUE_DEVICE],
            max(rest_us, sign_us) + certain_us[lingers],
            rest_us + certain_us[_FOR_TECHNICIAN],
            NEVER_DUE_US,
            NEVER_DUE_US,
        ),
        (
            inf,
            mean_us[opens],
            mean_us[_FOR_STARTING],
            mean_us[_FOR_RECOVERING],
            mean_us[_FOR_RESCUE_DEVICE],
            mean_us[lingers],
            mean_us[_FOR_TECHNICIAN],
            inf,
            inf,
        ),
    )


@helper
def odds_against(course: Course, at_us: int) -> float:
    """Return the odds of all innocent explanations together against an entrapment."""
    odds = 0.0
    for explanation in range(_INNOCENT_COUNT):
        log_odds = course.log_odds[explanation]
        late_us = at_us - course.runs_out_us[explanation]
        if late_us > 0:
            log_odds -= late_us / course.mean_us[explanation]
        odds += exp(log_odds)
    return odds


@helper
def _at_first(course: Course) -> Numbers:
    """Return the odds of each explanation before it runs out."""
    log_odds = course.log_odds
    return (
        exp(log_odds[0]),
        exp(log_odds[1]),
        exp(log_odds[2]),
        exp(log_odds[3]),
        exp(log_odds[4]),
        exp(log_odds[5]),
        exp(log_odds[6]),
        exp(log_odds[7]),
        exp(log_odds[8]),
    )


@helper
def _odds_and_fall(course: Course, at_first: Numbers, at_us: int) -> tuple[float, float]:
    """Return what `odds_against` does, and by how much they fall in the next microsecond."""
    odds, falls = 0.0, 0.0
    for explanation in range(_INNOCENT_COUNT):
        late_us = at_us - course.runs_out_us[explanation]
        part = at_first[explanation]
        if late_us > 0:
            part = exp(course.log_odds[explanation] - late_us / course.mean_us[explanation])
        odds += part
        if late_us >= 0:
            falls += part / course.mean_us[explanation]
    return odds, falls


@helper
def _next_change_us(course: Course, at_us: int) -> int:
    """Return when the next explanation begins to decay."""
    next_us = NEVER_DUE_US
    for explanation in range(_INNOCENT_COUNT):
        if course.runs_out_us[explanation] > at_us:
            next_us = min(next_us, course.runs_out_us[explanation])
    return next_us


@helper
def crossing_us(course: Course, odds: float, from_us: int) -> int:
    """Return the first microsecond, not before `from_us`, with odds as low as these."""
    log_odds = course.log_odds
    if exp(log_odds[0]) + exp(log_odds[7]) + exp(log_odds[8]) > odds:
        return NEVER_DUE_US  # what never runs out is enough
    low_us, high_us = from_us, from_us + _HORIZON_US
    at_first = _at_first(course)
    low_odds, falls = _odds_and_fall(course, at_first, low_us)
    if low_odds <= odds:
        return from_us
    if odds_against(course, high_us) > odds:
        return NEVER_DUE_US
    steps_count = 0
    while high_us - low_us > 1:
        middle_us = low_us + (high_us - low_us) // 2
        steps_count += 1
        if falls > 0 and odds > 0 and steps_count <= _STEPS_BY_SLOPE:
            # Never too far while explanations only decay: their logarithm is convex then.
            ahead_us = log(low_odds / odds) * low_odds / falls
            if ahead_us < high_us - low_us - 1:
                middle_us = low_us + max(1, int(ahead_us))
        elif falls == 0:
            middle_us = min(middle_us, _next_change_us(course, low_us))
        middle_odds, middle_falls = _odds_and_fall(course, at_first, middle_us)
        if middle_odds <= odds:
            high_us = middle_us
        else:
            low_us, low_odds, falls = middle_us, middle_odds, middle_falls
    return high_us


@helper
def _tenths(nepers: float) -> int:
    """Return tenths of decibans, rounded half up."""
    return floor(nepers * _TENTHS_PER_NEPER + 0.5)


@helper
def explain(record: Record, pieces: int, at_us: int, limits: Limits, row: Record) -> None:
    """Write the belief at `at_us` and what each piece added to its log-odds into a row.

    Pieces are added in the order of their class; each weight is what the log-odds changed by.
    """
    place = 0 if record["at_level"] == NO else 1
    before = limits.prior
    row["weights"][0] = _tenths(before)
    for piece in range(_PIECES_COUNT):
        if _times(pieces, piece):
            counts = pieces >> PRESSES_SHIFT << PRESSES_SHIFT
            so_far = pieces & ((2 << piece) - 1) | counts
            log_odds = _all_log_odds(so_far, place, limits)
            odds = 0.0
            for explanation in range(_INNOCENT_COUNT):
                odds += exp(log_odds[explanation])
            row["weights"][piece + 1] = _tenths(-log(odds) - before)
            before = -log(odds)
    odds = odds_against(course_of(record, pieces, limits), at_us)
    row["weights"][_PIECES_COUNT + 1] = _tenths(-log(odds) - before)
    row["probability"] = 1.0 / (1.0 + odds)
