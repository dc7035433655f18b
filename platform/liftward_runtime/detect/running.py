"""Plays the cities of a benchmark in several processes, and tells how far it is.

Ctrl-C ends all of them; nothing is left behind. Owns the clock. Must not know figures.
"""

import signal
from collections.abc import Sequence
from multiprocessing import get_context

from liftward_detection import baseline, detector
from liftward_detection.thresholds import Thresholds
from liftward_kit.clock import monotonic_s
from liftward_kit.subcommand import progress
from liftward_runtime.detect.composition import Part
from liftward_runtime.detect.scoring import CityScore, Job, score_city

_Task = tuple[str, Job, Thresholds]


def play_all(
    jobs: Sequence[tuple[Part, Job]], thresholds: Thresholds, *, processes: int
) -> list[tuple[str, CityScore]]:
    """Return the score of each city with the name of its part, in the order of the jobs."""
    for module in (detector, baseline):  # once, into numba's cache: not in all processes at once
        module.warm_up()
    tasks = [(number, (part.name, job, thresholds)) for number, (part, job) in enumerate(jobs)]
    began_s, lift_days = monotonic_s(), 0.0
    scores: dict[int, tuple[str, CityScore]] = {}
    context = get_context("spawn")
    with context.Pool(min(processes, len(jobs)), _leave_interrupts_to_the_parent) as pool:
        for number, name, score in pool.imap_unordered(_play, tasks):
            scores[number] = (name, score)
            lift_days += score.scores[0].lift_days
            plan = score.job.plan
            progress(
                f"{len(scores)} of {len(jobs)} cities after {monotonic_s() - began_s:.0f} s:"
                f" {name}, seed {plan.seed}, {score.job.first_set};"
                f" {lift_days:,.0f} lift-days so far"
            )
    return [scores[number] for number in sorted(scores)]


def _play(task: tuple[int, _Task]) -> tuple[int, str, CityScore]:
    number, (name, job, thresholds) = task
    return number, name, score_city(job, thresholds)


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
