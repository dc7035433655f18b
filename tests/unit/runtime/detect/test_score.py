"""The benchmark as a whole: its composition, one small city scored, the object and its page."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from liftward_detection.thresholds import default_thresholds
from liftward_kit.subcommand import HOLDS, WRONG_CALL, CallError
from liftward_runtime.command import main
from liftward_runtime.detect.case_file import FILE_NAME, case_lines, write_cases
from liftward_runtime.detect.city import CityPlan
from liftward_runtime.detect.composition import (
    LIFT_DAYS,
    PARTS,
    SEEDS,
    TUNING_SEEDS,
    Extent,
    jobs_of,
)
from liftward_runtime.detect.drawing import FILES, draw
from liftward_runtime.detect.matching import Standing
from liftward_runtime.detect.page import PageError, refreshed
from liftward_runtime.detect.result import result_of, targets_of
from liftward_runtime.detect.scoring import CityScore, Job, score_city
from liftward_runtime.detect.sensor_sets import GATEWAY_SETS, REDUCED_SETS
from liftward_runtime.detect.tables import summary_lines
from liftward_simulator.scenarios.library import scenario_names

ROOT = Path(__file__).parents[4]
PLAN = CityPlan(
    scenario="evening_peak", seed=1_007, lifts=60, hours=0.035, fault_rate_factor=200_000.0
)
KEYS = {
    "lift_days", "true_entrapments", "recall_probable", "false_probable_per_1000_lift_days",
    "time_to_probable_s",
}  # fmt: skip


@pytest.fixture(scope="module")
def scores() -> list[tuple[str, CityScore]]:
    job = Job(plan=PLAN, reduced=REDUCED_SETS)
    return [("evening_peak", score_city(job, default_thresholds()))]


def found_of(scores: list[tuple[str, CityScore]]) -> dict[str, Any]:
    result = result_of(scores)
    return {
        "quick": False, "machine": "m", "detector_version": "d", "baseline_version": "b",
        "thresholds_version": 1, "thresholds_sha256": "0" * 64, "seeds": [1_007],
        "seeds_are_for_tuning": True, "seconds": 1.0, **result, "targets": targets_of(result),
    }  # fmt: skip


def test_default_extent_has_all_scenarios_and_enough_lift_days() -> None:
    """50,000 lift-days of every scenario, each seed played, none of those for tuning."""
    jobs = [job for _, job in jobs_of(Extent())]
    full = [job.plan for job in jobs if job.reduced]

    lift_days = sum((plan.lifts or 0) * (plan.hours or 0.0) / 24 for plan in full)
    assert lift_days == pytest.approx(LIFT_DAYS, rel=1e-3)
    assert {plan.scenario for plan in full} == set(scenario_names())
    assert {plan.seed for plan in full} == set(SEEDS)
    assert not any(TUNING_SEEDS[0] <= seed <= TUNING_SEEDS[1] for seed in SEEDS)
    assert {job.plan.gateway_type for job in jobs} == {"full", *GATEWAY_SETS}
    assert sum(part.share for part in PARTS) == pytest.approx(1.0)


def test_an_extent_can_be_cut_down_and_wrong_words_are_refused() -> None:
    """One scenario, two seeds, one sensor set; a name that is none is answered with all."""
    extent = Extent(seeds=(3, 4), lift_days=100, scenarios=("typhoon",), sensor_sets=("no_load",))

    jobs = [job for _, job in jobs_of(extent)]

    assert [(job.plan.scenario, job.plan.seed, job.reduced) for job in jobs] == [
        ("typhoon", 3, ("no_load",)),
        ("typhoon", 4, ("no_load",)),
    ]
    with pytest.raises(CallError, match="no part 'tornado'; allowed: all, bad_part_batch"):
        jobs_of(replace(extent, scenarios=("tornado",)))
    with pytest.raises(CallError, match="no sensor set 'no_eyes'; allowed: full"):
        jobs_of(replace(extent, sensor_sets=("no_eyes",)))


def test_a_small_city_has_the_keys_that_tools_rely_on(
    scores: list[tuple[str, CityScore]],
) -> None:
    """The design's keys for us, for the timers, and for each sensor set."""
    found = found_of(scores)

    assert found.keys() >= KEYS | {"baseline", "by_sensor_set"}
    assert found["baseline"].keys() >= KEYS
    assert found["time_to_probable_s"].keys() >= {"p50", "p90", "p99"}
    assert list(found["by_sensor_set"]) == ["full", *REDUCED_SETS]
    assert all(one.keys() >= KEYS for one in found["by_sensor_set"].values())
    assert found["lift_days"] == pytest.approx(60 * 0.035 / 24, abs=0.05)
    sets = [one["lift_days"] for name, one in found["by_sensor_set"].items() if name != "full"]
    assert sum(sets) == pytest.approx(found["lift_days"], abs=0.3)
    assert any(line.startswith("full, timers") for line in summary_lines(found))


