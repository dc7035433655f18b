"""A sensor that was found out: no alarm from it, no fault, and a person is found all the same."""

from collections.abc import Sequence
from typing import Any

import pytest

from liftward_detection.detector import observe, take_events, tick
from liftward_detection.equipment import FINDINGS
from liftward_detection.fleet import NOTHING_SAID, FleetState
from liftward_detection.kinds import DEVICE_HEALTH_KINDS, DetectionKind
from liftward_detection.thresholds import default_thresholds
from liftward_wire.states import DoorState
from support.detector_twin import Twin
from unit.detection.streams import (
    EPOCH_US,
    SECOND_US,
    Row,
    comparable,
    event,
    event_columns,
    rows_of,
    sample,
    sample_columns,
)

THRESHOLDS = default_thresholds()
HEALTH = {kind.value for kind in DEVICE_HEALTH_KINDS}
FROZEN = (DetectionKind.VALUES_FROZEN, None)
# At a landing, doors shut, after a run: everything fine but that the doors do not open.
ARRIVED: Row = {
    "service_mode": "normal", "speed_mps": 0.0, "car_door": "closed", "landing_door": "closed",
    "door_zone": "inside", "levelling_error_mm": 2.0, "load_kg": 75.0, "occupancy": "occupied",
    "floor": 4, "position_m": 12.0, "safety_chain": "closed", "power_source": "mains",
    "direction": "none", "brake": "applied", "car_calls_count": 0, "alarm_button": "released",
    "door_open_presses_count": 0,
}  # fmt: skip
RUNNING = ARRIVED | {
    "speed_mps": 1.5, "position_m": 6.0, "door_zone": "outside", "floor": 2,
    "levelling_error_mm": None, "direction": "up", "brake": "released", "car_calls_count": 1,
}  # fmt: skip
OPEN_DOORS = ARRIVED | {
    "car_door": "open", "landing_door": "open", "floor": 0, "position_m": 0.0,
    "safety_chain": "open",
}  # fmt: skip
BETWEEN_FLOORS: Row = {
    "door_zone": "outside", "levelling_error_mm": 900.0, "position_m": 9.1, "floor": 3,
    "safety_chain": "open", "car_calls_count": 1,
}  # fmt: skip


Finding = tuple[DetectionKind, str | None]


def find_out(state: FleetState, *findings: Finding) -> FleetState:
    """Let sensor health have found this out by now; it looks no more at frozen numbers."""
    bits = sum(1 << FINDINGS.index(finding) for finding in findings)
    state.records["wrong_findings"] = state.records["told_findings"] = bits
    state.records["said"] = NOTHING_SAID
    state.records["health_due_us"] = EPOCH_US + 10**6 * SECOND_US
    return state


def lying(*findings: Finding) -> FleetState:
    """Return a lift of which sensor health has found this out already."""
    return find_out(FleetState.empty(1), *findings)


def journey(stands: Row, *, until_s: int = 60, lie: Row | None = None) -> list[Row]:
    """Return a run from a landing with doors open to where it stands, a sample each second."""
    rows = []
    for at_s in range(until_s):
        now = OPEN_DOORS if at_s < 3 else RUNNING if at_s < 10 else ARRIVED | stands
        told = {name: value for name, value in (now | (lie or {})).items() if value is not None}
        if "position_m" in told and "position_m" not in (lie or {}):
            told["position_m"] += 0.001 * (at_s % 3)  # sensors tremble
        rows.append(sample(at_s=float(at_s), **told))
    return rows


def detect(state: FleetState, rows: Sequence[Row]) -> list[Row]:
    """Return what is told of the lift, but for its sensors, until the last sample."""
    found = []
    for row in rows:
        if "kind" in row:
            found.append(take_events(state, event_columns([row]), THRESHOLDS))
        else:
            found.append(observe(state, sample_columns([row]), THRESHOLDS))
        found.append(tick(state, row["received_us"], THRESHOLDS))
    return [row for row in rows_of(found) if row["kind"] not in HEALTH]


