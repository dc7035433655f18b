"""Condition: what a lift's own baseline warns of, when, and what visits make of it."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from liftward_detection.detector import observe
from liftward_detection.equipment import METRICS, Metric
from liftward_detection.fleet import FleetState
from liftward_detection.kinds import CONDITION_KINDS, DetectionKind
from liftward_detection.thresholds import default_thresholds
from support.equipment_twin import ConditionTwin
from unit.detection.streams import EPOCH_US, SECOND_US, Row, sample_columns

CONDITION = {kind.value for kind in CONDITION_KINDS}
# Learned in hours instead of a week, so that a test lasts a blink; everything else is as shipped.
QUICK = replace(
    default_thresholds(),
    block_observations=4.0,
    block_s=600.0,
    learning_blocks=12.0,
    learning_days=0.0,
)
HASTY = replace(QUICK, block_observations=1.0, block_s=60.0, learning_blocks=4.0,
                decision_interval=3.0)  # fmt: skip
PARKED: Row = {"speed_mps": 0.0, "car_door": "closed", "door_zone": "inside", "occupancy": "empty",
               "load_kg": 0.0, "service_mode": "normal"}  # fmt: skip


class Story:
    """A lift that makes trips and door cycles, told at each change as the contract asks."""

    def __init__(self, seed: int = 1) -> None:
        self.rng = np.random.default_rng(seed)
        self.now_s = 0.0
        self.rows: list[Row] = []
        self.state: Row = dict(PARKED)
        self.pause_s = 100.0

    def tell(self, after_s: float, **signals: Any) -> None:
        self.now_s += after_s
        self.state |= signals
        at_us = EPOCH_US + round(self.now_s * SECOND_US)
        present = {name: value for name, value in self.state.items() if value is not None}
        keys = {"lift": 0, "at_us": at_us, "received_us": at_us, "boot_id": 1}
        self.rows.append(keys | {"sequence": len(self.rows)} | present)

    def trip(
        self, *, current_a: float = 12.0, vibration_mps2: float = 0.12, level_mm: float = 1.0
    ) -> None:
        self.tell(0.5, car_door="closed")
        self.tell(5.0, speed_mps=0.5, levelling_error_mm=None, motor_current_a=current_a)
        noise = 1 + 0.01 * self.rng.standard_normal(2)
        for _ in range(2):
            self.tell(1.0, speed_mps=1.5, motor_current_a=current_a * noise[0],
                      vibration_mps2=vibration_mps2 * noise[1])  # fmt: skip
        self.tell(1.0, speed_mps=0.0, levelling_error_mm=level_mm + self.rng.normal(0, 0.5))

    def doors(self, *, opening_s: float = 2.5, closing_s: float = 3.0, retries: int = 0) -> None:
        self.tell(0.5, car_door="opening")
        self.tell(opening_s + self.rng.normal(0, 0.05), car_door="open")
        self.tell(3.0, car_door="closing")
        for _ in range(retries):
            self.tell(1.0, car_door="opening")
            self.tell(1.0, car_door="open")
            self.tell(3.0, car_door="closing")
        self.tell(closing_s + self.rng.normal(0, 0.05), car_door="closed")

    def serve(self, count: int, **what: float) -> "Story":
        """Make trips of two minutes each, with these values."""
        doors = {name: what.pop(name) for name in ("opening_s", "closing_s") if name in what}
        retries_share = what.pop("retries_share", 0.0)
        for _ in range(count):
            self.trip(**what)
            self.doors(**doors, retries=int(self.rng.random() < retries_share))
            self.tell(self.pause_s)
        return self

    def visit(self) -> "Story":
        self.tell(60.0, service_mode="inspection")
        self.tell(1200.0, service_mode="normal")
        return self

    def warnings(self, thresholds: Any = QUICK) -> list[Row]:
        found = observe(FleetState.empty(1), sample_columns(self.rows), thresholds)
        return [row for row in found.rows() if row["kind"] in CONDITION]


@pytest.mark.parametrize(
    ("kind", "drift"),
    [
        ("door_opening_drift", {"opening_s": 3.0}),
        ("door_closing_drift", {"closing_s": 3.6}),
        ("door_retries_drift", {"retries_share": 0.3}),
        ("levelling_drift", {"level_mm": 5.0}),
        ("levelling_drift", {"level_mm": -4.0}),
        ("motor_current_drift", {"current_a": 13.5}),
        ("vibration_drift", {"vibration_mps2": 0.18}),
    ],
)
def test_each_metric_warns_by_its_own_name(kind: str, drift: dict[str, float]) -> None:
    """A drift in one thing warns of that thing, says what it was and is, and ends with it."""
    story = Story().serve(150)
    begun_us = EPOCH_US + round(story.now_s * SECOND_US)
    rows = story.serve(200, **drift).serve(800).warnings()

    assert [(row["kind"], row["transition"]) for row in rows] == [(kind, "began"), (kind, "ended")]
    began = rows[0]
    assert abs(began["onset_at_us"] - begun_us) < 4 * 3600 * SECOND_US
    assert began["evidence"]["current_value"] != pytest.approx(began["evidence"]["baseline_value"])
    assert rows[1]["reason"] == "condition_cleared"


def test_a_steady_lift_is_left_in_peace() -> None:
    """Noise alone warns of nothing, nor does one hour of slow doors."""
    story = Story().serve(200)
    story.serve(12, opening_s=6.0, closing_s=7.0).serve(200)

    assert story.warnings() == []


def test_a_warning_tells_the_trend_and_when_the_limit_is_reached() -> None:
    """Levelling that worsens by a millimetre in a hundred trips is projected to 20 mm."""
    story = Story()
    story.pause_s = 850.0
    story.serve(100)
    for step in range(8):
        story.serve(100, level_mm=1.0 + step)
    began = story.warnings()[0]
    evidence = began["evidence"]

    assert began["kind"] == "levelling_drift"
    assert 0.5 < evidence["trend_per_day"] < 2.0  # nine days, a millimetre in each
    left = (20.0 - evidence["current_value"]) / evidence["trend_per_day"]
    assert evidence["days_to_limit"] == pytest.approx(left, rel=1e-3)


def test_a_visit_that_mends_ends_the_warning_for_good() -> None:
    """After the visit the doors are as they were: no second warning."""
    rows = Story().serve(150).serve(150, opening_s=3.2).visit().serve(200).warnings()

    assert [row["transition"] for row in rows] == ["began", "ended"]
    assert rows[1]["reason"] == "maintenance_visit"


def test_a_visit_that_mends_nothing_is_followed_by_the_same_warning() -> None:
    """The doors are as slow as before: the old baseline stands, and it warns again."""
    slow = {"opening_s": 3.2}
    rows = Story().serve(150).serve(150, **slow).visit().serve(150, **slow).warnings()

    assert [row["transition"] for row in rows] == ["began", "ended", "began"]
    first, _, second = (row["evidence"]["baseline_value"] for row in rows)
    assert second == pytest.approx(first, abs=0.05)


def test_new_parts_make_a_new_baseline() -> None:
    """Doors that are quicker after a visit are judged by what they are since."""
    story = Story().serve(150).visit().serve(100, opening_s=2.0)
    rows = story.serve(150, opening_s=2.4).warnings()

    assert [(row["kind"], row["transition"]) for row in rows] == [("door_opening_drift", "began")]
    assert rows[0]["evidence"]["baseline_value"] == pytest.approx(2.0, abs=0.05)


@pytest.mark.parametrize("period_s", [0.2, 1.0, 2.0, 4.0])
def test_sampled_door_times_are_right_on_average(period_s: float) -> None:
    """A door that is only looked at every few seconds still has its true mean time."""
    opening_s, rng = 2.6, np.random.default_rng(5)
    story = Story()
    for _ in range(600):
        shift_s = rng.uniform(0, period_s)
        starts, ends = 10.0, 10.0 + opening_s
        closing, closed = ends + 8.0, ends + 8.0 + opening_s
        begin_s = story.now_s
        for step in range(int(30.0 / period_s)):
            at_s = shift_s + step * period_s
            place = int(np.searchsorted([starts, ends, closing, closed], at_s, side="right"))
            door = ["closed", "opening", "open", "closing", "closed"][place]
            story.tell(begin_s + at_s - story.now_s, car_door=door)
    state = FleetState.empty(1)
    observe(state, sample_columns(story.rows), replace(QUICK, learning_days=60.0))

    level = state.records["level"][0, METRICS.index(Metric.DOOR_OPENING_S)]
    assert level == pytest.approx(opening_s, rel=0.06)


def test_a_contact_that_knows_only_open_and_shut_times_nothing() -> None:
    """Doors without phases give no door times, and no warnings of them."""
    story = Story()
    for _ in range(400):
        story.tell(60.0, car_door="open")
        story.tell(6.0, car_door="closed")
    state = FleetState.empty(1)
    observe(state, sample_columns(story.rows), QUICK)

    assert not (state.records["blocks"][0, :2] & (1 << 15)).any()


def is_nan(value: object) -> bool:
    return isinstance(value, float) and np.isnan(value)


def random_life(seed: int, steps_count: int = 400) -> list[Row]:
    """Return a lift whose numbers jump, whose clock steps and whose doors do what they like."""
    story = Story(seed)
    rng = story.rng
    levels = {"current_a": 12.0, "vibration_mps2": 0.12, "level_mm": 1.0}
    for _ in range(steps_count):
        match rng.integers(10):
            case 0:
                name = list(levels)[rng.integers(3)]
                levels[name] = float(rng.choice([0.0, 0.5, 15.0, 40.0, -12.0, np.nan]))
            case 1:
                story.tell(
                    float(rng.choice([0.0, 30.0, 90_000.0])),
                    service_mode=str(
                        rng.choice(["inspection", "normal", "normal", "out_of_service", "unknown"])
                    ),
                )
            case 2:
                story.tell(
                    float(rng.choice([0.1, 12.0])),
                    car_door=str(
                        rng.choice(["closed", "open", "opening", "closing", "fault", "unknown"])
                    ),
                )
            case 3:
                story.tell(1.0, speed_mps=[None, 0.2, 0.0][rng.integers(3)])
            case 4:
                story.now_s -= float(rng.choice([0.0, 5.0, 4000.0]))
            case 5 | 6:
                story.doors(opening_s=float(rng.choice([2.5, 4.0])), retries=int(rng.integers(2)))
            case _:
                story.trip(**levels)
        story.tell(float(rng.choice([10.0, 70.0, 700.0])))
    return [{k: v for k, v in row.items() if not is_nan(v)} for row in story.rows]


def test_condition_agrees_with_its_naive_twin() -> None:
    """On any life the compiled baselines and the obvious ones say the same at the same instants."""
    names = ("kind", "transition", "reason", "onset_at_us", "detected_at_us")
    warnings_count = 0
    for seed in range(15):
        rows = random_life(seed)
        twin = ConditionTwin(HASTY)
        expected = [row for sample in rows for row in twin.take_sample(dict(sample))]
        found = observe(FleetState.empty(1), sample_columns(rows), HASTY)
        told = [row for row in found.rows() if row["kind"] in CONDITION]
        warnings_count += len(expected)

        assert [[row[name] for name in names] for row in told] == [
            [row[name] for name in names] for row in expected
        ], f"seed {seed}"
        for row, twin_row in zip(told, expected, strict=True):
            figures = {name: value for name, value in row["evidence"].items() if name != "derived"}
            assert figures == pytest.approx(twin_row["figures"], rel=1e-3, abs=2e-3), f"seed {seed}"
    assert warnings_count > 20, "these lives show too little"


def test_absent_and_absurd_numbers_warn_of_nothing() -> None:
    """NaN, infinity and what no sensor can mean are not observed."""
    story = Story().serve(60)
    for value in (float("nan"), float("inf"), -float("inf"), 1e30):
        story.serve(30, current_a=value, vibration_mps2=value, level_mm=value)

    assert story.warnings() == []


def test_a_restored_state_warns_at_the_same_instant() -> None:
    """Saved in the middle of a drift, baselines and sums go on where they were."""
    story = Story().serve(150).serve(150, opening_s=3.0)
    whole, half = FleetState.empty(1), len(story.rows) * 6 // 10
    expected = list(observe(whole, sample_columns(story.rows), QUICK).rows())
    state = FleetState.empty(1)
    first = observe(state, sample_columns(story.rows[:half]), QUICK)
    restored = FleetState.from_bytes(state.to_bytes())
    second = observe(restored, sample_columns(story.rows[half:]), QUICK)

    assert [*first.rows(), *second.rows()] == expected
    assert DetectionKind.DOOR_OPENING_DRIFT.value in {row["kind"] for row in expected}
