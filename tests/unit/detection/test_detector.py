"""What the detector does at the edges: time, silence, lateness, suppression, bad input."""

from math import log10
from typing import Any

import pytest

from liftward_detection.detector import observe, take_events, tick, warm_up
from liftward_detection.events import EventWord
from liftward_detection.fleet import FleetState
from liftward_detection.kinds import DetectionKind, Suppression
from liftward_detection.thresholds import default_thresholds
from liftward_wire.gbt24476 import CODES
from liftward_wire.messages import EventKind
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

THRESHOLDS = default_thresholds()
STUCK: Row = {
    "service_mode": "normal",
    "speed_mps": 0.0,
    "car_door": "closed",
    "door_zone": "outside",
    "occupancy": "occupied",
}
# When a car is suspected, and probably stuck, that is first seen standing like that.
SUSPECTED_S, PROBABLE_S = 9.061545, 17.082639
STANDING: Row = {"speed_mps": 0.0, "car_door": "closed", "door_zone": "inside"}


class Bench:
    """One detector with a few lifts, spoken to in seconds."""

    def __init__(self, lift_count: int = 1) -> None:
        self.state = FleetState.empty(lift_count)

    def observe(self, *samples: Row) -> list[list[Any]]:
        return brief(observe(self.state, sample_columns(samples), THRESHOLDS))

    def take(self, *events: Row) -> list[list[Any]]:
        return brief(take_events(self.state, event_columns(events), THRESHOLDS))

    def tick(self, at_s: float) -> list[list[Any]]:
        return brief(tick(self.state, EPOCH_US + round(at_s * SECOND_US), THRESHOLDS))


def brief(transitions: Any) -> list[list[Any]]:
    """Return [kind, transition, detected at second] of each transition."""
    return [
        [row["kind"], row["transition"], (row["detected_at_us"] - EPOCH_US) / SECOND_US]
        for row in rows_of([transitions])
    ]


def test_signals_that_say_nothing_raise_nothing() -> None:
    """A day of samples in which every signal is absent gives no alarm and no exception."""
    bench = Bench()

    assert bench.observe(*(sample(at_s=minute * 60) for minute in range(1440))) == []
    assert bench.tick(1e6) == []


@pytest.mark.parametrize(
    ("missing", "levels"),
    [
        ("speed_mps", []),
        ("door_zone", []),
        ("occupancy", []),
        ("car_door", ["suspected", "probable"]),
        ("service_mode", []),
    ],
)
def test_verdict_without_one_of_the_signals(missing: str, levels: list[str]) -> None:
    """What is missing is not guessed; but between floors no door leads anywhere."""
    known = {name: value for name, value in STUCK.items() if name != missing}
    stream = sample_columns([sample(at_s=at_s, **known) for at_s in range(100)])

    found = rows_of([observe(FleetState.empty(1), stream, THRESHOLDS)])

    assert [row["level"] for row in found if row["kind"] == "entrapment"] == levels


def test_lift_with_one_sample_is_decided_by_ticks() -> None:
    """One sample is weighed; ticks tell each level at its own instant, once."""
    bench = Bench()
    bench.observe(sample(at_s=0, **STUCK))

    assert bench.tick(SUSPECTED_S - 1e-6) == []
    assert bench.tick(12) == [["entrapment", "began", SUSPECTED_S]]
    assert bench.tick(33) == [["entrapment", "raised", PROBABLE_S]]
    assert bench.tick(1000) == [["gb_04", "began", 45.0]]
    assert bench.tick(2000) == []
    assert bench.tick(10) == []  # time that runs backwards does nothing


def test_verdict_on_a_silent_lift_says_so() -> None:
    """The evidence tells that the last sample was old, and its weights make up the belief."""
    bench = Bench()
    bench.observe(sample(at_s=0, floor=7, load_kg=71.26, **STUCK))

    _, row = rows_of([tick(bench.state, EPOCH_US + 31 * SECOND_US, THRESHOLDS)])
    evidence = row["evidence"]
    probability, weights = evidence.pop("probability"), evidence.pop("weights")

    assert row["level"] == "probable"
    assert probability == pytest.approx(THRESHOLDS.probable, abs=1e-6)
    assert list(weights)[:2] == ["prior", "off_level"]
    assert sum(weights.values()) == pytest.approx(10 * log10(0.95 / 0.05), abs=0.1 * len(weights))
    assert evidence.pop("seconds_stationary") == pytest.approx(weights_time_s(row))
    assert evidence == {
        "stationary": True,
        "off_level": True,
        "doors_shut": True,
        "occupied": True,
        "silent": True,
        "derived": True,
        "floor": 7,
        "load_kg": 71.3,
    }