def levels(found: Sequence[Row]) -> list[tuple[str, float]]:
    return [
        (row["level"], (row["detected_at_us"] - EPOCH_US) / SECOND_US)
        for row in found
        if row["kind"] == "entrapment" and row["transition"] != "ended"
    ]


SKEWED_DOOR = (DetectionKind.SENSOR_SKEWED, "car_door")
STUCK_SPEED = (DetectionKind.SENSOR_STUCK, "speed_mps")
INVERTED_ZONE = (DetectionKind.SENSOR_INVERTED, "door_zone")
STUCK_OCCUPANCY = (DetectionKind.SENSOR_STUCK, "occupancy")
FLAPPING = (DetectionKind.SENSOR_FLAPPING, "occupancy")
SKEWED_LOAD = (DetectionKind.SENSOR_SKEWED, "load_kg")
STUCK_LEVEL = (DetectionKind.SENSOR_STUCK, "levelling_error_mm")
STUCK_POSITION = (DetectionKind.SENSOR_STUCK, "position_m")
SINGLE = [finding for finding in FINDINGS if finding[0] is not DetectionKind.VALUES_MISSING][:-1]

# What a sensor says wrongly of an empty car that stands at a landing with its doors shut.
PASSENGERS: list[Any] = [
    pytest.param(STUCK_OCCUPANCY, {"occupancy": "occupied", "load_kg": None}, id="people sensor"),
    pytest.param(SKEWED_LOAD, {"load_kg": 60.0, "occupancy": None}, id="load cell"),
]
# What a sensor says wrongly of a car with somebody in it that no longer moves, or of its run.
DENIALS: list[Any] = [
    pytest.param(STUCK_OCCUPANCY, {"occupancy": "empty"}, id="people sensor"),
    pytest.param(SKEWED_LOAD, {"load_kg": 0.0}, id="load cell"),
    pytest.param(INVERTED_ZONE, {"door_zone": "inside"}, id="door zone"),
    pytest.param(STUCK_LEVEL, {"levelling_error_mm": 0.0}, id="levelling"),
    pytest.param(STUCK_SPEED, {"speed_mps": 1.5}, id="speed"),
    pytest.param(STUCK_POSITION, {"position_m": 3.0}, id="position"),
    pytest.param(SKEWED_DOOR, {"car_door": "closing"}, id="car door"),
]


@pytest.mark.parametrize(("finding", "lie"), PASSENGERS)
def test_a_liar_makes_no_passenger(finding: Finding, lie: Row) -> None:
    """Nobody is behind the shut doors but by a sensor that was found out: not even suspected."""
    rows = journey({}, until_s=900, lie=lie)

    assert [level for level, _ in levels(detect(FleetState.empty(1), rows))][:1] == ["suspected"]
    assert levels(detect(lying(finding), rows)) == []


@pytest.mark.parametrize(("finding", "lie"), DENIALS)
def test_a_person_is_found_by_the_other_sensors(finding: Finding, lie: Row) -> None:
    """Between floors, and one sensor that was found out says no: the others are enough."""
    rows = journey(BETWEEN_FLOORS, until_s=70, lie=lie)
    believing, doubting = (
        dict(levels(detect(state, rows))) for state in (FleetState.empty(1), lying(finding))
    )

    assert doubting["probable"] <= 70.0
    assert doubting["probable"] <= believing.get("probable", 70.0)


@pytest.mark.parametrize("finding", SINGLE)
@pytest.mark.parametrize("alarm", [{"kind": "alarm_pressed"}, {"alarm_button": "pressed"}])
def test_who_presses_the_alarm_is_found_whatever_is_doubted(finding: Finding, alarm: Row) -> None:
    """At a landing with doors that stay shut: the button is a source of its own."""
    rows = journey({}, until_s=60)
    if "kind" in alarm:
        rows.insert(21, event(at_s=20.5, **alarm))
    else:
        rows = [row | (alarm if row["at_us"] > EPOCH_US + 20 * SECOND_US else {}) for row in rows]

    assert "confirmed" in dict(levels(detect(lying(finding), rows)))


