"""How sensors lie, kind by kind, on true states and numbers that are known."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from liftward_simulator.devices.defects import DefectKind, Defects
from liftward_simulator.devices.readings import STATE_NAMES, STATE_ROW, Readings
from liftward_simulator.devices.spans import Spans, Timeline, TrueKind, draw_spans, true_events
from liftward_wire.signals import COUNT_ABSENT, SIGNALS, SignalType
from liftward_wire.states import DoorState, DoorZone, Occupancy

LIFT_COUNT, LIAR, STEP_S = 6, 3, 0.2
LIFTS = np.arange(LIFT_COUNT)
FOREVER = np.inf


def defects_of(kind: DefectKind, amount: float = np.nan, from_s: float = 0.0) -> Defects:
    spans = Spans.of(DefectKind, [(kind, LIAR, from_s, FOREVER, amount)])
    defects = Defects(spans, np.random.default_rng(1))
    defects.advance(0.0)
    return defects


def true_states(occupancy: Occupancy, door: DoorState = DoorState.CLOSED) -> NDArray[np.int8]:
    states = np.ones((len(STATE_NAMES), LIFT_COUNT), np.int8)
    states[STATE_ROW["occupancy"]] = occupancy.code
    states[STATE_ROW["car_door"]] = states[STATE_ROW["landing_door"]] = door.code
    states[STATE_ROW["door_zone"]] = DoorZone.INSIDE.code
    return states


def true_numbers() -> Readings:
    return {
        signal.name: np.full(LIFT_COUNT, 5.0)
        if signal.type is SignalType.FLOAT
        else np.full(LIFT_COUNT, 7, np.int64)
        for signal in SIGNALS
        if signal.type is not SignalType.STATE
    }


def told_over(defects: Defects, name: str, occupancy: Occupancy, ticks_count: int) -> list[int]:
    """Return what the liar says of a state while nothing really changes."""
    told = []
    for tick in range(1, ticks_count + 1):
        states = true_states(occupancy)
        defects.bend_states(states, tick * STEP_S)
        others = states[STATE_ROW[name]][LIFTS != LIAR]
        assert (others == true_states(occupancy)[STATE_ROW[name]][0]).all()
        told.append(int(states[STATE_ROW[name], LIAR]))
    return told


@pytest.mark.parametrize(
    ("kind", "name", "true", "told"),
    [
        (DefectKind.OCCUPANCY_STUCK_OCCUPIED, "occupancy", Occupancy.EMPTY, Occupancy.OCCUPIED),
        (DefectKind.OCCUPANCY_STUCK_EMPTY, "occupancy", Occupancy.OCCUPIED, Occupancy.EMPTY),
        (DefectKind.OCCUPANCY_INVERTED, "occupancy", Occupancy.EMPTY, Occupancy.OCCUPIED),
        (DefectKind.OCCUPANCY_INVERTED, "occupancy", Occupancy.OCCUPIED, Occupancy.EMPTY),
        (DefectKind.DOOR_ZONE_INVERTED, "door_zone", Occupancy.EMPTY, DoorZone.OUTSIDE),
    ],
)
def test_constant_lies(
    kind: DefectKind, name: str, true: Occupancy, told: Occupancy | DoorZone
) -> None:
    """A stuck or inverted sensor always says the same wrong thing, and no other lift does."""
    assert told_over(defects_of(kind), name, true, 5) == [told.code] * 5


def test_a_people_sensor_flaps_more_often_with_someone_inside() -> None:
    """It leaves the truth and comes back, often while occupied, now and then while empty."""
    changes = {}
    for occupancy in (Occupancy.OCCUPIED, Occupancy.EMPTY):
        told = told_over(defects_of(DefectKind.OCCUPANCY_FLAPPING), "occupancy", occupancy, 5_000)
        changes[occupancy] = sum(a != b for a, b in pairwise(told))

    assert 100 < changes[Occupancy.OCCUPIED] < 400
    assert 5 < changes[Occupancy.EMPTY] < 60


def test_an_absent_sensor_cannot_be_inverted() -> None:
    """What is unknown stays unknown."""
    defects = defects_of(DefectKind.OCCUPANCY_INVERTED)
    states = true_states(Occupancy.UNKNOWN)

    defects.bend_states(states, STEP_S)

    assert (states[STATE_ROW["occupancy"]] == 0).all()


def test_a_misset_switch_misses_some_closings_until_the_door_moves() -> None:
    """A missed closing stays `closing` as long as the door is shut; about a third are missed."""
    defects = defects_of(DefectKind.DOOR_SWITCH_MISSET)
    missed_count, cycles_count, clock_s = 0, 300, 0.0
    for _ in range(cycles_count):
        told = []
        for door in (DoorState.OPEN, DoorState.CLOSING, *[DoorState.CLOSED] * 4):
            clock_s += STEP_S
            states = true_states(Occupancy.EMPTY, door)
            defects.bend_states(states, clock_s)
            told.append(int(states[STATE_ROW["car_door"], LIAR]))
        assert told[0] == DoorState.OPEN.code
        assert len(set(told[2:])) == 1
        missed_count += told[-1] == DoorState.CLOSING.code

    assert 0.2 < missed_count / cycles_count < 0.4


def test_load_cells_are_off_and_drift() -> None:
    """An offset is there at once; a drift grows with the hours since it began."""
    offset, drift = (
        defects_of(DefectKind.LOAD_OFFSET, 60.0),
        defects_of(DefectKind.LOAD_DRIFT, 10.0),
    )
    values, drifted = true_numbers(), true_numbers()

    offset.bend_values(values, LIFTS, 1.0)
    drift.bend_values(drifted, LIFTS, 7_200.0)

    assert values["load_kg"].tolist() == [5.0, 5.0, 5.0, 65.0, 5.0, 5.0]
    assert drifted["load_kg"].tolist() == [5.0, 5.0, 5.0, 25.0, 5.0, 5.0]


def test_a_dead_levelling_sensor_says_level() -> None:
    """It says zero whatever is true; a row in which the lift is not changes nothing."""
    defects = defects_of(DefectKind.LEVELLING_DEAD)
    values, others = true_numbers(), true_numbers()

    defects.bend_values(values, LIFTS, 1.0)
    defects.bend_values(others, np.array([0, 1, 2, 4, 5, 9]), 1.0)

    assert values["levelling_error_mm"].tolist() == [5.0, 5.0, 5.0, 0.0, 5.0, 5.0]
    assert (others["levelling_error_mm"] == 5.0).all()


def test_bursts_without_numbers_come_and_go() -> None:
    """In a burst every number of the lift is absent at once; outside none is."""
    defects = defects_of(DefectKind.VALUES_MISSING)
    absent = []
    for tick in range(1, 5_000):
        defects.bend_states(true_states(Occupancy.EMPTY), tick * STEP_S)
        values = true_numbers()
        defects.bend_values(values, LIFTS, tick * STEP_S)
        gone = {
            bool(np.isnan(v[LIAR])) if v.dtype == np.float64 else bool(v[LIAR] == COUNT_ABSENT)
            for v in values.values()
        }
        assert len(gone) == 1
        assert not np.isnan(values["load_kg"][LIFTS != LIAR]).any()
        absent.append(gone.pop())

    assert 0.02 < np.mean(absent) < 0.15


def test_frozen_values_stand_still_until_the_end() -> None:
    """From the first moment on states and numbers stay what they were, then follow again."""
    spans = Spans.of(DefectKind, [(DefectKind.VALUES_FROZEN, LIAR, 1.0, 3.0, np.nan)])
    defects = Defects(spans, np.random.default_rng(1))
    told = []
    for second, occupancy in enumerate(
        (Occupancy.EMPTY, Occupancy.OCCUPIED, Occupancy.EMPTY, Occupancy.EMPTY)
    ):
        defects.advance(float(second))
        states = true_states(occupancy)
        defects.bend_states(states, float(second))
        numbers = {"load_kg": np.full(LIFT_COUNT, 10.0 * second)}
        defects.hold_frozen(numbers, LIFTS)
        told.append((int(states[STATE_ROW["occupancy"], LIAR]), float(numbers["load_kg"][LIAR])))

    empty, occupied = Occupancy.EMPTY.code, Occupancy.OCCUPIED.code
    assert told == [(empty, 0.0), (occupied, 10.0), (occupied, 10.0), (empty, 30.0)]


def test_who_has_no_defect_costs_and_changes_nothing() -> None:
    """Without defects states and numbers are left as they are, and nothing is drawn."""
    rng = np.random.default_rng(1)
    defects = Defects(Spans.none(DefectKind), rng)
    states, values = true_states(Occupancy.OCCUPIED), true_numbers()

    defects.bend_states(states, STEP_S)
    defects.bend_values(values, LIFTS, STEP_S)

    assert (states == true_states(Occupancy.OCCUPIED)).all()
    assert all((values[name] == true).all() for name, true in true_numbers().items())
    assert rng.random() == np.random.default_rng(1).random()


TIMES = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 10), st.integers(0, 3)), max_size=12)


@given(TIMES, st.lists(st.integers(0, 4), min_size=1, max_size=12))
def test_a_timeline_says_at_each_moment_what_goes_on(
    rows: list[tuple[int, int, int]], steps: list[int]
) -> None:
    """Whatever the steps, what is active is what has begun and not ended, and each is told once."""
    kinds = list(DefectKind)
    spans = Spans.of(DefectKind, [(kinds[k], 0, float(a), float(a + n), 0.0) for a, n, k in rows])
    timeline, begun, ended, now_s = Timeline(spans), [], [], 0.0
    for step_s in steps:
        now_s += step_s
        newly_begun, newly_ended = timeline.advance(now_s)
        begun += newly_begun.tolist()
        ended += newly_ended.tolist()
        wanted = [i for i, (a, n, _) in enumerate(rows) if a <= now_s < a + n]
        found = [int(i) for kind in kinds for i in timeline.active(kind)]
        assert sorted(found) == wanted

    assert sorted(begun) == [i for i, (a, _, _) in enumerate(rows) if a <= now_s]
    assert sorted(ended) == [i for i, (a, n, _) in enumerate(rows) if a + n <= now_s]


def test_truth_is_told_of_begin_and_end() -> None:
    """A defect is told when it begins, and again with its end."""
    timeline = Timeline(Spans.of(DefectKind, [(DefectKind.WEDGED, 1, 2.0, 5.0, np.nan)]))
    told = []
    for clock_s in (1.0, 2.0, 4.0, 6.0):
        told += true_events(
            timeline, *timeline.advance(clock_s), TrueKind.SENSOR_DEFECT, ["DEMO-001", "DEMO-002"]
        )

    assert [(e.record, e.device_id, e.detail, e.from_s, e.to_s) for e in told] == [
        ("begin", "DEMO-002", "wedged", 2.0, None),
        ("end", "DEMO-002", "wedged", 2.0, 5.0),
    ]


def test_defects_are_drawn_by_share() -> None:
    """About a share of the lifts gets a defect, each kind apart; a wrong share is refused."""
    rng = np.random.default_rng(2)
    shares = {DefectKind.WEDGED: 0.1, DefectKind.LOAD_DRIFT: 1.0}

    spans = draw_spans(rng, DefectKind, shares, np.arange(1_000))

    kinds = list(DefectKind)
    counts = {kind: int((spans.kind == number).sum()) for number, kind in enumerate(kinds)}
    assert counts[DefectKind.LOAD_DRIFT] == 1_000
    assert 60 < counts[DefectKind.WEDGED] < 140
    assert len(spans) == counts[DefectKind.LOAD_DRIFT] + counts[DefectKind.WEDGED]
    with pytest.raises(ValueError, match=r"share of wedged is 1\.5; allowed: 0 to 1"):
        draw_spans(rng, DefectKind, {DefectKind.WEDGED: 1.5}, np.arange(3))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ((0, -1, 0.0, 1.0), "subject"),
        ((0, 1, 2.0, 1.0), "ends before"),
        ((99, 1, 0.0, 1.0), "kind"),
    ],
)
def test_impossible_spans_are_refused(row: tuple[int, int, float, float], words: str) -> None:
    """A span of nobody, of no kind, or that ends before it begins is a mistake."""
    kind, subject, from_s, to_s = row

    with pytest.raises(ValueError, match=words):
        Spans(
            kinds=DefectKind,
            kind=np.array([kind]),
            subject=np.array([subject]),
            from_s=np.array([from_s]),
            to_s=np.array([to_s]),
            amount=np.array([0.0]),
        )