def weights_time_s(row: Row) -> float:
    """Return how long after its onset a row was decided."""
    return float(row["detected_at_us"] - row["onset_at_us"]) / SECOND_US


def test_sample_at_the_very_instant_fires_then_clears() -> None:
    """Data that arrives in the microsecond a level is due: the alarm is raised and cleared."""
    bench = Bench()
    bench.observe(sample(at_s=0, **STUCK))
    free: Row = {"speed_mps": 0.0, "car_door": "open", "door_zone": "inside", "occupancy": "empty"}

    assert bench.observe(sample(at_s=SUSPECTED_S, **free)) == [
        ["entrapment", "began", SUSPECTED_S],
        ["entrapment", "ended", SUSPECTED_S],
    ]


def test_late_sample_does_not_touch_the_state() -> None:
    """A sample from before the last one, with an older number, changes not one byte."""
    bench = Bench()
    bench.observe(sample(at_s=100, **STUCK))
    before = bench.state.to_bytes()

    bench.observe(sample(at_s=50, speed_mps=1.0, car_door="open"))

    assert bench.state.to_bytes() == before


def test_clock_set_back_keeps_what_has_elapsed() -> None:
    """A newer sample dated an hour earlier: the 8 s that had passed still count."""
    bench = Bench()
    bench.observe(*(sample(at_s=at_s, **STUCK) for at_s in (0, 8)))
    set_back = sample(at_s=-3592, lag_s=3600, **STUCK) | {"sequence": 8_001}

    assert bench.observe(set_back) == []
    assert bench.tick(SUSPECTED_S - 0.1) == []
    assert bench.tick(SUSPECTED_S) == [["entrapment", "began", SUSPECTED_S - 3600]]


def test_lift_that_batches_is_not_judged_before_its_news_is_due() -> None:
    """Once a minute a batch of a minute: a stop at its end is judged by the next batch, not by
    a tick between; but a batch that stays away is.
    """
    bench = Bench()
    for minute in range(3):
        batch = [sample(at_s=minute * 60 + at_s, speed_mps=1.5, **ABOARD) for at_s in range(59)]
        batch.append(sample(at_s=minute * 60 + 59, **ABOARD | STUCK))
        for row in batch:
            row["received_us"] = EPOCH_US + (minute + 1) * 60 * SECOND_US
        assert bench.observe(*batch) == []
        assert bench.tick(minute * 60 + 60) == []
        assert bench.tick(minute * 60 + 119) == []

    found = bench.tick(320)
    assert [line[:2] for line in found] == [
        ["gb_04", "began"],
        ["entrapment", "began"],
        ["entrapment", "raised"],
    ]
    assert [179 + wait_s for wait_s in (45, SUSPECTED_S, 17)] == pytest.approx(
        [line[2] for line in found], abs=0.1
    )


ABOARD: Row = {"car_door": "closed", "door_zone": "outside", "occupancy": "occupied"}


def test_alarm_event_on_a_lift_that_sends_nothing_more() -> None:
    """The press alone is a suspicion: at once beside a fresh sample, soon after an old one."""
    fresh, old = Bench(), Bench()
    fresh.observe(sample(at_s=0, **STANDING))
    old.observe(sample(at_s=0, **STANDING))

    assert fresh.take(event(at_s=50, kind="alarm_pressed")) == [["gb_90", "began", 50.0]]
    assert fresh.tick(49.9) == []
    assert fresh.tick(200) == [["entrapment", "began", 50.0]]

    assert old.take(event(at_s=100, kind="alarm_pressed")) == [["gb_90", "began", 100.0]]
    assert old.tick(200) == [["entrapment", "began", 110.610164]]