def test_several_liars_at_once_hide_nobody_who_presses() -> None:
    """All sensors that can be found out are: the button, the calls and the rest remain."""
    rows = journey(BETWEEN_FLOORS, until_s=60)
    rows.insert(21, event(at_s=20.5, kind="alarm_pressed"))

    found = dict(levels(detect(lying(*SINGLE), rows)))

    assert found["probable"] <= 40.0


def test_a_door_switch_that_was_found_out_makes_no_fault() -> None:
    """It says `closing` for a whole trip: the lift is not blamed for moving with its door open."""
    lie = {"car_door": "closing", "landing_door": None, "safety_chain": "closed"}
    rows = [sample(at_s=float(s), **OPEN_DOORS | {"landing_door": None}) for s in range(3)]
    rows += [
        sample(at_s=float(s), **RUNNING | lie | {"position_m": 1.5 * (s - 3)}) for s in range(3, 40)
    ]

    blamed = {row["kind"] for row in detect(FleetState.empty(1), rows)}
    assert "moving_with_door_open" not in blamed  # `closing` is not fully open
    rows = [row | {"car_door": "open"} for row in rows]
    assert "moving_with_door_open" in {row["kind"] for row in detect(FleetState.empty(1), rows)}
    assert detect(lying(SKEWED_DOOR), rows) == []


