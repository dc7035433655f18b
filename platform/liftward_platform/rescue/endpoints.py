"""HTTP for rescues: the steps of an order, and what dispatchers command."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path

from liftward_platform.access.guard import allow
from liftward_platform.access.model import Actor, Role
from liftward_platform.api.dependencies import Now, Transaction
from liftward_platform.api.idempotency import Once
from liftward_platform.crews import reporting
from liftward_platform.crews.model import Action
from liftward_platform.incidents import board
from liftward_platform.incidents.schemas import IncidentOut
from liftward_platform.incidents.service import Happening
from liftward_platform.rescue import reading, service
from liftward_platform.rescue.schemas import (
    AcceptIn,
    ArriveIn,
    CloseIn,
    Command,
    DepartIn,
    FreedIn,
    OrderCrewIn,
    OrdersOut,
    RefuseIn,
    ReportedOrderOut,
)

router = APIRouter(tags=["rescue"])

# bigint: a number past it is no id of ours.
RowId = Annotated[int, Path(ge=1, le=2**63 - 1)]
CrewOrDispatcher = Annotated[Actor, allow(Role.CREW, Role.DISPATCHER)]
Dispatcher = Annotated[Actor, allow(Role.DISPATCHER)]


def happening(command: Command | None, actor: Actor, now: datetime) -> Happening:
    """Return who says what happened when; both times are kept when the word comes late."""
    occurred_at = None if command is None else command.occurred_at
    return Happening(now=now, actor=actor.account_id, occurred_at=occurred_at)


@router.get("/api/orders")
async def list_orders(connection: Transaction, now: Now, actor: CrewOrDispatcher) -> OrdersOut:
    """Return a crew's live and last orders, or all live ones for a dispatcher."""
    return OrdersOut(as_of=now, orders=await reading.listed_orders(connection, actor))


@router.post("/api/orders/{order_id}/accept")
async def accept(
    *,
    order_id: RowId,
    connection: Transaction,
    now: Now,
    actor: CrewOrDispatcher,
    once: Once,
    command: AcceptIn | None = None,
) -> ReportedOrderOut:
    """The crew says yes."""
    return await once(
        lambda: reporting.act(connection, Action.ACCEPT, order_id, command, actor=actor, now=now)
    )


@router.post("/api/orders/{order_id}/refuse")
async def refuse(
    *,
    order_id: RowId,
    command: RefuseIn,
    connection: Transaction,
    now: Now,
    actor: CrewOrDispatcher,
    once: Once,
) -> ReportedOrderOut:
    """The crew says no, or cannot come after all; the next one is ordered at once."""
    return await once(
        lambda: reporting.act(connection, Action.REFUSE, order_id, command, actor=actor, now=now)
    )


@router.post("/api/orders/{order_id}/depart")
async def depart(
    *,
    order_id: RowId,
    connection: Transaction,
    now: Now,
    actor: CrewOrDispatcher,
    once: Once,
    command: DepartIn | None = None,
) -> ReportedOrderOut:
    """The crew is on its way."""
    return await once(
        lambda: reporting.act(connection, Action.DEPART, order_id, command, actor=actor, now=now)
    )


@router.post("/api/orders/{order_id}/arrive")
async def arrive(
    *,
    order_id: RowId,
    connection: Transaction,
    now: Now,
    actor: CrewOrDispatcher,
    once: Once,
    command: ArriveIn | None = None,
) -> ReportedOrderOut:
    """The crew is there, unless that can hardly be: then it is held for confirmation."""
    return await once(
        lambda: reporting.act(connection, Action.ARRIVE, order_id, command, actor=actor, now=now)
    )


@router.post("/api/orders/{order_id}/freed")
async def freed(
    *,
    order_id: RowId,
    command: FreedIn,
    connection: Transaction,
    now: Now,
    actor: CrewOrDispatcher,
    once: Once,
) -> ReportedOrderOut:
    """The crew reports everybody out."""
    return await once(
        lambda: reporting.act(connection, Action.FREED, order_id, command, actor=actor, now=now)
    )


@router.post("/api/incidents/{incident_id}/close")
async def close(
    *,
    incident_id: RowId,
    command: CloseIn,
    connection: Transaction,
    now: Now,
    actor: Dispatcher,
    once: Once,
) -> IncidentOut:
    """Close an incident with its outcome."""

    async def work() -> IncidentOut:
        closing = service.Closing(**command.model_dump(exclude={"occurred_at"}))
        await service.close(connection, incident_id, closing, happening(command, actor, now))
        return await board.one(connection, incident_id, actor)

    return await once(work)


@router.post("/api/incidents/{incident_id}/escalate")
async def escalate(
    *,
    incident_id: RowId,
    connection: Transaction,
    now: Now,
    actor: Dispatcher,
    once: Once,
    command: Command | None = None,
) -> IncidentOut:
    """Ask the next level now."""

    async def work() -> IncidentOut:
        await service.escalate(connection, incident_id, happening(command, actor, now))
        return await board.one(connection, incident_id, actor)

    return await once(work)


@router.post("/api/incidents/{incident_id}/order")
async def order_crew(
    *,
    incident_id: RowId,
    command: OrderCrewIn,
    connection: Transaction,
    now: Now,
    actor: Dispatcher,
    once: Once,
) -> IncidentOut:
    """Send this crew too."""

    async def work() -> IncidentOut:
        told = happening(command, actor, now)
        await service.order_crew(connection, incident_id, command.crew_id, told)
        return await board.one(connection, incident_id, actor)

    return await once(work)
