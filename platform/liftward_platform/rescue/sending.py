"""Sending crews: ranks, orders, sets the deadlines, tells people, and records why.

Works on an incident whose lock the caller holds; commits nothing.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.incidents import service as incidents
from liftward_platform.incidents.model import Incident, IncidentEvent
from liftward_platform.incidents.service import Happening
from liftward_platform.ledger.model import EntryKind, Json
from liftward_platform.notifications import service as notifications
from liftward_platform.notifications.model import Subject
from liftward_platform.rescue import store
from liftward_platform.rescue.escalation import Step, StepReason
from liftward_platform.rescue.model import DeadlineKind, Order
from liftward_platform.rescue.policy import LevelParty, Policy, parse
from liftward_platform.rescue.ranking import Asked, Candidate, Ranked, Wanted, rank
from liftward_platform.rescue.travel import Place, StraightLineEstimate

Connection = AsyncConnection[DictRow]


def policy_of(incident: Incident) -> Policy:
    """Return the policy the incident opened with."""
    return parse(incident.policy, source=f"policy of incident {incident.incident_id}")


async def send(
    connection: Connection, incident: Incident, step: Step, happening: Happening
) -> tuple[Incident, Order | None]:
    """Order the crew that the step asks for; None when there is none to send.

    A rescue never falls silent: when nobody can be sent and nobody is coming, another round is due.
    """
    chosen = await _choose(connection, incident, step, happening.now)
    if chosen is None and not step.any_level:
        step = await _widen(connection, incident, step, happening)
        chosen = await _choose(connection, incident, step, happening.now)
    order = None
    if chosen is not None:
        incident, order = await place_order(connection, incident, chosen, step.reason, happening)
        incident = await _raise_level(connection, incident, chosen, step, happening)
    if step.any_level:
        await _next_round(connection, incident, happening, found=order is not None)
    return incident, order


async def place_order(
    connection: Connection,
    incident: Incident,
    chosen: Ranked,
    reason: StepReason,
    happening: Happening,
) -> tuple[Incident, Order]:
    """Order one crew, with its limit to answer."""
    policy = policy_of(incident)
    order = await store.insert_order(
        connection,
        {
            "incident_id": incident.incident_id,
            "crew_id": chosen.crew_id,
            "response_level": chosen.level,
            "now": happening.now,
            "travel_time_s": chosen.travel_time_s,
            "reason": reason,
        },
    )
    due_at = happening.now + timedelta(seconds=policy.accept_s)
    await store.insert_deadline(
        connection, incident.incident_id, DeadlineKind.ACCEPT, due_at, order.order_id
    )
    detail: dict[str, Json] = {
        **about(order),
        "travel_time_s": round(chosen.travel_time_s),
        "ranked_as": chosen.reason,
    }
    incident = await incidents.apply(
        connection, incident, IncidentEvent.ORDER_SENT, happening, reason=reason, detail=detail
    )
    body: dict[str, Json] = {**detail, "reason": reason}
    await incidents.record(connection, incident, happening, EntryKind.ORDER_SENT, body)
    await tell_crew(connection, order, Subject.ORDER_SENT, happening.now)
    return incident, order


async def rank_one(
    connection: Connection, incident: Incident, crew_id: str, now: datetime
) -> Ranked | None:
    """Return one crew's place for this incident; None when it is no crew for this lift."""
    ranking = await _ranking(connection, incident, Wanted(level=1, any_level=True), now)
    return next((row for row in ranking if row.crew_id == crew_id), None)


async def tell_crew(connection: Connection, order: Order, subject: Subject, now: datetime) -> None:
    """Put a message for the order's crew into the outbox."""
    await notifications.to_crew(
        connection,
        order.crew_id,
        subject,
        about(order),
        incident_id=order.incident_id,
        order_id=order.order_id,
        now=now,
    )


def about(order: Order) -> dict[str, Json]:
    """Return what story, ledger and messages say of an order."""
    return {
        "order_id": order.order_id,
        "crew_id": order.crew_id,
        "response_level": order.response_level,
    }


