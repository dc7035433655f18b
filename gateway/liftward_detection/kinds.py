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
    """What can be wrong: entrapment, the code list of GB/T 24476-2017 (clause 11), and more.

    What each one means, how urgent it is and whom it points to stands in `catalogue`.
    """

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
    SUPPRESSION_EXPIRED = "suppression_expired"  # not watched for longer than its reason explains
    # What the standard has no code for; rules and limits stand in the modules `faults_*`.
    MOVING_WITH_DOOR_OPEN = "moving_with_door_open"
    DOOR_CYCLING = "door_cycling"
    OVERSPEED = "overspeed"
    OVERRUN_TOP = "overrun_top"
    OVERRUN_BOTTOM = "overrun_bottom"
    LEVELLING_ERROR = "levelling_error"
    MOTOR_OVERHEATING = "motor_overheating"
    MACHINE_ROOM_TEMPERATURE = "machine_room_temperature"
    BRAKE_RELEASED_AT_REST = "brake_released_at_rest"
    BRAKE_APPLIED_MOVING = "brake_applied_moving"
    STUCK_ALARM_BUTTON = "stuck_alarm_button"
    STUCK_CAR_CALL = "stuck_car_call"
    RESCUE_DEVICE_FAILED = "rescue_device_failed"
    CONTROLLER_FAULT = "controller_fault"
    # Device health: what a sensor or its gateway tells cannot be so; never a fault of the lift.
    SENSOR_FLAPPING = "sensor_flapping"
    SENSOR_STUCK = "sensor_stuck"
    SENSOR_INVERTED = "sensor_inverted"
    SENSOR_SKEWED = "sensor_skewed"  # a zero that has moved, a switch that is mis-set
    VALUES_FROZEN = "values_frozen"
    VALUES_MISSING = "values_missing"
    # Condition: drifts away from this lift's own baseline, for maintenance on demand.
    DOOR_OPENING_DRIFT = "door_opening_drift"
    DOOR_CLOSING_DRIFT = "door_closing_drift"
    DOOR_RETRIES_DRIFT = "door_retries_drift"
    LEVELLING_DRIFT = "levelling_drift"
    MOTOR_CURRENT_DRIFT = "motor_current_drift"
    VIBRATION_DRIFT = "vibration_drift"


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


DEVICE_HEALTH_KINDS = (
    DetectionKind.SENSOR_FLAPPING,
    DetectionKind.SENSOR_STUCK,
    DetectionKind.SENSOR_INVERTED,
    DetectionKind.SENSOR_SKEWED,
    DetectionKind.VALUES_FROZEN,
    DetectionKind.VALUES_MISSING,
)
# In the order of liftward_detection.equipment.METRICS. Codes of both follow one another.
CONDITION_KINDS = (
    DetectionKind.DOOR_OPENING_DRIFT,
    DetectionKind.DOOR_CLOSING_DRIFT,
    DetectionKind.DOOR_RETRIES_DRIFT,
    DetectionKind.LEVELLING_DRIFT,
    DetectionKind.MOTOR_CURRENT_DRIFT,
    DetectionKind.VIBRATION_DRIFT,
)


# What an episode of these measures, at its worst, is kept (catalogue: `measures`).
MEASURING_KINDS = (
    DetectionKind.GB_05,
    DetectionKind.GB_06,
    DetectionKind.GB_07,
    DetectionKind.MOVING_WITH_DOOR_OPEN,
    DetectionKind.DOOR_CYCLING,
    DetectionKind.OVERSPEED,
    DetectionKind.OVERRUN_TOP,
    DetectionKind.OVERRUN_BOTTOM,
    DetectionKind.LEVELLING_ERROR,
    DetectionKind.MOTOR_OVERHEATING,
    DetectionKind.MACHINE_ROOM_TEMPERATURE,
    DetectionKind.BRAKE_RELEASED_AT_REST,
    DetectionKind.BRAKE_APPLIED_MOVING,
)
MEASURING_COUNT = len(MEASURING_KINDS)
NO_PLACE = -1


def _place_of_worst() -> NDArray[np.int8]:
    table = np.full(KIND_COUNT, NO_PLACE, dtype=np.int8)
    for place, kind in enumerate(MEASURING_KINDS):
        table[kind.code] = place
    return table


# Index: kind code; value: where its worst reading stands among MEASURING_KINDS, or NO_PLACE.
PLACE_OF_WORST = _place_of_worst()


class Transition(Coded):
    BEGAN = "began"
    ENDED = "ended"
    RAISED = "raised"  # an open episode reached a higher level


class Level(Coded):
    """How sure: the order is the meaning."""

    SUSPECTED = "suspected"  # more likely than not
    PROBABLE = "probable"  # nearly certain by the signals; for a code: derived, or reported
    CONFIRMED = "confirmed"  # and the passenger, or a second source, says so too


