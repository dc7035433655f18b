"""How sensors lie: kinds of defects, and what each one makes of the true states and values.

Works on arrays; only lifts with a defect cost anything. What is drawn at a tick is drawn for them
alone. Must not know gateways, noise or messages.
"""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from liftward_simulator.devices.observed import Signals
from liftward_simulator.devices.readings import STATE_ROW, Readings
from liftward_simulator.devices.spans import FloatArray, IntArray, Spans, Timeline
from liftward_wire.signals import COUNT_ABSENT, SIGNAL_BY_NAME, SignalType
from liftward_wire.states import Circuit, DoorState, DoorZone, Occupancy

# People sensors flap while a person is present (field-test note in a public firmware, domain 2.6);
# how often is ours: a detector that takes the last word alone must be wrong many times a minute.
FLAP_OCCUPIED_EVERY_S, FLAP_EMPTY_EVERY_S, FLAP_LASTING_S = 6.0, 90.0, 2.0
# Door switches are often mis-set (the same note): about one closing in three is not felt.
SWITCH_MISSES_SHARE = 0.3
USUAL_LOAD_OFFSET_KG = 60.0  # most of a person: what a load cell keeps after a knock
USUAL_LOAD_DRIFT_KG_PER_H = 5.0  # a loose rope-hitch cell; a day of it is a full car
BURST_EVERY_S, BURST_LASTING_S = 60.0, 4.0  # a loose plug on a car that starts and stops
_SECONDS_PER_HOUR = 3600.0
_DOORS = ("car_door", "landing_door")


class DefectKind(StrEnum):
    """Each is a device's own trouble: none of them is anything the lift does."""

    OCCUPANCY_FLAPPING = "occupancy_flapping"
    OCCUPANCY_STUCK_OCCUPIED = "occupancy_stuck_occupied"
    OCCUPANCY_STUCK_EMPTY = "occupancy_stuck_empty"
    OCCUPANCY_INVERTED = "occupancy_inverted"
    DOOR_ZONE_INVERTED = "door_zone_inverted"
    DOOR_SWITCH_MISSET = "door_switch_misset"  # some closings are not felt
    LOAD_OFFSET = "load_offset"  # `amount` kg
    LOAD_DRIFT = "load_drift"  # `amount` kg per hour
    LEVELLING_DEAD = "levelling_dead"  # always exactly level
    VALUES_FROZEN = "values_frozen"  # the gateway lives, what it tells stands still
    VALUES_MISSING = "values_missing"  # bursts in which numbers are absent
    WEDGED = "wedged"  # connected, and tells nothing but its status
    CODES_MISLABELLED = "codes_mislabelled"  # regional numbers under the national name


NO_DEFECTS = Spans.none(DefectKind)


