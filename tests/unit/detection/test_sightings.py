"""What is remembered of people in a car: last words after a silence, runs without a call."""

import pytest

from liftward_detection.detector import observe
from liftward_detection.facts import NO, YES
from liftward_detection.fleet import FleetState
from liftward_detection.kinds import Piece
from liftward_detection.thresholds import default_thresholds
from unit.detection.streams import SECOND_US, Row, rows_of, sample, sample_columns

_OPEN: Row = {"speed_mps": 0.0, "car_door": "open", "door_zone": "inside", "service_mode": "normal"}
_RUNS: Row = _OPEN | {"speed_mps": 1.5, "car_door": "closed", "door_zone": "outside"}
_STUCK: Row = _RUNS | {"speed_mps": 0.0, "safety_chain": "open"}
_ABOARD: Row = {"occupancy": "occupied", "load_kg": 75.0}
_EMPTY: Row = {"occupancy": "empty", "load_kg": 0.0}
_NOT_CALLED: Row = {"car_calls_count": 0}
_HALF_SEEN: Row = {"occupancy": "occupied"}  # and not any more before the car stops
_EMPTY_SEAT: Row = {"occupancy": "empty"}
Phase = tuple[int, Row]  # until so many seconds, a sample each second that says this


def _rows(phases: list[Phase]) -> list[Row]:
    rows, begun_s = [], 0
    for until_s, signals in phases:
        rows += [sample(at_s=at_s, **signals) for at_s in range(begun_s, until_s)]
        begun_s = until_s
    return rows


def _entrapments(rows: list[Row], state: FleetState | None = None) -> list[str]:
    state = state or FleetState.empty(1)
    found = observe(state, sample_columns(rows), default_thresholds())
    return [row["level"] for row in rows_of([found]) if row["kind"] == "entrapment"]


def _runs_until_stuck(
    *, calls_before: int | None, calls: int | None, people: Row | None = None
) -> list[Phase]:
    """A trip with these car calls, doors open, and a trip with those that ends between floors."""
    before = {} if calls_before is None else {"car_calls_count": calls_before}
    now = {} if calls is None else {"car_calls_count": calls}
    none = {} if calls is None else {"car_calls_count": 0}  # cancelled with the fault
    people = people or _HALF_SEEN
    return [
        (10, _RUNS | before),
        (20, _OPEN | none),
        (29, _RUNS | now | people),
        (30, _RUNS | now | (_EMPTY_SEAT if people is _HALF_SEEN else people)),
        (60, _STUCK | none),
    ]


@pytest.mark.parametrize(
    ("calls_before", "calls", "expected"),
    [
        (1, 0, []),
        (1, 1, ["suspected"]),
        (0, 0, ["suspected"]),
        (None, None, ["suspected"]),
    ],
    ids=["uncalled", "called", "never tells a call", "has no calls to tell"],
)
def test_car_that_ran_without_a_call_had_nobody_in_it(
    calls_before: int | None, calls: int | None, expected: list[str]
) -> None:
    """Stuck between floors with a people sensor that flaps: whether somebody called decides."""
    phases = _runs_until_stuck(calls_before=calls_before, calls=calls)
    assert _entrapments(_rows(phases)) == expected


def test_who_did_not_call_and_is_seen_is_found() -> None:
    """A child that pressed nothing: the sensors say more than the calls."""
    phases = _runs_until_stuck(calls_before=1, calls=0, people=_ABOARD)
    assert _entrapments(_rows(phases)) == ["suspected", "probable"]


def test_silent_door_at_a_landing_makes_no_run_an_uncalled_one() -> None:
    """The call is answered on arrival, and whether the doors have opened since is not known."""
    doors = {"car_door": "unknown"}
    arrives = [(10, _RUNS | doors | {"car_calls_count": 1}), (20, _OPEN | doors)]
    state = FleetState.empty(1)
    _entrapments(_rows([(until_s, row | _NOT_CALLED | row) for until_s, row in arrives]), state)
    assert not _is_uncalled(state)

    stuck = [(10, _RUNS | doors | _NOT_CALLED), (20, _STUCK | _NOT_CALLED)]
    later = [row | {"at_us": row["at_us"] + 20 * SECOND_US} for row in _rows(stuck)]
    numbered = [row | {"sequence": row["sequence"] + 20_000} for row in later]
    _entrapments(numbered, state)
    assert _is_uncalled(state), "the call of the run before is not one of this run"


def _is_uncalled(state: FleetState) -> bool:
    return bool(int(state.records["pieces"][0]) >> Piece.NO_CAR_CALLS.code & 1)


def _arrives_and_falls_silent(silent_s: int, then: Row) -> list[Row]:
    """Somebody arrives; for a while nothing is heard; then the doors are in fault."""
    arrives = _rows([(10, _RUNS | _ABOARD), (13, _OPEN | {"car_door": "closed"} | _ABOARD)])
    fault = _OPEN | {"car_door": "fault", "safety_chain": "open"} | then
    return arrives + [sample(at_s=13 + silent_s + at_s, **fault) for at_s in range(60)]


def test_who_left_in_a_silence_is_not_trapped() -> None:
    """A device starts anew as the doors open; afterwards both sensors see an empty car."""
    assert _entrapments(_arrives_and_falls_silent(40, _EMPTY)) == []
    assert "probable" in _entrapments(_arrives_and_falls_silent(40, _ABOARD))


@pytest.mark.parametrize(("silent_s", "aboard"), [(0, YES), (9, YES), (40, NO)])
def test_sensors_that_look_away_while_they_are_heard_free_nobody(
    silent_s: int, aboard: int
) -> None:
    """Without a silence the doors were not open: who was aboard is aboard."""
    state = FleetState.empty(1)
    _entrapments(_arrives_and_falls_silent(silent_s, _EMPTY), state)
    assert state.records["aboard"].tolist() == [aboard]


def test_same_word_after_a_silence_counts_too() -> None:
    """The sensors looked away at once, and say the same again half a minute later."""
    arrives = _rows([(10, _RUNS | _ABOARD), (12, _OPEN | {"car_door": "closed"} | _ABOARD)])
    empty = _OPEN | {"car_door": "closed"} | _EMPTY
    state = FleetState.empty(1)
    _entrapments([*arrives, *(sample(at_s=at_s, **empty) for at_s in (12, 13, 14))], state)
    assert state.records["aboard"].tolist() == [YES]
    _entrapments([sample(at_s=44, **empty)], state)
    assert state.records["aboard"].tolist() == [NO]
