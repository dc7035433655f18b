"""Warnings of wear: episodes of a metric that has left its own baseline, with evidence.

The onset is where the cumulative sum last left zero: the usual estimate of the change point. A
visit ends warnings and lets the metrics settle; mended or not shows in what follows. None of this
opens an incident. Must not know how values are measured.
"""

from math import isfinite, isnan

import numpy as np

from liftward_detection.baselines import (
    BACK,
    LEFT,
    MINUTES_PER_DAY,
    forget_sums,
    is_learned,
    observe,
    settle_after_visit,
    settling_of,
)
from liftward_detection.compiling import constant, helper
from liftward_detection.episodes import Context, begin, finish
from liftward_detection.equipment import (
    FIRST_DRIFT_KIND,
    LEVELLING,
    METRIC_COUNT,
    MINUTE_US,
    VIBRATION,
    VISITED,
    whole,
)
from liftward_detection.equipment_fields import NEVER_MINUTE
from liftward_detection.equipment_limits import EquipmentLimits
from liftward_detection.fleet import BYTE, NO_FLOOR, NONE_US, OPEN, Record
from liftward_detection.kinds import Evidence, Reason
from liftward_wire.states import ServiceMode

_DRIFTED = constant(Reason.DRIFTED.code)
_CLEARED = constant(Reason.CONDITION_CLEARED.code)
_VISIT = constant(Reason.MAINTENANCE_VISIT.code)
_EVIDENCE_DERIVED = constant(Evidence.DERIVED)
_INSPECTION = ServiceMode.INSPECTION.code
_TREND_DAYS_MIN = 0.5  # a slope over less is noise
_PLAUSIBLE_MAX = 1e6  # what no metric reaches


@helper
def note_plain_row(context: Context) -> None:
    """Strip the last row of what tells of people: it is about the equipment."""
    row = context.rows[context.cursor[0] - 1]
    row["evidence"] = _EVIDENCE_DERIVED
    row["stationary_since_us"] = NONE_US
    row["load_kg"] = np.nan
    row["floor"] = NO_FLOOR


@helper
def limit_of(m: int, limits: EquipmentLimits) -> float:
    """Return the value at which this metric is out of its code, or NaN where none says."""
    if m == LEVELLING:
        return limits.levelling_limit_mm
    return limits.vibration_limit_mps2 if m == VIBRATION else np.nan


@helper
def days_to_limit(value: float, trend_per_day: float, limit: float) -> float:
    """Return when a straight line from here reaches the limit; NaN when it does not."""
    if isnan(limit) or isnan(trend_per_day):
        return np.nan
    if abs(value) >= limit:
        return 0.0
    if trend_per_day == 0.0:
        return np.nan
    days = (limit - value) / trend_per_day
    if trend_per_day < 0.0:
        days = (-limit - value) / trend_per_day
    return days


@helper
def _note_drift(record: Record, m: int, minute: int, context: Context) -> None:
    """Put the figures of the drift into the last row."""
    note_plain_row(context)
    row = context.rows[context.cursor[0] - 1]
    level, recent = float(record["level"][m]), float(record["recent"][m])
    row["baseline_value"] = level
    row["current_value"] = recent
    days = (minute - whole(record["drift_since"][m])) / MINUTES_PER_DAY
    if whole(record["drift_since"][m]) != NEVER_MINUTE and days >= _TREND_DAYS_MIN:
        trend = (recent - level) / days
        row["trend_per_day"] = trend
        limit = limit_of(m, context.limits.equipment)
        row["days_to_limit"] = days_to_limit(recent, trend, limit)


@helper
def measure(record: Record, m: int, value: float, at_us: int, context: Context) -> None:
    """Take one observation of a metric; begin or end its warning."""
    if not isfinite(value) or abs(value) > _PLAUSIBLE_MAX:
        return
    minute = at_us // MINUTE_US
    kind = FIRST_DRIFT_KIND + m
    outcome = observe(record, m, value, minute, context.limits.equipment)
    is_open = record["status"][kind] & OPEN
    if outcome == LEFT and not is_open:
        # A clock that was set back must not make a drift begin later than it is told.
        record["drift_since"][m] = min(whole(record["drift_since"][m]), minute)
        begin(record, kind, _DRIFTED, at_us, context)
        _note_drift(record, m, minute, context)
    elif outcome == BACK and is_open:
        finish(record, kind, _CLEARED, at_us, context)
        _note_drift(record, m, minute, context)


@helper
def note_mode(record: Record, service_mode: int, at_us: int, context: Context) -> None:
    """Take the service mode told; a visit is over when inspection is.

    An older word than the last does not come here.
    """
    if service_mode == _INSPECTION:
        record["equipment_seen"] = whole(record["equipment_seen"]) | (VISITED)
        return
    if not whole(record["equipment_seen"]) & VISITED:
        return
    record["equipment_seen"] = whole(record["equipment_seen"]) & (BYTE ^ VISITED)
    half = context.limits.equipment.decision_interval / 2.0
    for m in range(METRIC_COUNT):
        record["block_count"][m] = 0
        if not is_learned(record, m):
            continue
        kind = FIRST_DRIFT_KIND + m
        drifting = record["status"][kind] & OPEN != 0
        if settling_of(record, m) == 0:  # the sum is something else while it settles
            highest = float(record["cusum_up"][m])
            if m == LEVELLING:
                highest = max(highest, float(record["cusum_down"]))
            drifting = drifting or highest >= half
        if record["status"][kind] & OPEN:
            finish(record, kind, _VISIT, at_us, context)
            _note_drift(record, m, at_us // MINUTE_US, context)
        forget_sums(record, m)
        settle_after_visit(record, m, drifting)
