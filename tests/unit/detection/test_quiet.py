"""Samples without news: the short way must end where the long way ends, to the last field."""

import random
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from liftward_detection.detector import count_quiet, observe, take_events, tick
from liftward_detection.equipment import FINDINGS
from liftward_detection.facts import NO, YES
from liftward_detection.fleet import NOTHING_SAID, RECORD, FleetState
from liftward_detection.kinds import DEVICE_HEALTH_KINDS, DetectionKind, Suppression
from liftward_detection.samples import SampleArrays
from liftward_detection.thresholds import default_thresholds
from liftward_detection.transitions import Transitions
from liftward_wire.signals import SIGNALS, SignalType
from unit.detection.streams import (
    EPOCH_US,
    SECOND_US,
    Row,
    comparable,
    event,
    event_columns,
    rows_of,
    sample,
    sample_columns,
)
from unit.detection.test_condition import CONDITION, HASTY, random_life
from unit.detection.test_sensor_health import (
    Bend,
    Life,
    always,
    flapping,
    heavy,
    inverted,
    misses_closings,
)
from unit.detection.test_twin import LIFTS, PROPERTY, STREAM, disturb, expand, wander

THRESHOLDS = default_thresholds()


# What a quiet sample leaves as it is, although it follows from what it writes.
LEFT_OUT = {"said", "open_at_us", "mode_at_us"}


def kept_bytes() -> np.ndarray[Any, Any]:
    """Return which bytes of a record must be the same after each message."""
    mask = np.zeros(RECORD.itemsize, dtype=bool)
    for name, (type_, offset, *_) in (RECORD.fields or {}).items():
        mask[offset : offset + type_.itemsize] = name not in LEFT_OUT
    return mask


def bytes_of(state: FleetState) -> np.ndarray[Any, Any]:
    return state.records.view(np.uint8).reshape(-1, RECORD.itemsize)


def tell(state: FleetState, row: Row) -> list[Transitions]:
    if "kind" in row:
        return [take_events(state, event_columns([row]), THRESHOLDS)]
    return [observe(state, sample_columns([row]), THRESHOLDS)]


def settled(state: FleetState) -> bytes:
    """Return the records with what quiet samples left out written down, as after a restart."""
    restored = FleetState.from_bytes(state.to_bytes())
    tick(restored, 0, THRESHOLDS)
    return restored.to_bytes()


@PROPERTY
@given(
    STREAM,
    st.integers(1, 3),
    st.lists(
        st.tuples(
            st.integers(0, 450),
            st.sampled_from([-20, -1, 0, 7]).map(lambda s: s * SECOND_US),
            st.sampled_from([0, 3, 90]).map(lambda s: s * SECOND_US),
        ),
        max_size=4,
    ),
)
@example(wander(861), 2, [])  # the place at which the doors stand open
@example(wander(13372), 1, [])  # a floor that is told again
@example(wander(65), 1, [])  # doors shut again in a car that travels
@example(wander(187681520), 1, [])  # a floor that is told for the first time
@example(wander(140797), 2, [])  # a zone that is doubted no more
def test_the_short_way_ends_where_the_long_way_does(
    stream: Any, repeats: int, disturbances: Any
) -> None:
    """After each message, transitions and records are those of one that looks at each sample."""
    beginnings, steps = stream
    steps = [
        (lift, elapsed_s / repeats, [] if number and not isinstance(what, dict) else what)
        for lift, elapsed_s, what in steps
        for number in range(1 if isinstance(what, dict) else repeats)
    ]
    rows = disturb(expand((beginnings, steps)), disturbances)
    quick, thorough, kept = FleetState.empty(LIFTS), FleetState.empty(LIFTS), kept_bytes()

    for number, row in enumerate(rows):
        thorough.records["said"] = NOTHING_SAID  # looks at each
        found, expected = tell(quick, row), tell(thorough, row)
        if number % 7 == 0:
            found.append(tick(quick, row["received_us"], THRESHOLDS))
            expected.append(tick(thorough, row["received_us"], THRESHOLDS))
        assert comparable(rows_of(found)) == comparable(rows_of(expected))
        different = (bytes_of(quick) != bytes_of(thorough)) & kept
        assert not different.any(), f"byte {np.argwhere(different)[0]} after {row}"
        assert quick.tick_due_us.tolist() == thorough.tick_due_us.tolist()

    assert settled(quick) == settled(thorough)
    for record in quick.records:
        active = [kind for kind in range(DEVICE_HEALTH_KINDS[0].code) if record["status"][kind]]
        assert int(record["active"]) == sum(1 << kind for kind in active)


