"""Sending crews: ranks, orders, sets the deadlines, tells people, and records why.

Works on an incident whose lock the caller holds; commits nothing.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.incidents import service as incidents
from liftward_platform.incidents.model import Incident, IncidentEvent
from liftward_platform.incidents.service import Happening
from liftward_platform.ledger.model import EntryKind, Json
from liftward_platform.notifications import service as notifications
from liftward_platform.notifications.model import Subject
from liftward_platform.rescue import choosing, loudness, store
from liftward_platform.rescue.escalation import Step, StepReason
from liftward_platform.rescue.model import DeadlineKind, Order
from liftward_platform.rescue.policy import Policy, parse
from liftward_platform.rescue.ranking import Ranked

Connection = AsyncConnection[DictRow]

# A crew whose device has not shown it the order after half the time to answer is told again.
SEEN_SHARE = 0.5


def policy_of(incident: Incident) -> Policy:
    """Return the policy the incident opened with."""
    return parse(incident.policy, source=f"policy of incident {incident.incident_id}")


def teams_of(incident: Incident) -> tuple[int, ...]:
    """Return the levels of which the incident's policy wants a crew each."""
    policy = policy_of(incident)
    return policy.first_levels if policy.wants_every_team else ()


async def send_first(
    connection: Connection, incident: Incident, step: Step, happening: Happening
) -> None:
    """Order for a rescue nobody is asked for, and at its beginning all levels asked at once."""
    policy, begins = policy_of(incident), incident.response_level == 0
    levels = policy.first_levels if begins else (step.level,)
    incident, _ = await send(connection, incident, replace(step, level=levels[0]), happening)
    for level in levels[1:]:
        orders = await store.orders_of_incident(connection, incident.incident_id)
        if not any(order.live and order.response_level == level for order in orders):
            also = Step(level=level, reason=StepReason.AT_ONCE)
            incident, _ = await send_if_any(connection, incident, also, happening)


async def send_if_any(
    connection: Connection, incident: Incident, step: Step, happening: Happening
) -> tuple[Incident, Order | None]:
    """Order one more crew of the step's level or above; when there is none, that is all."""
    policy = policy_of(incident)
    chosen = await choosing.choose(connection, incident, step, policy, happening.now)
    if chosen is None:
        await incidents.note(
            connection, incident, happening, event="no_crew_available", reason="no_eligible_crew",
            detail={"after": step.reason, "level": step.level},
        )  # fmt: skip
        return incident, None
    incident, order = await place_order(connection, incident, chosen, step.reason, happening)
    return await _raise_level(connection, incident, chosen, step, happening), order


async def send(
    connection: Connection, incident: Incident, step: Step, happening: Happening
) -> tuple[Incident, Order | None]:
    """Order the crew that the step asks for; None when there is none to send.

    A rescue never falls silent: when nobody can be sent and nobody is coming, another round is due.
    """
    policy = policy_of(incident)
    chosen = await choosing.choose(connection, incident, step, policy, happening.now)
    if chosen is None and not step.any_level:
        incident, step = await _widen(connection, incident, step, happening)
        chosen = await choosing.choose(connection, incident, step, policy, happening.now)
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
    leg = policy.leg(order.response_level)
    seen_s = leg.accept_s * SEEN_SHARE
    due_ats = {
        DeadlineKind.ACCEPT: happening.now + timedelta(seconds=leg.accept_s),
        DeadlineKind.ORDER_SEEN: happening.now + timedelta(seconds=seen_s),
    }
    await store.insert_deadlines(connection, incident.incident_id, due_ats, order.order_id)
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
    return await choosing.rank_one(connection, incident, crew_id, policy_of(incident), now)


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
) -> tuple[Incident, Step]:
    """No level has anybody left to ask: from now on anybody will do. Said loudly, once."""
    incident_id = incident.incident_id
    orders = await store.orders_of_incident(connection, incident_id)
    if any(order.engaged for order in orders):
        return incident, Step(level=1, reason=step.reason, any_level=True)
    if not await store.has_deadline(connection, incident_id, DeadlineKind.ORDER):
        await incidents.note(
            connection, incident, happening, event="unanswered", reason="no_crew_left_to_ask",
            detail={"after": step.reason},
        )  # fmt: skip
        about: dict[str, Json] = {"after": step.reason}
        incident = await loudness.raise_alarm(
            connection, incident, Subject.UNANSWERED, happening, about
        )
    return incident, Step(level=1, reason=StepReason.UNANSWERED_ROUND, any_level=True)


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
