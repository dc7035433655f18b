"""The field's fixed timers: exact times, what holds and resets them, and their naive twin."""

import random
from collections import Counter
from typing import Any

import pytest

from liftward_detection.baseline import TimerState, observe, tick
from liftward_detection.transitions import Transitions
from support.timers_twin import TimersTwin
from unit.detection.streams import EPOCH_US, SECOND_US, Row, sample, sample_columns

STUCK: dict[str, Any] = {
    "occupancy": "occupied",
    "car_door": "closed",
    "door_zone": "outside",
    "speed_mps": 0.0,
    "service_mode": "normal",
}
LIFTS_COUNT = 3


def told(parts: list[Transitions]) -> list[tuple[Any, ...]]:
    return [
        (row["transition"], row["reason"], _s(row["onset_at_us"]), _s(row["detected_at_us"]))
        for part in parts
        for row in part.rows()
    ]


def _s(at_us: int) -> float:
    return (at_us - EPOCH_US) / SECOND_US


def lived(changes: dict[int, dict[str, Any]], end_s: int) -> list[tuple[Any, ...]]:
    """Let a lift speak once a second, with a tick after each sample."""
    state, said, parts = TimerState.empty(1), dict(STUCK), []
    for at_s in range(end_s):
        said |= changes.get(at_s, {})
        parts.append(observe(state, sample_columns([sample(at_s=at_s, **said)])))
        parts.append(tick(state, EPOCH_US + at_s * SECOND_US))
    return told(parts)


def test_between_floors_it_takes_thirty_seconds() -> None:
    """Off level, door closed, passenger signal: an event after 30 s, over when a door opens."""
    released = {40: {"door_zone": "inside"}, 42: {"car_door": "open"}}

    assert lived(released, 60) == [
        ("began", "off_level_timer", 0.0, 30.0),
        ("ended", "off_level_timer", 0.0, 42.0),
    ]


def test_at_a_landing_it_takes_forty_five_seconds() -> None:
    """At level the firmware waits longer; a level told by the levelling error is one, too."""
    at_level = {0: {"door_zone": "unknown", "levelling_error_mm": 12.0}}

    assert lived(at_level, 60) == [("began", "at_level_timer", 0.0, 45.0)]


@pytest.mark.parametrize(
    "resetting",
    [{"occupancy": "empty"}, {"speed_mps": 1.0}, {"car_door": "opening"},
     {"service_mode": "inspection"}, {"door_zone": "unknown"}],
)  # fmt: skip
def test_a_moment_without_the_condition_begins_anew(resetting: dict[str, Any]) -> None:
    """There is no latch and no unknown: one sample that does not fulfil the rule resets it."""
    before = {name: STUCK[name] for name in resetting}

    assert lived({20: resetting, 21: before}, 50) == []
    assert lived({20: resetting, 21: before}, 60) == [("began", "off_level_timer", 21.0, 51.0)]


def test_out_of_service_hides_nobody_and_a_load_counts_without_a_sensor() -> None:
    """In the timers' favour: a broken lift's mode does not suppress, a load is a passenger."""
    said = {0: {"service_mode": "out_of_service", "occupancy": "unknown", "load_kg": 75.0}}

    assert lived(said, 40) == [("began", "off_level_timer", 0.0, 30.0)]


def test_a_timer_fires_in_silence() -> None:
    """A tick opens the event at the instant it was due, although no sample comes."""
    state = TimerState.empty(1)
    observe(state, sample_columns([sample(at_s=0, **STUCK)]))

    assert told([tick(state, EPOCH_US + 29 * SECOND_US)]) == []
    assert told([tick(state, EPOCH_US + 33 * SECOND_US)]) == [
        ("began", "off_level_timer", 0.0, 30.0)
    ]


def random_rows(rng: random.Random) -> list[Row]:
    """Return the rows of a few lifts, with gaps, late ones, restarts and unknown values."""
    said: list[dict[str, Any]] = [dict(STUCK) for _ in range(LIFTS_COUNT)]
    rows = []
    at_s = 0.0
    for number in range(rng.randrange(50, 200)):
        lift = rng.randrange(LIFTS_COUNT)
        at_s += rng.choice([0.2, 1.0, 5.0, 20.0])
        if rng.random() < 0.4:
            said[lift] |= rng.choice([
                {"occupancy": rng.choice(["occupied", "empty", "unknown"])},
                {"car_door": rng.choice(["open", "closed", "closing", "unknown"])},
                {"landing_door": rng.choice(["open", "closed"])},
                {"door_zone": rng.choice(["inside", "outside", "unknown"])},
                {"levelling_error_mm": rng.choice([None, 5.0, -350.0])},
                {"speed_mps": rng.choice([0.0, 1.5, None])},
                {"load_kg": rng.choice([None, 10.0, 80.0])},
                {"service_mode": rng.choice(["normal", "inspection", "out_of_service"])},
            ])  # fmt: skip
        row = sample(lift, at_s=at_s, **said[lift])
        row["boot_id"] = 1 + number // 90
        if rng.random() < 0.1:
            row["sequence"] -= rng.randrange(60_000)  # late, or a repeat
        rows.append(row)
    return rows


def test_the_naive_twin_agrees_on_random_streams_however_they_are_cut() -> None:
    """Compiled timers and plain ones tell the same, in one batch, in pieces, and by ticks."""
    for seed in range(60):
        rng = random.Random(seed)
        rows = random_rows(rng)
        twins = [TimersTwin(lift) for lift in range(LIFTS_COUNT)]
        expected = [told_row for row in rows for told_row in twins[row["lift"]].take_sample(row)]
        state, start, parts = TimerState.empty(LIFTS_COUNT), 0, []
        while start < len(rows):
            end = start + rng.randrange(1, 60)
            parts.append(observe(state, sample_columns(rows[start:end])))
            start = end
        last_us = rows[-1]["received_us"] + 100 * SECOND_US
        expected += [told_row for twin in twins for told_row in twin.take_time(last_us)]
        parts.append(tick(state, last_us))

        assert _comparable(parts) == sorted(map(repr, expected)), f"seed {seed}"


def _comparable(parts: list[Transitions]) -> list[str]:
    return sorted(
        repr({
            "lift": row["lift_index"],
            "transition": row["transition"],
            "onset_us": row["onset_at_us"],
            "at_us": row["detected_at_us"],
            "received_us": row["received_at_us"],
            "reason": row["reason"],
        })
        for part in parts
        for row in part.rows()
    )  # fmt: skip


def test_room_for_many_transitions_and_for_new_lifts() -> None:
    """A batch in which every sample opens or ends an event fits, and so does a grown fleet."""
    state = TimerState.empty(1)
    state.grow(2_000)
    stuck = sample_columns([sample(lift, at_s=0, **STUCK) for lift in range(2_000)])
    observe(state, stuck)
    out = STUCK | {"door_zone": "inside", "car_door": "open"}

    both = observe(state, sample_columns([sample(n, at_s=60, **out) for n in range(2_000)]))

    assert Counter(row["transition"] for row in both.rows()) == {"began": 2_000, "ended": 2_000}
    assert state.lifts["is_open"].sum() == 0