def test_the_same_city_gives_the_same_score(scores: list[tuple[str, CityScore]]) -> None:
    """Nothing but the seed decides: neither process nor order."""
    again = score_city(scores[0][1].job, default_thresholds())

    assert again == scores[0][1]
    assert again.samples_count > 1_000
    assert sum(len(score.cases) for score in again.scores if score.sensor_set == "full") > 0


def test_every_missed_and_false_case_has_a_line_to_look_it_up(
    scores: list[tuple[str, CityScore]], tmp_path: Path
) -> None:
    """Lift, time, cause and the plan of the city; the trace around it can be had from that."""
    city = scores[0][1]
    missing = [
        replace(score, cases=[replace(case, standing=Standing.COUNTED, seconds=(None,) * 3)
                              for case in score.cases])
        for score in city.scores
    ]  # fmt: skip
    worse = [("evening_peak", replace(city, scores=missing))]
    count = write_cases(tmp_path, worse)
    lines = [json.loads(line) for line in (tmp_path / FILE_NAME).read_text().splitlines()]

    assert count == len(lines) == len(list(case_lines(worse))) > 0
    assert lines[0]["what"] == "missed"
    assert lines[0]["plan"]["seed"] == PLAN.seed
    status = main(["detect", "score", "--case", f"{tmp_path / FILE_NAME}:1", "--out",
                   str(tmp_path / "case")])  # fmt: skip
    assert status == HOLDS
    (trace,) = (tmp_path / "case").glob("*.trace")
    (truth,) = (tmp_path / "case").glob("*.truth")
    assert trace.name.startswith(lines[0]["lift_id"])
    assert f"/{lines[0]['lift_id']}/telemetry" in trace.read_text()
    assert lines[0]["cause"] in truth.read_text()
    assert main(["detect", "--trace", str(trace), "--out", str(tmp_path / "v")]) == HOLDS


def test_targets_are_those_of_the_full_set_and_strict_against_the_timers() -> None:
    """All hold for a good result; one false alarm too many, or no better than timers: not."""
    times = {"p50": 9.0, "p99": 50.0}
    good: dict[str, Any] = {
        "recall_probable": 0.9995, "false_probable_per_1000_lift_days": 0.05,
        "time_to_probable_s": times,
        "baseline": {"recall_probable": 0.9, "false_probable_per_1000_lift_days": 9.0,
                     "time_to_probable_s": {"p50": 33.0, "p99": None}},
    }  # fmt: skip

    assert all(targets_of(good).values())
    worse = {
        "recall": good | {"recall_probable": 0.9989},
        "false_alarms": good | {"false_probable_per_1000_lift_days": 0.11},
        "p50": good | {"time_to_probable_s": times | {"p50": 15.0}},
        "p99": good | {"time_to_probable_s": times | {"p99": None}},
        "recall_beats_timers": good | {"baseline": good["baseline"] | {"recall_probable": 0.9995}},
    }
    for name, result in worse.items():
        assert not targets_of(result)[name], name


def test_page_says_what_the_result_beside_it_says() -> None:
    """`make docs` renews the tables; this fails when somebody forgot, or wrote a figure by hand."""
    page = (ROOT / "docs" / "detection-benchmark.md").read_text()
    result = json.loads((ROOT / "docs" / "detection-benchmark.json").read_text())

    assert refreshed(page, result) == page
    with pytest.raises(PageError, match="allowed: one for each"):
        refreshed(page.replace("generated: levels", "generated: storeys"), result)


def test_pictures_are_the_same_for_the_same_result(tmp_path: Path) -> None:
    """Vector pictures without a date in them: a new run shows as a change, a new day does not."""
    result = json.loads((ROOT / "docs" / "detection-benchmark.json").read_text())
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        draw(result, tmp_path / folder)

    for name in FILES:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
        assert b"Liftward" in (tmp_path / "a" / name).read_bytes()


@pytest.mark.parametrize(
    "words",
    [["--seeds", "5..1"], ["--lift-days", "0"], ["--processes", "0"], ["--case", "x:1"],
     ["--thresholds", "/nowhere.toml"], ["--scenario", "tornado"]],
)  # fmt: skip
def test_a_wrong_call_is_refused_before_anything_is_played(words: list[str]) -> None:
    """Exit status 2, and no city is built."""
    try:
        status: object = main(["detect", "score", *words])
    except SystemExit as error:  # argparse ends by itself
        status = error.code

    assert status == WRONG_CALL
