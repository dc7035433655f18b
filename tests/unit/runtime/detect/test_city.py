"""A city played as rows says what its trace says, to the instant; and who could be heard."""

from collections.abc import Sequence
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from liftward_detection.thresholds import default_thresholds
from liftward_gateway.admit import Received
from liftward_runtime.detect.city import City, CityPlan, Hearing, preparation_of
from liftward_runtime.detect.contestants import contestant
from liftward_runtime.detect.trace_file import messages_of
from liftward_runtime.detect.trace_intake import TraceIntake
from liftward_runtime.detect.trace_run import TraceRun, verdict_lines
from liftward_simulator.outputs.journal import Journal
from liftward_simulator.outputs.trace import TraceWriter
from liftward_simulator.stage import TICK_S
from liftward_wire.columns import SampleColumns

# All that a link and a clock can do, within two minutes, in a town with edges.
TROUBLED = """
title = "t"
title_zh = "t"
description = "d"
description_zh = "d"
lifts = 40
hours = 0.04
starts_at = 2026-01-05T17:30:00

[faults]
rate_factor = 200000.0

[links]
delay_s = [0.02, 3.0]
duplicate_share = 0.05
held_back_share = 0.05

[[outages]]
kind = "lost"
share = 0.4
from_s = 20.0
to_s = 60.0

[[outages]]
kind = "reboot"
share = 0.3
from_s = 30.0
to_s = 35.0

[[clock_errors]]
kind = "jump_forward"
share = 0.1
from_s = 10.0
to_s = 80.0

[[clock_errors]]
kind = "drift"
share = 0.5
amount = 20033.3
"""


Arrivals = dict[str, list[list[int]]]  # by lift: what identifies each sample, in order of arrival


def noted(samples: SampleColumns, lift_ids: Sequence[str], arrivals: Arrivals) -> None:
    keys = ("boot_id", "sequence", "observed_at_us", "received_at_us")
    rows = np.stack([getattr(samples, name) for name in keys], axis=1).tolist()
    for lift, row in zip(samples.lift_index.tolist(), rows, strict=True):
        arrivals.setdefault(lift_ids[lift], []).append(row)


def verdicts_of_city(plan: CityPlan) -> tuple[list[Any], City, Arrivals]:
    city = City(plan)
    detector = contestant("shipped", len(city.lift_ids), default_thresholds())
    found, arrivals = [], Arrivals()
    for batch in city.batches():
        noted(batch.samples, city.lift_ids, arrivals)
        for transitions in detector.take(batch.samples, batch.events, batch.now_us):
            found += list(verdict_lines(transitions, list(city.lift_ids)))
    return found, city, arrivals


def verdicts_of_trace(plan: CityPlan) -> tuple[list[Any], TraceRun, Arrivals]:
    preparation = preparation_of(plan)
    started_at, hours = preparation.starts_at, preparation.hours
    assert hours is not None
    stage = preparation.stage(now=started_at, speaks=True, journal=Journal(None))
    file = BytesIO()
    writer = TraceWriter(file, started_at)
    writer.put(stage.open(started_at))
    for _ in range(round(hours * 3_600 / TICK_S)):
        clock_s = round(stage.world.clock_s + TICK_S, 6)
        writer.put(stage.tick(started_at + timedelta(seconds=clock_s)))
    file.seek(0)
    end = round((started_at + timedelta(hours=hours)).timestamp() * 1e6)
    run = TraceRun(contestant("shipped", 0, default_thresholds()))
    arrived = [
        one for one in messages_of(file) if isinstance(one, Received) and one.received_at_us < end
    ]
    arrivals, intake = Arrivals(), TraceIntake()
    noted(intake.take(arrived)[0], intake.lift_ids, arrivals)
    found = [
        line
        for transitions in run.detect(arrived)
        for line in verdict_lines(transitions, run.intake.lift_ids)
    ]
    return found, run, arrivals


def test_rows_arrive_when_their_messages_would_and_lead_to_the_same_verdicts(
    tmp_path: Path,
) -> None:
    """Delays, overtaking, repeats, spools, reboots, drift and refused clocks: all of it alike."""
    scenario = tmp_path / "troubled.toml"
    scenario.write_text(TROUBLED)
    plan = CityPlan(scenario=str(scenario), seed=1_001)

    of_city, city, arrived_in_city = verdicts_of_city(plan)
    of_trace, run, arrived_in_trace = verdicts_of_trace(plan)

    def in_order(lines: list[Any]) -> list[Any]:
        return sorted(lines, key=lambda one: (one["decided_at"], one["lift"], one["kind"]))

    assert in_order(of_city) == in_order(of_trace)
    assert arrived_in_city == arrived_in_trace
    assert run.intake.samples_count > 1_000
    assert len(of_city) > 5
    assert city.refused_count > 0
    assert run.intake.repeats_count > 0
    assert len(city.truth()) > 0


def test_hearing_begins_with_what_was_said_after_the_begin() -> None:
    """Older news that arrives later does not count; after the end nothing does."""
    hearing, key = Hearing(4), ("L", 100)
    hearing.begun("L", 2, 100)

    def hear(lift: int, sent_us: int, received_us: int, *, plausible: bool = True) -> None:
        one = np.array
        hearing.hear(one([lift], np.int32), one([sent_us]), one([received_us]), one([plausible]))

    hear(2, 99, 120)
    hear(1, 130, 131)
    hear(2, 130, 132, plausible=False)
    assert hearing.first_heard_us == {}
    hear(2, 140, 145)
    hear(2, 150, 155)
    assert hearing.first_heard_us == {key: 145}
    hearing.begun("M", 3, 200)
    hearing.ended(3)
    hear(3, 210, 211)
    assert hearing.first_heard_us == {key: 145}
