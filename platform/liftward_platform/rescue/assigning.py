"""Which crew goes to which incident: the seam behind which a joint assignment can stand.

Pure. What asks for crews gives requests and takes one ranking each. The greedy assigner serves
them in their order and never gives one crew twice; an assigner that weighs them against each other
(a linear assignment over the same values) answers to the same protocol.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from liftward_platform.rescue.candidates import Candidate
from liftward_platform.rescue.policy import Policy
from liftward_platform.rescue.ranking import Ranked, Routed, Wanted, rank
from liftward_platform.rescue.travel import Place, TravelTime


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One incident that needs a crew, with everything a decision about it looks at."""

    candidates: Sequence[Candidate]
    lift: Place
    wanted: Wanted
    policy: Policy
    travel: TravelTime
    routed: Routed | None = None


class Assigner(Protocol):
    """Decides for several requests at once."""

    def assign(
        self, requests: Sequence[Request], *, now: datetime, count: int | None = None
    ) -> tuple[tuple[Ranked, ...], ...]:
        """Return a ranking for each request, in their order; no crew is first in two of them."""
        ...


@dataclass(frozen=True, slots=True)
class GreedyAssigner:
    """First come, first served: each request gets the best crew that is left."""

    def assign(
        self, requests: Sequence[Request], *, now: datetime, count: int | None = None
    ) -> tuple[tuple[Ranked, ...], ...]:
        """Return a ranking for each request, in their order; no crew is first in two of them."""
        taken: frozenset[str] = frozenset()
        rankings: list[tuple[Ranked, ...]] = []
        for request in requests:
            wanted = replace(request.wanted, reserved=request.wanted.reserved | taken)
            ranking = rank(
                request.candidates, request.lift, wanted,
                policy=request.policy, travel=request.travel, now=now,
                routed=request.routed, count=count,
            )  # fmt: skip
            rankings.append(ranking)
            if ranking and ranking[0].eligible:
                taken |= {ranking[0].crew_id}
        return tuple(rankings)
