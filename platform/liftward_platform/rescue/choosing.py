"""Choosing a crew: reads who there is, asks the routing service, ranks, reserves, keeps why.

Works on an incident whose lock the caller holds; commits nothing. The decision itself is the
assigner's, which is pure.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.incidents.model import Incident
from liftward_platform.rescue import routing, store
from liftward_platform.rescue.assigning import Assigner, GreedyAssigner, Request
from liftward_platform.rescue.candidates import Asked, Candidate, position
from liftward_platform.rescue.escalation import Step
from liftward_platform.rescue.policy import LevelParty, Policy
from liftward_platform.rescue.ranking import CANDIDATES_STORED_MAX, Ranked, Routed, Wanted
from liftward_platform.rescue.travel import Place, StraightLineEstimate

Connection = AsyncConnection[DictRow]

ASSIGNER: Assigner = GreedyAssigner()


async def choose(
    connection: Connection, incident: Incident, step: Step, policy: Policy, now: datetime
) -> Ranked | None:
    """Rank, reserve the first, keep the ranking. A crew being ordered elsewhere is passed over."""
    reserved: frozenset[str] = frozenset()
    routed: Routed | None = None
    while True:
        wanted = Wanted(level=step.level, any_level=step.any_level, reserved=reserved)
        ranking, routed = await _ranking(
            connection, incident, wanted, policy=policy, now=now, routed=routed
        )
        first = ranking[0] if ranking and ranking[0].eligible else None
        if first is None or await store.reserve_crew(
            connection, first.crew_id, incident.incident_id
        ):
            await store.insert_candidates(connection, incident.incident_id, ranking, now)
            return first
        reserved |= {first.crew_id}


async def rank_one(
    connection: Connection, incident: Incident, crew_id: str, policy: Policy, now: datetime
) -> Ranked | None:
    """Return one crew's place for this incident; None when it is no crew for this lift."""
    wanted = Wanted(level=1, any_level=True)
    ranking, _ = await _ranking(
        connection, incident, wanted, policy=policy, now=now, routed=Routed(), count=None
    )
    return next((row for row in ranking if row.crew_id == crew_id), None)


async def _ranking(
    connection: Connection,
    incident: Incident,
    wanted: Wanted,
    *,
    policy: Policy,
    now: datetime,
    routed: Routed | None,
    count: int | None = CANDIDATES_STORED_MAX,
) -> tuple[tuple[Ranked, ...], Routed]:
    lift = await store.lift_wants(connection, incident.lift_key)
    rows = await store.candidates(
        connection, incident.incident_id, incident.lift_key, now, minute=local_minute(policy, now)
    )
    request = Request(
        candidates=[_candidate(row, policy) for row in rows],
        lift=lift.place,
        wanted=Wanted(
            level=wanted.level, any_level=wanted.any_level, reserved=wanted.reserved,
            skills=lift.skills_needed,
        ),
        policy=policy,
        travel=StraightLineEstimate(policy),
        routed=routed,
    )  # fmt: skip
    if routed is None:
        routed = await _routed(request, now)
        request = _with_times(request, routed)
    (ranking,) = ASSIGNER.assign([request], now=now, count=count)
    return ranking, routed


async def _routed(request: Request, now: datetime) -> Routed:
    """Ask the routing service about those who would be sent by the estimate, nearest first."""
    if isinstance(routing.router(), routing.NoRouter):
        return Routed()
    (guess,) = ASSIGNER.assign([request], now=now, count=routing.PLACES_MAX)
    eligible = {row.crew_id for row in guess if row.eligible}
    starts = _starts(request.candidates, eligible, request.policy, now)
    return await routing.router().times(starts, request.lift, policy=request.policy, now=now)


def _starts(
    candidates: Sequence[Candidate], eligible: set[str], policy: Policy, now: datetime
) -> dict[str, Place]:
    return {
        one.crew_id: position(one, policy=policy, now=now)[0]
        for one in candidates
        if one.crew_id in eligible
    }


def _with_times(request: Request, routed: Routed) -> Request:
    return Request(
        candidates=request.candidates, lift=request.lift, wanted=request.wanted,
        policy=request.policy, travel=request.travel, routed=routed,
    )  # fmt: skip


def local_minute(policy: Policy, now: datetime) -> int:
    """Return the minute of the day where the policy holds."""
    local = now + timedelta(minutes=policy.utc_offset_min)
    return local.hour * 60 + local.minute


def _candidate(row: Mapping[str, Any], policy: Policy) -> Candidate:
    has_fix = row["latitude_deg"] is not None and row["longitude_deg"] is not None
    return Candidate(
        crew_id=row["crew_id"],
        level=policy.level_of(LevelParty(row["standing"])),
        on_duty=row["on_duty"],
        busy=row["load_count"] > 0,
        asked=_asked(row),
        asked_count=row["asked_count"],
        load_count=row["load_count"],
        in_shift=row["in_shift"],
        skills=frozenset(row["skills"]),
        base=Place(row["base_latitude_deg"], row["base_longitude_deg"]),
        fix=Place(row["latitude_deg"], row["longitude_deg"]) if has_fix else None,
        fix_at=row["position_at"],
    )


def _asked(row: Mapping[str, Any]) -> Asked:
    if row["asked_live"]:
        return Asked.LIVE
    if row["asked_refused"]:
        return Asked.REFUSED
    return Asked.SILENT if row["asked_count"] else Asked.NEVER
