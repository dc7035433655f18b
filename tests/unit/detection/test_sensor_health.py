"""Sensor health: each lie is found by its name, what is sound is left alone, nothing is blamed."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from liftward_detection.detector import observe
from liftward_detection.equipment import FINDINGS, SIGNAL_CODE, distrusted
from liftward_detection.fleet import FleetState
from liftward_detection.kinds import DEVICE_HEALTH_KINDS, DetectionKind
from liftward_detection.thresholds import default_thresholds, limits_of
from unit.detection.streams import EPOCH_US, SECOND_US, Row, sample_columns

THRESHOLDS = default_thresholds()
HEALTH = {kind.value for kind in DEVICE_HEALTH_KINDS}
Bend = Callable[[Row, np.random.Generator], Row]


def sound(sample: Row, _rng: np.random.Generator) -> Row:
    return sample


class Life:
    """A lift that carries somebody on every second trip; `bend` makes its sensors lie."""

    def __init__(self, bend: Bend = sound, seed: int = 1) -> None:
        self.rng, self.bend = np.random.default_rng(seed), bend
        self.now_s, self.floor = 0.0, 0
        self.rows: list[Row] = []
        self.people, self.doors, self.speed, self.boot_id = 0, "closed", 0.0, 1

    def tell(self, after_s: float) -> None:
        self.now_s += after_s
        at_us, rng = EPOCH_US + round(self.now_s * SECOND_US), self.rng
        standing = self.speed == 0.0
        sample: Row = {
            "service_mode": "normal",
            "speed_mps": self.speed,
            "car_door": self.doors,
            "door_zone": "inside" if standing else "outside",
            "occupancy": "occupied" if self.people else "empty",
            "load_kg": max(0.0, 75.0 * self.people + float(np.rint(rng.normal(0, 1)))),
            "floor": self.floor if standing else None,
            "position_m": (3.0 * self.floor if standing else self.now_s % 7) + rng.normal(0, 0.002),
            "levelling_error_mm": 1.0 + round(rng.normal(0, 0.8), 1) if standing else None,
            "vibration_mps2": abs(0.05 + rng.normal(0, 0.005)),
        }
        sample = self.bend(sample, rng)
        keys = {"lift": 0, "at_us": at_us, "received_us": at_us, "boot_id": self.boot_id}
        present = {name: value for name, value in sample.items() if value is not None}
        self.rows.append(keys | {"sequence": len(self.rows)} | present)

    def door_cycle(self, people: int) -> None:
        for doors, after_s in (("opening", 0.5), ("open", 2.5), ("closing", 3.0), ("closed", 3.0)):
            self.doors = doors
            self.people = people if doors in {"closing", "closed"} else self.people
            self.tell(after_s)

    def trip(self) -> None:
        for speed in (0.5, 1.5, 1.5, 1.5, 1.5, 0.0):
            self.speed = speed
            if speed == 0.0:
                self.floor = int(self.floor + self.rng.integers(1, 4)) % 12
            self.tell(1.0)

    def serve(self, journeys: int, idle_s: float = 30.0) -> "Life":
        """Fetch somebody, carry them, let them out, wait."""
        for _ in range(journeys):
            self.trip()
            self.door_cycle(people=1)
            self.trip()
            self.door_cycle(people=0)
            self.idle(idle_s)
        return self

    def idle(self, idle_s: float) -> "Life":
        for _ in range(max(1, round(idle_s / 10.0))):
            self.tell(10.0)
        return self

    def findings(self) -> list[tuple[str, str, str | None]]:
        found = observe(FleetState.empty(1), sample_columns(self.rows), THRESHOLDS)
        return [
            (row["kind"], row["transition"], row["evidence"].get("signal"))
            for row in found.rows()
            if row["kind"] in HEALTH
        ]


def always(**words: Any) -> Bend:
    return lambda sample, _rng: sample | words


def inverted(signal: str, one: str, other: str) -> Bend:
    def bend(sample: Row, _rng: np.random.Generator) -> Row:
        return sample | {signal: other if sample[signal] == one else one}

    return bend


def flapping(sample: Row, rng: np.random.Generator) -> Row:
    wrong = sample["occupancy"] == "occupied" and rng.random() < 0.4
    return sample | {"occupancy": "empty"} if wrong else sample


def without_load(bend: Bend) -> Bend:
    return lambda sample, rng: bend(sample, rng) | {"load_kg": None}


def all_of(*bends: Bend) -> Bend:
    def bend(sample: Row, rng: np.random.Generator) -> Row:
        for one in bends:
            sample = one(sample, rng)
        return sample

    return bend


def calling(sample: Row, _rng: np.random.Generator) -> Row:
    """Who rides has pressed a button."""
    rides = sample["occupancy"] == "occupied" and sample["speed_mps"] > 0
    return sample | {"car_calls_count": int(rides)}


def misses_closings(sample: Row, rng: np.random.Generator) -> Row:
    return sample | {"car_door": "closing"} if sample["car_door"] == "closed" else sample


def heavy(sample: Row, _rng: np.random.Generator) -> Row:
    return sample | {"load_kg": sample["load_kg"] + 60.0}


def disbelieved(record: Any) -> list[str]:
    """Return the signals that `distrusted` warns of."""
    function = getattr(distrusted, "py_func", distrusted)
    return sorted(name for name, code in SIGNAL_CODE.items() if function(record, code))


@pytest.mark.parametrize(
    ("bend", "kind", "signal"),
    [
        (flapping, "sensor_flapping", "occupancy"),
        (always(occupancy="occupied"), "sensor_stuck", "occupancy"),
        (always(occupancy="empty"), "sensor_stuck", "occupancy"),
        (without_load(always(occupancy="occupied")), "sensor_stuck", "occupancy"),
        (without_load(always(occupancy="empty")), "sensor_stuck", "occupancy"),
        (inverted("occupancy", "empty", "occupied"), "sensor_inverted", "occupancy"),
        (inverted("door_zone", "inside", "outside"), "sensor_inverted", "door_zone"),
        (always(door_zone="outside"), "sensor_stuck", "door_zone"),
        (misses_closings, "sensor_skewed", "car_door"),
        (heavy, "sensor_skewed", "load_kg"),
        (always(levelling_error_mm=0.0), "sensor_stuck", "levelling_error_mm"),
        (always(speed_mps=0.0), "sensor_stuck", "speed_mps"),
        (always(position_m=12.5), "sensor_stuck", "position_m"),
    ],
)
def test_each_lie_is_found_by_its_name_and_once(bend: Bend, kind: str, signal: str) -> None:
    """What cannot be is told with its kind and signal, no other sensor is accused, no repeat."""
    life = Life(bend).serve(60, idle_s=340.0)

    assert life.findings() == [(kind, "began", signal)]


@pytest.mark.parametrize("idle_s", [10.0, 400.0])
def test_sound_sensors_are_not_accused(idle_s: float) -> None:
    """A thousand trips of a sound lift, busy or idle, with and without a load cell."""
    assert Life().serve(250, idle_s=idle_s).findings() == []
    assert Life(without_load(sound)).serve(150, idle_s=idle_s).findings() == []


def test_a_mended_sensor_is_believed_again() -> None:
    """The finding ends, and the distrust of the signal with it."""
    life = Life(heavy).serve(30)
    life.bend = sound
    state = FleetState.empty(1)
    begun = observe(state, sample_columns(life.rows), THRESHOLDS)
    assert disbelieved(state.records[0]) == ["load_kg"]
    told = next(row["evidence"] for row in begun.rows() if row["kind"] in HEALTH)
    assert told["current_value"] == pytest.approx(60.0, abs=5.0)

    rows_count = len(life.rows)
    life.serve(30)
    ended = observe(state, sample_columns(life.rows[rows_count:]), THRESHOLDS)

    assert [row["transition"] for row in ended.rows() if row["kind"] in HEALTH] == ["ended"]
    assert disbelieved(state.records[0]) == []


def test_distrust_is_told_of_each_signal_alone() -> None:
    """`distrusted` answers for the signal it is asked for; what is absent needs no distrust."""
    bits = {finding: 1 << number for number, finding in enumerate(FINDINGS)}
    stuck = bits[DetectionKind.SENSOR_STUCK, "occupancy"]
    missing = bits[DetectionKind.VALUES_MISSING, "load_kg"]
    frozen = bits[DetectionKind.VALUES_FROZEN, None]

    assert disbelieved({"wrong_findings": np.uint16(stuck | missing)}) == ["occupancy"]
    assert disbelieved({"wrong_findings": np.uint16(frozen)}) == sorted(SIGNAL_CODE)


def test_two_liars_of_one_kind_are_distrusted_both_and_told_in_turn() -> None:
    """One episode of a kind at a time: the second is told when the first is mended."""
    stuck = always(occupancy="occupied", levelling_error_mm=0.0)
    life = Life(stuck).serve(60)
    state = FleetState.empty(1)
    observe(state, sample_columns(life.rows), THRESHOLDS)
    assert disbelieved(state.records[0]) == ["levelling_error_mm", "occupancy"]

    life.bend = always(levelling_error_mm=0.0)
    life.serve(30)

    assert life.findings() == [
        ("sensor_stuck", "began", "occupancy"),
        ("sensor_stuck", "ended", "occupancy"),
        ("sensor_stuck", "began", "levelling_error_mm"),
    ]


@pytest.mark.parametrize(
    "lie",
    [inverted("occupancy", "empty", "occupied"), always(occupancy="occupied")],
    ids=["inverted", "stuck"],
)
def test_two_liars_that_agree_are_found_by_the_car_calls(lie: Bend) -> None:
    """A load cell and a people sensor that see somebody in every empty car vouch for each other."""
    life = Life(all_of(calling, heavy, lie)).serve(5)
    state = FleetState.empty(1)
    observe(state, sample_columns(life.rows), THRESHOLDS)
    assert disbelieved(state.records[0]) == ["load_kg", "occupancy"]


def test_calls_that_a_device_never_tells_accuse_no_sensor() -> None:
    """Its counter stays at zero, or is absent: that somebody rides without a call says nothing."""
    for calls in (always(car_calls_count=0), sound):
        for load in (sound, without_load(sound)):
            life = Life(all_of(calls, load))
            for _ in range(14):  # somebody is always aboard, and the car is never empty
                life.trip()
                life.door_cycle(people=1)
            assert life.findings() == []


def test_riders_who_forget_to_call_accuse_no_sensor() -> None:
    """Every third rider is carried along without a car call, with and without a load cell."""

    for load in (sound, without_load(sound)):
        life = Life(all_of(calling, load))
        for number in range(300):
            life.bend = all_of(always(car_calls_count=0) if number % 3 == 0 else calling, load)
            life.serve(1)
        assert life.findings() == []


def test_riders_in_a_row_who_forget_to_call_accuse_no_load_cell() -> None:
    """Four times the car is taken on by the next landing call, with somebody in it."""
    life = Life(calling).serve(3)
    life.bend = always(car_calls_count=0)
    for _ in range(4):
        life.trip()
        life.door_cycle(people=1)
    assert life.findings() == []


def test_numbers_that_stop_trembling_are_frozen() -> None:
    """A lift at rest whose numbers trembled for hours and then are all the same: old news."""
    life = Life().serve(20).idle(3 * 3600.0)
    held: dict[str, Any] = {}

    def frozen(sample: Row, _rng: np.random.Generator) -> Row:
        held.update(held or sample)
        return dict(held)

    assert life.findings() == []
    life.bend = frozen
    life.idle(3600.0)
    assert life.findings() == [("values_frozen", "began", None)]
    life.bend = sound
    life.idle(120.0)
    assert life.findings()[-1] == ("values_frozen", "ended", None)


def test_a_quiet_device_that_never_trembled_is_not_frozen() -> None:
    """One that reports rounded numbers only is the same for a whole night, every night."""
    quiet = always(position_m=0.0, levelling_error_mm=1.0, vibration_mps2=0.05, load_kg=0.0)

    assert Life(quiet).idle(40 * 3600.0).findings() == []


def test_a_car_that_travels_for_minutes_and_stays_where_it_is_is_frozen() -> None:
    """Frozen in the middle of a trip: no trembling is needed to see it."""
    life = Life()
    life.trip()
    life.bend = always(speed_mps=1.5, position_m=7.0, levelling_error_mm=None, load_kg=75.0,
                       vibration_mps2=0.1, floor=None, door_zone="outside")  # fmt: skip
    life.idle(200.0)

    assert ("values_frozen", "began", None) in life.findings()


def test_numbers_that_fail_again_and_again_are_missing() -> None:
    """Three bursts of absence make a finding; half an hour without one for each ends it."""
    life = Life()
    for _ in range(4):
        life.serve(1)
        life.bend = always(position_m=None, speed_mps=None, load_kg=None, vibration_mps2=None)
        life.idle(10.0)
        life.bend = sound
    life.serve(1)
    assert life.findings() == [("values_missing", "began", "position_m")]
    life.idle(3 * 3600.0)
    assert life.findings() == [
        ("values_missing", "began", "position_m"),
        ("values_missing", "ended", "position_m"),
    ]


def test_numbers_that_never_were_there_are_not_missing() -> None:
    """Another boot may come with other numbers; a number in every tenth sample is no failure."""
    life = Life().serve(3)
    life.bend, life.boot_id = without_load(sound), 2
    life.serve(10)
    rare = Life(lambda sample, rng: sample if rng.random() < 0.1 else sample | {"load_kg": None})
    rare.serve(40)

    assert life.findings() == []
    assert [kind for kind, _, _ in rare.findings() if kind == "values_missing"] == []


def test_one_door_left_open_in_flight_is_not_the_sensor() -> None:
    """A single trip with its door open is a matter for the fault rules, not for this."""
    life = Life().serve(10)
    life.bend = always(car_door="open")
    life.trip()
    life.bend = sound

    assert life.serve(10).findings() == []


def test_looks_are_rare() -> None:
    """At rest one sample in six is looked at, in a long trip the first few at speed."""
    life = Life().serve(5)
    state = FleetState.empty(1)
    observe(state, sample_columns(life.rows), THRESHOLDS)
    before = {name: state.records[name].copy() for name in ("health_due_us", "trip_samples")}
    rows_count = len(life.rows)
    life.idle(600.0)
    observe(state, sample_columns(life.rows[rows_count:]), THRESHOLDS)

    looked_us = int(state.records["health_due_us"][0]) - int(before["health_due_us"][0])
    assert looked_us == pytest.approx(600 * SECOND_US, abs=60 * SECOND_US)
    assert limits_of(THRESHOLDS).equipment.look_us == 60 * SECOND_US
    life.speed = 1.5
    for _ in range(60):
        life.tell(1.0)
    observe(state, sample_columns(life.rows[rows_count + 60 :]), THRESHOLDS)
    assert int(state.records["trip_samples"][0]) == 6
