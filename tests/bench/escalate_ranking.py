"""How long it takes to rank all crews of a city for one incident, beside a plain loop."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import numpy as np
from escalate_stage import CREWS_COUNT

from liftward_kit.clock import monotonic_s
from liftward_platform.rescue.candidates import Asked, Candidate
from liftward_platform.rescue.policy import load
from liftward_platform.rescue.ranking import CANDIDATES_STORED_MAX, Wanted, rank
from liftward_platform.rescue.travel import Place, StraightLineEstimate
from support.ranking_twin import rank_naively

_NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
_SEED = 6


def measure_ranking(times: int) -> dict[str, Any]:
    """Rank for as many different lifts; both ways must choose the same crew each time."""
    random = Random(_SEED)
    policy = load()
    crews = [_crew(number, random) for number in range(CREWS_COUNT)]
    estimate = StraightLineEstimate(policy)
    taken_s: list[float] = []
    naive_s: list[float] = []
    for _ in range(times):
        lift = _place(random)
        begun_s = monotonic_s()
        ranking = rank(
            crews, lift, Wanted(level=1), policy=policy, travel=estimate, now=_NOW,
            count=CANDIDATES_STORED_MAX,
        )  # fmt: skip
        middle_s = monotonic_s()
        twin = rank_naively(crews, lift, Wanted(level=1), policy=policy, now=_NOW)
        naive_s.append(monotonic_s() - middle_s)
        taken_s.append(middle_s - begun_s)
        assert (ranking[0].crew_id, str(ranking[0].reason)) == (twin[0][0], twin[0][2])
    p50, p99 = np.quantile(taken_s, [0.5, 0.99]) * 1000
    naive_p50 = float(np.quantile(naive_s, 0.5)) * 1000
    return {
        "crews": CREWS_COUNT,
        "ranking_ms": {"p50": round(float(p50), 3), "p99": round(float(p99), 3)},
        "naive_ranking_ms": {"p50": round(naive_p50, 3)},
        "ranking_ratio": round(naive_p50 / float(p50), 1),
    }


def _place(random: Random) -> Place:
    return Place(31 + random.random() / 2, 121 + random.random() / 2)


def _crew(number: int, random: Random) -> Candidate:
    return Candidate(
        crew_id=f"crew-{number}",
        level=1 + number % 3,
        on_duty=random.random() < 0.9,
        busy=random.random() < 0.2,
        asked=Asked.NEVER,
        base=_place(random),
        fix=_place(random),
        fix_at=_NOW - timedelta(minutes=random.random() * 60),
    )
