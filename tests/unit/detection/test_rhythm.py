"""How a device's rhythm is learned, and how long a belief grows in its silence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftward_detection.detector import observe, take_events, tick
from liftward_detection.fleet import FleetState
from liftward_detection.thresholds import default_thresholds
from support.detector_twin import Twin
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
from unit.detection.test_twin import PROPERTY

THRESHOLDS = default_thresholds()
SHUT: Row = {
    "service_mode": "normal",
    "speed_mps": 0.0,
    "car_door": "closed",
    "door_zone": "inside",
    "occupancy": "occupied",
}
OPEN: Row = SHUT | {"car_door": "open"}


def learned_s(*samples: Row) -> float:
    state = FleetState.empty(1)
    observe(state, sample_columns(samples), THRESHOLDS)
    return float(state.records["interval_us"][0]) / SECOND_US


@pytest.mark.parametrize(
    ("times_s", "expected_s"),
    [
        ((0.0,), 0.0),  # one sample shows nothing
        ((0.0, 1.0, 2.0), 1.0),
        ((0.0, 1.0, 3.0), 2.0),  # one sample was lost
        ((0.0, 1.0, 3.0, 4.0, 5.0), 1.875),  # and is being forgotten
        ((0.0, 1.0, 601.0), 2.0),  # a lost link is no rhythm
        ((0.0, 30.0, 60.0, 90.0), 30.0),  # by exception, with a heartbeat: known after three
        (
            (0.0, 1_000.0, 2_000.0, 3_000.0, 4_000.0),
            60.0,
        ),  # never more than what a belief grows at most
    ],
)
def test_interval_is_a_slowly_falling_maximum(
    times_s: tuple[float, ...], expected_s: float
) -> None:
    """What the record holds after these samples of a car that stands shut with someone in it."""
    assert learned_s(*(sample(at_s=at_s, **SHUT) for at_s in times_s)) == expected_s


def test_interval_that_a_change_cut_short_is_none() -> None:
    """Doors that open half a second after the last word say nothing of the device's period."""
    rows = [sample(at_s=0, **SHUT), sample(at_s=1, **SHUT), sample(at_s=1.5, **OPEN)]
    rows += [sample(at_s=40, **OPEN), sample(at_s=80, **SHUT)]

    assert learned_s(*rows) == 1.0


def test_car_known_to_be_empty_teaches_nothing() -> None:
    """Devices speak rarely of an empty car; that is not how they speak of people."""
    empty = SHUT | {"occupancy": "empty"}

    assert learned_s(*(sample(at_s=at_s, **empty) for at_s in (0, 30, 60))) == 0.0


@pytest.mark.parametrize(("period_s", "suspects"), [(1, 0), (2, 0), (5, 1), (30, 1)])
def test_belief_at_a_landing_grows_for_three_intervals(period_s: int, suspects: int) -> None:
    """A car arrives and its device falls silent: evidence only if it is usually silent so long."""
    state = FleetState.empty(1)
    waiting = [sample(at_s=at_s * period_s - 200, **SHUT) for at_s in range(3)]
    running = [sample(at_s=at_s, **SHUT | {"speed_mps": 1.5}) for at_s in (-2, -1)]
    found = [observe(state, sample_columns(waiting), THRESHOLDS)]
    found += [observe(state, sample_columns([*running, sample(at_s=0, **SHUT)]), THRESHOLDS)]
    found += [tick(state, EPOCH_US + at_s * SECOND_US, THRESHOLDS) for at_s in range(600)]

    told = [row["transition"] for row in rows_of(found) if row["kind"] == "entrapment"]
    assert told == ["began"] * suspects


@PROPERTY
@given(
    st.lists(
        st.tuples(st.sampled_from([0.2, 1.0, 2.0, 7.0, 90.0]), st.sampled_from([SHUT, SHUT, OPEN])),
        min_size=1,
        max_size=25,
    )
)
def test_twin_learns_the_same(steps: list[tuple[float, Row]]) -> None:
    """The interval in the record is the naive one after every sample, quiet or not."""
    state, twin, at_s = FleetState.empty(1), Twin(0, THRESHOLDS), 0.0
    for passed_s, signals in steps:
        at_s += passed_s
        row = sample(at_s=at_s, **signals)
        observe(state, sample_columns([row]), THRESHOLDS)
        twin.take_sample(row)
        assert state.records["interval_us"][0] == (twin.interval_us or 0)


STOPPED: Row = SHUT | {"car_door": "opening", "floor": 2, "load_kg": 75.0}


def entrapments(*samples: Row) -> list[str]:
    found = [observe(FleetState.empty(1), sample_columns(samples), THRESHOLDS)]
    return [row["level"] for row in rows_of(found) if row["kind"] == "entrapment"]


def before_and_after(gap_s: float, *, after: Row) -> list[Row]:
    """A car that runs to a landing and opens; nothing for a while; then a car at that landing."""
    runs = SHUT | {"speed_mps": 1.0, "door_zone": "outside", "floor": 2, "load_kg": 75.0}
    rows = [sample(at_s=at_s, **runs) for at_s in range(5)]
    rows += [sample(at_s=5 + at_s, **STOPPED) for at_s in range(3)]
    return rows + [sample(at_s=7 + gap_s + at_s, **after) for at_s in range(3)]


