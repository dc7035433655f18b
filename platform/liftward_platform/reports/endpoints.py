"""HTTP for reports: which lift is meant, what was told, who may be called back."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, status

from liftward_platform.access.guard import allow, public
from liftward_platform.access.model import Actor, Role
from liftward_platform.api.dependencies import Now, RescuePolicies, Transaction, pool_of
from liftward_platform.api.idempotency import Once
from liftward_platform.fleet import service as fleet
from liftward_platform.incidents import board
from liftward_platform.incidents.schemas import IncidentOut, IncidentsOut, NameOut
from liftward_platform.reports import service
from liftward_platform.reports.matching import QUERY_CHARACTERS_MAX
from liftward_platform.reports.schemas import (
    CallerOut,
    CallersOut,
    ErasedOut,
    HandOverIn,
    MatchesOut,
    MatchOut,
    PublicReportIn,
    PublicReportOut,
    ReportIn,
    ReportOut,
    ReportsOut,
    ReportTakenOut,
)
from liftward_platform.rescue import reading
from liftward_platform.rescue.endpoints import RowId, happening

router = APIRouter(tags=["reports"])

Dispatcher = Annotated[Actor, allow(Role.DISPATCHER)]
Reporting = Annotated[Actor, allow(Role.DISPATCHER, Role.USE_UNIT)]

# What is told to somebody who may be shut in. It promises what happens, and no more.
PUBLIC_MESSAGE = NameOut(
    en=(
        "The rescue centre has your report and is checking it now. Stay in the car, keep away "
        "from the doors and do not pry them open. Press the alarm button, and telephone the "
        "rescue number on the sign: that is the fastest way to be believed."
    ),
    zh=(
        "救援中心已收到您的报告，正在核实。请留在轿厢内，远离轿门，不要扒门。"
        "请按报警按钮，并拨打标牌上的救援电话：这是最快的确认方式。"
    ),
)


@router.get("/api/lift-matches")
async def lift_matches(
    connection: Transaction,
    now: Now,
    actor: Reporting,
    query: Annotated[str, Query(min_length=1, max_length=QUERY_CHARACTERS_MAX)],
) -> MatchesOut:
    """Return the lifts a caller may mean by a code or by words; a use unit finds its own."""
    found = await service.find_lifts(connection, query, now=now, use_unit_id=actor.party_id)
    return MatchesOut(as_of=now, matches=[MatchOut.of(one) for one in found])


@router.post("/api/reports", status_code=status.HTTP_201_CREATED)
async def report(
    *,
    command: ReportIn,
    connection: Transaction,
    now: Now,
    actor: Reporting,
    book: RescuePolicies,
    once: Once,
) -> ReportTakenOut:
    """Take in a call, a hand-over or a use unit's word: it opens an incident or joins it."""

    async def work() -> ReportTakenOut:
        lift = await fleet.lift_by_id(connection, command.lift_id, now)
        fleet.check_own_lift(actor, lift)
        told = command.report(by_use_unit=actor.role is Role.USE_UNIT)
        taken = await service.take(
            connection, lift.lift_id, told, happening(command, actor, now), book=book
        )
        return ReportTakenOut(
            report_id=taken.report_id, incident_id=taken.incident_id, opened=taken.opened
        )

    return await once(work, status=status.HTTP_201_CREATED)


@router.post("/api/public/reports", dependencies=[public], status_code=status.HTTP_202_ACCEPTED)
async def public_report(
    body: PublicReportIn, request: Request, now: Now, book: RescuePolicies
) -> PublicReportOut:
    """Take in what somebody enters behind a lift's code, without an account.

    A dispatcher sees it at once; a crew is sent when a person or the detector agrees.
    """
    address = request.client.host if request.client is not None else "unknown"
    pool = pool_of(request)
    # Counted in a transaction of its own: an attempt with a wrong code counts, too.
    async with pool.connection() as connection, connection.transaction():
        await service.count_public_attempt(
            connection, address=address, code=body.rescue_code, now=now
        )
    async with pool.connection() as connection, connection.transaction():
        await service.take_public(connection, body.rescue_code, body.report(), book=book, now=now)
    return PublicReportOut(received_at=now, message=PUBLIC_MESSAGE)


@router.get("/api/incidents/{incident_id}/reports")
async def incident_reports(
    incident_id: RowId,
    connection: Transaction,
    now: Now,
    actor: Annotated[Actor, allow(Role.DISPATCHER, Role.REGULATOR, Role.OPERATOR, Role.USE_UNIT)],
) -> ReportsOut:
    """Return what people told about an incident, without their numbers."""
    await reading.check_may_see(connection, incident_id, actor)
    await board.one(connection, incident_id, actor)
    told = await service.reports(connection, incident_id)
    return ReportsOut(as_of=now, reports=[ReportOut.of(one) for one in told])


@router.get("/api/incidents/{incident_id}/callers")
async def callers(
    incident_id: RowId, connection: Transaction, now: Now, actor: Dispatcher
) -> CallersOut:
    """Return the numbers to call back; they are forgotten when the incident is closed."""
    await board.one(connection, incident_id, actor)
    rows = await service.phones(connection, incident_id)
    return CallersOut(as_of=now, callers=[CallerOut(**row) for row in rows])


@router.post("/api/incidents/{incident_id}/callers/erase")
async def erase_callers(
    incident_id: RowId,
    connection: Transaction,
    now: Now,
    actor: Annotated[Actor, allow(Role.DISPATCHER, Role.OPERATOR)],
    once: Once,
) -> ErasedOut:
    """Forget the callers' numbers now: somebody asked for it."""

    async def work() -> ErasedOut:
        await board.one(connection, incident_id, actor)
        return ErasedOut(erased_count=await service.erase_phones(connection, incident_id, now))

    return await once(work)


@router.post("/api/incidents/{incident_id}/hand-over")
async def hand_over(
    *,
    incident_id: RowId,
    command: HandOverIn,
    connection: Transaction,
    now: Now,
    actor: Dispatcher,
    once: Once,
) -> IncidentOut:
    """Note that 110, 119 or 120 was told, with the reference it gave."""

    async def work() -> IncidentOut:
        told = happening(command, actor, now)
        await service.hand_over(connection, incident_id, command.authority, command.reference, told)
        return await board.one(connection, incident_id, actor)

    return await once(work)


@router.get("/api/own-incidents")
async def own_incidents(
    connection: Transaction, now: Now, actor: Annotated[Actor, allow(Role.USE_UNIT)]
) -> IncidentsOut:
    """Return the incidents of the use unit's lifts: those open first, the newest first."""
    assert actor.party_id is not None
    incident_ids = await service.own_incidents(connection, actor.party_id)
    shown = await board.shown(connection, incident_ids, actor)
    return IncidentsOut(as_of=now, incidents=shown)
