"""How a device's rhythm is learned, and how long a belief grows in its silence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftward_detection.detector import observe, tick
from liftward_detection.fleet import FleetState
from liftward_detection.thresholds import default_thresholds
from support.detector_twin import Twin
from unit.detection.streams import EPOCH_US, SECOND_US, Row, rows_of, sample, sample_columns
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
