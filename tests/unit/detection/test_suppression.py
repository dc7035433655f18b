"""Why a lift is not watched, for how long that is believed, and what the end of it does."""

import pytest

from liftward_detection.detector import observe, take_events, tick
from liftward_detection.fleet import FleetState
from liftward_detection.kinds import Suppression
from liftward_detection.thresholds import default_thresholds
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
INSIDE: Row = {"service_mode": "normal", "door_zone": "inside", "speed_mps": 0.0}
SHUT = INSIDE | {"car_door": "closed"}
OPEN = INSIDE | {"car_door": "open"}


def see(state: FleetState, *rows: Row) -> list[tuple[str, str, float]]:
    return brief(rows_of([observe(state, sample_columns(rows), THRESHOLDS)]))


def brief(rows: list[Row]) -> list[tuple[str, str, float]]:
    return [
        (row["kind"], row["transition"], (row["detected_at_us"] - EPOCH_US) / SECOND_US)
        for row in rows
        if row["kind"] in {"entrapment", "suppression_expired"}
    ]


@pytest.mark.parametrize(
    ("signals", "reason"),
    [
        (SHUT, Suppression.NONE),
        (SHUT | {"service_mode": "inspection"}, Suppression.INSPECTION),
        (SHUT | {"service_mode": "firefighter"}, Suppression.FIREFIGHTER),
        (SHUT | {"service_mode": "out_of_service"}, Suppression.OUT_OF_SERVICE),
        (SHUT | {"service_mode": "independent"}, Suppression.INDEPENDENT),
        (SHUT | {"service_mode": "parking", "load_kg": 0.0}, Suppression.PARKED_EMPTY),
        (
            SHUT | {"power_source": "emergency", "speed_mps": 0.2, "door_zone": "outside"},
            Suppression.RESCUE_DEVICE,
        ),
        (OPEN | {"speed_mps": 0.2}, Suppression.RELEVELLING),
        (OPEN, Suppression.DOOR_HELD_OPEN),
        (OPEN | {"load_kg": 800.0}, Suppression.OVERLOAD),
        (OPEN | {"load_kg": 690.0}, Suppression.DOOR_HELD_OPEN),
    ],
)
def test_each_reason_has_its_signs(signals: Row, reason: Suppression) -> None:
    """What a car does or is told to do says why standing still means nothing now."""
    state = FleetState.empty(1)
    state.records["rated_load_kg"] = 630.0

    see(state, sample(at_s=0, **signals))

    assert state.suppression(0) is reason


@pytest.mark.parametrize(
    ("signals", "reason"),
    [
        (SHUT | {"service_mode": "firefighter"}, "firefighter"),
        (OPEN | {"speed_mps": 0.2}, "relevelling"),
        (OPEN, "door_held_open"),
    ],
)
def test_end_of_a_time_box_is_a_detection(signals: Row, reason: str) -> None:
    """Begun by a tick at the very end of the box, with its reason; ended by the next reason."""
    state = FleetState.empty(1)
    names = [word.value for word in Suppression]
    limit_s = THRESHOLDS.suppression_s[names.index(reason) - 1]
    see(state, sample(at_s=0, **signals))

    assert (
        brief(rows_of([tick(state, EPOCH_US + int((limit_s - 1) * SECOND_US), THRESHOLDS)])) == []
    )
    (row,) = rows_of([tick(state, EPOCH_US + int((limit_s + 5) * SECOND_US), THRESHOLDS)])

    assert row["kind"] == "suppression_expired"
    assert (row["detected_at_us"] - row["onset_at_us"]) / SECOND_US == limit_s
    assert row["evidence"]["suppression"] == reason
    assert see(state, sample(at_s=limit_s + 10, **SHUT)) == [
        ("suppression_expired", "ended", limit_s + 10)
    ]


def test_test_call_takes_back_a_suspicion_that_its_press_raised() -> None:
    """The press comes first, the word that it is a test after it: withdrawn, and not again."""
    state = FleetState.empty(1)
    see(state, sample(at_s=0, load_kg=75.0, **SHUT))
    take_events(state, event_columns([event(at_s=60, kind="alarm_pressed")]), THRESHOLDS)
    began = see(state, *(sample(at_s=61 + at_s, load_kg=75.0, **SHUT) for at_s in range(5)))

    call = event_columns([event(at_s=67, kind="test_call")])
    ended = rows_of([take_events(state, call, THRESHOLDS)])

    assert [line[:2] for line in began] == [("entrapment", "began")]
    assert [(row["transition"], row["reason"]) for row in ended] == [("ended", "withdrawn")]
    assert see(state, *(sample(at_s=68 + at_s, load_kg=75.0, **SHUT) for at_s in range(300))) == []


def test_press_after_a_test_call_counts_again() -> None:
    """A test call does not deafen the lift: minutes later a press is a press."""
    state = FleetState.empty(1)
    see(state, sample(at_s=0, load_kg=75.0, **SHUT))
    for at_s, kind in ((10, "test_call"), (12, "alarm_pressed"), (400, "alarm_pressed")):
        take_events(state, event_columns([event(at_s=at_s, kind=kind)]), THRESHOLDS)

    found = see(state, *(sample(at_s=401 + at_s, load_kg=75.0, **SHUT) for at_s in range(60)))

    assert ("entrapment", "began") in [line[:2] for line in found]
