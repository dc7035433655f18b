"""A field of the record in fleet, and the fields of condition and sensor health.

Those that a sample without news, or the doors, touch stand in `fleet` with the others of their
cache line. Must not know the rules.
"""

from typing import NamedTuple

import numpy as np

from liftward_detection.kinds import CONDITION_KINDS, DEVICE_HEALTH_KINDS

NEVER_MINUTE = -(2**31)
_METRICS, _FINDINGS = (len(CONDITION_KINDS),), (len(DEVICE_HEALTH_KINDS),)


class Field(NamedTuple):
    """One field of the record: numpy type, value in a record that has seen nothing, meaning."""

    name: str
    type: str
    blank: float
    meaning: str
    shape: tuple[int, ...] = ()


# Sensor health: see `sensor_health`, `value_health`, `findings`.
HEALTH_FIELDS = (
    Field("missing_until_s", "<u4", 0, "values were last absent, seconds since 1970; 0: never"),
    Field("values_mark", "<i8", 0, "the values at the last comparison, as one number"),
    Field("found_s", "<u4", 0, "of each kind of finding: onset, seconds since 1970", _FINDINGS),
    Field("stop_position_m", "<f4", np.nan, "where the last trip ended"),
    Field("cycles_not_empty", "u1", 0, "door cycles since occupancy was last said to be empty"),
    Field("cycles_not_occupied", "u1", 0, "the same, occupied"),
    Field("present_ever", "u1", 0, "since the device's boot"),
    Field("load_idle_wrong", "u1", 0, "score"),
    Field("levelling_zeros", "u1", 0, "score"),
    Field("trips_unseen", "u1", 0, "score"),
    Field("position_stays", "u1", 0, "score"),
    Field("bursts", "u1", 0, "of absent values"),
    Field("bursts_fading", "u1", 0, "comparisons since the last one"),
)
# Condition: of each metric the block that is being gathered and the baseline; the present trip.
CONDITION_FIELDS = (
    Field("block_sum", "<f4", 0, "of each metric: of the block", _METRICS),
    Field("level", "<f4", 0, "of each metric: its usual value", _METRICS),
    Field("spread", "<f4", 0, "of each metric: mean absolute deviation of blocks", _METRICS),
    Field("cosine", "<f4", 0, "of each metric: its rhythm of the day", _METRICS),
    Field("sine", "<f4", 0, "the same", _METRICS),
    Field("cusum_up", "<f4", 0, "of each metric; while settling: `recent` at the visit", _METRICS),
    Field("recent", "<f4", 0, "of each metric: smoothed value of the last blocks", _METRICS),
    Field("drift_since", "<i4", NEVER_MINUTE, "of each metric, minutes; learning since", _METRICS),
    Field("cusum_down", "<f4", 0, "of the levelling error, which may drift both ways"),
    Field("travel_speed_mps", "<f4", 0, "the usual top speed"),
    Field("trip_speed_mps", "<f4", 0, "top speed of the present trip"),
    Field("trip_current_a", "<f4", 0, "sum over the trip's samples at travel speed"),
    Field("trip_vibration_mps2", "<f4", 0, "the same"),
    Field("block_began", "<u2", 0, "of each metric: minutes since 1970, modulo 2^16", _METRICS),
    Field("block_count", "<u2", 0, "of each metric: observations in the block", _METRICS),
    Field("blocks", "<u2", 0, "of each metric: taken in learning, or see `baselines`", _METRICS),
    Field("trip_currents", "u1", 0, "samples in the sums"),
    Field("trip_vibrations", "u1", 0, "the same"),
)