@pytest.mark.parametrize("gap_s", [61.0, 600.0, 7_200.0])
def test_of_the_time_in_which_nothing_was_heard_nothing_is_concluded(gap_s: float) -> None:
    """A link that was lost, or a clock set forward: this is another stop at the same landing."""
    assert entrapments(*before_and_after(gap_s, after=STOPPED)) == []
    assert "probable" in entrapments(
        *before_and_after(1.0, after=STOPPED),
        *(sample(at_s=10 + at_s, **STOPPED) for at_s in range(50)),
    ), "heard all the while, the same car is stuck"


_PRESSES = [
    event(at_s=at_s, kind=kind, sequence=round(at_s))
    for at_s, kind in [(680, "alarm_pressed"), (683, "alarm_released"), (745, "alarm_pressed")]
]
_CODE = event(at_s=675, kind="fault_raised", gb_code=3, sequence=675)


@pytest.mark.parametrize(
    ("words", "levels"),
    [
        ([], []),
        ([event(at_s=680, kind="door_retry", sequence=2)], []),
        ([_CODE], []),
        (_PRESSES, ["suspected"]),
        ([_CODE, *_PRESSES], ["suspected", "probable", "confirmed"]),
        ([event(at_s=679, kind="test_call", sequence=679), *_PRESSES], []),
    ],
    ids=["nothing", "door retry", "code", "presses", "code and presses", "test call"],
)
def test_mode_that_ends_long_after_the_last_sample_leaves_the_car_unknown(
    words: list[Row], levels: list[str]
) -> None:
    """Ten minutes after the last sample an event ends the fire test: does the car still stand?"""
    stands = SHUT | {"service_mode": "firefighter"}
    runs = stands | {"speed_mps": 1.0, "door_zone": "outside"}
    rows = [sample(at_s=0, **runs), *(sample(at_s=1 + at_s, **stands) for at_s in range(20))]
    over = event(at_s=600, kind="mode_changed", service_mode="normal", sequence=1)
    state = FleetState.empty(1)
    found = [observe(state, sample_columns(rows), THRESHOLDS)]
    for word in [over, *words]:
        found.append(take_events(state, event_columns([word]), THRESHOLDS))
        found.append(tick(state, word["at_us"] + 70 * SECOND_US, THRESHOLDS))
    told = [row["level"] for row in rows_of(found) if row["kind"] == "entrapment"]
    assert told == levels


def test_press_of_somebody_who_was_seen_shut_in_counts_after_any_silence() -> None:
    """A device that speaks when something changes: nothing has, and now somebody presses, twice."""
    rows = [sample(at_s=0, **OPEN), *(sample(at_s=at_s, **SHUT) for at_s in (1, 2))]
    state = FleetState.empty(1)
    found = [observe(state, sample_columns(rows), THRESHOLDS)]
    for at_s in (100, 160):
        pressed = event(at_s=at_s, kind="alarm_pressed", sequence=at_s)
        found.append(take_events(state, event_columns([pressed]), THRESHOLDS))
        found.append(tick(state, pressed["at_us"] + 20 * SECOND_US, THRESHOLDS))
    levels = [row["level"] for row in rows_of(found) if row["kind"] == "entrapment"]
    assert levels == ["suspected", "probable", "confirmed"]


def test_car_that_says_the_same_after_a_gap_is_not_taken_for_quiet() -> None:
    """Nothing in it is new but the time, and that is."""
    rows = [sample(at_s=at_s, **SHUT) for at_s in (0, 1, 2, 3, 600)]
    state = FleetState.empty(1)
    observe(state, sample_columns(rows), THRESHOLDS)
    assert state.records["rest_since_us"][0] == EPOCH_US + 600 * SECOND_US


def test_person_who_was_seen_before_a_gap_may_have_left() -> None:
    """Latched until the doors open, and they may have opened while nothing was heard."""
    after = STOPPED | {"car_door": "closed", "occupancy": "empty", "load_kg": 0.0}
    state = FleetState.empty(1)
    observe(state, sample_columns(before_and_after(600.0, after=after)), THRESHOLDS)
    assert state.records["aboard"][0] == -1


def test_open_entrapment_goes_on_over_a_gap() -> None:
    """Its end has to be seen."""
    shut_in = SHUT | {"door_zone": "outside"}
    rows = [sample(at_s=0, **SHUT | {"speed_mps": 1.0, "door_zone": "outside"})]
    rows += [sample(at_s=1 + at_s, **shut_in) for at_s in range(40)]
    rows += [sample(at_s=4_000 + at_s, **shut_in | {"occupancy": "unknown"}) for at_s in range(40)]
    assert entrapments(*rows) == ["suspected", "probable"]
    state = FleetState.empty(1)
    observe(state, sample_columns(rows), THRESHOLDS)
    assert state.records["aboard"][0] == 1, "nobody was seen to get out"


def test_device_that_speaks_every_few_minutes_has_no_gaps() -> None:
    """What it said of a stop counts for the whole of it, once its rhythm is known."""
    slow = [sample(at_s=300.0 * step, **SHUT) for step in range(12)]
    state = FleetState.empty(1)
    observe(state, sample_columns(slow), THRESHOLDS)
    stood_s = (state.records["observed_us"][0] - state.records["rest_since_us"][0]) / SECOND_US
    assert stood_s > 1_800
