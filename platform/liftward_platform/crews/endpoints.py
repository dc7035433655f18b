"""HTTP for crews at work: their page's data, the queue of a phone, reports from the spot, photos.

The steps of an order (accept, refuse, depart, arrive, freed) are beside it in rescue/endpoints.py.
"""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response, status
from pydantic import AwareDatetime

from liftward_platform.access.guard import allow
from liftward_platform.access.model import Actor, Role
from liftward_platform.api.dependencies import Now, Transaction
from liftward_platform.api.idempotency import Once
from liftward_platform.crews import photos, reading, reporting, service
from liftward_platform.crews.model import Action
from liftward_platform.crews.schemas import (
    CauseIn,
    CheckInIn,
    CrewOrdersOut,
    DecidedOut,
    DecideIn,
    FromTheSpotOut,
    MadeSafeIn,
    PartsIn,
    PhotoAddedOut,
    QueueIn,
    QueueOut,
)
from liftward_platform.incidents import board
from liftward_platform.rescue import reading as orders
from liftward_platform.rescue.schemas import ReportedOrderOut

router = APIRouter(tags=["crews"])

RowId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Crew = Annotated[Actor, allow(Role.CREW)]
CrewOrDispatcher = Annotated[Actor, allow(Role.CREW, Role.DISPATCHER)]
Dispatcher = Annotated[Actor, allow(Role.DISPATCHER)]


@router.get("/api/crew/orders")
async def crew_orders(connection: Transaction, now: Now, actor: Crew) -> CrewOrdersOut:
    """Return what the crew works from, with limits, signs of life and held reports."""
    return await reading.crew_orders(connection, actor, now)


@router.post("/api/crew/actions")
async def send_queue(queue: QueueIn, connection: Transaction, now: Now, actor: Crew) -> QueueOut:
    """Take what waited on a phone, in order, each under its own key; answer each for itself."""
    results = await reporting.act_in_order(connection, queue.actions, actor=actor, now=now)
    return QueueOut(as_of=now, results=results)


@router.post("/api/orders/{order_id}/check-in")
async def check_in(
    *,
    order_id: RowId,
    connection: Transaction,
    now: Now,
    actor: CrewOrDispatcher,
    once: Once,
    command: CheckInIn | None = None,
) -> ReportedOrderOut:
    """A technician alone at the lift says that all is well."""
    return await once(
        lambda: reporting.act(connection, Action.CHECK_IN, order_id, command, actor=actor, now=now)
    )


@router.post("/api/orders/{order_id}/made-safe")
async def made_safe(
    *,
    order_id: RowId,
    connection: Transaction,
    now: Now,
    actor: CrewOrDispatcher,
    once: Once,
    command: MadeSafeIn | None = None,
) -> ReportedOrderOut:
    """The lift can neither trap nor hurt anybody any more."""
    return await once(
        lambda: reporting.act(connection, Action.MADE_SAFE, order_id, command, actor=actor, now=now)
    )


@router.post("/api/orders/{order_id}/cause")
async def cause(
    *,
    order_id: RowId,
    command: CauseIn,
    connection: Transaction,
    now: Now,
    actor: CrewOrDispatcher,
    once: Once,
) -> ReportedOrderOut:
    """What caused it and how people got out, by code."""
    return await once(
        lambda: reporting.act(connection, Action.CAUSE, order_id, command, actor=actor, now=now)
    )


@router.post("/api/orders/{order_id}/parts")
async def parts(
    *,
    order_id: RowId,
    command: PartsIn,
    connection: Transaction,
    now: Now,
    actor: CrewOrDispatcher,
    once: Once,
) -> ReportedOrderOut:
    """Parts that went into the lift."""
    return await once(
        lambda: reporting.act(connection, Action.PARTS, order_id, command, actor=actor, now=now)
    )


@router.post(
    "/api/orders/{order_id}/photos",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                media_type: {"schema": {"type": "string", "format": "binary"}}
                for media_type in ("image/jpeg", "image/png")
            },
        }
    },
)
async def add_photo(
    *,
    order_id: RowId,
    request: Request,
    connection: Transaction,
    now: Now,
    actor: CrewOrDispatcher,
    once: Once,
    occurred_at: Annotated[AwareDatetime | None, Query()] = None,
    sent_at: Annotated[AwareDatetime | None, Query()] = None,
) -> PhotoAddedOut:
    """Keep a photo: a JPEG or PNG by its content, at most 2 MiB; its metadata is left out."""
    await orders.check_may_act(connection, order_id, actor)
    data = await request.body()

    async def work() -> PhotoAddedOut:
        taken_at = photos.time_taken(occurred_at, sent_at, now)
        photo_id, sha256 = await photos.add(
            connection, order_id, data, taken_at=taken_at, actor=actor, now=now
        )
        return PhotoAddedOut(photo_id=photo_id, sha256=sha256)

    return await once(work)


@router.get(
    "/api/photos/{photo_id}",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}, "image/png": {}}, "description": "A photo"}},
)
async def photo(
    photo_id: RowId,
    connection: Transaction,
    actor: Annotated[Actor, allow(Role.CREW, Role.DISPATCHER, Role.REGULATOR)],
) -> Response:
    """Return a photo to those who may see it."""
    found = await photos.content(connection, photo_id, actor)
    headers = {
        "Content-Disposition": f'inline; filename="photo-{photo_id}"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return Response(found.content, media_type=found.media_type, headers=headers)


@router.delete("/api/photos/{photo_id}", status_code=status.HTTP_204_NO_CONTENT)
async def erase_photo(
    photo_id: RowId, connection: Transaction, now: Now, actor: Dispatcher
) -> None:
    """Erase a photo; its hash and that it was erased stay on record."""
    await photos.erase(connection, photo_id, actor=actor, now=now)


@router.get("/api/incidents/{incident_id}/from-the-spot")
async def from_the_spot(
    incident_id: RowId,
    connection: Transaction,
    now: Now,
    actor: Annotated[Actor, allow(Role.DISPATCHER, Role.REGULATOR, Role.OPERATOR)],
) -> FromTheSpotOut:
    """Return what crews sent: doubted reports, parts, photos."""
    await board.one(connection, incident_id, actor)
    return await reading.from_the_spot(connection, incident_id, now)


@router.post("/api/crew-reports/{report_id}/decide")
async def decide(
    *,
    report_id: RowId,
    command: DecideIn,
    connection: Transaction,
    now: Now,
    actor: Dispatcher,
    once: Once,
) -> DecidedOut:
    """Believe a held report, which then counts, or dismiss it."""

    async def work() -> DecidedOut:
        held = await service.decide(
            connection, report_id, believe=command.believe, actor=actor, now=now
        )
        assert held.decision is not None, "it was decided just now"
        return DecidedOut(report_id=report_id, decision=held.decision)

    return await once(work)
