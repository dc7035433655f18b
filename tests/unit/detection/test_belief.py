"""What the belief does with evidence and with time, apart from any scripted story."""

from math import log10
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftward_detection.detector import observe, take_events, tick
from liftward_detection.entrapment import needs_look
from liftward_detection.fleet import FleetState
from liftward_detection.samples import sample_arrays, sample_at
from liftward_detection.thresholds import default_thresholds, limits_of
from support.belief_twin import INNOCENT, ORDER, Belief
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
RUNNING: Row = {
    "service_mode": "normal",
    "speed_mps": 1.5,
    "car_door": "closed",
    "door_zone": "outside",
    "occupancy": "occupied",
}
STANDING = RUNNING | {"speed_mps": 0.0}
PIECES = st.dictionaries(st.sampled_from(ORDER[1:]), st.just(1)).map(
    lambda some: {"place": 1} | some
)


def belief(pieces: dict[str, int], *, between_floors: bool) -> Belief:
    return Belief(
        between_floors=between_floors,
        pieces=pieces,
        rest_us=EPOCH_US,
        door_us=EPOCH_US,
        press_us=EPOCH_US if "door_open_presses" in pieces else None,
        alarm_us=EPOCH_US if "alarm_button" in pieces else None,
        mains_us=EPOCH_US if "power_lost" in pieces else None,
    )


def levels(rows: list[Row]) -> list[tuple[str, str, float]]:
    return [
        (row["transition"], row["level"], (row["detected_at_us"] - EPOCH_US) / SECOND_US)
        for row in rows
        if row["kind"] == "entrapment"
    ]


def told(state: FleetState, *rows: Row) -> list[tuple[str, str, float]]:
    return levels(rows_of([observe(state, sample_columns(rows), THRESHOLDS)]))


def ticked(state: FleetState, at_s: float) -> list[tuple[str, str, float]]:
    return levels(rows_of([tick(state, EPOCH_US + round(at_s * SECOND_US), THRESHOLDS)]))


@settings(max_examples=60, deadline=None)
@given(PIECES, st.booleans(), st.floats(0.01, 0.99))
def test_belief_only_rises_while_nothing_new_is_told(
    pieces: dict[str, int],
    between_floors: bool,  # noqa: FBT001 - drawn
    wanted: float,
) -> None:
    """The instant of a crossing is the first microsecond with this probability, and stays so."""
    one = belief(pieces, between_floors=between_floors)
    odds = [one.odds_against(EPOCH_US + wait_s * SECOND_US) for wait_s in range(0, 3600, 60)]
    at_us = one.reaches(wanted, EPOCH_US)

    assert odds == sorted(odds, reverse=True)
    if at_us is not None and at_us > EPOCH_US:
        assert one.odds_against(at_us) <= (1 - wanted) / wanted < one.odds_against(at_us - 1)