class Defects:
    """Mutable: which defects are going on, and what flapping and frozen sensors say now."""

    def __init__(self, defects: Spans[DefectKind], rng: np.random.Generator) -> None:
        self.timeline = Timeline(defects)
        self._rng = rng
        count = len(defects)
        self._turned = np.zeros(count, np.bool_)  # flapped, missed or absent just now
        self._door_before = np.full(count, DoorState.UNKNOWN.code, np.int8)
        self._frozen_states: dict[int, NDArray[np.int8]] = {}
        self._frozen_numbers: dict[int, dict[str, float]] = {}
        self._last_s = 0.0

    def advance(self, clock_s: float) -> tuple[IntArray, IntArray]:
        """Go on to a time; return the defects that have begun and ended since."""
        begun, ended = self.timeline.advance(clock_s)
        for lift in self.timeline.spans.subject[ended].tolist():
            self._frozen_states.pop(lift, None)
            self._frozen_numbers.pop(lift, None)
        return begun, ended

    def bend_states(self, states: NDArray[np.int8], clock_s: float) -> None:
        """Change the true states into what the sensors say, in place.

        Parameters
        ----------
        states : ndarray of shape (n_states, n_lifts), int8
            Codes in the order of `readings.STATE_NAMES`.
        """
        dt_s, self._last_s = clock_s - self._last_s, clock_s
        if not len(self.timeline.spans):
            return
        occupancy = states[STATE_ROW["occupancy"]]
        subjects = self.timeline.subjects
        _swap(occupancy, subjects(DefectKind.OCCUPANCY_INVERTED))
        occupancy[subjects(DefectKind.OCCUPANCY_STUCK_OCCUPIED)] = Occupancy.OCCUPIED.code
        occupancy[subjects(DefectKind.OCCUPANCY_STUCK_EMPTY)] = Occupancy.EMPTY.code
        self._flap(occupancy, dt_s)
        _swap(states[STATE_ROW["door_zone"]], subjects(DefectKind.DOOR_ZONE_INVERTED))
        self._miss_closings(states)
        self._burst(dt_s)
        self._freeze(states)

    def bend_values(self, readings: Readings, lifts: IntArray, clock_s: float) -> None:
        """Change the true numbers of these lifts (ascending) into what the sensors say."""
        if not len(self.timeline.spans):
            return
        load_kg = readings["load_kg"]
        for kind, amounts_kg in (
            (DefectKind.LOAD_OFFSET, self._load_offset_kg()),
            (DefectKind.LOAD_DRIFT, self._load_drift_kg(clock_s)),
        ):
            rows, found = _rows_of(self.timeline.subjects(kind), lifts)
            load_kg[rows] += amounts_kg[found]
        rows, _ = _rows_of(self.timeline.subjects(DefectKind.LEVELLING_DEAD), lifts)
        readings["levelling_error_mm"][rows] = 0.0
        bursting = self.timeline.active(DefectKind.VALUES_MISSING)
        absent = self.timeline.spans.subject[bursting[self._turned[bursting]]]
        rows, _ = _rows_of(absent, lifts)
        for name, values in readings.items():
            if SIGNAL_BY_NAME[name].type is SignalType.FLOAT:
                values[rows] = np.nan
            elif SIGNAL_BY_NAME[name].type is SignalType.COUNT:
                values[rows] = COUNT_ABSENT

    def hold_frozen(self, signals: Signals, lifts: IntArray) -> None:
        """Make the numbers of frozen lifts what they were when they froze, in place."""
        rows, _ = _rows_of(self.frozen_lifts, lifts)
        for row in rows.tolist():
            lift = int(lifts[row])
            held = self._frozen_numbers.setdefault(
                lift, {name: column[row].item() for name, column in signals.items()}
            )
            for name, column in signals.items():
                column[row] = held[name]

    @property
    def frozen_lifts(self) -> IntArray:
        return self.timeline.subjects(DefectKind.VALUES_FROZEN)

    @property
    def wedged_lifts(self) -> IntArray:
        return self.timeline.subjects(DefectKind.WEDGED)

    def mislabels(self, lift: int) -> bool:
        """Tell whether this lift's firmware sends regional numbers as national codes now."""
        return bool(np.any(self.timeline.subjects(DefectKind.CODES_MISLABELLED) == lift))

    def silences_events(self, lift: int) -> bool:
        """Tell whether this lift's controller is too dead to tell events now."""
        return bool(np.any(self.wedged_lifts == lift) or np.any(self.frozen_lifts == lift))

    def _load_offset_kg(self) -> FloatArray:
        return self._amounts(DefectKind.LOAD_OFFSET, USUAL_LOAD_OFFSET_KG)

    def _load_drift_kg(self, clock_s: float) -> FloatArray:
        since_s = clock_s - self.timeline.spans.from_s[self.timeline.active(DefectKind.LOAD_DRIFT)]
        rate = self._amounts(DefectKind.LOAD_DRIFT, USUAL_LOAD_DRIFT_KG_PER_H)
        drift_kg: FloatArray = rate * since_s / _SECONDS_PER_HOUR
        return drift_kg

    def _amounts(self, kind: DefectKind, usual: float) -> FloatArray:
        amount = self.timeline.spans.amount[self.timeline.active(kind)]
        return np.where(np.isnan(amount), usual, amount)

    def _flap(self, occupancy: NDArray[np.int8], dt_s: float) -> None:
        spans = self.timeline.active(DefectKind.OCCUPANCY_FLAPPING)
        if not spans.size:
            return
        lifts = self.timeline.spans.subject[spans]
        occupied = occupancy[lifts] == Occupancy.OCCUPIED.code
        every_s = np.where(occupied, FLAP_OCCUPIED_EVERY_S, FLAP_EMPTY_EVERY_S)
        self._turn(spans, every_s, FLAP_LASTING_S, dt_s)
        _swap(occupancy, lifts[self._turned[spans]])

    def _burst(self, dt_s: float) -> None:
        spans = self.timeline.active(DefectKind.VALUES_MISSING)
        if spans.size:
            self._turn(spans, np.full(spans.size, BURST_EVERY_S), BURST_LASTING_S, dt_s)

    def _turn(self, spans: IntArray, every_s: FloatArray, lasting_s: float, dt_s: float) -> None:
        """Let each of these begin or end its turn, at random with these mean times."""
        mean_s = np.where(self._turned[spans], lasting_s, every_s)
        changes = self._rng.random(spans.size) < -np.expm1(-dt_s / mean_s)
        self._turned[spans] ^= changes

    def _miss_closings(self, states: NDArray[np.int8]) -> None:
        """Let some closings go unfelt: the switch says closing until the door next moves."""
        spans = self.timeline.active(DefectKind.DOOR_SWITCH_MISSET)
        if not spans.size:
            return
        lifts = self.timeline.spans.subject[spans]
        door = states[STATE_ROW["car_door"]][lifts]
        is_closed = door == DoorState.CLOSED.code
        fresh = is_closed & (self._door_before[spans] != DoorState.CLOSED.code)
        misses = self._rng.random(spans.size) < SWITCH_MISSES_SHARE
        self._turned[spans] = np.where(fresh, misses, self._turned[spans] & is_closed)
        self._door_before[spans] = door
        missed = lifts[self._turned[spans]]
        for name in _DOORS:
            states[STATE_ROW[name]][missed] = DoorState.CLOSING.code

    def _freeze(self, states: NDArray[np.int8]) -> None:
        for lift in self.frozen_lifts.tolist():
            held = self._frozen_states.setdefault(lift, states[:, lift].copy())
            states[:, lift] = held


def _swap(codes: NDArray[np.int8], lifts: IntArray) -> None:
    """Exchange the two words of a two-valued state; what is unknown stays unknown."""
    known = lifts[codes[lifts] != 0]
    codes[known] = _TWO_WORDS_SUM - codes[known]


_TWO_WORDS_SUM = Occupancy.EMPTY.code + Occupancy.OCCUPIED.code
assert DoorZone.INSIDE.code + DoorZone.OUTSIDE.code == _TWO_WORDS_SUM
assert Circuit.CLOSED.code + Circuit.OPEN.code == _TWO_WORDS_SUM


def _rows_of(subjects: IntArray, lifts: IntArray) -> tuple[IntArray, IntArray]:
    """Return where the subjects stand in `lifts` (ascending), and which subjects do."""
    if not lifts.size or not subjects.size:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    places = np.minimum(np.searchsorted(lifts, subjects), lifts.size - 1)
    found = np.flatnonzero(lifts[places] == subjects)
    return places[found], found