@pytest.mark.parametrize(
    ("bend", "kind", "stays_quiet"),
    [
        (flapping, "sensor_flapping", True),
        (always(levelling_error_mm=0.0), "sensor_stuck", True),
        (misses_closings, "sensor_skewed", True),
        (inverted("door_zone", "inside", "outside"), "sensor_inverted", True),
        # What is noted of each sample is not believed: looked at, from then on.
        (heavy, "sensor_skewed", False),
        (always(speed_mps=0.0), "sensor_stuck", False),
        (
            always(position_m=0.0, levelling_error_mm=None, vibration_mps2=None),
            "sensor_stuck",
            False,
        ),
    ],
)
def test_sensors_are_judged_alike_on_the_short_way(
    bend: Bend, kind: str, *, stays_quiet: bool
) -> None:
    """Many looks at the equipment fall on quiet samples: same findings, same record."""
    rows = Life(bend).serve(40, idle_s=200.0).rows
    quick, thorough = FleetState.empty(1), FleetState.empty(1)
    found, expected, quiet_count = list[Transitions](), list[Transitions](), 0

    for row in rows:
        thorough.records["said"] = NOTHING_SAID
        quiet_count += int(quick.records["said"][0] != NOTHING_SAID)
        found += tell(quick, row)
        expected += tell(thorough, row)
        assert not ((bytes_of(quick) != bytes_of(thorough)) & kept_bytes()).any(), row

    assert comparable(rows_of(found)) == comparable(rows_of(expected))
    assert kind in {row["kind"] for row in rows_of(found)}
    assert quiet_count > (len(rows) // 3 if stays_quiet else 20)
    assert settled(quick) == settled(thorough)


def test_wear_is_found_alike_on_the_short_way() -> None:
    """Drifts, visits and boots, clocks set back: same warnings, same record."""
    warned = set()
    for seed in range(4):
        quick, thorough = FleetState.empty(1), FleetState.empty(1)
        for row in random_life(seed, steps_count=150):
            thorough.records["said"] = NOTHING_SAID
            columns = sample_columns([row])
            found, expected = (observe(state, columns, HASTY) for state in (quick, thorough))
            assert comparable(rows_of([found])) == comparable(rows_of([expected])), seed
            warned |= {told["kind"] for told in found.rows()} & CONDITION
            different = (bytes_of(quick) != bytes_of(thorough)) & kept_bytes()
            assert not different.any(), (seed, np.argwhere(different)[0], row)
    assert warned


def test_a_look_at_the_equipment_leaves_a_sample_quiet() -> None:
    """Numbers that freeze are found on a quiet sample; then repetitions are no word any more."""
    state = FleetState.empty(1)
    life = Life().serve(20).idle(3 * 3600.0)
    observe(state, sample_columns(life.rows), THRESHOLDS)
    last, last_us = dict(life.rows[-1]), life.rows[-1]["at_us"]
    frozen = [
        last | {"at_us": us, "received_us": us, "sequence": last["sequence"] + s}
        for s, us in enumerate(range(last_us, last_us + 3600 * SECOND_US, 10 * SECOND_US))
    ]

    found = observe(state.copy(), sample_columns(frozen), THRESHOLDS)

    (finding,) = found.rows()
    assert finding["kind"] == "values_frozen"
    until = sum(row["at_us"] <= finding["detected_at_us"] for row in frozen)
    assert count_quiet(state, sample_columns(frozen), THRESHOLDS) == until
    assert 0 < until < len(frozen)


MOVING: Row = {"speed_mps": 1.5, "car_door": "closed", "door_zone": "outside", "load_kg": 75.0}
STANDING: Row = {"speed_mps": 0.0, "car_door": "open", "door_zone": "inside", "floor": 3}


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([sample(at_s=s, **STANDING) for s in range(100)], id="standing open"),
        pytest.param(
            [sample(at_s=s, **MOVING, position_m=1.5 * s, floor=s // 2) for s in range(100)],
            id="moving",
        ),
        pytest.param(
            [sample(at_s=s, **MOVING | {"load_kg": 70.0 + s % 7}) for s in range(100)],
            id="a load cell that trembles",
        ),
    ],
)
def test_most_samples_of_an_undisturbed_lift_are_quiet(rows: list[Row]) -> None:
    """Standing, moving or trembling within its limits, only the first samples are news."""
    assert count_quiet(FleetState.empty(1), sample_columns(rows), THRESHOLDS) >= len(rows) - 2


# What was found out of the lift: mostly nothing.
FOUND_OUT: list[tuple[DetectionKind, str | None]] = [
    (DetectionKind.SENSOR_INVERTED, "door_zone"),
    (DetectionKind.SENSOR_STUCK, "levelling_error_mm"),
    (DetectionKind.SENSOR_SKEWED, "car_door"),
    (DetectionKind.SENSOR_STUCK, "occupancy"),
    (DetectionKind.SENSOR_STUCK, "speed_mps"),
    (DetectionKind.VALUES_FROZEN, None),
]


@pytest.mark.parametrize("seed", range(12 + len(FOUND_OUT)))
def test_a_car_that_passes_landings_is_quiet_and_ends_where_the_long_way_does(seed: int) -> None:
    """Zones and levelling errors come and go in a run, in every mode, with anything pending."""
    rng = random.Random(seed)
    words: dict[str, list[Any]] = {
        "door_zone": ["inside", "outside", None],
        "levelling_error_mm": [None, 2.0, 40.0, 400.0],
        "service_mode": ["normal", "normal", "independent", "inspection", None],
        "power_source": ["mains", "mains", "emergency", None],
        "car_door": ["closed", "closed", "closed", "open", "opening"],
        "landing_door": ["closed", "closed", "open", None],
        "occupancy": ["occupied", "empty", None],
        "speed_mps": [1.5, 1.5, 1.5, 0.2, 0.0, None],
        "safety_chain": ["closed", "closed", "open"],
    }
    told: Row = {name: choices[0] for name, choices in words.items()}
    rows: list[Row] = []
    for number in range(400):
        often = ["door_zone", "levelling_error_mm"] if rng.random() < 0.8 else list(words)
        name = rng.choice(often)
        told[name] = rng.choice(words[name])
        known = {key: value for key, value in told.items() if value is not None}
        rows.append(sample(at_s=number * 2.0, position_m=1.5 * number, **known))
    quick, thorough, kept = FleetState.empty(1), FleetState.empty(1), kept_bytes()
    bits = sum(1 << FINDINGS.index(finding) for finding in FOUND_OUT[seed - 12 :][:1] if seed >= 12)
    quick.records["wrong_findings"] = thorough.records["wrong_findings"] = bits

    for row in rows:
        thorough.records["said"] = NOTHING_SAID
        found, expected = tell(quick, row), tell(thorough, row)
        assert comparable(rows_of(found)) == comparable(rows_of(expected)), row
        assert not ((bytes_of(quick) != bytes_of(thorough)) & kept).any(), row
    assert settled(quick) == settled(thorough)


def test_landings_that_a_running_car_passes_are_no_news() -> None:
    """Half of what a running lift tells is that it passes a door zone."""
    rows = [
        sample(at_s=s, **MOVING | {"door_zone": ("outside", "inside")[s % 2]}) for s in range(100)
    ]

    assert count_quiet(FleetState.empty(1), sample_columns(rows), THRESHOLDS) >= len(rows) - 3


@pytest.mark.parametrize(
    ("overtaking", "told", "kind"),
    [
        ({"kind": "alarm_released"}, {"alarm_button": "pressed"}, "gb_90"),
        (
            {"kind": "mode_changed", "service_mode": "normal"},
            {"service_mode": "fire_recall"},
            "gb_44",
        ),
    ],
)
def test_a_word_that_an_event_overtook_counts_once_it_is_newer(
    overtaking: Row, told: Row, kind: str
) -> None:
    """Samples from just before the event say it in vain; the first one from after it is heard."""
    state = FleetState.empty(1)
    tell(state, event(at_s=5.0, **overtaking))

    found = [tell(state, sample(at_s=at_s, **told))[0] for at_s in (3.0, 4.0, 6.0)]

    assert [[row["kind"] for row in part.rows()] for part in found] == [[], [], [kind]]


def test_suppression_is_told_although_the_second_sample_says_the_same() -> None:
    """Out of service hides no running candidate; when that is dropped, it is what suppresses."""
    state = FleetState.empty(1)
    shut_in: Row = {"speed_mps": 0.0, "car_door": "closed", "occupancy": "occupied"}
    tell(state, sample(at_s=0.0, **shut_in, door_zone="outside"))
    opened = shut_in | {"car_door": "open", "door_zone": "inside"}

    for at_s in (1.0, 2.0):
        tell(state, sample(at_s=at_s, **opened, service_mode="out_of_service"))

    assert state.suppression(0) is Suppression.OUT_OF_SERVICE


def test_a_sample_is_read_anew_when_limits_have_changed() -> None:
    """What was packed with other limits is no measure, after a restart neither."""
    crawling = [sample(at_s=s, speed_mps=0.1, car_door="closed") for s in range(4)]
    wider = replace(THRESHOLDS, speed_dead_band_mps=0.2)
    state = FleetState.empty(1)
    observe(state, sample_columns(crawling[:3]), THRESHOLDS)
    restored = FleetState.from_bytes(state.to_bytes())
    before = int(state.records["stationary"][0])

    for changed in (state, restored):
        observe(changed, sample_columns(crawling[3:]), wider)

    assert before == NO
    assert [int(changed.records["stationary"][0]) for changed in (state, restored)] == [YES, YES]


def test_a_timer_follows_changed_limits_without_a_sample() -> None:
    """A shorter limit holds for what is already running, from the next tick."""
    standing = [sample(at_s=s, speed_mps=0.0, door_zone="outside") for s in range(3)]
    shorter = replace(THRESHOLDS, stopped_outside_zone_s=20.0)
    state = FleetState.empty(1)
    observe(state, sample_columns(standing), THRESHOLDS)
    now_us = EPOCH_US + 30 * SECOND_US

    assert len(tick(state, now_us, THRESHOLDS)) == 0
    assert [row["kind"] for row in tick(state, now_us, shorter).rows()] == ["gb_04"]


@pytest.mark.parametrize("signal", [s for s in SIGNALS if s.type is SignalType.STATE])
def test_every_word_of_a_state_is_news_after_every_other(signal: Any) -> None:
    """No two words are packed alike; what the rules do not read is no news."""
    words = [state.value for state in signal.states]
    pairs = [sample(at_s=0.0)]
    for first in words:
        for second in words:
            at_s = len(pairs)
            pairs += [sample(at_s=at_s + n, **{signal.name: first}) for n in range(2)]
            pairs += [sample(at_s=at_s + 2, **{signal.name: second})]
    read = signal.name in SampleArrays._fields

    assert len(words) <= 16
    changes = sum(
        before.get(signal.name, "unknown") != after.get(signal.name, "unknown")
        for before, after in pairwise(pairs)
    )
    quiet_count = count_quiet(FleetState.empty(1), sample_columns(pairs), THRESHOLDS)
    assert quiet_count <= len(pairs) - 1 - changes if read else quiet_count >= len(pairs) - 2
