"""Events that overtake samples: a backlog of telemetry comes after the alarms of its time."""

from liftward_detection.detector import observe, take_events
from liftward_detection.fleet import FleetState
from liftward_detection.thresholds import default_thresholds
from unit.detection.streams import Row, event, event_columns, rows_of, sample, sample_columns

_OPEN: Row = {"speed_mps": 0.0, "car_door": "open", "door_zone": "inside", "occupancy": "empty"}
_RUNS: Row = {"speed_mps": 1.5, "car_door": "closed", "door_zone": "outside"}
_SHUT_IN: Row = _RUNS | {"speed_mps": 0.0, "occupancy": "occupied", "service_mode": "normal"}


def _shut_in_twice(*, button: bool) -> list[Row]:
    """Open, shut in from 10 to 30 s, open, shut in from 50 to 70 s; with the button or not."""
    pressed: Row = {"alarm_button": "pressed"} if button else {}
    released: Row = {"alarm_button": "released"} if button else {}
    rows = []
    for second in range(80):
        phase = second % 40
        if phase < 8 or phase >= 30:
            rows.append(sample(at_s=second, **_OPEN, **released))
        elif phase < 10:
            rows.append(sample(at_s=second, **_RUNS, **released))
        else:
            rows.append(sample(at_s=second, **_SHUT_IN, **pressed))
    return rows


def _alarms(*, released: bool) -> list[Row]:
    events = []
    for number, at_s in enumerate((10.0, 50.0)):
        events.append(event(at_s=at_s, kind="alarm_pressed", sequence=2 * number))
        if released:
            events.append(event(at_s=at_s + 20, kind="alarm_released", sequence=2 * number + 1))
    return events


def _entrapments(*, button: bool) -> list[tuple[str, str]]:
    state, thresholds = FleetState.empty(1), default_thresholds()
    found = [
        take_events(state, event_columns(_alarms(released=True)), thresholds),
        observe(state, sample_columns(_shut_in_twice(button=button)), thresholds),
    ]
    rows = [row for row in rows_of(found) if row["kind"] == "entrapment"]
    return [(row["transition"], row["level"]) for row in rows]


_CONFIRMED_AND_OVER = [
    ("began", "suspected"), ("raised", "probable"), ("raised", "confirmed"), ("ended", "confirmed"),
]  # fmt: skip


def test_presses_that_samples_tell_count_although_later_events_were_here_first() -> None:
    """Two entrapments in a backlog, whose alarms came first: each is found and confirmed."""
    assert _entrapments(button=True) == 2 * _CONFIRMED_AND_OVER


def test_press_told_by_an_event_alone_outlives_an_earlier_opening() -> None:
    """Doors that were open before the last press, but told after it, do not answer that press."""
    assert _entrapments(button=False) == 2 * _CONFIRMED_AND_OVER
