"""One metric's own usual value, and whether it has left it: level, daily rhythm, spread, CUSUM.

Observations are gathered into blocks (at least so many, over at least an hour), so that a block's
mean is nearly normal and a day has at most 24 decisions. The expected mean is a level plus one
harmonic of the day. Standardised deviations go into a one-sided cumulative sum after Page (1954)
with allowance k and decision interval h; Siegmund's approximation gives its average run length. The
unit is the block's spread, or the smallest change worth a visit when that is larger: then the sum
does not react to what nobody would act on. Must not know kinds, episodes or where values come from.
"""

from math import cos, pi, sin

from liftward_detection.compiling import helper
from liftward_detection.equipment import (
    DOOR_CLOSING,
    DOOR_OPENING,
    DOOR_RETRIES,
    LEARNED_BIT,
    LEVELLING,
    MOTOR_CURRENT,
    whole,
)
from liftward_detection.equipment_fields import NEVER_MINUTE
from liftward_detection.equipment_limits import EquipmentLimits
from liftward_detection.fleet import Record

MINUTES_PER_DAY = 1_440
# Of a normal spread, the standard deviation is 1.2533 mean absolute deviations.
SIGMA_PER_MEAN_DEVIATION = 1.2533
DEVIATION_MAX = 4.0  # standardised: one mad block must not decide alone
# A block that has not filled in a week is of another time: begun anew.
BLOCK_MINUTES_MAX = 7 * MINUTES_PER_DAY
RECENT_SHARE = 1.0 / 6.0  # of a new block in the smoothed value
SETTLING_BLOCKS = 6  # after a visit
DRIFTED_BIT = 128  # in `settling`: it was drifting before the visit
_SETTLING_BITS = 255
NOTICEABLE_SHARE = 0.6  # of a unit: what six blocks tell apart from chance
CUSUM_CAP = 1.5  # of the decision interval: an end is seen in days, not in as long as it lasted
CALM_SHARE = 0.25  # of the decision interval: below it the baseline goes on adapting
_BLOCKS_UNJUDGED = 10  # before, there is no spread to judge a block by
# Re-tries are rare: with a few of them in each block, its count is no longer lopsided.
_RETRY_BLOCK_FACTOR = 4
_LEARNING_SHARE_MIN = 1.0 / 64.0
_BLOCKS_MAX = LEARNED_BIT - 1
_MINUTES_KEPT = 0xFFFF
_DOOR_TIME_S_MIN = 0.05  # a contact that knows only open and shut times nothing
_UNIT_MIN = 1e-6  # a metric that is always zero

STILL = 0  # nothing to tell
LEFT = 1  # the decision interval is passed
BACK = 2  # the sums are back at zero


@helper
def is_learned(record: Record, m: int) -> bool:
    return whole(record["blocks"][m]) & LEARNED_BIT != 0


@helper
def settling_of(record: Record, m: int) -> int:
    """Return how many blocks are still to judge after a visit, with DRIFTED_BIT; 0 for none."""
    return whole(record["blocks"][m]) & _SETTLING_BITS if is_learned(record, m) else 0


@helper
def settle_after_visit(record: Record, m: int, drifting: bool) -> None:  # noqa: FBT001
    """Judge the next blocks by what was before; that stands where the sum, now idle, stood."""
    settling = SETTLING_BLOCKS | DRIFTED_BIT if drifting else SETTLING_BLOCKS
    record["blocks"][m] = LEARNED_BIT | settling
    record["cusum_up"][m] = float(record["recent"][m])


@helper
def season_at(record: Record, m: int, minute: int) -> float:
    """Return what the time of day adds to the level."""
    angle = 2.0 * pi * (minute % MINUTES_PER_DAY) / MINUTES_PER_DAY
    cosine, sine = float(record["cosine"][m]), float(record["sine"][m])
    return cosine * cos(angle) + sine * sin(angle)


@helper
def _learn(record: Record, m: int, residual: float, minute: int, share: float) -> None:
    """Move level and rhythm towards a block: the gradient step of least squares."""
    angle = 2.0 * pi * (minute % MINUTES_PER_DAY) / MINUTES_PER_DAY
    record["level"][m] = float(record["level"][m]) + share * residual
    # The mean square of a harmonic is a half: twice the share is the same speed.
    cosine, sine = float(record["cosine"][m]), float(record["sine"][m])
    record["cosine"][m] = cosine + 2.0 * share * residual * cos(angle)
    record["sine"][m] = sine + 2.0 * share * residual * sin(angle)


@helper
def smallest_change(level: float, m: int, limits: EquipmentLimits) -> float:
    """Return the smallest change worth a visit, in the metric's unit."""
    if m in (DOOR_OPENING, DOOR_CLOSING):
        return abs(level) * limits.door_time_change_share
    if m == DOOR_RETRIES:
        return limits.retries_change_per_100
    if m == LEVELLING:
        return limits.levelling_change_mm
    if m == MOTOR_CURRENT:
        return abs(level) * limits.motor_current_change_share
    return abs(level) * limits.vibration_change_share


@helper
def unit_of(record: Record, m: int, limits: EquipmentLimits) -> float:
    """Return what one standardised unit is worth, in the metric's unit; above zero."""
    sigma = SIGMA_PER_MEAN_DEVIATION * float(record["spread"][m])
    return max(sigma, smallest_change(float(record["level"][m]), m, limits), _UNIT_MIN)


@helper
def forget_baseline(record: Record, m: int) -> None:
    """Begin to learn."""
    record["blocks"][m] = 0
    record["level"][m] = record["spread"][m] = record["recent"][m] = 0.0
    record["cosine"][m] = record["sine"][m] = 0.0
    record["drift_since"][m] = NEVER_MINUTE
    forget_sums(record, m)


