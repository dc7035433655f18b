"""The words of detection: kinds, levels, transitions, reasons, pieces of evidence.

Every word has a small code, its position in the class, used in arrays and in saved state: new words
go to the end. Must not know how any of them is decided.
"""

from enum import IntFlag, StrEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray


class Coded(StrEnum):
    """A word with a small code: its position in the class."""

    @property
    def code(self) -> int:
        return list(type(self)).index(self)

    @classmethod
    def from_code(cls, code: int) -> Self:
        return list(cls)[code]


class DetectionKind(Coded):
    """What can be wrong: entrapment, and the code list of GB/T 24476-2017 (clause 11)."""

    ENTRAPMENT = "entrapment"  # no code of the standard: derived
    GB_01 = "gb_01"  # safety chain open while running
    GB_02 = "gb_02"  # door fails to close
    GB_03 = "gb_03"  # door fails to open
    GB_04 = "gb_04"  # car stopped outside the unlocking zone
    GB_05 = "gb_05"  # unintended car movement
    GB_06 = "gb_06"  # motor run-time limiter operated
    GB_07 = "gb_07"  # floor position lost
    GB_08 = "gb_08"  # fault that prevents restart
    GB_40 = "gb_40"  # automatic operation resumed
    GB_41 = "gb_41"  # main power lost
    GB_42 = "gb_42"  # taken out of service
    GB_43 = "gb_43"  # inspection mode
    GB_44 = "gb_44"  # fire recall
    GB_45 = "gb_45"  # firefighter operation
    GB_46 = "gb_46"  # emergency power operation
    GB_47 = "gb_47"  # earthquake mode
    GB_90 = "gb_90"  # car alarm button
    # Condition: drifts away from this lift's own baseline, for maintenance on demand.
    DOOR_OPENING_DRIFT = "door_opening_drift"
    DOOR_CLOSING_DRIFT = "door_closing_drift"
    DOOR_RETRIES_DRIFT = "door_retries_drift"
    LEVELLING_DRIFT = "levelling_drift"
    MOTOR_CURRENT_DRIFT = "motor_current_drift"
    VIBRATION_DRIFT = "vibration_drift"
    # Device health: what a sensor or its gateway tells cannot be so; never a fault of the lift.
    SENSOR_FLAPPING = "sensor_flapping"
    SENSOR_STUCK = "sensor_stuck"
    SENSOR_INVERTED = "sensor_inverted"
    SENSOR_SKEWED = "sensor_skewed"  # a zero that has moved, a switch that is mis-set
    VALUES_FROZEN = "values_frozen"
    VALUES_MISSING = "values_missing"


KIND_COUNT = len(DetectionKind)
NO_KIND = -1
GB_CODE_MAX = 127  # GB codes travel as int8


def _kind_of_gb_code() -> NDArray[np.int8]:
    table = np.full(GB_CODE_MAX + 1, NO_KIND, dtype=np.int8)
    for kind in DetectionKind:
        if kind.value.startswith("gb_"):
            table[int(kind.value.removeprefix("gb_"))] = kind.code
    return table


# Index: GB code 0..127; value: kind code, or NO_KIND for a code outside the list.
KIND_OF_GB_CODE = _kind_of_gb_code()


# In the order of liftward_detection.equipment.METRICS; codes follow one another.
CONDITION_KINDS = (
    DetectionKind.DOOR_OPENING_DRIFT,
    DetectionKind.DOOR_CLOSING_DRIFT,
    DetectionKind.DOOR_RETRIES_DRIFT,
    DetectionKind.LEVELLING_DRIFT,
    DetectionKind.MOTOR_CURRENT_DRIFT,
    DetectionKind.VIBRATION_DRIFT,
)
DEVICE_HEALTH_KINDS = (
    DetectionKind.SENSOR_FLAPPING,
    DetectionKind.SENSOR_STUCK,
    DetectionKind.SENSOR_INVERTED,
    DetectionKind.SENSOR_SKEWED,
    DetectionKind.VALUES_FROZEN,
    DetectionKind.VALUES_MISSING,
)


class Transition(Coded):
    BEGAN = "began"
    ENDED = "ended"


class Level(Coded):
    """How sure: the order is the meaning."""

    SUSPECTED = "suspected"  # something that decides could not be known, or contradicts
    PROBABLE = "probable"  # everything that decides was seen
    CONFIRMED = "confirmed"  # and the passenger, or a second source, says so too


class Reason(Coded):
    """Why a transition happened."""

    OFF_LEVEL_TIMER = "off_level_timer"  # stationary between floors with people for too long
    AT_LEVEL_TIMER = "at_level_timer"  # shut in at a landing and in distress for too long
    ALARM_BUTTON = "alarm_button"  # the alarm button shortened the wait
    CONDITION_HELD = "condition_held"  # derived from signals, for as long as the limit asks
    REPORTED_BY_CONTROLLER = "reported_by_controller"  # a fault_raised event
    WAY_OUT_OPEN = "way_out_open"  # ended: at level, door open, nobody seen in the car
    MOVED_ON = "moved_on"  # ended: the door had been open at level, and the car travels again
    CONDITION_CLEARED = "condition_cleared"  # ended: the signals say so
    CLEARED_BY_CONTROLLER = "cleared_by_controller"  # ended: a fault_cleared event
    DRIFTED = "drifted"  # the lift's own baseline was left for good, not by chance
    MAINTENANCE_VISIT = "maintenance_visit"  # ended: somebody was there; what comes is judged anew
    CONTRADICTED = "contradicted"  # what a sensor says cannot be so, again and again


class Suppression(Coded):
    """Why a lift is not watched for entrapment at the moment (domain: GB/T service modes)."""

    NONE = "none"
    INSPECTION = "inspection"
    FIREFIGHTER = "firefighter"
    OUT_OF_SERVICE = "out_of_service"
    INDEPENDENT = "independent"
    PARKED_EMPTY = "parked_empty"


class Evidence(IntFlag):
    """What was known at a transition; `*_unknown` says what could not be known."""

    STATIONARY = 1 << 0
    OFF_LEVEL = 1 << 1
    AT_LEVEL = 1 << 2
    LEVEL_UNKNOWN = 1 << 3
    DOORS_SHUT = 1 << 4
    DOORS_OPEN = 1 << 5
    DOORS_UNKNOWN = 1 << 6
    OCCUPIED = 1 << 7
    EMPTY = 1 << 8
    OCCUPANCY_UNKNOWN = 1 << 9
    ALARM_BUTTON = 1 << 10
    DOOR_OPEN_PRESSES = 1 << 11
    CAR_CALLS = 1 << 12
    ARRIVED_NOT_OPENED = 1 << 13
    SAFETY_CHAIN_OPEN = 1 << 14
    POWER_LOST = 1 << 15
    OUT_OF_SERVICE = 1 << 16  # raised in spite of that mode
    SILENT = 1 << 17  # the lift had sent no sample for a while when it was decided
    DERIVED = 1 << 18  # our own reading of the signals
    REPORTED = 1 << 19  # the controller says so
