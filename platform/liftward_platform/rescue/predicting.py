"""Reckoning again whether somebody will be there in time, and acting when that is unlikely.

Fires the deadline kind `predict`: at the policy's interval, and at once when a crew says something.
Works on an incident whose lock the caller holds; commits nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.access.model import ENGINE_ACTOR_ID
from liftward_platform.incidents import service as incidents
from liftward_platform.incidents.model import RESCUE_STATES, Incident, IncidentState
from liftward_platform.incidents.service import Happening
from liftward_platform.ledger.model import Json
from liftward_platform.notifications.model import Subject
from liftward_platform.rescue import loudness, sending, store
from liftward_platform.rescue.escalation import RestReason, Step, StepReason
from liftward_platform.rescue.model import DeadlineKind, Order, OrderState
from liftward_platform.rescue.policy import LEVELS, Policy
from liftward_platform.rescue.prediction import (
    Coming,
    Remaining,
    backstop,
    coming,
    late_probability,
    limit_of,
)
from liftward_platform.rescue.stalls import Look, Memory, first_stalled, look
from liftward_platform.rescue.travel import Place, StraightLineEstimate

Connection = AsyncConnection[DictRow]

# An older fix says where a crew was, not how far it still has to go.
FIX_MAX_AGE = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of an incident's crews at one moment."""

    late: float
    look: Look
    stalled: Order | None
    coming_count: int


async def look_now(connection: Connection, incident_id: int, now: datetime) -> None:
    """Reckon again as soon as the engine looks: a crew has said something."""
    await store.pull_forward(connection, incident_id, DeadlineKind.PREDICT, now)


async def fire(
    connection: Connection, incident: Incident, orders: Sequence[Order], now: datetime
) -> str:
    """Reckon, keep the number, and send the next level too when the rule says so."""
    if incident.state not in RESCUE_STATES:
        return RestReason.ALREADY_OVER
    if incident.state is IncidentState.ARRIVED:
        return RestReason.ALREADY_THERE
    policy = sending.policy_of(incident)
    await _again(connection, incident, policy, now)
    seen = await _see(connection, incident, orders, policy, now)
    if seen is None:
        return RestReason.NOBODY_ASKED
    await store.keep_prediction(
        connection, incident.incident_id, late_probability=seen.late, now=now,
        acted=seen.look.act, armed=seen.look.armed,
    )  # fmt: skip
    if seen.look.act:
        await _act(connection, incident, seen, Happening(now=now, actor=ENGINE_ACTOR_ID))
    return str(seen.look.why)


async def _again(connection: Connection, incident: Incident, policy: Policy, now: datetime) -> None:
    at = now + timedelta(seconds=policy.prediction.every_s)
    await store.insert_deadline(connection, incident.incident_id, DeadlineKind.PREDICT, at)


async def _see(
    connection: Connection,
    incident: Incident,
    orders: Sequence[Order],
    policy: Policy,
    now: datetime,
) -> Seen | None:
    """Return what is known; None when nobody is asked: other deadlines lead on from there."""
    live = [order for order in orders if order.live and order.state is not OrderState.ARRIVED]
    if not live:
        return None
    remaining = await _remaining(connection, incident, live, policy, now)
    crews: list[Coming] = []
    for order, left in zip(live, remaining, strict=True):
        next_asked = backstop(order, policy.leg(order.response_level).accept_s)
        crews += [one for one in (coming(order, left), next_asked) if one is not None]
    limit = limit_of(incident.detected_at, policy.arrive_s)
    late = late_probability(crews, limit=limit, now=now)
    found = first_stalled(live, remaining, policy, now=now)
    memory = Memory(acted_at=incident.prediction_acted_at, armed=incident.prediction_armed)
    decided = look(
        late, None if found is None else found[1], memory, policy, limit=limit, now=now,
        end_seen=incident.release_seen_at is not None or incident.withdrawn_at is not None,
    )  # fmt: skip
    return Seen(late, decided, None if found is None else found[0], len(live))


async def _remaining(
    connection: Connection,
    incident: Incident,
    orders: Sequence[Order],
    policy: Policy,
    now: datetime,
) -> list[Remaining | None]:
    """Return per order how long the way still was at its crew's last fix; None: not known."""
    driving = [order.crew_id for order in orders if order.state is OrderState.UNDER_WAY]
    if not driving:
        return [None] * len(orders)
    fixes = await store.crew_fixes(connection, driving, now - FIX_MAX_AGE)
    lift = await store.lift_wants(connection, incident.lift_key)
    estimate = StraightLineEstimate(policy)

    def left(order: Order) -> Remaining | None:
        fix = fixes.get(order.crew_id)
        if fix is None or order.under_way_at is None or fix["position_at"] < order.under_way_at:
            return None
        place = Place(fix["latitude_deg"], fix["longitude_deg"])
        seconds = estimate.seconds(place, lift.place, now=now)
        return Remaining(seconds=seconds, at=fix["position_at"])

    return [left(order) for order in orders]


async def _act(
    connection: Connection, incident: Incident, seen: Seen, happening: Happening
) -> None:
    """Say so, louder each time, and send the next level; above the last one only say so."""
    reason = StepReason(str(seen.look.why))
    detail: dict[str, Json] = {
        "late_probability": round(seen.late, 3), "coming_count": seen.coming_count,
        **({} if seen.stalled is None else sending.about(seen.stalled)),
    }  # fmt: skip
    await incidents.note(
        connection, incident, happening, event="predicted_late", reason=reason, detail=detail
    )
    incident = await loudness.raise_alarm(
        connection, incident, Subject.LIKELY_LATE, happening,
        {"reason": reason, "late_probability": round(seen.late, 3)},
    )  # fmt: skip
    if incident.response_level < LEVELS[-1]:
        step = Step(level=incident.response_level + 1, reason=reason)
        await sending.send_if_any(connection, incident, step, happening)
