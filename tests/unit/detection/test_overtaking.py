"""Events that overtake samples: a backlog of telemetry comes after the alarms of its time."""

from liftward_detection.detector import observe, take_events, tick
from liftward_detection.fleet import FleetState
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

_OPEN: Row = {"speed_mps": 0.0, "car_door": "open", "door_zone": "inside", "occupancy": "empty"}
_RUNS: Row = {"speed_mps": 1.5, "car_door": "closed", "door_zone": "outside"}
_SHUT_IN: Row = _RUNS | {"speed_mps": 0.0, "occupancy": "occupied", "service_mode": "normal"}


def _found(*steps: list[Row] | float) -> list[tuple[str, str]]:
    """Take samples and events, each list at once, and return what is told of entrapments.

    A number is a tick at so many seconds.
    """
    state, thresholds = FleetState.empty(1), default_thresholds()
    found = []
    for step in steps:
        if isinstance(step, float):
            found.append(tick(state, EPOCH_US + round(step * SECOND_US), thresholds))
        elif "kind" in step[0]:
            found.append(take_events(state, event_columns(step), thresholds))
        else:
            found.append(observe(state, sample_columns(step), thresholds))
    return [
        (row["transition"], row["level"]) for row in rows_of(found) if row["kind"] == "entrapment"
    ]


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
    return _found(_alarms(released=True), _shut_in_twice(button=button))


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
    return [transition for transition, _ in _found(events, samples)]


def test_samples_in_inspection_are_read_as_such_although_its_end_was_told_first() -> None:
    """An engineer's car that stands shut in a backlog: nobody is trapped in it."""
    modes = [(10.0, "inspection"), (60.0, "normal")]
    assert _entrapments_with_modes(modes, "inspection") == []


def test_people_shut_in_are_found_although_a_later_inspection_was_told_first() -> None:
    """The engineer who freed them went into inspection afterwards: it was normal until then."""
    assert _entrapments_with_modes([(75.0, "inspection")], "normal") == ["began", "raised", "ended"]


_HOUR_S = 3_600.0
_LATER_S = 2 * _HOUR_S
_SLOW_DOOR: Row = _SHUT_IN | {"car_door": "opening", "door_zone": "inside", "car_calls_count": 1}


def _slow_door() -> list[Row]:
    """Doors that shut, take eight seconds to open again for one more, and a run."""
    shut = _SLOW_DOOR | {"car_door": "closed"}
    phases = [(8, _OPEN), (10, shut), (18, _SLOW_DOOR), (20, shut), (60, _RUNS)]
    rows, begun_s = [], 0
    for until_s, signals in phases:
        rows += [sample(at_s=at_s, lag_s=_HOUR_S, **signals) for at_s in range(begun_s, until_s)]
        begun_s = until_s
    return rows


def _words(at_s: float) -> list[Row]:
    alarm = event(at_s=at_s, lag_s=_HOUR_S, kind="alarm_pressed", sequence=1)
    return [alarm, event(at_s=at_s, lag_s=_HOUR_S, kind="fault_raised", gb_code=4, sequence=2)]


def test_what_events_tell_of_later_is_no_evidence_yet() -> None:
    """A slow door in a backlog, and the alarm and the code of another stop: nobody is trapped."""
    assert _found(_words(300.0), _slow_door()) == []
    assert _found(_words(12.0), _slow_door())[:3] == _CONFIRMED_AND_OVER[:3], (
        "of its own stop it counts"
    )


def test_words_that_come_in_the_midst_of_a_backlog_wait_for_their_time_too() -> None:
    """After its first samples what is expected of a lift is of an hour ago; the words are not."""
    slow = _slow_door()
    amid = [word | {"received_us": slow[4]["received_us"]} for word in _words(300.0)]
    assert _found(slow[:5], amid, slow[5:]) == []
    recent = event(at_s=_HOUR_S, lag_s=5.0, kind="door_retry", sequence=3)
    assert _found(_words(300.0), slow[:5], [recent], slow[5:]) == []


def test_event_of_a_backlog_is_no_word_of_how_the_car_stands() -> None:
    """The link was lost as the doors began to open; of what was kept, events come first."""
    stopped = [sample(at_s=at_s, **_RUNS) for at_s in range(5)]
    stopped += [sample(at_s=5 + at_s, **_SLOW_DOOR) for at_s in range(3)]
    kept = [
        event(at_s=at_s, lag_s=_HOUR_S, kind="door_retry", sequence=round(at_s))
        for at_s in (9.0, 20.0, 40.0, 1_000.0)
    ]
    assert _found(stopped, kept, _LATER_S) == []


