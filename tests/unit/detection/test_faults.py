"""Derived faults at their edges: nothing known, constants, clocks set back, nameplates, modes."""

from typing import Any

import numpy as np
import pytest

from liftward_detection.catalogue import CATALOGUE, Category
from liftward_detection.detector import observe, take_events, tick
from liftward_detection.fleet import FleetState
from liftward_detection.kinds import CONDITION_KINDS, DetectionKind
from liftward_detection.thresholds import default_thresholds
from liftward_wire.signals import SIGNALS, SignalType
from unit.detection.streams import (
    EPOCH_US,
    SECOND_US,
    Row,
    event,
    event_columns,
    rows_of,
    sample,
    sample_columns,
)
from unit.detection.traces import NAMES, load

THRESHOLDS = default_thresholds()
# What an idle lift says, whatever is wrong with one of its sensors.
IDLE: Row = {
    "service_mode": "normal",
    "position_m": 9.0,
    "floor": 3,
    "speed_mps": 0.0,
    "direction": "none",
    "car_door": "closed",
    "landing_door": "closed",
    "door_zone": "inside",
    "levelling_error_mm": 1.0,
    "load_kg": 0.0,
    "occupancy": "empty",
    "alarm_button": "released",
    "power_source": "mains",
    "safety_chain": "closed",
    "brake": "applied",
    "car_calls_count": 0,
    "motor_current_a": 0.0,
    "motor_temperature_degc": 40.0,
    "machine_room_temperature_degc": 25.0,
}


def with_nameplate(speed_mps: float, floors_count: int, load_kg: float = 1000.0) -> FleetState:
    state = FleetState.empty(1)
    state.set_nameplates(
        np.zeros(1, np.int32),
        rated_speed_mps=np.array([speed_mps], np.float32),
        rated_load_kg=np.array([load_kg], np.float32),
        floors_count=np.array([floors_count], np.int16),
    )
    return state


def told(state: FleetState, rows: list[Row]) -> list[Any]:
    found = [observe(state, sample_columns(rows), THRESHOLDS)]
    end_us = rows[-1]["at_us"] + 3600 * SECOND_US
    found.append(tick(state, end_us, THRESHOLDS))
    return [
        [row["kind"], row["transition"], (row["detected_at_us"] - EPOCH_US) / SECOND_US]
        for row in rows_of(found)
        if row["kind"] != DetectionKind.ENTRAPMENT  # a belief with tests of its own
    ]


def test_every_derived_kind_has_a_scripted_story() -> None:
    """Each kind of fault or condition begins and ends in some golden trace, at exact times."""
    scripted = {line[0] for name in NAMES for line in load(name)["expected"]}
    derived = {
        kind.value
        for kind, facts in CATALOGUE.items()
        if facts.derived_en is not None and facts.category in {Category.FAULT, Category.CONDITION}
        if kind not in CONDITION_KINDS  # weeks long: test_condition
    }

    assert derived - scripted == set()


def test_nothing_known_opens_nothing() -> None:
    """A lift of which every signal is absent, for an hour, with a nameplate."""
    rows = [sample(at_s=at_s) for at_s in range(0, 3600, 5)]

    assert told(with_nameplate(1.0, 10), rows) == []


@pytest.mark.parametrize("absent", [signal.name for signal in SIGNALS if signal.name in IDLE])
def test_an_idle_lift_has_no_fault_whatever_is_absent(absent: str) -> None:
    """Constant, ordinary readings never open anything, with any one signal missing."""
    steady = {name: value for name, value in IDLE.items() if name != absent}
    rows = [sample(at_s=at_s, **steady) for at_s in range(0, 3600, 30)]

    assert told(with_nameplate(1.0, 10), rows) == []


@pytest.mark.parametrize("name", [s.name for s in SIGNALS if s.type is SignalType.FLOAT])
def test_one_odd_reading_opens_nothing(name: str) -> None:
    """The largest value that a signal can have, told once in an ordinary run."""
    signal = next(signal for signal in SIGNALS if signal.name == name)
    run = IDLE | {"speed_mps": 1.0, "direction": "up", "brake": "released", "door_zone": "outside"}
    rows = [sample(at_s=at_s, **run) for at_s in range(20)]
    rows[10][name] = signal.high
    rows.append(sample(at_s=20, **(IDLE | {"car_door": "open"})))

    assert told(with_nameplate(1.0, 10), rows) == []


def test_one_sample_alone_opens_only_what_it_shows() -> None:
    """A single sample that shows speed, heat and a brake: none is seen twice, none is opened."""
    shows: Row = {"speed_mps": 2.0, "motor_temperature_degc": 200.0, "brake": "applied"}

    assert told(with_nameplate(1.0, 10), [sample(at_s=0, **shows)]) == []


