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


def _entrapments_with_modes(modes: list[tuple[float, str]], shut_in_mode: str) -> list[str]:
    """Events of these modes first; then a car that stands shut, occupied, from 10 to 60 s."""
    events = [
        event(at_s=at_s, kind="mode_changed", service_mode=mode, sequence=number)
        for number, (at_s, mode) in enumerate(modes)
    ]
    shut_in = _SHUT_IN | {"service_mode": shut_in_mode}
    phases = [(8, _OPEN | {"service_mode": "normal"}), (10, _RUNS | {"service_mode": "normal"})]
    phases += [(60, shut_in), (80, _OPEN | {"service_mode": "normal"})]
    samples, begun_s = [], 0
    for until_s, signals in phases:
        samples += [sample(at_s=at_s, **signals) for at_s in range(begun_s, until_s)]
        begun_s = until_s
    state, thresholds = FleetState.empty(1), default_thresholds()
    found = [
        take_events(state, event_columns(events), thresholds),
        observe(state, sample_columns(samples), thresholds),
    ]
    return [row["transition"] for row in rows_of(found) if row["kind"] == "entrapment"]


def test_samples_in_inspection_are_read_as_such_although_its_end_was_told_first() -> None:
    """An engineer's car that stands shut in a backlog: nobody is trapped in it."""
    modes = [(10.0, "inspection"), (60.0, "normal")]
    assert _entrapments_with_modes(modes, "inspection") == []


def test_people_shut_in_are_found_although_a_later_inspection_was_told_first() -> None:
    """The engineer who freed them went into inspection afterwards: it was normal until then."""
    assert _entrapments_with_modes([(75.0, "inspection")], "normal") == ["began", "raised", "ended"]