def test_mains_that_were_lost_later_make_no_silence_suspect() -> None:
    """The link was lost in mid-run; what code 41 tells of an hour later is not of that run."""
    runs = [sample(at_s=at_s, **_RUNS, occupancy="occupied") for at_s in range(5)]
    cut = event(at_s=_HOUR_S, lag_s=_HOUR_S, kind="fault_raised", gb_code=41)
    assert _found(runs, [cut], _LATER_S) == []
    cut = event(at_s=6.0, kind="fault_raised", gb_code=41)
    assert _found(runs, [cut], _LATER_S) == [("began", "suspected")]


def test_press_counts_as_soon_as_the_samples_have_come_so_far() -> None:
    """The press of a backlog is waited for, although all samples until then say the same."""
    rows = [sample(at_s=at_s, lag_s=_HOUR_S, **_SHUT_IN) for at_s in range(10, 40)]
    unseen = [row | {"occupancy": "unknown", "door_zone": "inside"} for row in rows]
    runs = [sample(at_s=9.0, lag_s=_HOUR_S, **_RUNS)]
    pressed = [event(at_s=30.0, lag_s=_HOUR_S, kind="alarm_pressed")]
    assert _found(pressed, runs + unseen[:17]) == _found(runs + unseen[:17])
    assert ("raised", "confirmed") in _found(pressed, runs + unseen[:18])


def test_old_press_waits_for_the_samples_of_its_time() -> None:
    """How the car stood an hour ago, when the link was lost, says nothing of a press since then."""
    stood = [sample(at_s=at_s, **_SHUT_IN | {"occupancy": "empty"}) for at_s in range(3)]
    pressed = event(at_s=600.0, lag_s=_HOUR_S, kind="alarm_pressed")
    assert _found(stood, [pressed], _LATER_S) == []
    in_time = pressed | {"received_us": pressed["at_us"]}
    assert _found(stood, [in_time], _LATER_S) == _CONFIRMED_AND_OVER[:3]


def test_press_in_time_counts_although_the_samples_had_a_fast_clock() -> None:
    """Ten minutes ahead, the samples are refused from some time on; events have the right time."""
    stands = _SHUT_IN | {"occupancy": "empty"}
    fast = [sample(at_s=600.0 + at_s, lag_s=-600.0, **stands) for at_s in range(3)]
    pressed = event(at_s=700.0, kind="alarm_pressed")
    assert _found(fast, [pressed], _LATER_S) == _CONFIRMED_AND_OVER[:3]


def test_press_in_the_midst_of_a_backlog_waits_for_its_samples() -> None:
    """Samples have begun to come, and stand at half past; the press is of an hour past."""
    stood = [
        sample(at_s=at_s, lag_s=7_200.0, **_SHUT_IN | {"occupancy": "empty"}) for at_s in (0, 1)
    ]
    pressed = event(at_s=1_800.0, lag_s=5_400.0, kind="alarm_pressed")
    assert _found(stood, [pressed]) == []


def test_words_of_a_clock_that_is_ahead_of_the_samples_are_of_now() -> None:
    """The button has a clock of its own, three minutes fast; the samples go on coming."""
    unseen = _SHUT_IN | {"occupancy": "unknown", "door_zone": "inside"}
    stands = [sample(at_s=9.0, **_RUNS), *(sample(at_s=at_s, **unseen) for at_s in range(10, 20))]
    received_us = stands[-1]["received_us"]
    words = [word | {"received_us": received_us} for word in _words(19.0 + 180.0)]
    # One press of door-open: with its next news the car is weighed anew.
    more = [
        sample(at_s=at_s, **unseen, door_open_presses_count=min(at_s, 21)) for at_s in range(20, 40)
    ]
    assert ("raised", "confirmed") not in _found(stands, more)
    assert _found(stands, words, more) == _CONFIRMED_AND_OVER[:3]


def test_presses_of_a_fast_clock_are_weighed_when_they_come() -> None:
    """Each press is told as one of two minutes ahead: none may wait for the next one."""
    stood = [sample(at_s=at_s, **_OPEN | {"car_door": "closed"}) for at_s in range(3)]
    words = [event(at_s=1_905.0, lag_s=-105.0, kind="fault_raised", gb_code=2)]
    words += [
        event(at_s=1_905.0 + after_s, lag_s=-105.0, kind="alarm_pressed", sequence=number)
        for number, after_s in enumerate((15.0, 75.0), 2)
    ]
    assert _found(stood, words[:2], 1_835.0, words[2:]) == _CONFIRMED_AND_OVER[:3]