def test_a_clock_set_back_keeps_what_has_elapsed() -> None:
    """An hour back in the middle of a stall: the limiter's 38 s are over when they are over."""
    stalled = IDLE | {"direction": "up", "brake": "released", "motor_current_a": 30.0}
    rows = [sample(at_s=at_s, **stalled) for at_s in range(100, 120)]
    late = [sample(at_s=at_s - 3600, **stalled) for at_s in range(120, 145)]
    for number, row in enumerate([*rows, *late]):
        row["sequence"] = number

    assert told(with_nameplate(1.0, 11), [*rows, *late])[0] == [
        "gb_06",
        "began",
        138.0 - 3599.0,  # the second between the two clocks is nobody's
    ]


def test_without_a_nameplate_nobody_knows_what_is_too_fast() -> None:
    """The same run is overspeed for a lift of 1 m/s, and nothing for one that nobody registered."""
    rows = [sample(at_s=at_s, **(IDLE | {"speed_mps": 1.2})) for at_s in range(10)]
    rows = [row | {"brake": "released", "door_zone": "outside"} for row in rows]

    assert told(FleetState.empty(1), rows) == []
    assert told(with_nameplate(1.0, 10), rows)[0] == ["overspeed", "began", 1.0]


def test_nameplates_survive_growth_and_a_saved_state() -> None:
    """They are part of the record."""
    state = with_nameplate(1.75, 18, 1150.0)
    state.grow(5)

    restored = FleetState.from_bytes(state.to_bytes())

    assert restored.records["rated_speed_mps"][0] == np.float32(1.75)
    assert restored.records["rated_load_kg"][0] == np.float32(1150.0)
    assert restored.records["floors_count"].tolist() == [18, 0, 0, 0, 0]
    assert np.isnan(restored.records["rated_speed_mps"][1:]).all()


@pytest.mark.parametrize(
    ("mode", "found"),
    [
        ("inspection", ["gb_43"]),
        ("firefighter", ["gb_45"]),
        ("out_of_service", ["gb_42"]),
        ("earthquake", ["gb_47", "gb_06"]),
    ],
)
def test_a_person_in_command_makes_no_faults(mode: str, found: list[str]) -> None:
    """A stall counts in earthquake mode, not with a technician or fire-fighter aboard."""
    stalled = IDLE | {"service_mode": mode, "direction": "up"}
    rows = [sample(at_s=at_s, **stalled) for at_s in range(100)]

    assert [line[0] for line in told(with_nameplate(1.0, 11), rows)] == found


def test_a_mode_told_by_an_event_drops_what_was_running() -> None:
    """A silent lift put into inspection opens nothing later."""
    state = FleetState.empty(1)
    stalled = sample(at_s=0, **(IDLE | {"direction": "up"}))
    found = [observe(state, sample_columns([stalled]), THRESHOLDS)]
    change = event(at_s=10, kind="mode_changed", service_mode="inspection")
    found.append(take_events(state, event_columns([change]), THRESHOLDS))
    found.append(tick(state, EPOCH_US + 600 * SECOND_US, THRESHOLDS))

    assert [row["kind"] for row in rows_of(found)] == ["gb_43"]


def test_a_button_held_behind_shut_doors_is_not_stuck() -> None:
    """Somebody may press for as long as nobody has come: only open doors show that it sticks."""
    rows = [sample(at_s=at_s, **(IDLE | {"alarm_button": "pressed"})) for at_s in range(0, 900, 30)]

    assert [line[0] for line in told(FleetState.empty(1), rows)] == ["gb_90"]


def test_a_lift_without_a_known_rescue_device_has_none_that_fails() -> None:
    """The mains are gone for ten minutes with the car between floors: code 41 and 04, no more."""
    between: Row = {"door_zone": "outside", "levelling_error_mm": 1400.0}
    dark = IDLE | between | {"power_source": "battery"}
    rows = [sample(at_s=at_s, **dark) for at_s in range(0, 600, 30)]

    assert [line[0] for line in told(FleetState.empty(1), rows)] == ["gb_41", "gb_04"]


def test_what_was_not_seen_between_two_readings_is_not_taken_for_granted() -> None:
    """Hot, then unknown for an hour, then hot again: the minute begins with the second reading."""
    rows = [sample(at_s=0, motor_temperature_degc=140.0), sample(at_s=1800)]
    rows += [sample(at_s=at_s, motor_temperature_degc=140.0) for at_s in (3600, 3630, 3660)]

    assert told(FleetState.empty(1), rows) == [["motor_overheating", "began", 3660.0]]


def test_saturated_counters_stay_where_they_are() -> None:
    """Three hundred re-tries at one stop are as many as 255: no counter starts anew."""
    state = FleetState.empty(1)
    observe(state, sample_columns([sample(at_s=0, **IDLE)]), THRESHOLDS)
    tries = [event(at_s=1 + number, kind="door_retry") for number in range(300)]

    found = rows_of([take_events(state, event_columns(tries), THRESHOLDS)])

    assert [row["kind"] for row in found] == ["door_cycling"]
    assert int(state.records["retries_count"][0]) == 255


def test_kinds_have_room_in_every_table() -> None:
    """Codes travel as int8."""
    assert len(DetectionKind) < 127
