"""The compiled detector beside its naive twin, and what must not depend on how samples arrive."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liftward_detection.detector import observe, take_events, tick
from liftward_detection.equipment import FINDINGS
from liftward_detection.fleet import FleetState
from liftward_detection.kinds import CONDITION_KINDS, DEVICE_HEALTH_KINDS, DetectionKind
from liftward_detection.thresholds import default_thresholds
from liftward_detection.transitions import Transitions
from support.detector_twin import Twin
from unit.detection.streams import (
    EPOCH_US,
    SECOND_US,
    Row,
    comparable,
    event_columns,
    rows_of,
    sample_columns,
)

THRESHOLDS = default_thresholds()
LIFTS = 3
LATER_US = 3600 * SECOND_US

# Each signal's values; None is absent. Weighted towards what lets a timer run.
VALUES: dict[str, list[Any]] = {
    "service_mode": ["normal", "normal", "inspection", "firefighter", "out_of_service",
                     "independent", "parking", "earthquake", None],
    "speed_mps": [0.0, 0.0, 0.0, 0.04, -0.2, 1.5, 1.9, None],
    "position_m": [0.0, 0.05, 3.0, 3.6, -0.5, 90.0, None, None],
    "floor": [0, 0, 1, None],
    "direction": ["none", "up", None],
    "car_door": ["closed", "closed", "closed", "open", "opening", "closing", "fault", None],
    "landing_door": ["closed", "open", None],
    "door_zone": ["inside", "inside", "outside", "outside", None],
    "levelling_error_mm": [5.0, -15.0, 25.0, -500.0, None],
    "load_kg": [0.0, 30.0, 75.0, None],
    "occupancy": ["occupied", "occupied", "empty", None],
    "alarm_button": ["released", "released", "pressed", None],
    "power_source": ["mains", "mains", "lost", "emergency", None],
    "safety_chain": ["closed", "closed", "open", None],
    "brake": ["applied", "released", None],
    "car_calls_count": [0, 1, None],
    "door_open_presses_count": [0, 1, 2, None],
    "motor_current_a": [0.0, 12.0, None],
    "motor_temperature_degc": [60.0, 125.0, 140.0, None],
    "machine_room_temperature_degc": [2.0, 25.0, 39.5, 44.0, None],
    "vibration_mps2": [0.05, 0.12, None],
}  # fmt: skip
EVENTS: list[Row] = [
    {"kind": "alarm_pressed"},
    {"kind": "alarm_pressed"},
    {"kind": "alarm_released"},
    *({"kind": "door_retry"} for _ in range(6)),
    {"kind": "test_call"},
    *({"kind": "mode_changed", "service_mode": mode} for mode in ("normal", "inspection")),
    *({"kind": "fault_raised", "gb_code": code} for code in (1, 4, 40, 41, 42, 43, 90, 99, -1)),
    *({"kind": "fault_cleared", "gb_code": code} for code in (1, 4, 41, 43, 90)),
]
CHANGES = st.lists(
    st.sampled_from([(name, value) for name, values in VALUES.items() for value in values]),
    max_size=4,
)
STEP = st.tuples(
    st.integers(0, LIFTS - 1),
    st.sampled_from([0.0, 0.2, 1.0, 5.0, 10.0, 14.0, 20.0, 45.0]),  # since the step before
    st.one_of(CHANGES, CHANGES, CHANGES, st.sampled_from(EVENTS)),
)
# Typical beginnings, so that short streams already reach a timer.
BEGINNINGS: list[Row] = [
    {},
    {"speed_mps": 0.0, "car_door": "closed", "door_zone": "outside", "occupancy": "occupied"},
    {"speed_mps": 0.0, "car_door": "closed", "door_zone": "inside", "car_calls_count": 1,
     "load_kg": 75.0, "floor": 4},
    {"speed_mps": 0.0, "car_door": "open", "door_zone": "inside", "car_calls_count": 1},
    {"speed_mps": 1.5, "car_door": "open", "door_zone": "outside"},
]  # fmt: skip
SHORT_STREAM = st.tuples(
    st.lists(st.sampled_from(BEGINNINGS), min_size=LIFTS, max_size=LIFTS),
    st.lists(STEP, max_size=25),
)
SCENES: list[Row] = [
    *BEGINNINGS,
    {"speed_mps": 0.0, "car_door": "open", "door_zone": "inside", "occupancy": "empty",
     "load_kg": 0.0},
    {"speed_mps": 0.0, "car_door": "open", "door_zone": "inside", "occupancy": "occupied"},
    {"speed_mps": 1.5, "car_door": "closed", "door_zone": "outside"},
    {"speed_mps": 1.5, "car_door": None, "landing_door": None},
    {"service_mode": "normal", "alarm_button": "released", "safety_chain": "closed"},
    {"speed_mps": 0.0, "car_door": "open", "door_zone": "inside", "position_m": 3.0, "floor": 1,
     "levelling_error_mm": 25.0, "occupancy": "empty", "load_kg": 0.0},
    {"speed_mps": 0.0, "car_door": "open", "door_zone": "inside", "position_m": 0.0, "floor": 0,
     "levelling_error_mm": -15.0, "occupancy": "empty", "load_kg": 0.0},
    {"speed_mps": 0.0, "car_door": "open", "door_zone": "outside", "position_m": 3.6},
    {"speed_mps": 0.0, "car_door": "closed", "door_zone": "outside", "position_m": -0.5},
    {"speed_mps": 1.9, "car_door": "closed", "safety_chain": "open", "brake": "applied"},
    {"speed_mps": 0.0, "car_door": "closed", "direction": "up", "brake": "released",
     "motor_current_a": 0.0, "safety_chain": "closed"},
    {"speed_mps": 0.0, "car_door": "closing", "door_zone": "inside"},
    {"speed_mps": 0.0, "car_door": "opening", "door_zone": "inside"},
]  # fmt: skip
PROPERTY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def wander(seed: int, steps_count: int = 150) -> Any:
    """Return a long stream: scenes that change now and then, small changes between, few events."""
    rng = np.random.default_rng(seed)
    steps: list[Any] = []
    for _ in range(steps_count):
        what: Any = []
        if rng.random() < 0.12:
            what = EVENTS[rng.integers(len(EVENTS))]
        elif rng.random() < 0.35:
            what = list(SCENES[rng.integers(len(SCENES))].items())
        elif rng.random() < 0.5:
            name = list(VALUES)[rng.integers(len(VALUES))]
            what = [(name, VALUES[name][rng.integers(len(VALUES[name]))])]
        elapsed_s = [0.0, 0.3, 1.0, 3.0, 5.0, 10.0, 40.0][rng.integers(7)]
        steps.append((int(rng.integers(LIFTS)), elapsed_s, what))
    return ([{}] * LIFTS, steps)


def expand(stream: Any, lags_us: Sequence[int] = (0, 0, 0)) -> list[Row]:
    """Return the stream's samples and events in order; a step's changes stay in force."""
    beginnings, steps = stream
    now_us, rows = EPOCH_US, []
    states = [dict(beginning) for beginning in beginnings]
    for number, (lift, elapsed_s, what) in enumerate(steps):
        now_us += round(elapsed_s * SECOND_US)
        row = {"lift": lift, "at_us": now_us, "received_us": now_us + lags_us[lift]}
        row |= {"boot_id": 1, "sequence": number}
        if isinstance(what, dict):
            rows.append(row | what)
            continue
        states[lift] |= dict(what)
        present = {name: value for name, value in states[lift].items() if value is not None}
        rows.append(row | present)
    return rows


def disturb(rows: list[Row], disturbances: Sequence[tuple[int, int, int]]) -> list[Row]:
    """Set some rows' clocks off, with older and newer numbers, and some receipts late."""
    rows = [dict(row) for row in rows]
    for place, step_us, late_us in disturbances:
        if rows:
            row = rows[place % len(rows)]
            row["at_us"] += step_us
            row["received_us"] += late_us
            row["sequence"] += place % 3 - 1
    return rows