@pytest.mark.parametrize("landing_door", [None, "told"])
def test_ordinary_stops_with_a_doubted_door_are_no_alarm(landing_door: str | None) -> None:
    """People ride up and down behind a door switch that misses every second closing."""
    rows, at_s = list[Row](), 0
    for ride in range(12):
        closed: Row = {"car_door": "closing" if ride % 2 else "closed"}
        for doors, stays_s in (("opening", 3), ("open", 20), ("closing", 3), ("shut", 2)):
            shown = closed if doors == "shut" else {"car_door": doors}
            shown |= {"landing_door": shown["car_door"] if landing_door else None}
            for _ in range(stays_s):
                rows.append(sample(at_s=float(at_s), **ARRIVED | shown | {"car_calls_count": 1}))
                at_s += 1
        shown = closed | {"landing_door": closed["car_door"] if landing_door else None}
        for second in range(8):
            way = {"position_m": 1.5 * second, "floor": second // 2}
            rows.append(sample(at_s=float(at_s), **RUNNING | shown | way))
            at_s += 1

    assert detect(lying(SKEWED_DOOR), [_present(row) for row in rows]) == []


def _present(row: Row) -> Row:
    return {name: value for name, value in row.items() if value is not None}


def frozen_journey(until_s: int, changes: Row, from_s: int) -> list[Row]:
    """Return the last sample of a run to a landing, over and over; `changes` from then on."""
    rows = journey({}, until_s=12)
    last = rows[-1]
    for at_s in range(12, until_s):
        at_us = EPOCH_US + at_s * SECOND_US
        news = changes if at_s >= from_s else {}
        keys = {"at_us": at_us, "received_us": at_us, "sequence": 1000 * at_s}
        rows.append(last | keys | news)
    return rows


def frozen_after(rows: list[Row], count: int) -> tuple[FleetState, list[Row]]:
    """Return a lift that has told so many rows, and was then found to be frozen."""
    state = FleetState.empty(1)
    detect(state, rows[:count])
    return find_out(state, FROZEN), rows[count:]


def test_a_frozen_device_is_a_silent_one() -> None:
    """What it repeats lets no belief grow: silence does so at a landing only shortly."""
    rows = frozen_journey(2_000, {}, 2_000)
    believing = levels(detect(FleetState.empty(1), rows))
    state, rest = frozen_after(rows, 13)

    assert "probable" in dict(believing)
    assert levels(detect(state, rest)) == []


@pytest.mark.parametrize(
    "change", [{"alarm_button": "pressed"}, {"door_open_presses_count": 3}, {"car_door": "opening"}]
)
def test_what_changes_on_a_frozen_device_is_heard(change: Row) -> None:
    """Only its numbers stand still: who presses, or doors that try to open, are a word."""
    rows = frozen_journey(200, change, 60)
    state, rest = frozen_after(rows, 13)
    detect(state, rest)

    assert state.records["observed_us"][0] == EPOCH_US + 60 * SECOND_US


def test_who_presses_the_alarm_on_a_frozen_device_is_found() -> None:
    """The numbers are old, the button is not."""
    rows = frozen_journey(200, {"alarm_button": "pressed"}, 60)
    state, rest = frozen_after(rows, 13)

    assert "probable" in dict(levels(detect(state, rest)))


def test_twin_hears_the_same_of_liars() -> None:
    """All of these stories, each with each finding: the obvious rules agree."""
    stories = [
        journey(BETWEEN_FLOORS),
        journey({}, lie={"car_door": "closing"}),
        frozen_journey(60, {"car_door": "open", "landing_door": "open"}, 40),
        frozen_journey(60, {"alarm_button": "pressed"}, 20),
    ]
    told = 0
    for finding in [*SINGLE, FROZEN]:
        for story in stories:
            twin, expected = Twin(0, THRESHOLDS), list[Row]()
            for row in story[:13]:
                expected += twin.take_sample(row)
            state = FleetState.empty(1)
            found = detect(state, story[:13])
            find_out(state, finding)
            for row in story[13:]:
                expected += twin.take_sample(row, frozenset({finding[1] or "all"}))
            expected += twin.take_time(story[-1]["received_us"])
            found += detect(state, story[13:])
            assert comparable(found) == comparable(expected), (finding, found)
            told += len(found)
    assert told > 100


FIVE_NUMBERS: Row = {"motor_current_a": 0.0, "vibration_mps2": 0.05}


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, False),
        ({"vibration_mps2": 0.051}, True),
        ({"door_open_presses_count": 1}, True),
        ({"alarm_button": "pressed"}, True),
    ],
)
def test_a_device_that_was_frozen_before_it_was_heard_is_silent(
    changes: Row, *, found: bool
) -> None:
    """People aboard, a call, shut doors, over and over; anything else is a sign of life."""
    stuck = ARRIVED | FIVE_NUMBERS | {"car_calls_count": 1, "direction": "up"}
    rows = [
        sample(at_s=float(at_s), **stuck | (changes if at_s >= 30 else {})) for at_s in range(90)
    ]

    assert ("probable" in dict(levels(detect(FleetState.empty(1), rows)))) is found


@pytest.mark.parametrize(
    "odd",
    [
        {"levelling_error_mm": None, "load_kg": None},  # a loose plug
        {"levelling_error_mm": None, "speed_mps": 0.04, "brake": "released"},  # the car starts
    ],
)
def test_a_standing_car_does_not_leave_its_landing_by_a_number_that_fails(odd: Row) -> None:
    """A zone wired wrongly, and the levelling error that contradicts it is absent for a while."""
    wrong_zone = ARRIVED | {"door_zone": "outside", "car_calls_count": 0}
    rows = []
    for at_s in range(200):
        now = wrong_zone | (odd if 150 <= at_s < 154 else {})
        told = {name: value for name, value in now.items() if value is not None}
        told["position_m"] += 0.001 * (at_s % 3)
        rows.append(sample(at_s=float(at_s), **told))

    found = levels(detect(FleetState.empty(1), rows))

    assert not [level for level, at_s in found if 150 <= at_s < 160]