async def _choose(
    connection: Connection, incident: Incident, step: Step, now: datetime
) -> Ranked | None:
    """Rank, reserve the first, keep the ranking. A crew being ordered elsewhere is passed over."""
    reserved: frozenset[str] = frozenset()
    while True:
        wanted = Wanted(level=step.level, any_level=step.any_level, reserved=reserved)
        ranking = await _ranking(connection, incident, wanted, now)
        first = ranking[0] if ranking and ranking[0].eligible else None
        if first is None or await store.reserve_crew(
            connection, first.crew_id, incident.incident_id
        ):
            await store.insert_candidates(connection, incident.incident_id, ranking, now)
            return first
        reserved |= {first.crew_id}


async def _ranking(
    connection: Connection, incident: Incident, wanted: Wanted, now: datetime
) -> tuple[Ranked, ...]:
    policy = policy_of(incident)
    rows = await store.candidates(connection, incident.incident_id, incident.lift_key, now)
    return rank(
        [_candidate(row, policy) for row in rows],
        await store.lift_place(connection, incident.lift_key),
        wanted,
        policy=policy,
        travel=StraightLineEstimate(policy),
        now=now,
    )


def _candidate(row: Mapping[str, Any], policy: Policy) -> Candidate:
    has_fix = row["latitude_deg"] is not None and row["longitude_deg"] is not None
    return Candidate(
        crew_id=row["crew_id"],
        level=policy.level_of(LevelParty(row["standing"])),
        on_duty=row["on_duty"],
        busy=row["busy"],
        asked=_asked(row),
        asked_count=row["asked_count"],
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


async def _raise_level(
    connection: Connection, incident: Incident, chosen: Ranked, step: Step, happening: Happening
) -> Incident:
    """Go up to the level of the crew that was sent; a level that was skipped had nobody to send."""
    skipped = not step.any_level and chosen.level > step.level
    reason = "no_eligible_crew" if skipped else str(step.reason)
    first_skip = skipped and incident.response_level == 0
    incident = await incidents.raise_response_level(
        connection, incident, chosen.level, happening, reason=reason
    )
    if first_skip:
        detail: dict[str, Json] = {"from_level": step.level, "to_level": chosen.level}
        await incidents.note(
            connection, incident, happening, event="escalated", reason=reason, detail=detail
        )
        body: dict[str, Json] = {**detail, "reason": reason}
        await incidents.record(connection, incident, happening, EntryKind.ESCALATED, body)
    return incident


async def _widen(
    connection: Connection, incident: Incident, step: Step, happening: Happening
) -> Step:
    """No level has anybody left to ask: from now on anybody will do. Said loudly, once."""
    incident_id = incident.incident_id
    orders = await store.orders_of_incident(connection, incident_id)
    if any(order.engaged for order in orders):
        return Step(level=1, reason=step.reason, any_level=True)
    if not await store.has_deadline(connection, incident_id, DeadlineKind.ORDER):
        await incidents.note(
            connection, incident, happening, event="unanswered", reason="no_crew_left_to_ask",
            detail={"after": step.reason},
        )  # fmt: skip
        await notifications.to_console(
            connection,
            Subject.UNANSWERED,
            {"incident_id": incident_id, "after": step.reason},
            incident_id=incident_id,
            now=happening.now,
        )
    return Step(level=1, reason=StepReason.UNANSWERED_ROUND, any_level=True)


async def _next_round(
    connection: Connection, incident: Incident, happening: Happening, *, found: bool
) -> None:
    """Make sure that the next round is due, unless somebody is coming already."""
    incident_id = incident.incident_id
    if not found:
        await incidents.note(
            connection, incident, happening, event="no_crew_available", reason="no_eligible_crew"
        )
    orders = await store.orders_of_incident(connection, incident_id)
    if any(order.engaged for order in orders):
        return
    if await store.has_deadline(connection, incident_id, DeadlineKind.ORDER):
        return
    repeat = timedelta(seconds=policy_of(incident).unanswered_repeat_s)
    await store.insert_deadline(connection, incident_id, DeadlineKind.ORDER, happening.now + repeat)
