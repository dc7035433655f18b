"""What the detector remembers of a lift's condition and of its sensors: fields, metrics, limits.

The fields stand in fleet.RECORD behind what every sample needs. Must not know the rules that use
them.
"""

from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from liftward_detection.compiling import constant, helper
from liftward_detection.kinds import CONDITION_KINDS, DEVICE_HEALTH_KINDS
from liftward_wire.signals import SIGNALS


class Metric(StrEnum):
    """What is measured of a lift's condition, once for each door cycle, trip or stop."""

    DOOR_OPENING_S = "door_opening_s"
    DOOR_CLOSING_S = "door_closing_s"
    DOOR_RETRIES_PER_100 = "door_retries_per_100"  # per hundred door cycles
    LEVELLING_ERROR_MM = "levelling_error_mm"  # signed: a car may drift either way
    MOTOR_CURRENT_A = "motor_current_a"  # at travel speed
    VIBRATION_MPS2 = "vibration_mps2"  # at travel speed


METRICS = tuple(Metric)
METRIC_COUNT = len(METRICS)
assert len(CONDITION_KINDS) == METRIC_COUNT, "one kind of warning for each metric"

DOOR_OPENING, DOOR_CLOSING, DOOR_RETRIES, LEVELLING, MOTOR_CURRENT, VIBRATION = map(
    constant, range(METRIC_COUNT)
)
FIRST_DRIFT_KIND = constant(CONDITION_KINDS[0].code)
FIRST_FINDING_KIND = constant(DEVICE_HEALTH_KINDS[0].code)
FINDING_COUNT = len(DEVICE_HEALTH_KINDS)

# One cosine and one sine of the day: see DECISIONS 46 for what more of them buys.
SEASON_TERMS = 2

NEVER_MINUTE = -(2**31)
MINUTE_US = 60_000_000

SIGNAL_CODE = {signal.name: code for code, signal in enumerate(SIGNALS)}
OCCUPANCY = constant(SIGNAL_CODE["occupancy"])
DOOR_ZONE = constant(SIGNAL_CODE["door_zone"])
CAR_DOOR = constant(SIGNAL_CODE["car_door"])
LOAD = constant(SIGNAL_CODE["load_kg"])
LEVELLING_ERROR = constant(SIGNAL_CODE["levelling_error_mm"])
SPEED = constant(SIGNAL_CODE["speed_mps"])
POSITION = constant(SIGNAL_CODE["position_m"])
NO_SIGNAL = constant(-1)
assert len(SIGNALS) <= 32, "`distrust` has a bit for each signal"  # noqa: PLR2004 - of a uint32

# Bits of `seen`.
SAID_EMPTY = 1  # occupancy was said to be so since the doors were last shut
SAID_OCCUPIED = 2
TOGGLED = 4  # occupancy changed behind shut doors, in this shutting
IN_TRIP = 8  # faster than re-levelling, and not at rest since
TRIP_MADE = 16  # a trip was seen since the doors were last open
ZONE_AT_SPEED = 32  # said to be inside a door zone at travel speed, since it was last right at rest
VISITED = 64  # in inspection: somebody is there
DOOR_AT_SPEED = 128  # the car door was judged on this trip

