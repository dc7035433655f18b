"""Which crew is sent: every crew considered, in order, each with the reason for its place.

Pure: takes candidates, the lift's place, the level wanted and `now`. Must not know SQL or orders'
rows. One ranking covers the wanted level and those above it, so that a level without an eligible
crew leads to the next at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

import numpy as np

from liftward_platform.rescue.candidates import (
    BoolArray,
    Candidate,
    Columns,
    IntArray,
    PositionSource,
    position_source,
)
from liftward_platform.rescue.policy import Policy
from liftward_platform.rescue.travel import FloatArray, Place, TravelTime

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
    OUT_OF_SHIFT = "out_of_shift"  # outside its working hours
    ALREADY_ASKED = "already_asked"  # has a live order for this incident, or was silent
    REFUSED = "refused"
    BUSY = "busy"  # on another rescue
    MISSING_SKILL = "missing_skill"  # cannot do what this lift asks for
    WRONG_LEVEL = "wrong_level"  # of a level that is no longer asked
    RESERVED = "reserved"  # another engine is ordering this crew at this moment


class TravelSource(StrEnum):
    """Who reckoned a travel time."""

    ESTIMATE = "estimate"  # the built-in one
    ROUTING = "routing"  # the routing service
    ESTIMATE_ROUTING_FAILED = "estimate_routing_failed"  # it was asked and did not answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A crew's place in a ranking."""

    crew_id: str
    level: int
    travel_time_s: float
    eligible: bool
    reason: RankReason
    position_source: PositionSource = PositionSource.BASE
    position_age_s: float | None = None  # of its last fix, used or not
    travel_source: TravelSource = TravelSource.ESTIMATE
    load_count: int = 0
    missing_skills: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is being looked for: the level to begin with, or anybody at all."""

    level: int
    any_level: bool = False  # every level was asked in vain: silent and refusing crews count again
    reserved: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Routed:
    """What a routing service said before the ranking: times by crew, or that it did not answer."""

    seconds: Mapping[str, float] = field(default_factory=dict)
    failure: str | None = None


def rank(
    candidates: Sequence[Candidate],
    lift: Place,
    wanted: Wanted,
    *,
    policy: Policy,
    travel: TravelTime,
    now: datetime,
    routed: Routed | None = None,
    count: int | None = None,
) -> tuple[Ranked, ...]:
    """Return candidates, eligible ones first; the first one, when eligible, is to be sent.

    `count` limits how many are returned, not how many are considered.
    """
    if not candidates:
        return ()
    routed = routed or Routed()
    columns = Columns.of(candidates, policy=policy, now=now)
    times_s = travel.seconds_from(columns.latitude_deg, columns.longitude_deg, lift, now=now)
    for index in _indices(columns, routed.seconds):
        times_s[index] = routed.seconds[str(columns.crew_id[index])]
    codes = _hindrance_codes(candidates, columns, wanted)
    order = _order(columns, codes == 0, times_s, wanted)[:count]
    rows = [
        _row(
            candidates[index],
            int(codes[index]),
            float(times_s[index]),
            routed=routed,
            wanted=wanted,
            policy=policy,
            now=now,
        )
        for index in order.tolist()
    ]
    if rows[0].eligible:
        rows[0] = _chosen(rows[0], wanted)
    return tuple(_above(row, rows[0]) for row in rows)


def _indices(columns: Columns, seconds: Mapping[str, float]) -> list[int]:
    if not seconds:
        return []
    return [int(at) for at in np.flatnonzero(np.isin(columns.crew_id, list(seconds)))]


# In order: the first one that holds is the reason. Its place plus one is the code.
_HINDRANCES = (
    RankReason.ALREADY_ASKED,
    RankReason.OFF_DUTY,
    RankReason.OUT_OF_SHIFT,
    RankReason.BUSY,
    RankReason.RESERVED,
    RankReason.REFUSED,
    RankReason.ALREADY_ASKED,
    RankReason.MISSING_SKILL,
    RankReason.WRONG_LEVEL,
)


def _hindrance_codes(candidates: Sequence[Candidate], columns: Columns, wanted: Wanted) -> IntArray:
    """Return per candidate why it cannot be sent, as a place in the table plus one; 0: it can."""
    nobody = np.zeros(len(candidates), dtype=bool)
    picky = not wanted.any_level
    lacking = nobody
    if wanted.skills and picky:
        lacking = np.array([not wanted.skills <= one.skills for one in candidates], dtype=bool)
    hinders: tuple[BoolArray, ...] = (
        columns.live,
        ~columns.on_duty,
        ~columns.in_shift,
        columns.busy,
        np.isin(columns.crew_id, list(wanted.reserved)) if wanted.reserved else nobody,
        columns.refused if picky else nobody,
        columns.silent if picky else nobody,
        lacking,
        (columns.level < wanted.level) if picky else nobody,
    )
    found = np.select(list(hinders), list(range(1, len(_HINDRANCES) + 1)), default=0)
    return found.astype(np.int64)


def _order(columns: Columns, eligible: BoolArray, times_s: FloatArray, wanted: Wanted) -> IntArray:
    """Eligible first, by level, then by time; the id makes it stable.

    When any level will do, whoever was asked least comes first: a near crew that refuses every time
    must not keep the others from being asked.
    """
    step = columns.asked_count if wanted.any_level else columns.level
    return np.lexsort((columns.crew_id, times_s, step, ~eligible))


def _row(
    candidate: Candidate,
    code: int,
    time_s: float,
    *,
    routed: Routed,
    wanted: Wanted,
    policy: Policy,
    now: datetime,
) -> Ranked:
    source = position_source(candidate, policy=policy, now=now)
    stale = source is PositionSource.BASE_FIX_STALE
    free = RankReason.POSITION_STALE_USED_BASE if stale else RankReason.FARTHER
    fix_at = candidate.fix_at
    return Ranked(
        crew_id=candidate.crew_id,
        level=candidate.level,
        travel_time_s=time_s,
        eligible=code == 0,
        reason=_HINDRANCES[code - 1] if code else free,
        position_source=source,
        position_age_s=None if fix_at is None else (now - fix_at).total_seconds(),
        travel_source=_travel_source(candidate.crew_id, routed),
        load_count=candidate.load_count,
        missing_skills=tuple(sorted(wanted.skills - candidate.skills)),
    )


def _travel_source(crew_id: str, routed: Routed) -> TravelSource:
    if crew_id in routed.seconds:
        return TravelSource.ROUTING
    failed = routed.failure is not None
    return TravelSource.ESTIMATE_ROUTING_FAILED if failed else TravelSource.ESTIMATE


def _chosen(row: Ranked, wanted: Wanted) -> Ranked:
    if wanted.any_level:
        reason = RankReason.NEAREST_OF_ANY_LEVEL
    else:
        reason = RankReason.NEAREST_OF_CONTRACT if row.level == 1 else RankReason.NEAREST_OF_LEVEL
    return replace(row, reason=reason)


def _above(row: Ranked, first: Ranked) -> Ranked:
    """Say of an eligible crew of a later level that it waits for its level."""
    if row is first or not row.eligible or row.level <= first.level:
        return row
    if first.reason is RankReason.NEAREST_OF_ANY_LEVEL:
        return row
    return replace(row, reason=RankReason.HIGHER_LEVEL)


def detail(row: Ranked) -> dict[str, Any]:
    """Return what is stored of a candidate beside its place and reason."""
    return {
        "position_source": str(row.position_source),
        "position_age_s": None if row.position_age_s is None else round(row.position_age_s),
        "travel_source": str(row.travel_source),
        "load_count": row.load_count,
        "missing_skills": list(row.missing_skills),
    }