@helper
def forget_sums(record: Record, m: int) -> None:
    record["cusum_up"][m] = 0.0
    if m == LEVELLING:
        record["cusum_down"] = 0.0


@helper
def _learn_block(record: Record, m: int, mean: float, minute: int, limits: EquipmentLimits) -> None:
    """Take a block while the baseline is being learned; let it stand when it has seen enough."""
    count = whole(record["blocks"][m]) + 1
    if count == 1:
        record["drift_since"][m] = minute
        record["level"][m] = mean
    else:
        residual = mean - float(record["level"][m]) - season_at(record, m, minute)
        if count > _BLOCKS_UNJUDGED:
            most = DEVIATION_MAX * unit_of(record, m, limits)
            residual = min(max(residual, -most), most)
        share = max(1.0 / count, _LEARNING_SHARE_MIN)
        _learn(record, m, residual, minute, share)
        spread = float(record["spread"][m])
        record["spread"][m] = spread + share * (abs(residual) - spread)
    record["blocks"][m] = min(count, _BLOCKS_MAX)
    since = min(whole(record["drift_since"][m]), minute)  # the clock may have been set back
    record["drift_since"][m] = since
    if count < limits.learning_blocks or minute - since < limits.learning_minutes:
        return
    if m in (DOOR_OPENING, DOOR_CLOSING) and float(record["level"][m]) < _DOOR_TIME_S_MIN:
        forget_baseline(record, m)
        return
    record["blocks"][m] = LEARNED_BIT
    record["recent"][m] = float(record["level"][m])
    record["drift_since"][m] = NEVER_MINUTE
    forget_sums(record, m)


@helper
def _settle_block(record: Record, m: int, value: float, limits: EquipmentLimits) -> None:
    """Judge what a visit left behind: as before, mended, or a new usual.

    The mean of a few blocks decides. What the visit did not change goes on against the old level,
    and a drift that nobody mended warns again. Back near the old level, or still more than half the
    drift away from it: the level stands. Else parts were changed or set anew, and where they are
    now is the level.
    """
    drifted = settling_of(record, m) & DRIFTED_BIT
    left = (settling_of(record, m) ^ drifted) - 1
    recent, level = float(record["recent"][m]), float(record["level"][m])
    recent += (value - recent) / (SETTLING_BLOCKS - left)
    record["recent"][m] = recent
    record["blocks"][m] = LEARNED_BIT | left | drifted if left > 0 else LEARNED_BIT
    if left > 0:
        return
    before = float(record["cusum_up"][m])
    forget_sums(record, m)
    moved, drift = recent - level, before - level
    noticeable = NOTICEABLE_SHARE * unit_of(record, m, limits)
    if abs(recent - before) <= noticeable or abs(moved) <= noticeable:
        return
    if drifted and moved * drift > 0.0 and abs(moved) >= 0.5 * abs(drift):
        return
    record["level"][m] = recent


@helper
def take_block(  # noqa: PLR0917 - called from one place, with what it needs
    record: Record, m: int, mean: float, began: int, minute: int, limits: EquipmentLimits
) -> int:
    """Take the mean of a block; return STILL, LEFT or BACK."""
    if not is_learned(record, m):
        _learn_block(record, m, mean, minute, limits)
        return STILL
    value = mean - season_at(record, m, minute)
    if settling_of(record, m) > 0:
        _settle_block(record, m, value, limits)
        return STILL
    recent = float(record["recent"][m])
    record["recent"][m] = recent + RECENT_SHARE * (value - recent)
    residual = value - float(record["level"][m])
    unit = unit_of(record, m, limits)
    deviation = min(max(residual / unit, -DEVIATION_MAX), DEVIATION_MAX)
    cap = CUSUM_CAP * limits.decision_interval
    up, down = float(record["cusum_up"][m]), 0.0
    if m == LEVELLING:
        down = float(record["cusum_down"])
    was_calm = up == 0.0 and down == 0.0
    up = min(max(0.0, up + deviation - limits.allowance), cap)
    if m == LEVELLING:
        down = min(max(0.0, down - deviation - limits.allowance), cap)
        record["cusum_down"] = down
    record["cusum_up"][m] = up
    highest = max(up, down)
    if was_calm and highest > 0.0:
        record["drift_since"][m] = began
    if highest < CALM_SHARE * limits.decision_interval:
        share = limits.adapting_share
        _learn(record, m, deviation * unit, minute, share)
        spread = float(record["spread"][m])
        record["spread"][m] = spread + share * (abs(deviation * unit) - spread)
    if highest >= limits.decision_interval:
        return LEFT
    return BACK if highest == 0.0 else STILL


@helper
def observe(record: Record, m: int, value: float, minute: int, limits: EquipmentLimits) -> int:
    """Take one observation; return what its block decides when it is full."""
    count = whole(record["block_count"][m])
    # Modulo 2^16 minutes a clock that was set back is weeks ahead.
    passed = (minute - whole(record["block_began"][m])) & _MINUTES_KEPT
    if count == 0 or passed > BLOCK_MINUTES_MAX:
        passed, count = 0, 0
        record["block_sum"][m] = 0.0
        record["block_began"][m] = minute & _MINUTES_KEPT
    began = minute - passed
    count = min(count + 1, 65535)
    record["block_sum"][m] = float(record["block_sum"][m]) + value
    record["block_count"][m] = count
    needed = limits.block_observations
    if m == DOOR_RETRIES:
        needed *= _RETRY_BLOCK_FACTOR
    if count < needed or passed < limits.block_minutes:
        return STILL
    mean = float(record["block_sum"][m]) / count
    record["block_count"][m] = 0
    return take_block(record, m, mean, began, minute, limits)
