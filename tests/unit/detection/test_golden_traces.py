"""Scripted stories with exact alarm times, told in one batch and told live."""

import subprocess
import sys
from pathlib import Path

import pytest

from liftward_detection.detector import observe, take_events, tick
from liftward_detection.thresholds import default_thresholds
from liftward_detection.transitions import Transitions
from unit.detection.streams import (
    EPOCH_US,
    SECOND_US,
    comparable,
    event_columns,
    rows_of,
    sample_columns,
)
from unit.detection.traces import LAG_US, NAMES, load, rows_of_trace, state_of, summary, twin_of

THRESHOLDS = default_thresholds()
ROOT = Path(__file__).parents[3]


def told_live(name: str) -> list[Transitions]:
    """Hand over each message by itself, and tick with every sample: mostly each second."""
    trace = load(name)
    rows = rows_of_trace(trace)
    state, found = state_of(trace), []
    for at_s in range(0, trace["end_s"] + 1, trace["period_s"]):
        now_us = EPOCH_US + at_s * SECOND_US + LAG_US
        while rows and rows[0]["received_us"] <= now_us:
            row = rows.pop(0)
            if "kind" in row:
                found.append(take_events(state, event_columns([row]), THRESHOLDS))
            else:
                found.append(observe(state, sample_columns([row]), THRESHOLDS))
        found.append(tick(state, now_us, THRESHOLDS))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_trace_gives_exactly_the_expected_transitions(name: str) -> None:
    """Kind, level, onset, instant, reason and evidence of each transition, and no others."""
    assert summary(told_live(name)) == load(name)["expected"]


@pytest.mark.parametrize("name", [name for name in NAMES if not load(name).get("events")])
def test_trace_in_one_batch_gives_the_same(name: str) -> None:
    """A whole story delivered at once, as after an outage, dates everything the same."""
    trace = load(name)
    state = state_of(trace)
    end_us = EPOCH_US + trace["end_s"] * SECOND_US + LAG_US

    found = [observe(state, sample_columns(rows_of_trace(trace)), THRESHOLDS)]
    found.append(tick(state, end_us, THRESHOLDS))

    assert summary(found) == trace["expected"]


@pytest.mark.parametrize("name", NAMES)
def test_twin_tells_the_same_story(name: str) -> None:
    """The naive twin agrees on every scripted story, too."""
    trace = load(name)
    twin = twin_of(trace, THRESHOLDS)
    expected = []
    for row in rows_of_trace(trace):
        expected += twin.take_event(row) if "kind" in row else twin.take_sample(row)
    expected += twin.take_time(EPOCH_US + trace["end_s"] * SECOND_US + LAG_US)

    told = [row for row in rows_of(told_live(name)) if not row["kind"].startswith("sensor_")]
    assert comparable(told) == comparable(expected)


def test_rules_run_uncompiled_with_the_same_outcome() -> None:
    """With numba's compiler switched off the same functions run as plain Python, for a debugger."""
    program = (
        "from unit.detection.test_golden_traces import told_live;"
        "from unit.detection.traces import NAMES, load, summary;"
        "assert all(summary(told_live(n)) == load(n)['expected'] for n in NAMES); print('same')"
    )
    path = ":".join(str(ROOT / folder) for folder in ("tests", "gateway"))

    run = subprocess.run(
        [sys.executable, "-c", program],
        env={"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.stdout.strip() == "same", run.stderr