def test_code_of_a_car_that_is_not_seen_counts_whenever_it_came() -> None:
    """Code 02 a minute before the first press: since when the car stands is not known."""
    stood = [sample(at_s=at_s, **_OPEN | {"car_door": "closed"}) for at_s in range(3)]
    code = event(at_s=1_800.0, kind="fault_raised", gb_code=2, sequence=1)
    press = event(at_s=1_860.0, kind="alarm_pressed", sequence=2)
    assert _found(stood, [code, press], 1_900.0) == _CONFIRMED_AND_OVER[:3]
    assert _found(stood, [press], 1_900.0) == [("began", "suspected")]


def test_press_is_answered_by_its_own_time_whoever_notices_first() -> None:
    """One sample, a press at 20 s, the next one at 65 s: a tick between them changes no instant."""
    stands = [sample(at_s=0.0, **_SHUT_IN | {"door_zone": "inside", "car_calls_count": 1})]
    first, second = (
        [event(at_s=at_s, kind="alarm_pressed", sequence=round(at_s))] for at_s in (20.0, 65.0)
    )
    outcomes = []
    for ticks in ([20.0], []):
        state, thresholds = FleetState.empty(1), default_thresholds()
        found = [observe(state, sample_columns(stands), thresholds)]
        found.append(take_events(state, event_columns(first), thresholds))
        found += [tick(state, EPOCH_US + round(at_s * SECOND_US), thresholds) for at_s in ticks]
        found.append(take_events(state, event_columns(second), thresholds))
        outcomes.append(
            [(row["kind"], row["level"], row["detected_at_us"]) for row in rows_of(found)]
        )
    assert sorted(outcomes[0]) == sorted(outcomes[1])
    assert ("entrapment", "confirmed", EPOCH_US + 20 * SECOND_US) in outcomes[0]


def test_delays_alone_move_no_event() -> None:
    """A sample is four seconds under way and an event none: it keeps the time it tells."""
    unseen = _SHUT_IN | {"occupancy": "unknown", "door_zone": "inside"}
    stands = [sample(at_s=at_s, lag_s=4.0, **unseen) for at_s in range(10)]
    state, thresholds = FleetState.empty(1), default_thresholds()
    observe(state, sample_columns(stands), thresholds)
    took = take_events(
        state, event_columns([event(at_s=13.0, kind="fault_raised", gb_code=4)]), thresholds
    )
    assert [row["onset_at_us"] for row in took.rows()] == [EPOCH_US + 13 * SECOND_US]


def test_samples_of_a_backlog_move_no_event_of_now() -> None:
    """They are of an hour ago because they were kept, not because their clock is wrong."""
    stands = [sample(at_s=at_s, lag_s=_HOUR_S, **_SHUT_IN) for at_s in range(10)]
    state, thresholds = FleetState.empty(1), default_thresholds()
    observe(state, sample_columns(stands), thresholds)
    word = event(at_s=_HOUR_S + 13.0, kind="fault_raised", gb_code=41)
    took = take_events(state, event_columns([word]), thresholds)
    onsets_us = {row["kind"]: row["onset_at_us"] for row in took.rows()}
    assert onsets_us["gb_41"] == word["at_us"]


def test_press_after_an_inspection_is_kept_although_it_was_told_before() -> None:
    """What is forgotten in inspection is what was pressed until then, not an alarm of later."""
    inspected = [
        sample(at_s=at_s, lag_s=_HOUR_S, **_OPEN, service_mode="inspection") for at_s in range(5)
    ]
    unseen = _SHUT_IN | {"occupancy": "unknown", "door_zone": "inside"}
    shut_in = [sample(at_s=at_s, lag_s=_HOUR_S, **unseen) for at_s in range(100, 130)]
    runs = [sample(at_s=99.0, lag_s=_HOUR_S, **_RUNS, service_mode="normal")]
    pressed = [event(at_s=110.0, lag_s=_HOUR_S, kind="alarm_pressed")]
    assert ("raised", "confirmed") in _found(pressed, inspected + runs + shut_in)


def test_words_of_a_clock_that_was_set_back_since_count() -> None:
    """The device learns that it was an hour ahead: what it told before is not of later."""
    unseen = _SHUT_IN | {"occupancy": "unknown", "door_zone": "inside"}
    ahead = [sample(at_s=_HOUR_S + at_s, **unseen) for at_s in range(5)]
    back = [
        sample(at_s=at_s, **unseen) | {"sequence": round((_HOUR_S + at_s) * 1000)}
        for at_s in range(5, 40)
    ]
    words = _words(_HOUR_S + 3.0)
    assert ("raised", "confirmed") in _found(ahead, words, back)
    assert ("raised", "confirmed") not in _found(ahead, back)