class Reason(Coded):
    """Why a transition happened."""

    # The three timers of detector "timers-1": no longer given, still in the history.
    OFF_LEVEL_TIMER = "off_level_timer"
    AT_LEVEL_TIMER = "at_level_timer"
    ALARM_BUTTON = "alarm_button"
    CONDITION_HELD = "condition_held"  # derived from signals, for as long as the limit asks
    REPORTED_BY_CONTROLLER = "reported_by_controller"  # a fault_raised event
    WAY_OUT_OPEN = "way_out_open"  # ended: at level, door open, nobody seen in the car
    MOVED_ON = "moved_on"  # ended: the door had been open at level, and the car travels again
    CONDITION_CLEARED = "condition_cleared"  # ended: the signals say so
    CLEARED_BY_CONTROLLER = "cleared_by_controller"  # ended: a fault_cleared event
    BELIEF = "belief"  # the evidence reached the level; its weights stand beside it
    SECOND_SOURCE = "second_source"  # raised: alarm, controller code or presses agree
    SILENT_WITHOUT_MAINS = "silent_without_mains"  # fell silent in mid-run, mains lost, people in
    SELF_RELEASED = "self_released"  # ended: the lift ran to a landing by itself and opened
    WITHDRAWN = "withdrawn"  # ended: the belief fell, it was something else
    TIME_BOX_OVER = "time_box_over"  # not watched for longer than the reason explains
    DRIFTED = "drifted"  # the lift's own baseline was left for good, not by chance
    MAINTENANCE_VISIT = "maintenance_visit"  # ended: somebody was there; what comes is judged anew
    CONTRADICTED = "contradicted"  # what a sensor says cannot be so, again and again


class Suppression(Coded):
    """Why standing still is no sign of entrapment at the moment; each reason has a time box."""

    NONE = "none"
    INSPECTION = "inspection"
    FIREFIGHTER = "firefighter"
    OUT_OF_SERVICE = "out_of_service"
    INDEPENDENT = "independent"
    PARKED_EMPTY = "parked_empty"
    RESCUE_DEVICE = "rescue_device"  # the automatic rescue device moves the car to a landing
    RELEVELLING = "relevelling"  # creeps back to its landing with open doors
    OVERLOAD = "overload"  # too full to leave, doors open
    DOOR_HELD_OPEN = "door_held_open"
    TEST_CALL = "test_call"  # an alarm press now is part of it; everything else counts


class Explanation(Coded):
    """What may be behind a car that stands shut; all but the first are innocent."""

    TRAPPED = "trapped"
    EMPTY = "empty"  # nobody is aboard, and nothing is wrong
    OPENING = "opening"  # the doors are about to open
    STARTING = "starting"  # the car is about to leave a landing
    RECOVERING = "recovering"  # the controller resets and brings the car to a landing
    RESCUE_DEVICE = "rescue_device"  # so does the automatic rescue device after a mains loss
    LINGERING = "lingering"  # a passenger who has pressed nothing, a cleaner
    TECHNICIAN = "technician"  # someone in command of the car whose mode is not seen
    SENSOR_ERROR = "sensor_error"  # a way out that is not seen, a zone that is wrong
    EMPTY_STUCK = "empty_stuck"  # something is wrong, and nobody is aboard


class Piece(Coded):
    """A piece of evidence that is weighed; the order is that in which weights are added up."""

    PLACE = "place"  # told as one of off_level, at_level, level_unknown
    ARRIVED_NOT_OPENED = "arrived_not_opened"  # it made a run to this landing
    CLOSED_HERE = "closed_here"  # the doors closed at this landing, no run since
    RAN_AT_SPEED = "ran_at_speed"  # faster than inspection speed since the doors closed
    CREPT = "crept"  # moved, and never so fast
    AUTOMATIC_SERVICE = "automatic_service"  # the controller says so: no technician, no key
    OUT_OF_SERVICE = "out_of_service"
    SENSOR_OCCUPIED = "sensor_occupied"  # the people sensor, while shut: yes only
    SENSOR_FLAPS = "sensor_flaps"  # yes and no
    SENSOR_EMPTY = "sensor_empty"  # no only
    LOAD_OCCUPIED = "load_occupied"  # the load cell, the same way
    LOAD_EMPTY = "load_empty"
    CAR_CALLS = "car_calls"
    NO_CAR_CALLS = "no_car_calls"  # none since the doors closed
    DIRECTION_SET = "direction_set"  # and yet it stands
    DOORS_UNKNOWN = "doors_unknown"
    DOORS_OPEN = "doors_open"  # between floors: contradicts
    DOOR_OPENING = "door_opening"  # says so
    DOOR_FAULT = "door_fault"  # neither open nor shut
    DOOR_RETRIES = "door_retries"  # the first while the car stands shut
    MORE_DOOR_RETRIES = "more_door_retries"  # each further one, up to three
    ALARM_BUTTON = "alarm_button"
    DOOR_OPEN_PRESSES = "door_open_presses"  # the first while the car stands shut
    MORE_DOOR_OPEN_PRESSES = "more_door_open_presses"  # each further one, up to three
    SAFETY_CHAIN_OPEN = "safety_chain_open"  # with shut doors
    POWER_LOST = "power_lost"
    CONTROLLER_CODE = "controller_code"  # 01 to 08, raised since shortly before the stop


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
