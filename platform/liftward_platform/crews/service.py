"""What a crew's phone says: judged, then taken, flagged or held; nothing of it is lost.

A dispatcher's word is not judged: whoever is on the phone with the crew is the confirmation that a
held report waits for. Every function locks the incident first, several in order of their numbers,
then the crew's row; and commits nothing.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.access.model import Actor, Role
from liftward_platform.crews import steps, store
from liftward_platform.crews.model import (
    HELD,
    Action,
    Decision,
    DecisionReason,
    HeldReport,
    Outcome,
    Report,
)
from liftward_platform.crews.plausibility import (
    CLOCK_TOLERANCE,
    Circumstances,
    Doubt,
    Fix,
    arrival_doubts,
    corrected,
    distance_m,
    is_there,
    release_doubts,
    time_doubts,
)
from liftward_platform.errors import ConflictError, NotFoundError
from liftward_platform.incidents import service as incidents
from liftward_platform.incidents.model import RESCUE_STATES, IllegalTransitionError
from liftward_platform.incidents.service import Happening
from liftward_platform.ledger.model import EntryKind, Json
from liftward_platform.notifications import service as notifications
from liftward_platform.notifications.model import Subject
from liftward_platform.parties import service as parties
from liftward_platform.rescue import lone_work, reading
from liftward_platform.rescue import service as rescue
from liftward_platform.rescue.model import OrderEvent, next_order_state
from liftward_platform.rescue.service import Work

Connection = AsyncConnection[DictRow]

# The story tells to a hundred metres how far away a crew was: enough to judge, and no place.
_DISTANCE_STEP_M = 100


async def act(connection: Connection, report: Report, *, actor: Actor, now: datetime) -> Outcome:
    """Take a report, or hold it; return which, and what is doubted.

    Raises
    ------
    DomainError
        When the state of order or incident does not allow it; then nothing is written.
    """
    if actor.role is not Role.CREW:
        told = Happening(now=now, actor=actor.account_id, occurred_at=report.claimed_at)
        work = await rescue.begin(connection, report.order_id, told)
        await _take(connection, work, report, told)
        return Outcome(held=False, doubts=())
    work = await rescue.begin(connection, report.order_id, Happening(now=now, actor=""))
    around = await _around(connection, work, now)
    at = _time_of(report, now)
    fix = report.fix and replace(
        report.fix, at=corrected(report.fix.at, sent_at=report.sent_at, received_at=now)
    )
    report = replace(report, fix=fix)
    doubts = judged(report, at, around)
    told = Happening(now=now, actor=actor.account_id, occurred_at=at)
    if doubts and report.action in HELD:
        _check_may_hold(work, report.action)
        await _keep(connection, work, report, told, doubts, held=True)
    elif doubts:
        # The time cannot be; that it was said can: it counts from now on.
        await _take(connection, work, report, replace(told, occurred_at=None))
        await _keep(connection, work, report, told, doubts, held=False)
    else:
        await _take(connection, work, report, told)
    await _keep_position(connection, work, report, actor, now)
    return Outcome(held=bool(doubts) and report.action in HELD, doubts=doubts)


def judged(report: Report, at: datetime, around: Circumstances) -> tuple[Doubt, ...]:
    """Return what is doubted about a report."""
    if report.action is Action.ARRIVE:
        return arrival_doubts(at, report.fix, around)
    if report.action is Action.FREED:
        return release_doubts(at, around)
    return time_doubts(at, around)


def _time_of(report: Report, now: datetime) -> datetime:
    """Return when it happened by our clock."""
    if report.claimed_at is None:
        return now
    return corrected(report.claimed_at, sent_at=report.sent_at, received_at=now)


async def _around(connection: Connection, work: Work, now: datetime) -> Circumstances:
    last_fix, _ = await parties.last_fixes(connection, work.order.crew_id)
    lift = await reading.lift_place(connection, work.incident.lift_key)
    return Circumstances(order=work.order, lift=lift, last_fix=last_fix, now=now)


async def _take(connection: Connection, work: Work, report: Report, told: Happening) -> None:
    await steps.take(connection, work, report.action, told, report.content)
    # Whoever reports is alive; the step itself may have changed the order.
    fresh = await rescue.begin(connection, report.order_id, replace(told, occurred_at=None))
    if report.action not in {Action.CHECK_IN, Action.ARRIVE}:
        await lone_work.sign_of_life(connection, fresh.incident, fresh.order, told.now)
    if report.action is Action.ARRIVE:
        await _settle(connection, fresh, told)


def _check_may_hold(work: Work, action: Action) -> None:
    """Hold only what could be taken if it were believed; all else is refused as usual."""
    if work.incident.state not in RESCUE_STATES:
        raise IllegalTransitionError("the incident", work.incident.state, action)
    if action is Action.ARRIVE:
        next_order_state(work.order.state, OrderEvent.ARRIVE)
    elif not work.order.engaged:
        raise IllegalTransitionError("the order", work.order.state, action)


async def _keep(
    connection: Connection,
    work: Work,
    report: Report,
    told: Happening,
    doubts: tuple[Doubt, ...],
    *,
    held: bool,
) -> None:
    """Record a doubted report: in a row, in the story, in the ledger; and tell the dispatchers."""
    away_m = await _away_m(connection, work, report)
    values: dict[str, Any] = {
        "incident_id": work.incident.incident_id,
        "order_id": work.order.order_id,
        "action": report.action,
        "content": report.content,
        "claimed_at": report.claimed_at or told.at,
        "now": told.now,
        "actor": told.actor,
        "doubts": [str(doubt) for doubt in doubts],
        "distance_m": away_m,
        "held": held,
    }
    report_id = await store.insert_report(connection, values)
    body: dict[str, Json] = {
        "report_id": report_id,
        "order_id": work.order.order_id,
        "crew_id": work.order.crew_id,
        "action": report.action,
        "claimed_at": values["claimed_at"].isoformat(),
        "doubts": values["doubts"],
        "distance_m": away_m,
        "held": held,
        **report.content,
    }
    # It is told now, whatever time it claims.
    now_told = replace(told, occurred_at=None)
    await incidents.note(
        connection, work.incident, now_told,
        event="report_held" if held else "report_flagged", reason=doubts[0], detail=body,
    )  # fmt: skip
    await incidents.record(connection, work.incident, now_told, EntryKind.REPORT_DOUBTED, body)
    message: dict[str, Json] = {
        "incident_id": work.incident.incident_id, "report_id": report_id,
        "action": report.action, "doubts": values["doubts"], "held": held,
    }  # fmt: skip
    await notifications.to_console(
        connection, Subject.REPORT_DOUBTED, message,
        incident_id=work.incident.incident_id, now=told.now,
    )  # fmt: skip


async def _away_m(connection: Connection, work: Work, report: Report) -> int | None:
    if report.fix is None:
        return None
    lift = await reading.lift_place(connection, work.incident.lift_key)
    return round(distance_m(report.fix, lift) / _DISTANCE_STEP_M) * _DISTANCE_STEP_M


async def _keep_position(
    connection: Connection, work: Work, report: Report, actor: Actor, now: datetime
) -> None:
    """A fix that came with a report is a position like any other; one from the future is none."""
    if report.fix is None or report.fix.at > now + CLOCK_TOLERANCE:
        return
    await parties.report_position(connection, actor, work.order.crew_id, report.fix, now=now)


async def _settle(connection: Connection, work: Work, told: Happening) -> None:
    """An arrival is believed: held arrivals count with it, and held releases are judged again."""
    told = _now(told)
    for held in await store.held_reports(connection, work.order.order_id):
        if held.action is Action.ARRIVE:
            await _decide(connection, work, held, told, DecisionReason.ARRIVAL_CONFIRMED)
            continue
        work = await rescue.begin(connection, work.order.order_id, told)
        around = await _around(connection, work, held.received_at)
        claimed = max(held.claimed_at, work.order.arrived_at or held.claimed_at)
        if release_doubts(claimed, around):
            continue
        await _believe(connection, work, held, told, DecisionReason.ARRIVAL_CONFIRMED)


async def report_position(
    connection: Connection, actor: Actor, crew_id: str, fix: Fix, *, now: datetime
) -> None:
    """Store where a crew is; a believed fix at the lift confirms an arrival that waits for it.

    An arrival that is held only now, by another transaction, waits for the next fix.

    Raises
    ------
    ForbiddenError, InvalidError, NotFoundError
        When a crew speaks for another, the fix is from the future, or the crew is unknown.
    """
    parties.check_own_crew(actor, crew_id)
    waiting = await store.crew_waiting_orders(connection, crew_id)
    await incidents.lock_in_order(connection, [row["incident_id"] for row in waiting])
    if await parties.report_position(connection, actor, crew_id, fix, now=now):
        order_ids = [row["order_id"] for row in waiting]
        await _confirm_by_position(connection, actor, crew_id, order_ids, now)


async def _confirm_by_position(
    connection: Connection, actor: Actor, crew_id: str, order_ids: Sequence[int], now: datetime
) -> None:
    last, _ = await parties.last_fixes(connection, crew_id)
    if last is None:
        return
    for order_id in order_ids:
        told = Happening(now=now, actor=actor.account_id)
        work = await rescue.begin(connection, order_id, told)
        lift = await reading.lift_place(connection, work.incident.lift_key)
        waiting = [
            held for held in await store.held_reports(connection, order_id)
            if held.action is Action.ARRIVE
        ]  # fmt: skip
        if not waiting or last.at < work.order.sent_at or not is_there(last, lift):
            continue
        if work.incident.state not in RESCUE_STATES or not work.order.engaged:
            continue
        # It was there when the fix was taken; what it claimed before stays a claim.
        seen = replace(told, occurred_at=last.at)
        await _believe(connection, work, waiting[0], seen, DecisionReason.POSITION_CONFIRMS)


async def decide(
    connection: Connection, report_id: int, *, believe: bool, actor: Actor, now: datetime
) -> HeldReport:
    """A dispatcher believes a held report, which then counts from the time it claims, or does not.

    Raises
    ------
    NotFoundError, ConflictError
        When there is no such report, it waits for nobody, or the state has moved on.
    """
    held = await store.report_by_id(connection, report_id)
    if held is None:
        raise NotFoundError("crew_report_unknown", f"no crew report {report_id}")
    told = Happening(now=now, actor=actor.account_id)
    work = await rescue.begin(connection, held.order_id, told)
    held = await store.report_by_id(connection, report_id)
    assert held is not None, "reports are never deleted"
    if not held.held or held.decision is not None:
        raise ConflictError("already_decided", "this report waits for nobody's decision")
    if believe:
        await _believe(connection, work, held, told, DecisionReason.DISPATCHER_BELIEVES)
    else:
        await _decide(connection, work, held, told, DecisionReason.DISPATCHER_DISMISSES)
    decided = await store.report_by_id(connection, report_id)
    assert decided is not None, "reports are never deleted"
    return decided


async def _believe(
    connection: Connection, work: Work, held: HeldReport, told: Happening, reason: DecisionReason
) -> None:
    """Let a held report count, at the time it claims as far as that can be."""
    await _decide(connection, work, held, told, reason)
    at = told.occurred_at or _possible_time(held, work)
    report = Report(action=held.action, order_id=held.order_id, content=held.content)
    await _take(connection, work, report, replace(told, occurred_at=at))


def _possible_time(held: HeldReport, work: Work) -> datetime:
    """Return the claimed time, moved to after what it follows and before it was told."""
    order = work.order
    follows = order.arrived_at or order.under_way_at or order.answered_at or order.sent_at
    return max(min(held.claimed_at, held.received_at), follows)


async def _decide(
    connection: Connection,
    work: Work,
    held: HeldReport,
    told: Happening,
    reason: DecisionReason,
) -> None:
    dismissed = reason is DecisionReason.DISPATCHER_DISMISSES
    decision = Decision.DISMISSED if dismissed else Decision.BELIEVED
    told = _now(told)
    if not await store.decide_report(
        connection, held.report_id, decision, now=told.now, actor=told.actor
    ):
        raise ConflictError("already_decided", "this report waits for nobody's decision")
    body: dict[str, Json] = {
        "report_id": held.report_id,
        "order_id": held.order_id,
        "crew_id": work.order.crew_id,
        "action": held.action,
        "decision": decision,
        "reason": reason,
    }
    await incidents.note(
        connection, work.incident, told, event=f"report_{decision}", reason=reason, detail=body
    )
    await incidents.record(connection, work.incident, told, EntryKind.REPORT_DECIDED, body)


def _now(told: Happening) -> Happening:
    return replace(told, occurred_at=None)


async def lock_incidents_of(
    connection: Connection, order_ids: Sequence[int], *, actor: Actor
) -> None:
    """Lock, in their one order, the incidents of a crew's own orders that it is about to report on.

    Another crew's incident, or an order nobody knows, is not waited for: it is refused as usual.
    """
    if actor.crew_id is None:
        return
    incident_ids = await store.incidents_of_orders(connection, order_ids, actor.crew_id)
    await incidents.lock_in_order(connection, incident_ids)


async def note_refused(
    connection: Connection, report: Report, code: str, *, actor: Actor, now: datetime
) -> None:
    """Keep in the story that a crew said something its order did not allow any more."""
    told = Happening(now=now, actor=actor.account_id)
    work = await rescue.begin(connection, report.order_id, told)
    claimed_at = report.claimed_at or now
    detail: dict[str, Json] = {
        "order_id": work.order.order_id, "crew_id": work.order.crew_id, "action": report.action,
        "claimed_at": claimed_at.isoformat(), "order_state": work.order.state, "code": code,
        **report.content,
    }  # fmt: skip
    await incidents.note(
        connection, work.incident, told, event="report_refused", reason=code, detail=detail
    )