def test_who_was_seen_to_leave_is_not_inside_whatever_the_zone_says() -> None:
    """Doors open where the switch says `outside`, and both sensors see the last one go."""
    rows = journey({"door_zone": "outside", "levelling_error_mm": None}, until_s=14)
    outside = ARRIVED | {"door_zone": "outside"}
    del outside["levelling_error_mm"]
    empty = {"occupancy": "empty", "load_kg": 0.0}
    for at_s in range(14, 120):
        doors = {"car_door": "open", "landing_door": "open"} if at_s < 20 else {}
        rows.append(sample(at_s=float(at_s), **outside | doors | (empty if at_s > 15 else {})))

    state = FleetState.empty(1)
    before = levels(detect(state, rows[:20]))
    assert "probable" not in dict(before)
    assert "probable" not in dict(levels(detect(state, rows[20:])))


def test_a_fault_of_the_doors_is_believed_of_a_door_switch_that_was_found_out() -> None:
    """It missed closings; that the doors stand neither open nor shut its controller says."""
    fault: Row = {"car_door": "fault", "landing_door": "fault", "safety_chain": "open"}
    tries: Row = {"car_door": "closing", "landing_door": "closing", "safety_chain": "open"}
    rows = [sample(at_s=float(s), **OPEN_DOORS) for s in range(5)]
    rows += [sample(at_s=float(s), **OPEN_DOORS | tries) for s in range(5, 8)]
    for s in range(8, 60):
        told = OPEN_DOORS | fault | {"car_calls_count": 1, "door_open_presses_count": s // 10}
        rows.append(sample(at_s=float(s), **told))

    assert "probable" in dict(levels(detect(lying(SKEWED_DOOR), rows)))


def test_what_a_doubted_door_tells_is_remembered_apart_from_what_is_believed() -> None:
    """Who watches the equipment compares with what was told; only shut doors have a time."""
    state = lying(SKEWED_DOOR)
    seen = []
    for at_s, door in enumerate(["open", "closing", "closed"]):
        detect(state, [sample(at_s=float(at_s), **ARRIVED | {"car_door": door})])
        record = state.records[0]
        told, timed = int(record["door_told"]) >> 1, int(record["door_told"]) & 1
        seen.append((int(record["car_door"]), told, timed))

    unknown, closed = DoorState.UNKNOWN.code, DoorState.CLOSED.code
    assert seen == [
        (unknown, DoorState.OPEN.code, 0),
        (unknown, DoorState.CLOSING.code, 0),
        (closed, closed, 1),
    ]
    assert state.records["door_since_us"][0] == EPOCH_US + 2 * SECOND_US


def test_a_frozen_device_with_a_doubted_door_is_heard_once() -> None:
    """What is repeated is what was told, also where it is not believed."""
    rows = [
        row | {"car_door": "closing", "landing_door": "closing"}
        for row in frozen_journey(100, {"door_open_presses_count": 3}, 60)
    ]
    state = FleetState.empty(1)
    detect(state, rows[:13])
    find_out(state, FROZEN, SKEWED_DOOR)
    detect(state, rows[13:])

    assert state.records["observed_us"][0] == EPOCH_US + 60 * SECOND_US


@pytest.mark.parametrize("lives_by", [None, "vibration_mps2", "event"])
def test_a_device_that_said_one_thing_only_never_fell_silent(lives_by: str | None) -> None:
    """Caught between floors, near zero speed, by its first word: it may be a car that runs."""
    first = RUNNING | FIVE_NUMBERS | {"speed_mps": 0.02}
    rows = [sample(at_s=0.0, **first)]
    if lives_by == "vibration_mps2":
        rows.append(sample(at_s=1.0, **first | {"vibration_mps2": 0.051}))
    elif lives_by:
        rows.append(event(at_s=1.0, kind="door_retry"))
    state, twin = FleetState.empty(1), Twin(0, THRESHOLDS)
    found, expected = detect(state, rows), list[Row]()
    for row in rows:
        expected += twin.take_event(row) if "kind" in row else twin.take_sample(row)
    now_us = EPOCH_US + 120 * SECOND_US
    found += rows_of([tick(state, now_us, THRESHOLDS)])

    assert ("probable" in dict(levels(found))) is (lives_by is not None)
    assert comparable(found) == comparable(expected + twin.take_time(now_us))
