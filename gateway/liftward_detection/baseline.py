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
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from liftward_detection.compiling import SOURCE_FINGERPRINT, entry_point, helper
from liftward_detection.fleet import NEVER_DUE_US, NONE_US, Record
from liftward_detection.kinds import DetectionKind, Level, Reason, Transition
from liftward_detection.samples import SampleArrays, SampleSource, no_samples, sample_arrays
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

_DOOR_UNKNOWN = DoorState.UNKNOWN.code
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
Cursor = NDArray[np.int64]  # shape (1,): rows filled so far
_Loop = Callable[[NDArray[np.void], NDArray[np.int64], SampleArrays, int, Table, Cursor], int]


class _Told(NamedTuple):
    """Of which lift a transition is told, when it was decided, and when the platform knew."""

    lift: int
    decided_us: int
    received_us: int


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


def warm_up() -> None:
    """Compile, or load the compiled code."""
    state, table = TimerState.empty(0), np.empty((_ROWS_PER_SAMPLE_MAX, _COLUMNS), np.int64)
    _samples_loop(state.lifts, state.due_us, no_samples(), 0, table, np.zeros(1, np.int64))


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


@helper
def _rule_that_holds(samples: SampleArrays, i: int) -> int:
    """Return whose condition a sample fulfils; what it does not tell fulfils none."""
    occupancy, speed_mps = samples.occupancy[i], samples.speed_mps[i]
    people = occupancy == _OCCUPIED or (
        occupancy == _OCCUPANCY_UNKNOWN and samples.load_kg[i] >= OCCUPIED_KG
    )
    stands = isnan(speed_mps) or abs(speed_mps) <= STANDSTILL_MPS
    if not (people and stands and _door_of(samples, i) == _CLOSED):
        return _NEITHER
    if samples.service_mode[i] in _SUPPRESSING:
        return _NEITHER
    zone = _zone_of(samples, i)
    if zone == _OUTSIDE:
        return _OFF_LEVEL
    return _AT_LEVEL if zone == _INSIDE else _NEITHER


@helper
def _door_of(samples: SampleArrays, i: int) -> int:
    """Return the car door's state; the landing door's where the car door tells none."""
    car_door = samples.car_door[i]
    return car_door if car_door != _DOOR_UNKNOWN else samples.landing_door[i]  # type: ignore[no-any-return]  # arrays of int8


@helper
def _zone_of(samples: SampleArrays, i: int) -> int:
    """Return whether the car is in a door zone; by the levelling error where nothing tells it."""
    zone, error_mm = samples.door_zone[i], samples.levelling_error_mm[i]
    if zone in (_INSIDE, _OUTSIDE) or isnan(error_mm):
        return zone  # type: ignore[no-any-return]  # an array of int8
    return _INSIDE if abs(error_mm) <= ZONE_HALF_HEIGHT_MM else _OUTSIDE


@helper
def _is_old(record: Record, boot_id: int, sequence: int) -> bool:
    if boot_id != record["boot_id"]:
        return boot_id < record["boot_id"]  # type: ignore[no-any-return]  # records are untyped
    return sequence <= record["sequence"]  # type: ignore[no-any-return]  # as above


@helper
def _write(table: Table, cursor: Cursor, transition: int, record: Record, told: _Told) -> None:
    row = cursor[0]
    table[row, _LIFT], table[row, _TRANSITION] = told.lift, transition
    table[row, _RULE], table[row, _ONSET] = record["rule"], record["onset_us"]
    table[row, _DECIDED], table[row, _RECEIVED] = told.decided_us, told.received_us
    cursor[0] += 1


@helper
def _follow(record: Record, rule: int, now_us: int, due_us: int) -> int:
    """Start, keep or drop the timer of a lift without an open event; return when it is due."""
    if rule == record["rule"]:
        return due_us
    record["rule"] = rule
    if rule == _NEITHER:
        record["since_us"] = NONE_US
        return NEVER_DUE_US
    record["since_us"] = now_us
    return now_us + (_OFF_LEVEL_US if rule == _OFF_LEVEL else _AT_LEVEL_US)


def _build_loop(fingerprint: int) -> _Loop:
    """Define the loop around `fingerprint`, which ties cached code to the sources it is from."""

    @entry_point
    def samples_loop(  # noqa: PLR0917 - called from here only
        lifts: NDArray[np.void],
        due_us: NDArray[np.int64],
        samples: SampleArrays,
        start: int,
        table: Table,
        cursor: Cursor,
    ) -> int:
        room_needed = len(table) - _ROWS_PER_SAMPLE_MAX if fingerprint >= 0 else 0
        for i in range(start, len(samples.lift_index)):
            if cursor[0] > room_needed:
                return i
            lift, now_us = samples.lift_index[i], samples.received_at_us[i]
            record = lifts[lift]
            if _is_old(record, samples.boot_id[i], samples.sequence[i]):
                continue
            record["boot_id"], record["sequence"] = samples.boot_id[i], samples.sequence[i]
            if due_us[lift] <= now_us:  # it was due before this sample came
                record["is_open"], record["onset_us"] = 1, record["since_us"]
                _write(table, cursor, _BEGAN, record, _Told(lift, due_us[lift], now_us))
                due_us[lift] = NEVER_DUE_US
            if not record["is_open"]:
                rule = _rule_that_holds(samples, i)
                due_us[lift] = _follow(record, rule, now_us, due_us[lift])
            elif _zone_of(samples, i) == _INSIDE and _door_of(samples, i) == _OPEN:
                _write(table, cursor, _ENDED, record, _Told(lift, now_us, now_us))
                record["is_open"], record["rule"] = 0, _NEITHER
                record["since_us"] = NONE_US
        return len(samples.lift_index)

    return samples_loop


_samples_loop = _build_loop(SOURCE_FINGERPRINT)


def _transitions(table: Table) -> Transitions:
    rows = np.zeros(len(table), ROW)
    for name in ROW.names or ():
        if ROW[name].kind == "f":
            rows[name] = np.nan  # what a timer does not know
    rows["lift_index"] = table[:, _LIFT]
    rows["kind"] = DetectionKind.ENTRAPMENT.code
    rows["transition"] = table[:, _TRANSITION]
    rows["level"] = Level.PROBABLE.code
    rows["reason"] = np.array([reason.code for reason in _REASONS], np.int8)[table[:, _RULE]]
    rows["onset_us"] = table[:, _ONSET]
    rows["detected_us"] = table[:, _DECIDED]
    rows["received_us"] = table[:, _RECEIVED]
    rows["stationary_since_us"] = NONE_US
    return Transitions(rows)