CONDITION_FIELDS: list[Any] = [
    # Of each metric: the block of observations that is being gathered, and the baseline.
    ("block_sum", "<f4", (METRIC_COUNT,)),
    ("block_began", "<i4", (METRIC_COUNT,)),  # minutes since 1970, device time
    ("block_count", "<u2", (METRIC_COUNT,)),
    ("blocks", "<u2", (METRIC_COUNT,)),  # taken in learning; LEARNED_BIT when the baseline stands
    ("level", "<f4", (METRIC_COUNT,)),
    ("spread", "<f4", (METRIC_COUNT,)),  # mean absolute deviation of blocks
    ("season", "<f4", (METRIC_COUNT * SEASON_TERMS,)),
    ("cusum_up", "<f4", (METRIC_COUNT,)),
    ("drift_since", "<i4", (METRIC_COUNT,)),  # minutes; while learning: since when
    ("recent", "<f4", (METRIC_COUNT,)),  # smoothed value of the last blocks
    ("settling", "u1", (METRIC_COUNT,)),  # blocks still to judge after a visit
    ("before_visit", "<f4", (METRIC_COUNT,)),  # its recent value then
    ("cusum_down", "<f4"),  # of the levelling error, which may drift both ways
    # The trip that is being made, and the door phase that is being timed.
    ("travel_speed_mps", "<f4"),  # the usual top speed
    ("trip_speed_mps", "<f4"),
    ("trip_current_a", "<f4"),  # sums over the trip's samples at travel speed
    ("trip_vibration_mps2", "<f4"),
    ("trip_currents", "u1"),
    ("trip_vibrations", "u1"),
    ("door_retries", "u1"),  # seen in this door cycle
    ("door_retry_events", "u1"),  # told by events since the last door cycle
]
# What `equipment_watch.needs_look` compares with every sample: they stand with the hot fields.
LOOK_TIME_FIELDS: list[Any] = [
    ("health_due_us", "<i8"),  # when the values are next compared with those before
]
LOOK_FIELDS: list[Any] = [
    ("seen", "u1"),
    ("door_before", "i1"),  # codes of the last sample
    ("occupancy_before", "i1"),
    ("present", "u1"),  # bits of the numbers that the last sample had
    ("trip_samples", "u1"),  # at travel speed, as far as they are looked at
]
HEALTH_FIELDS: list[Any] = [
    ("door_since_us", "<i8"),  # the present word of the car door; NONE_US: not known since when
    ("missing_until_us", "<i8"),  # values were last absent that had been there
    ("values_mark", "<i8"),  # the values at the last comparison, as one number
    ("distrust", "<u4"),  # bit 1 << SIGNAL_CODE: do not believe this signal
    ("wrong_signals", "<u4", (FINDING_COUNT,)),  # the same, for each kind of finding
    ("lowest_load_kg", "<f4"),  # over the door cycles of the present window
    ("shut_load_kg", "<f4"),  # last told behind shut doors
    ("stop_position_m", "<f4"),  # where the last trip ended
    ("open_floor", "<i2"),  # where the doors were last open
    ("told_signal", "i1", (FINDING_COUNT,)),  # SIGNAL_CODE of the open finding of each kind
    ("present_ever", "u1"),  # since the device's boot
    ("flaps", "u1"),  # scores: up with what cannot be, down with what fits
    ("false_yes", "u1"),
    ("false_no", "u1"),
    ("cycles_not_empty", "u1"),  # door cycles since occupancy was last said to be empty
    ("cycles_not_occupied", "u1"),
    ("zone_wrong", "u1"),
    ("door_wrong", "u1"),
    ("load_cycles", "u1"),  # of the present window
    ("load_idle_wrong", "u1"),
    ("levelling_zeros", "u1"),
    ("trips_unseen", "u1"),
    ("position_stays", "u1"),
    ("bursts", "u1"),  # of absent values
    ("bursts_fading", "u1"),
    ("same_run", "u1"),  # comparisons in a row without any change
    ("same_share", "u1"),  # of all comparisons, in 1/255; 255: never seen to change at rest
]
LEARNED_BIT = constant(1 << 15)

_NAN_FIELDS = ("shut_load_kg", "stop_position_m", "lowest_load_kg")
_NONE_TIMES = ("health_due_us", "door_since_us", "missing_until_us")


def blank_equipment(records: NDArray[np.void], *, none_us: int, no_floor: int) -> None:
    """Set the fields above to "nothing known"."""
    for name in _NAN_FIELDS:
        records[name] = np.nan
    for name in _NONE_TIMES:
        records[name] = none_us
    records["block_began"] = records["drift_since"] = NEVER_MINUTE
    records["open_floor"] = no_floor
    records["same_share"] = 255


class EquipmentLimits(NamedTuple):
    """The limits of condition and sensor health, as compiled rules take them."""

    block_observations: int
    block_minutes: int
    learning_blocks: int
    learning_minutes: int
    allowance: float
    decision_interval: float
    adapting_share: float
    door_time_change_share: float
    retries_change_per_100: float
    levelling_change_mm: float
    motor_current_change_share: float
    vibration_change_share: float
    levelling_limit_mm: float
    vibration_limit_mps2: float
    look_us: int
    idle_us: int
    gap_us_max: int
    flaps: int
    contradictions: int
    stuck_cycles: int
    load_offset_kg: float
    load_window_cycles: int
    levelling_zeros: int
    bursts: int


@helper
def whole(value: Any) -> int:  # noqa: ANN401 - a field of a record, of any width
    """Return a field as a whole number that neither overflows nor turns into a float."""
    return np.int64(value)  # type: ignore[return-value]  # as good as an int


@helper
def distrusted(record: Any, signal_code: int) -> bool:  # noqa: ANN401 - a record inside compiled code
    """Tell whether what this signal says is not to be believed; `signal_code` as in SIGNAL_CODE."""
    return (np.int64(record["distrust"]) >> signal_code) & 1 != 0  # type: ignore[no-any-return]  # records are untyped
