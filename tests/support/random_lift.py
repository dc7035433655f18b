"""Random lives of lifts with what makes summaries hard: silence, repeats, broken counters."""

import random
from datetime import datetime, timedelta

from support.summary_twin import Sample

_GAPS_S = (1, 5, 30, 60, 299, 300, 301, 700, 2000, 0)


def random_life(rng: random.Random, start: datetime, end: datetime) -> list[Sample]:
    """Return samples in order of time; float values survive single precision."""
    life: list[Sample] = []
    at = start + timedelta(microseconds=rng.randrange(1_000_000))
    gaps = rng.choices(_GAPS_S, k=rng.choice([2, 4, 8]))
    floor, trips, cycles, run_time_h, moving = 0, 100, 500, 8.0, False
    while at < end:
        if rng.random() < 0.15:
            moving = not moving
        floor += rng.choice([-1, 0, 0, 1]) if moving or rng.random() < 0.05 else 0
        trips = rng.choice([trips, trips, trips + rng.choice([1, 3]), 0, 10**6 + trips])
        cycles += rng.choice([0, 0, 1])
        run_time_h += rng.choice([0.0, 0.25, 1.0, 2.0]) if rng.random() < 0.1 else 0.0
        life.append(
            Sample(
                at=at,
                mode=rng.choice([1, 1, 1, 3, 0]),
                door_open=rng.random() < 0.2,
                floor=rng.choice([floor, floor, None]),
                trips=rng.choice([trips, None]),
                door_cycles=rng.choice([cycles, None, None]),
                run_time_h=rng.choice([run_time_h, None]),
                position_m=rng.choice([floor * 3.0, floor * 3.0 + 0.03125, None]),
                speed_mps=rng.choice([-1.5 if moving else 0.03125, 1.75 if moving else 0.0, None]),
                load_kg=rng.choice([75.0, 150.5, None]),
            )
        )
        at += timedelta(seconds=rng.choice(gaps), microseconds=rng.choice([0, 0, 1, 500_000]))
        if rng.random() < 0.01:
            at += timedelta(hours=rng.choice([1, 3]))
    return life