# Speed and floors of each lift's nameplate: two that are known, one that is not.
NAMEPLATES = [(1.5, 2), (None, None), (1.0, 12)]


def blank_state() -> FleetState:
    """Return a state that knows the nameplates."""
    state = FleetState.empty(LIFTS)
    state.set_nameplates(
        np.arange(LIFTS, dtype=np.int32),
        rated_speed_mps=np.array([speed or np.nan for speed, _ in NAMEPLATES], np.float32),
        rated_load_kg=np.full(LIFTS, np.nan, np.float32),
        floors_count=np.array([floors or 0 for _, floors in NAMEPLATES], np.int16),
    )
    return state


def twin_of(lift: int) -> Twin:
    speed_mps, floors_count = NAMEPLATES[lift]
    return Twin(lift, THRESHOLDS, rated_speed_mps=speed_mps, floors_count=floors_count)


def feed(state: FleetState, rows: Sequence[Row]) -> list[Transitions]:
    """Hand rows over in as few calls as their order allows."""
    found, start = [], 0
    for end in range(1, len(rows) + 1):
        if end == len(rows) or ("kind" in rows[end]) != ("kind" in rows[start]):
            part, start_was = rows[start:end], start
            start = end
            if "kind" in rows[start_was]:
                found.append(take_events(state, event_columns(part), THRESHOLDS))
            else:
                found.append(observe(state, sample_columns(part), THRESHOLDS))
    return found


# These have twins and tests of their own: support.equipment_twin, test_sensor_health.
EQUIPMENT = {kind.value for kind in (*CONDITION_KINDS, *DEVICE_HEALTH_KINDS)}


def about_people(lines: Sequence[str]) -> list[str]:
    return [line for line in lines if json.loads(line)["kind"] not in EQUIPMENT]


