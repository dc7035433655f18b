"""Which crew is sent: every crew considered, in order, each with the reason for its place.

Pure: takes candidates, the lift's place, the level wanted and `now`. Must not know SQL or orders'
rows. One ranking covers the wanted level and those above it, so that a level without an eligible
crew leads to the next at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from liftward_platform.rescue.policy import Policy
from liftward_platform.rescue.travel import Place, TravelTime

# Considered and stored per decision; the nearest ones are what a later question is about.
CANDIDATES_STORED_MAX = 40


class RankReason(StrEnum):
    NEAREST_OF_CONTRACT = "nearest_of_contract"  # chosen: level 1
    NEAREST_OF_LEVEL = "nearest_of_level"  # chosen: level 2 or 3
    NEAREST_OF_ANY_LEVEL = "nearest_of_any_level"  # chosen when every level was asked in vain
    FARTHER = "farther"  # could be sent, but another one is nearer
    POSITION_STALE_USED_BASE = "position_stale_used_base"  # the same, measured from its base
    HIGHER_LEVEL = "higher_level"  # could be sent when the levels before it have nobody
    OFF_DUTY = "off_duty"
    ALREADY_ASKED = "already_asked"  # has a live order for this incident, or was silent
    REFUSED = "refused"
    BUSY = "busy"  # on another rescue
    WRONG_LEVEL = "wrong_level"  # of a level that is no longer asked
    RESERVED = "reserved"  # another engine is ordering this crew at this moment


class Asked(StrEnum):
    """What this incident already had to do with a crew."""

    NEVER = "never"
    LIVE = "live"
    SILENT = "silent"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A crew that may be sent, with what the decision needs."""

    crew_id: str
    level: int
    on_duty: bool
    busy: bool
    asked: Asked
    asked_count: int = 0  # orders of this incident so far
    base: Place
    fix: Place | None
    fix_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A crew's place in a ranking."""

    crew_id: str
    level: int
    travel_time_s: float
    eligible: bool
    reason: RankReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is being looked for: the level to begin with, or anybody at all."""

    level: int
    any_level: bool = False  # every level was asked in vain: silent and refusing crews count again
    reserved: frozenset[str] = frozenset()


def rank(
    candidates: Sequence[Candidate],
    lift: Place,
    wanted: Wanted,
    *,
    policy: Policy,
    travel: TravelTime,
    now: datetime,
) -> tuple[Ranked, ...]:
    """Return all candidates, eligible ones first; the first one, when eligible, is to be sent."""
    asked_counts = {candidate.crew_id: candidate.asked_count for candidate in candidates}
    rows = [
        _row(candidate, lift, wanted, policy=policy, travel=travel, now=now)
        for candidate in candidates
    ]
    rows.sort(key=lambda row: _order(row, wanted, asked_counts[row.crew_id]))
    if rows and rows[0].eligible:
        rows[0] = _chosen(rows[0], wanted)
    return tuple(_above(row, rows[0]) for row in rows)


def position(candidate: Candidate, *, policy: Policy, now: datetime) -> tuple[Place, bool]:
    """Return where the crew is taken to be, and whether its fix was too old to say so."""
    if candidate.fix is None or candidate.fix_at is None:
        return candidate.base, False
    if now - candidate.fix_at > timedelta(seconds=policy.position_max_age_s):
        return candidate.base, True
    return candidate.fix, False


def _row(
    candidate: Candidate,
    lift: Place,
    wanted: Wanted,
    *,
    policy: Policy,
    travel: TravelTime,
    now: datetime,
) -> Ranked:
    place, stale = position(candidate, policy=policy, now=now)
    hindrance = _hindrance(candidate, wanted)
    free = RankReason.POSITION_STALE_USED_BASE if stale else RankReason.FARTHER
    return Ranked(
        crew_id=candidate.crew_id,
        level=candidate.level,
        travel_time_s=travel.seconds(place, lift, now=now),
        eligible=hindrance is None,
        reason=free if hindrance is None else hindrance,
    )


def _hindrance(candidate: Candidate, wanted: Wanted) -> RankReason | None:
    """Return why a crew cannot be sent, or None."""
    checks = (
        (candidate.asked is Asked.LIVE, RankReason.ALREADY_ASKED),
        (not candidate.on_duty, RankReason.OFF_DUTY),
        (candidate.busy, RankReason.BUSY),
        (candidate.crew_id in wanted.reserved, RankReason.RESERVED),
        (candidate.asked is Asked.REFUSED and not wanted.any_level, RankReason.REFUSED),
        (candidate.asked is Asked.SILENT and not wanted.any_level, RankReason.ALREADY_ASKED),
        (candidate.level < wanted.level and not wanted.any_level, RankReason.WRONG_LEVEL),
    )
    return next((reason for hinders, reason in checks if hinders), None)


def _order(row: Ranked, wanted: Wanted, asked_count: int) -> tuple[bool, int, float, str]:
    """Eligible first, by level, then by time; the id makes it stable.

    When any level will do, whoever was asked least comes first: a near crew that refuses every time
    must not keep the others from being asked.
    """
    step = asked_count if wanted.any_level else row.level
    return (not row.eligible, step, row.travel_time_s, row.crew_id)


def _chosen(row: Ranked, wanted: Wanted) -> Ranked:
    if wanted.any_level:
        reason = RankReason.NEAREST_OF_ANY_LEVEL
    else:
        reason = RankReason.NEAREST_OF_CONTRACT if row.level == 1 else RankReason.NEAREST_OF_LEVEL
    return _with_reason(row, reason)


def _above(row: Ranked, first: Ranked) -> Ranked:
    """Say of an eligible crew of a later level that it waits for its level."""
    if row is first or not row.eligible or row.level <= first.level:
        return row
    if first.reason is RankReason.NEAREST_OF_ANY_LEVEL:
        return row
    return _with_reason(row, RankReason.HIGHER_LEVEL)


def _with_reason(row: Ranked, reason: RankReason) -> Ranked:
    return Ranked(
        crew_id=row.crew_id,
        level=row.level,
        travel_time_s=row.travel_time_s,
        eligible=row.eligible,
        reason=reason,
    )
