"""Condition and sensor health: metrics, findings, and how their fields in fleet.RECORD are read.

Must not know the rules that use them.
"""

from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liftward_detection.compiling import constant, helper
from liftward_detection.kinds import CONDITION_KINDS, DEVICE_HEALTH_KINDS, DetectionKind
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

MINUTE_US = 60_000_000
_MICROSECONDS_PER_SECOND = constant(1_000_000)
_ONE = constant(1)
_SECONDS_MAX = constant(0xFFFFFFFF)

SIGNAL_CODE = {signal.name: code for code, signal in enumerate(SIGNALS)}
OCCUPANCY = constant(SIGNAL_CODE["occupancy"])
DOOR_ZONE = constant(SIGNAL_CODE["door_zone"])
CAR_DOOR = constant(SIGNAL_CODE["car_door"])
LOAD = constant(SIGNAL_CODE["load_kg"])
LEVELLING_ERROR = constant(SIGNAL_CODE["levelling_error_mm"])
SPEED = constant(SIGNAL_CODE["speed_mps"])
POSITION = constant(SIGNAL_CODE["position_m"])
NO_SIGNAL = constant(-1)

# Bits of `equipment_seen`.
SAID_EMPTY = 1  # occupancy was said to be so since the doors were last shut
SAID_OCCUPIED = 2
TOGGLED = 4  # occupancy changed behind shut doors, in this shutting
IN_TRIP = 8  # faster than re-levelling, and not at rest since
TRIP_MADE = 16  # a trip was seen since the doors were last open
ZONE_AT_SPEED = 32  # said to be inside a door zone at travel speed, since it was last right at rest
VISITED = 64  # in inspection: somebody is there
DOOR_AT_SPEED = 128  # the car door was judged on this trip

# Which signal can be found out in which way: one bit each, of `wrong_findings`, in this order.
_ALL = None
FINDINGS: tuple[tuple[DetectionKind, str | None], ...] = (
    (DetectionKind.SENSOR_FLAPPING, "occupancy"),
    (DetectionKind.SENSOR_STUCK, "occupancy"),
    (DetectionKind.SENSOR_STUCK, "door_zone"),
    (DetectionKind.SENSOR_STUCK, "levelling_error_mm"),
    (DetectionKind.SENSOR_STUCK, "speed_mps"),
    (DetectionKind.SENSOR_STUCK, "position_m"),
    (DetectionKind.SENSOR_INVERTED, "occupancy"),
    (DetectionKind.SENSOR_INVERTED, "door_zone"),
    (DetectionKind.SENSOR_SKEWED, "load_kg"),
    (DetectionKind.SENSOR_SKEWED, "car_door"),
    (DetectionKind.VALUES_FROZEN, _ALL),
    (DetectionKind.VALUES_MISSING, "position_m"),
    (DetectionKind.VALUES_MISSING, "speed_mps"),
    (DetectionKind.VALUES_MISSING, "load_kg"),
    (DetectionKind.VALUES_MISSING, "motor_current_a"),
    (DetectionKind.VALUES_MISSING, "vibration_mps2"),
)
assert len(FINDINGS) <= 16, "`wrong_findings` has a bit for each"  # noqa: PLR2004 - of a uint16


def _code_of(signal: str | None) -> int:
    return -1 if signal is None else SIGNAL_CODE[signal]


def _finding_bits() -> NDArray[np.int64]:
    """Return the bit by place of the kind and signal code + 1; 0 where nothing can be found."""
    table = np.zeros((FINDING_COUNT, len(SIGNALS) + 1), dtype=np.int64)
    for number, (kind, signal) in enumerate(FINDINGS):
        table[DEVICE_HEALTH_KINDS.index(kind), _code_of(signal) + 1] = 1 << number
    return table


def _distrust_bits() -> NDArray[np.int64]:
    """Return, by signal code, the findings that make it unbelievable; absent values do not."""
    table = np.zeros(len(SIGNALS), dtype=np.int64)
    for number, (kind, signal) in enumerate(FINDINGS):
        if signal is None:
            table |= 1 << number
        elif kind is not DetectionKind.VALUES_MISSING:
            table[SIGNAL_CODE[signal]] |= 1 << number
    return table


BIT_OF_FINDING = _finding_bits()
_DISTRUST_BITS = _distrust_bits()
# Findings that make any signal unbelievable, and the one that is about all of them.
DISTRUST_BITS = constant(int(np.bitwise_or.reduce(_DISTRUST_BITS)))
FROZEN_BIT = constant(1 << FINDINGS.index((DetectionKind.VALUES_FROZEN, _ALL)))
LEARNED_BIT = constant(1 << 15)  # of `blocks`: the baseline stands, and the low byte is `settling`


@helper
def whole(value: Any) -> int:  # noqa: ANN401 - a field of a record, of any width
    """Return a field as a whole number that neither overflows nor turns into a float."""
    return np.int64(value)  # type: ignore[return-value]  # as good as an int


@helper
def whole_seconds(at_us: int) -> int:
    """Return a device time as the record keeps it in four bytes: until 2106, and 0 is never."""
    return min(max(np.int64(at_us) // _MICROSECONDS_PER_SECOND, _ONE), _SECONDS_MAX)  # type: ignore[return-value]  # as good as an int


@helper
def distrusted(record: Any, signal_code: int) -> bool:  # noqa: ANN401 - a record inside compiled code
    """Tell whether what this signal says is not to be believed; `signal_code` as in SIGNAL_CODE."""
    return np.int64(record["wrong_findings"]) & _DISTRUST_BITS[signal_code] != 0  # type: ignore[no-any-return]  # records are untyped


@helper
def is_distrusting(record: Any) -> bool:  # noqa: ANN401 - the same
    """Tell whether anything that this lift says is not to be believed: nearly never."""
    return np.int64(record["wrong_findings"]) & DISTRUST_BITS != 0  # type: ignore[no-any-return]  # records are untyped


@helper
def found_out(record: Any, signal_code: int) -> bool:  # noqa: ANN401 - the same
    """Tell the same of this signal by itself: frozen values, which are about all, do not count."""
    bits = _DISTRUST_BITS[signal_code] & (DISTRUST_BITS ^ FROZEN_BIT)
    return np.int64(record["wrong_findings"]) & bits != 0  # type: ignore[no-any-return]  # records are untyped