def detect(rows: Sequence[Row]) -> list[str]:
    state = blank_state()
    found = feed(state, rows)
    end_us = max((row["received_us"] for row in rows), default=EPOCH_US)
    return comparable(rows_of([*found, tick(state, end_us + LATER_US, THRESHOLDS)]))


def distrust_of(rows: Sequence[Row]) -> Iterator[frozenset[str]]:
    """Yield what sensor health has found out of each row's lift before the row.

    Health has tests of its own: to the twin of the rules for people it is given.
    """
    state = blank_state()
    for row in rows:
        bits = int(state.records["wrong_findings"][row["lift"]])
        yield frozenset(
            signal or "all"
            for number, (kind, signal) in enumerate(FINDINGS)
            if bits >> number & 1 and kind is not DetectionKind.VALUES_MISSING
        )
        feed(state, [row])


STREAM = st.one_of(SHORT_STREAM, st.integers(0, 2**32 - 1).map(wander))


@PROPERTY
@given(
    STREAM,
    st.lists(
        st.tuples(
            st.integers(0, 150),
            st.sampled_from([-3600, -20, -1, 0, 7, 300]).map(lambda s: s * SECOND_US),
            st.sampled_from([0, 3, 90, 4000]).map(lambda s: s * SECOND_US),
        ),
        max_size=6,
    ),
)
def test_detector_agrees_with_its_naive_twin(stream: Any, disturbances: Any) -> None:
    """On any stream, late, jumping or odd, the compiled rules and the obvious ones agree."""
    rows = disturb(expand(stream), disturbances)
    assert about_people(detect(rows)) == naively(rows)


@PROPERTY
@given(STREAM, st.integers(0, 100), st.sampled_from([0, 50, 5_000]))
def test_detector_agrees_with_its_naive_twin_after_an_outage(
    stream: Any, heard_count: int, late_s: int
) -> None:
    """From some time on nothing is heard; then all comes at once, the events before the samples."""
    rows = expand(stream)
    returned_us = max((row["at_us"] for row in rows), default=0) + late_s * SECOND_US
    kept = [row | {"received_us": returned_us} for row in rows[heard_count:]]
    rows = rows[:heard_count] + sorted(kept, key=lambda row: "kind" not in row)
    assert about_people(detect(rows)) == naively(rows)


def naively(rows: Sequence[Row]) -> list[str]:
    """Return what the twins say of these rows, and long after them."""
    distrust = distrust_of(rows)
    twins = [twin_of(lift) for lift in range(LIFTS)]
    expected: list[Row] = []
    for row in rows:
        twin, wrong = twins[row["lift"]], next(distrust)
        expected += twin.take_event(row) if "kind" in row else twin.take_sample(row, wrong)
    end_us = max((row["received_us"] for row in rows), default=EPOCH_US)
    for twin in twins:
        expected += twin.take_time(end_us + LATER_US)
    return comparable(expected)


@PROPERTY
@given(STREAM, st.lists(st.integers(0, 200), min_size=LIFTS, max_size=LIFTS), st.data())
def test_outcome_depends_neither_on_batches_nor_on_ticks(
    stream: Any, lags_s: list[int], data: st.DataObject
) -> None:
    """Batches cut anywhere, and ticks at any time up to the next message, change nothing."""
    rows = expand(stream, [lag_s * SECOND_US for lag_s in lags_s])
    state, found, start = blank_state(), [], 0
    # In order of receipt, as a gateway sees them; each lift's own order stays.
    rows.sort(key=lambda row: row["received_us"])
    while start < len(rows):
        end = data.draw(st.integers(start + 1, len(rows)))
        found += feed(state, rows[start:end])
        if end < len(rows):
            low, high = rows[end - 1]["received_us"], rows[end]["received_us"]
            found.append(tick(state, data.draw(st.integers(low, high)), THRESHOLDS))
        start = end
    end_us = max((row["received_us"] for row in rows), default=EPOCH_US)
    found.append(tick(state, end_us + LATER_US, THRESHOLDS))

    assert comparable(rows_of(found)) == detect(rows)


@PROPERTY
@given(STREAM)
def test_lifts_do_not_affect_each_other(stream: Any) -> None:
    """A lift's transitions are the same when it is alone in the fleet."""
    rows = expand(stream)

    together = detect(rows)
    alone = [detect([row for row in rows if row["lift"] == lift]) for lift in range(LIFTS)]

    assert together == sorted(line for lines in alone for line in lines)


@PROPERTY
@given(STREAM, st.integers(0, 150))
def test_saved_state_goes_on_where_it_stopped(stream: Any, place: int) -> None:
    """Saved, restored and grown in mid-stream, the detector says the same at the same instants."""
    rows = expand(stream)
    state = blank_state()
    found = feed(state, rows[:place])
    restored = FleetState.from_bytes(state.to_bytes())
    restored.grow(LIFTS + 1000)
    found += feed(restored, rows[place:])
    end_us = max((row["received_us"] for row in rows), default=EPOCH_US)
    found.append(tick(restored, end_us + LATER_US, THRESHOLDS))

    assert comparable(rows_of(found)) == detect(rows)