@pytest.mark.parametrize("between_floors", [True, False])
@pytest.mark.parametrize(
    "piece",
    ["alarm_button", "door_open_presses", "controller_code", "safety_chain_open", "car_calls"],
)
def test_a_sign_of_distress_never_makes_an_entrapment_less_likely(
    piece: str,
    between_floors: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """Whatever an innocent explanation says of a sign, it says less of it than an entrapment."""
    one = belief({"place": 1, piece: 1}, between_floors=between_floors)
    before = belief({"place": 1}, between_floors=between_floors)

    for explanation in INNOCENT:
        assert one.log_odds(explanation, one.pieces) <= before.log_odds(explanation, before.pieces)


def test_levels_follow_one_another_with_the_same_onset() -> None:
    """Suspected, probable by time alone, confirmed when the button is pressed: one row each."""
    state = FleetState.empty(1)
    told(state, sample(at_s=-5, **RUNNING), *(sample(at_s=at_s, **STANDING) for at_s in range(30)))
    press = event_columns([event(at_s=30, kind="alarm_pressed")])
    rows = rows_of([take_events(state, press, THRESHOLDS)]) + rows_of(
        [tick(state, EPOCH_US + 31 * SECOND_US, THRESHOLDS)]
    )
    (confirmed,) = [row for row in rows if row["kind"] == "entrapment"]

    assert (confirmed["level"], confirmed["reason"]) == ("confirmed", "second_source")
    assert confirmed["onset_at_us"] == EPOCH_US
    assert confirmed["evidence"]["probability"] > THRESHOLDS.probable
    assert confirmed["evidence"]["weights"]["alarm_button"] > 0


def test_weights_add_up_to_the_belief() -> None:
    """What the pieces added, in decibans, is the log-odds of the probability."""
    state = FleetState.empty(1)
    rows = [sample(at_s=-5, **RUNNING), sample(at_s=0, load_kg=150.0, **STANDING)]
    found = rows_of([observe(state, sample_columns(rows), THRESHOLDS)])
    found += rows_of([tick(state, EPOCH_US + 40 * SECOND_US, THRESHOLDS)])

    for row in found:
        if row["kind"] == "entrapment":
            probability, weights = row["evidence"]["probability"], row["evidence"]["weights"]
            expected = 10 * log10(probability / (1 - probability))
            assert sum(weights.values()) == pytest.approx(expected, abs=0.05 * len(weights))


def test_saved_between_two_levels_it_goes_on_to_the_next_at_the_same_instant() -> None:
    """A gateway that dies over a suspected entrapment raises it when it would have."""
    before, lived = FleetState.empty(1), FleetState.empty(1)
    story = [sample(at_s=-5, **RUNNING), sample(at_s=0, **STANDING), sample(at_s=12, **STANDING)]
    told(lived, *story)
    assert [line[:2] for line in told(before, *story)] == [("began", "suspected")]
    restored = FleetState.from_bytes(before.to_bytes())

    raised = ticked(restored, 60)

    assert raised == ticked(lived, 60)
    assert [line[:2] for line in raised] == [("raised", "probable")]


def test_belief_does_not_grow_for_ever_on_a_silent_lift() -> None:
    """Nothing heard for hours: what would be crossed then waits for what is heard of it again."""
    state = FleetState.empty(1)
    crept = STANDING | {"service_mode": None}
    told(
        state, sample(at_s=0, **{name: value for name, value in crept.items() if value is not None})
    )

    assert ticked(state, 20_000) == []
    again = [
        line
        for second in range(0, 12_000, 10)
        for line in told(
            state,
            sample(
                at_s=20_000 + second,
                **{n: value for n, value in crept.items() if value is not None},
            ),
        )
    ]
    assert [line[:2] for line in again] == [("began", "suspected"), ("raised", "probable")]
    assert again[0][2] > 20_000, "of the hours before nothing is known"


@pytest.mark.parametrize(
    "signals",
    [
        {},
        {"speed_mps": float("nan"), "load_kg": float("nan"), "position_m": float("nan")},
        {"speed_mps": 0.0},
        {"speed_mps": 0.0, "car_door": "closed", "door_zone": "inside", "occupancy": "empty"},
        {"speed_mps": 0.0, "car_door": "closed", "door_zone": "inside", "load_kg": 0.0},
        {"speed_mps": 1.5, "car_door": "closed", "occupancy": "occupied"},
    ],
)
def test_constant_streams_without_evidence_raise_nothing(signals: dict[str, Any]) -> None:
    """A day of the same, whatever is absent or NaN: no entrapment, and no exception."""
    state = FleetState.empty(1)

    assert told(state, *(sample(at_s=minute * 60, **signals) for minute in range(1440))) == []
    assert ticked(state, 1e6) == []


def test_repeated_samples_are_no_further_evidence() -> None:
    """A hundred samples a second that say the same give the belief of one."""
    once, often = FleetState.empty(1), FleetState.empty(1)
    told(once, sample(at_s=-1, **RUNNING), sample(at_s=0, **STANDING), sample(at_s=8, **STANDING))
    told(
        often,
        sample(at_s=-1, **RUNNING),
        *(sample(at_s=tick_ / 100, **STANDING) for tick_ in range(801)),
    )

    assert ticked(once, 60) == ticked(often, 60) != []


@pytest.mark.parametrize(
    ("signals", "looks"),
    [
        (STANDING, False),
        (RUNNING, True),
        ({"position_m": 3.0}, True),
        ({"car_door": "closed"}, False),
    ],
)
def test_samples_that_tell_the_belief_something_ask_to_be_looked_at(
    signals: Row,
    looks: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """A way past the rules may skip a sample only when this says no."""
    state = FleetState.empty(1)
    told(state, sample(at_s=0, **STANDING))
    row = sample_at_of(signals)
    asked = getattr(needs_look, "py_func", needs_look)

    assert bool(asked(state.records[0], row, limits_of(THRESHOLDS))) is looks


def sample_at_of(signals: Row) -> Any:
    arrays = sample_arrays(sample_columns([sample(at_s=1, **signals)]))
    return getattr(sample_at, "py_func", sample_at)(arrays, 0)


@pytest.mark.parametrize(("boot_id", "found"), [(1, ["began", "raised"]), (2, [])])
def test_what_a_device_can_tell_is_forgotten_at_its_new_boot(
    boot_id: int, found: list[str]
) -> None:
    """A mode told once speaks against a technician, until the device has started anew."""
    state = FleetState.empty(1)
    silent_mode = {name: value for name, value in STANDING.items() if name != "service_mode"}
    told(state, sample(at_s=0, speed_mps=0.0, car_door="open", door_zone="inside"))
    normal = event(at_s=1, kind="mode_changed", service_mode="normal")
    take_events(state, event_columns([normal]), THRESHOLDS)

    rows = [sample(at_s=2 + at_s, **silent_mode) | {"boot_id": boot_id} for at_s in range(60)]

    assert [line[0] for line in told(state, *rows)] == found


AT_LANDING = STANDING | {"door_zone": "inside", "car_calls_count": 1, "load_kg": 75.0}


def test_a_late_press_of_door_open_takes_nothing_back() -> None:
    """The car does not start; only after half a minute someone presses: still the same episode."""
    state = FleetState.empty(1)
    pressed = [0] * 30 + [1] * 10 + [2] * 10
    rows = [
        sample(at_s=at_s, door_open_presses_count=count, **AT_LANDING)
        for at_s, count in enumerate(pressed)
    ]

    found = told(state, sample(at_s=-1, **AT_LANDING | {"car_door": "open"}), *rows)

    assert [line[:2] for line in found] == [
        ("began", "suspected"),
        ("raised", "probable"),
        ("raised", "confirmed"),
    ]
    assert found[-1][2] == 40.0


def test_doors_that_open_at_last_end_an_entrapment_and_do_not_withdraw_it() -> None:
    """Someone opens the doors of a car that stood shut on arrival: people were in there."""
    state = FleetState.empty(1)
    arrived = [sample(at_s=at_s, **AT_LANDING) for at_s in range(40)]
    opening = [sample(at_s=40 + at_s, **AT_LANDING | {"car_door": "opening"}) for at_s in range(4)]
    out = {"car_door": "open", "load_kg": 0.0, "occupancy": "empty"}
    story = [sample(at_s=-1, **RUNNING), *arrived, *opening, sample(at_s=44, **AT_LANDING | out)]

    found = rows_of([observe(state, sample_columns(story), THRESHOLDS)])

    over = [row for row in found if (row["kind"], row["transition"]) == ("entrapment", "ended")]
    assert [(row["level"], row["reason"]) for row in over] == [("probable", "way_out_open")]


def test_a_call_that_the_controller_cancels_takes_nothing_back() -> None:
    """After a fault many controllers drop the car calls: the people still wanted to go."""
    state = FleetState.empty(1)
    rows = [
        sample(at_s=at_s, **AT_LANDING | {"car_calls_count": int(at_s < 25)}) for at_s in range(60)
    ]

    found = told(state, sample(at_s=-1, **AT_LANDING | {"car_door": "open"}), *rows)

    assert [line[:2] for line in found] == [("began", "suspected"), ("raised", "probable")]