def test_alarm_pressed_before_the_doors_opened_is_answered() -> None:
    """A press that reaches us after the doors were seen open starts nothing."""
    bench = Bench()
    bench.observe(sample(at_s=10, speed_mps=0.0, car_door="open"), sample(at_s=14, **STANDING))

    bench.take(event(at_s=9, kind="alarm_pressed"))

    assert bench.tick(1000) == []


def test_press_while_a_technician_commands_the_car_is_a_test() -> None:
    """Pressed in inspection mode, it does not count when the lift goes back to normal."""
    bench = Bench()
    bench.observe(sample(at_s=0, service_mode="inspection", **STANDING))
    bench.take(event(at_s=5, kind="alarm_pressed"))
    bench.observe(sample(at_s=9, service_mode="normal", alarm_button="released", **STANDING))

    assert bench.tick(1000) == []


def test_mode_event_stops_the_timer_of_a_silent_lift() -> None:
    """Inspection told by an event alone: what was running is dropped before a tick can fire it."""
    bench = Bench()
    bench.observe(sample(at_s=0, **STUCK))

    bench.take(event(at_s=8, kind="mode_changed", service_mode="inspection"))

    assert bench.tick(1000) == []
    assert bench.state.suppression(0) is Suppression.INSPECTION


def test_fault_that_turns_the_lift_out_of_service_hides_nobody() -> None:
    """A controller takes itself out of service over the fault: the belief grows on."""
    bench = Bench()
    bench.observe(sample(at_s=0, **STUCK))
    bench.observe(sample(at_s=5, **STUCK | {"service_mode": "out_of_service"}))

    (row, *_) = rows_of([tick(bench.state, EPOCH_US + 31 * SECOND_US, THRESHOLDS)])

    assert (row["kind"], row["level"]) == ("entrapment", "suspected")
    assert row["evidence"]["out_of_service"]


def test_inspection_leaves_an_open_entrapment_open() -> None:
    """The technician who comes to free them switches to inspection: nobody is free by that."""
    bench = Bench()
    bench.observe(sample(at_s=0, **STUCK), sample(at_s=31, **STUCK))

    assert bench.observe(sample(at_s=40, **STUCK | {"service_mode": "inspection"})) == [
        ["gb_43", "began", 40.0]
    ]


@pytest.mark.parametrize("mode", ["fire_recall", "earthquake", "emergency_power", "normal"])
def test_modes_that_must_bring_people_to_a_landing_do_not_suppress(mode: str) -> None:
    """Fire recall and its like: whoever is stuck between floors meanwhile is trapped."""
    bench = Bench()
    bench.observe(sample(at_s=0, **STUCK | {"service_mode": mode}))

    assert ["entrapment", "raised", PROBABLE_S] in bench.tick(40)


def test_alarm_on_a_lift_without_door_signals_is_raised_once() -> None:
    """No door says when it opened: the next run ends it, and the press does not count again."""
    bench = Bench()
    still: Row = {"speed_mps": 0.0, "door_zone": "inside", "occupancy": "occupied"}
    found = bench.observe(
        sample(at_s=0, alarm_button="pressed", **still),
        sample(at_s=10, alarm_button="released", **still),
        sample(at_s=30, speed_mps=1.5),
        sample(at_s=60, **still),
        sample(at_s=200, **still),
    )

    assert [line for line in found if line[0] == "entrapment"] == [
        ["entrapment", "began", 10.596729],
        ["entrapment", "ended", 30.0],
    ]


def test_sensor_that_still_sees_someone_does_not_keep_it_open_for_ever() -> None:
    """Door open at level, then a new run: they could have left, so it is over."""
    bench = Bench()
    bench.observe(sample(at_s=0, **STUCK), sample(at_s=31, **STUCK))

    found = bench.observe(
        sample(at_s=60, **STANDING | {"car_door": "open", "occupancy": "occupied"}),
        sample(at_s=70, **STUCK | {"speed_mps": 1.5}),
    )

    assert ["entrapment", "ended", 70.0] in found


