"""The field's fixed timers, as a yardstick for the benchmark; no gateway runs them.

The rules are those that public lift-gateway code has:

- a service that supervises lifts: off level, door closed, passenger signal, for more than 30 s; one
  open event for each lift;
- gateway firmware: entrapped between floors after 30 s, at a landing after 45 s; over when the car
  is at level and its door opens.

Nothing is weakened. In their favour: the car must stand still, which the service does not ask (a
long trip would be an alarm); time is the platform's, so that no wrong clock moves a timer; timers
fire at the instant they are due and not at the next report; a load counts as the passenger signal
where there is no people sensor; and of the service modes only those suppress that mean a person on
site in command of the car, or a car parked on purpose (inspection, fire-fighter, independent,
parking), so that a controller that takes a broken lift out of service hides nobody. What a device
does not tell makes a rule's condition false: the field has no "unknown".

Pure and compiled like the detector, with the same transitions, all at `probable`: a timer knows no
degrees. Must not know cities, clocks or the detector's own rules.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import isnan
from typing import Self

import numpy as np
from numpy.typing import NDArray

from liftward_detection.compiling import SOURCE_FINGERPRINT, entry_point
from liftward_detection.fleet import NEVER_DUE_US, NONE_US
from liftward_detection.kinds import DetectionKind, Level, Reason, Transition
from liftward_detection.samples import SampleArrays, SampleSource, sample_arrays
from liftward_detection.transitions import ROW, Transitions
from liftward_wire.states import DoorState, DoorZone, Occupancy, ServiceMode

BASELINE_VERSION = "field-timers-1"
OFF_LEVEL_S, AT_LEVEL_S = 30.0, 45.0
STANDSTILL_MPS = 0.05
ZONE_HALF_HEIGHT_MM = 200.0  # unlocking zone, where only the levelling error tells the level
OCCUPIED_KG = 40.0
_US = 1_000_000
_OFF_LEVEL_US, _AT_LEVEL_US = round(OFF_LEVEL_S * _US), round(AT_LEVEL_S * _US)

# Which rule's condition holds: it is also the index of its limit and reason.
_NEITHER, _OFF_LEVEL, _AT_LEVEL = 0, 1, 2
_REASONS = (Reason.OFF_LEVEL_TIMER, Reason.OFF_LEVEL_TIMER, Reason.AT_LEVEL_TIMER)

STATE = np.dtype(
    [
        ("boot_id", "<i8"),
        ("sequence", "<i8"),
        ("since_us", "<i8"),  # platform time since which the condition of `rule` holds
        ("rule", "i1"),
        ("is_open", "i1"),
        ("onset_us", "<i8"),
    ],
    align=True,
)
# What a loop writes for each transition, in this order.
_LIFT, _TRANSITION, _RULE, _ONSET, _DECIDED, _RECEIVED = range(6)
_COLUMNS = 6
_ROWS_PER_SAMPLE_MAX = 2

_CLOSED, _OPEN = DoorState.CLOSED.code, DoorState.OPEN.code
_INSIDE, _OUTSIDE = DoorZone.INSIDE.code, DoorZone.OUTSIDE.code
_OCCUPIED, _OCCUPANCY_UNKNOWN = Occupancy.OCCUPIED.code, Occupancy.UNKNOWN.code
_SUPPRESSING = tuple(
    mode.code
    for mode in (
        ServiceMode.INSPECTION,
        ServiceMode.FIREFIGHTER,
        ServiceMode.INDEPENDENT,
        ServiceMode.PARKING,
    )
)
_BEGAN, _ENDED = Transition.BEGAN.code, Transition.ENDED.code

Table = NDArray[np.int64]  # shape (n, _COLUMNS)
_Loop = Callable[
    [NDArray[np.void], NDArray[np.int64], SampleArrays, int, Table, NDArray[np.int64]], int
]


@dataclass(slots=True)
class TimerState:
    """The timers of `lift_count` lifts. Changed in place.

    Attributes
    ----------
    lifts : ndarray of shape (lift_count,), dtype STATE
    due_us : ndarray of shape (lift_count,), int64
        Platform time at which a running timer is due; NEVER_DUE_US when none runs.
    """

    lifts: NDArray[np.void]
    due_us: NDArray[np.int64]

    @classmethod
    def empty(cls, lift_count: int) -> Self:
        lifts = np.zeros(lift_count, STATE)
        lifts["boot_id"] = lifts["sequence"] = -1
        lifts["since_us"] = lifts["onset_us"] = NONE_US
        return cls(lifts, np.full(lift_count, NEVER_DUE_US))

    def grow(self, lift_count: int) -> None:
        """Make room for new lifts behind the present ones."""
        more = TimerState.empty(lift_count - len(self.lifts))
        self.lifts = np.concatenate([self.lifts, more.lifts])
        self.due_us = np.concatenate([self.due_us, more.due_us])


def observe(state: TimerState, columns: SampleSource) -> Transitions:
    """Apply samples in their order; repeats and what comes late are left out."""
    samples = sample_arrays(columns)
    count, done = len(samples.lift_index), 0
    tables = []
    while done < count:
        table = np.empty((2 * _ROWS_PER_SAMPLE_MAX + count // 8, _COLUMNS), np.int64)
        cursor = np.zeros(1, np.int64)
        done = _samples_loop(state.lifts, state.due_us, samples, done, table, cursor)
        tables.append(table[: cursor[0]])
    return _transitions(np.concatenate(tables)) if tables else Transitions.none()


def tick(state: TimerState, now_us: int) -> Transitions:
    """Fire the timers that are due at platform time `now_us`."""
    due = np.flatnonzero(state.due_us <= now_us)
    if not due.size:
        return Transitions.none()
    table = np.empty((due.size, _COLUMNS), np.int64)
    table[:, _LIFT] = due
    table[:, _TRANSITION] = _BEGAN
    table[:, _RULE] = state.lifts["rule"][due]
    table[:, _ONSET] = state.lifts["since_us"][due]
    table[:, _DECIDED] = state.due_us[due]
    table[:, _RECEIVED] = now_us
    state.lifts["is_open"][due] = 1
    state.lifts["onset_us"][due] = state.lifts["since_us"][due]
    state.due_us[due] = NEVER_DUE_US
    return _transitions(table)


def _build_loop(fingerprint: int) -> _Loop:
    """Define the loop around `fingerprint`, which ties cached code to the sources it is from."""

    @entry_point
    def samples_loop(  # noqa: C901, PLR0915, PLR0917 - one plain loop, called from here
        lifts: NDArray[np.void],
        due_us: NDArray[np.int64],
        samples: SampleArrays,
        start: int,
        table: Table,
        cursor: NDArray[np.int64],
    ) -> int:
        room_needed = len(table) - _ROWS_PER_SAMPLE_MAX if fingerprint >= 0 else 0
        for i in range(start, len(samples.lift_index)):
            if cursor[0] > room_needed:
                return i
            lift = samples.lift_index[i]
            record = lifts[lift]
            boot_id, sequence = samples.boot_id[i], samples.sequence[i]
            if boot_id < record["boot_id"] or (
                boot_id == record["boot_id"] and sequence <= record["sequence"]
            ):
                continue
            record["boot_id"], record["sequence"] = boot_id, sequence
            now_us = samples.received_at_us[i]
            if due_us[lift] <= now_us:  # it was due before this sample came
                row = cursor[0]
                table[row, _LIFT], table[row, _TRANSITION] = lift, _BEGAN
                table[row, _RULE], table[row, _ONSET] = record["rule"], record["since_us"]
                table[row, _DECIDED], table[row, _RECEIVED] = due_us[lift], now_us
                cursor[0] += 1
                record["is_open"], record["onset_us"] = 1, record["since_us"]
                due_us[lift] = NEVER_DUE_US
            zone, error_mm = samples.door_zone[i], samples.levelling_error_mm[i]
            at_level, off_level = zone == _INSIDE, zone == _OUTSIDE
            if not (at_level or off_level or isnan(error_mm)):
                at_level = abs(error_mm) <= ZONE_HALF_HEIGHT_MM
                off_level = not at_level
            car_door, landing_door = samples.car_door[i], samples.landing_door[i]
            door = car_door if car_door != 0 else landing_door
            if record["is_open"]:
                if at_level and door == _OPEN:
                    row = cursor[0]
                    table[row, _LIFT], table[row, _TRANSITION] = lift, _ENDED
                    table[row, _RULE], table[row, _ONSET] = record["rule"], record["onset_us"]
                    table[row, _DECIDED], table[row, _RECEIVED] = now_us, now_us
                    cursor[0] += 1
                    record["is_open"] = 0
                    record["rule"], record["since_us"] = _NEITHER, NONE_US
                continue
            occupancy = samples.occupancy[i]
            people = occupancy == _OCCUPIED or (
                occupancy == _OCCUPANCY_UNKNOWN and samples.load_kg[i] >= OCCUPIED_KG
            )
            speed_mps = samples.speed_mps[i]
            stands = isnan(speed_mps) or abs(speed_mps) <= STANDSTILL_MPS
            rule = _NEITHER
            if (
                people
                and stands
                and door == _CLOSED
                and samples.service_mode[i] not in _SUPPRESSING
            ):
                if off_level:
                    rule = _OFF_LEVEL
                elif at_level:
                    rule = _AT_LEVEL
            if rule == _NEITHER:
                record["since_us"], due_us[lift] = NONE_US, NEVER_DUE_US
            elif rule != record["rule"]:
                record["since_us"] = now_us
                limit_us = _OFF_LEVEL_US if rule == _OFF_LEVEL else _AT_LEVEL_US
                due_us[lift] = now_us + limit_us
            record["rule"] = rule
        return len(samples.lift_index)

    return samples_loop


_samples_loop = _build_loop(SOURCE_FINGERPRINT)


def _transitions(table: Table) -> Transitions:
    rows = np.zeros(len(table), ROW)
    rows["lift_index"] = table[:, _LIFT]
    rows["kind"] = DetectionKind.ENTRAPMENT.code
    rows["transition"] = table[:, _TRANSITION]
    rows["level"] = Level.PROBABLE.code
    rows["reason"] = np.array([reason.code for reason in _REASONS], np.int8)[table[:, _RULE]]
    rows["onset_us"] = table[:, _ONSET]
    rows["detected_us"] = table[:, _DECIDED]
    rows["received_us"] = table[:, _RECEIVED]
    rows["stationary_since_us"] = NONE_US
    rows["load_kg"] = np.nan
    return Transitions(rows)
