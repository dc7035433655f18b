"""The naive twin of the ranking: one crew at a time, plain Python, nothing shared with it.

It is also the peer that `liftward bench escalate` ranks beside.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from liftward_platform.rescue.candidates import Asked, Candidate
from liftward_platform.rescue.policy import Policy
from liftward_platform.rescue.ranking import Wanted
from liftward_platform.rescue.travel import Place, StraightLineEstimate

TwinRow = tuple[str, bool, str, float]


def rank_naively(
    candidates: Sequence[Candidate], lift: Place, wanted: Wanted, *, policy: Policy, now: datetime
) -> list[TwinRow]:
    """Return crew, whether it can be sent, reason and seconds, in order."""
    estimate = StraightLineEstimate(policy)
    rows: list[tuple[tuple[bool, int, float, str], Candidate, str | None, float, bool]] = []
    for candidate in candidates:
        place, stale = candidate.base, False
        if candidate.fix is not None and candidate.fix_at is not None:
            stale = now - candidate.fix_at > timedelta(seconds=policy.position_max_age_s)
            place = candidate.base if stale else candidate.fix
        seconds = estimate.seconds(place, lift, now=now)
        why = _hindrance(candidate, wanted)
        step = candidate.asked_count if wanted.any_level else candidate.level
        key = (why is not None, step, seconds, candidate.crew_id)
        rows.append((key, candidate, why, seconds, stale))
    rows.sort(key=lambda row: row[0])
    return [
        (one.crew_id, why is None, why or _place(rows[0][1], one, wanted, stale=stale), seconds)
        for _, one, why, seconds, stale in rows
    ]


def _place(first: Candidate, one: Candidate, wanted: Wanted, *, stale: bool) -> str:
    if one is first:
        if wanted.any_level:
            return "nearest_of_any_level"
        return "nearest_of_contract" if one.level == 1 else "nearest_of_level"
    if not wanted.any_level and one.level > first.level:
        return "higher_level"
    return "position_stale_used_base" if stale else "farther"


def _hindrance(one: Candidate, wanted: Wanted) -> str | None:
    checks = (
        (one.asked is Asked.LIVE, "already_asked"),
        (not one.on_duty, "off_duty"),
        (not one.in_shift, "out_of_shift"),
        (one.busy, "busy"),
        (one.crew_id in wanted.reserved, "reserved"),
        (one.asked is Asked.REFUSED and not wanted.any_level, "refused"),
        (one.asked is Asked.SILENT and not wanted.any_level, "already_asked"),
        (not wanted.any_level and not wanted.skills <= one.skills, "missing_skill"),
        (one.level < wanted.level and not wanted.any_level, "wrong_level"),
    )
    return next((reason for hinders, reason in checks if hinders), None)