def test_automatic_operation_resumed_clears_reported_modes() -> None:
    """Code 40 ends a reported inspection, so that the lift is watched again."""
    bench = Bench()
    silent_mode = {name: value for name, value in STUCK.items() if name != "service_mode"}
    bench.take(event(at_s=0, kind="fault_raised", gb_code=43))
    bench.observe(sample(at_s=1, speed_mps=1.5, car_door="closed", door_zone="outside"))
    bench.observe(sample(at_s=2, **silent_mode))
    assert bench.tick(35) == []

    assert bench.take(event(at_s=40, kind="fault_raised", gb_code=40)) == [
        ["gb_43", "ended", 40.0],
        ["gb_40", "began", 40.0],
    ]
    assert [line[:2] for line in bench.observe(sample(at_s=60, **silent_mode))] == [
        ["entrapment", "began"],
        ["entrapment", "raised"],
    ]


@pytest.mark.parametrize("gb_code", [-1, 0, 9, 99, 127])
def test_reported_code_outside_the_list_changes_nothing(gb_code: int) -> None:
    """A maker's own code, or none, is no episode of ours."""
    assert Bench().take(event(at_s=0, kind="fault_raised", gb_code=gb_code)) == []


def test_door_that_does_not_close_needs_a_reason_to_close() -> None:
    """An open door at a landing is a fault only when a call or a re-try wants it shut.

    And only on the device's word: what happens in silence is not known.
    """
    waiting, called = Bench(), Bench()
    door: Row = {"speed_mps": 0.0, "door_zone": "inside", "car_door": "open"}
    waiting.observe(*(sample(at_s=at_s, car_calls_count=0, **door) for at_s in range(0, 200, 10)))
    called.observe(sample(at_s=0, car_calls_count=1, **door))

    assert waiting.tick(1000) == []
    assert called.tick(1000) == []
    assert called.observe(sample(at_s=1001, car_calls_count=1, **door)) == [
        ["gb_02", "began", 110.0]
    ]


def test_more_transitions_than_one_table_holds_all_come_out() -> None:
    """A blackout in a whole town in one batch: every lift's row is there, in order."""
    bench = Bench(500)
    found = observe(
        bench.state,
        sample_columns([sample(lift, at_s=0, power_source="lost") for lift in range(500)]),
        THRESHOLDS,
    )

    assert found.lift_index.tolist() == list(range(500))
    assert len(found) == 500


@pytest.mark.parametrize("lift", [-1, 3])
def test_lift_outside_the_state_is_refused(lift: int) -> None:
    """Compiled code would write over foreign memory; the message says what to do."""
    bench = Bench(3)

    with pytest.raises(IndexError, match="grow the state"):
        bench.observe(sample(lift, at_s=0))
    with pytest.raises(IndexError, match="grow the state"):
        bench.take(event(lift, at_s=0, kind="test_call"))


def test_columns_of_unequal_length_are_refused() -> None:
    """The message names the column."""
    columns = sample_columns([sample(at_s=0), sample(at_s=1)])
    columns.signals["speed_mps"] = columns.signals["speed_mps"][:1]

    with pytest.raises(ValueError, match="speed_mps"):
        observe(FleetState.empty(1), columns, THRESHOLDS)


def test_signals_a_batch_does_not_carry_are_unknown() -> None:
    """Columns may leave signals out."""
    columns = sample_columns([sample(at_s=0, **STUCK)])
    columns.signals = {name: columns.signals[name] for name in STUCK}
    state = FleetState.empty(1)
    observe(state, columns, THRESHOLDS)

    assert len(tick(state, EPOCH_US + 31 * SECOND_US, THRESHOLDS)) == 2


def test_nothing_in_gives_nothing_out() -> None:
    """Empty columns, an empty fleet and a warm-up are no special cases."""
    warm_up()
    bench = Bench(0)

    assert bench.observe() == bench.take() == bench.tick(0) == []


def test_words_are_those_of_the_contract() -> None:
    """Event words and codes of the GB list follow liftward_wire."""
    assert [word.value for word in EventWord] == [kind.value for kind in EventKind]
    faults = {kind.value for kind in DetectionKind if kind.value.startswith("gb_")}
    assert faults == {f"gb_{row.code}" for row in CODES if row.code != "00"}
