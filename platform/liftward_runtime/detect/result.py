"""The result of a benchmark: one object from the scores of all cities. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from liftward_runtime.detect.contestants import METHODS, SHIPPED, TIMERS
from liftward_runtime.detect.figures import CURVE_S, curve_of, figures_of, grouped
from liftward_runtime.detect.matching import Case
from liftward_runtime.detect.scoring import CityScore, SetScore
from liftward_runtime.detect.sensor_sets import ALL_SETS, FULL

# What the full sensor set is to reach.
RECALL_MIN = 0.999
FALSE_PER_1000_MAX = 0.1
P50_S_MAX, P99_S_MAX = 15.0, 60.0


@dataclass(slots=True)
class _Sum:
    """Scores of one method and one group of cities, added up."""

    lift_days: float = 0.0
    cases: list[Case] = field(default_factory=list)
    false_count: int = 0

    def add(self, score: SetScore) -> None:
        self.lift_days += score.lift_days
        self.cases += score.cases
        self.false_count += len(score.false_alarms)

    def figures(self) -> dict[str, Any]:
        return figures_of(self.cases, self.false_count, self.lift_days)


def result_of(scores: Sequence[tuple[str, CityScore]]) -> dict[str, Any]:
    """Return all figures; `scores` are pairs of a part's name and what came of a city of it."""
    of_set = {name: _sums(scores, sensor_set=name) for name in ALL_SETS}
    full = of_set[FULL]
    parts = list(dict.fromkeys(name for name, _ in scores))
    return {
        **full[SHIPPED].figures(),
        "baseline": full[TIMERS].figures(),
        "by_sensor_set": {
            name: _beside(sums) for name, sums in of_set.items() if sums[SHIPPED].lift_days
        },
        "by_scenario": {
            part: _beside(sums)
            for part in sorted(parts)
            if (sums := _sums(scores, sensor_set=FULL, part=part))[SHIPPED].lift_days
        },
        "by_mechanism": _by_word(full, "mechanism"),
        "by_behaviour": _by_word(full, "behaviour"),
        "found_share": {
            "within_s": list(CURVE_S),
            **{method: curve_of(full[method].cases) for method in METHODS},
        },
        "samples": sum(score.samples_count for _, score in scores),
        "refused_for_their_time": sum(score.refused_count for _, score in scores),
    }


def targets_of(result: dict[str, Any]) -> dict[str, bool]:
    """Tell which of the targets hold."""
    baseline = result["baseline"]
    times, timers = result["time_to_probable_s"], baseline["time_to_probable_s"]
    recall = result["recall_probable"]
    false = result["false_probable_per_1000_lift_days"]
    return {
        "recall": recall is not None and recall >= RECALL_MIN,
        "false_alarms": false is not None and false <= FALSE_PER_1000_MAX,
        "p50": _at_most(times["p50"], P50_S_MAX),
        "p99": _at_most(times["p99"], P99_S_MAX),
        "recall_beats_timers": (recall or 0.0) > (baseline["recall_probable"] or 0.0),
        "false_alarms_beat_timers": false is not None
        and false < baseline["false_probable_per_1000_lift_days"],
        "time_beats_timers": _less(times["p50"], timers["p50"])
        and _less(times["p99"], timers["p99"]),
    }


def _sums(
    scores: Iterable[tuple[str, CityScore]], *, sensor_set: str, part: str | None = None
) -> dict[str, _Sum]:
    sums = {method: _Sum() for method in METHODS}
    for name, city in scores:
        if part is not None and name != part:
            continue
        for score in city.scores:
            if score.sensor_set == sensor_set:
                sums[score.method].add(score)
    return sums


def _beside(sums: dict[str, _Sum]) -> dict[str, Any]:
    return {**sums[SHIPPED].figures(), "baseline": sums[TIMERS].figures()}


def _by_word(full: dict[str, _Sum], attribute: str) -> dict[str, Any]:
    """Return figures by a word of the truth; false alarms have no such word."""
    timers = grouped(full[TIMERS].cases, attribute)
    return {
        word: {
            **_of_cases(cases),
            "baseline": _of_cases(timers.get(word, [])),
        }
        for word, cases in grouped(full[SHIPPED].cases, attribute).items()
    }


def _of_cases(cases: Sequence[Case]) -> dict[str, Any]:
    figures = figures_of(cases, 0, 0.0)
    return {
        name: value
        for name, value in figures.items()
        if not name.startswith("false_") and name != "lift_days"
    }


def _at_most(value: float | None, most: float) -> bool:
    return value is not None and value < most


def _less(value: float | None, other: float | None) -> bool:
    return value is not None and (other is None or value < other)
