"""HTTP for an incident's life: speaking to passengers, confirming, making safe, the cause."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter

from liftward_platform.access.guard import allow
from liftward_platform.access.model import EVERY_ROLE, Actor, Role
from liftward_platform.api.dependencies import Connection, Now, Transaction
from liftward_platform.api.idempotency import Once
from liftward_platform.commands import service as commands
from liftward_platform.commands.model import Wish
from liftward_platform.incidents import board, reporting
from liftward_platform.incidents.model import Confirmer, Outcome
from liftward_platform.incidents.schemas import IncidentOut
from liftward_platform.rescue import ending, reading, service, talking
from liftward_platform.rescue.endpoints import RowId, happening
from liftward_platform.rescue.life_schemas import (
    CalmingScriptOut,
    CalmingStepIn,
    ConfirmReleaseIn,
    DuplicateIn,
    IncidentCauseIn,
)
from liftward_platform.rescue.schemas import Command
from liftward_wire.messages import CommandKind

router = APIRouter(tags=["incident life"])

Dispatcher = Annotated[Actor, allow(Role.DISPATCHER)]
Confirming = Annotated[Actor, allow(Role.DISPATCHER, Role.USE_UNIT)]
IN_LIFTWARD = "in_liftward"


async def _changed(
    connection: Connection, incident_id: int, actor: Actor, change: Callable[[], Awaitable[object]]
) -> IncidentOut:
    await reading.check_may_see(connection, incident_id, actor)
    await change()
    return await board.one(connection, incident_id, actor)


@router.get("/api/calming-script")
async def calming_script(_actor: Annotated[Actor, allow(*EVERY_ROLE)]) -> CalmingScriptOut:
    """Return what to say to the people in a car, in order."""
    return CalmingScriptOut.made()


@router.post("/api/incidents/{incident_id}/calming-steps")
async def calming_step(
    *,
    incident_id: RowId,
    command: CalmingStepIn,
    connection: Transaction,
    now: Now,
    actor: Dispatcher,
    once: Once,
) -> IncidentOut:
    """A step of the script was said; the answers become facts of the incident."""

    async def change() -> None:
        said = talking.Said(**command.model_dump(exclude={"occurred_at"}))
        await talking.record_step(connection, incident_id, said, happening(command, actor, now))

    return await once(lambda: _changed(connection, incident_id, actor, change))


@router.post("/api/incidents/{incident_id}/calming-message")
async def calming_message(
    *, incident_id: RowId, connection: Transaction, now: Now, actor: Dispatcher, once: Once
) -> IncidentOut:
    """Ask the car to play its calming message; its answer appears in the story."""

    async def change() -> None:
        await talking.in_rescue(connection, incident_id, "calming_message")
        shown = await board.one(connection, incident_id, actor)
        wish = Wish(kind=CommandKind.PLAY_CALMING_MESSAGE, incident_id=incident_id)
        await commands.ask(connection, shown.lift.lift_id, wish, asked_by=actor.account_id, now=now)

    return await once(lambda: _changed(connection, incident_id, actor, change))


@router.post("/api/incidents/{incident_id}/confirm-report")
async def confirm_report(
    *,
    incident_id: RowId,
    connection: Transaction,
    now: Now,
    actor: Dispatcher,
    once: Once,
    command: Command | None = None,
) -> IncidentOut:
    """An anonymous report is believed: a crew is sent."""

    async def change() -> None:
        told = happening(command, actor, now)
        await reporting.confirm_report(connection, incident_id, told)

    return await once(lambda: _changed(connection, incident_id, actor, change))


@router.post("/api/incidents/{incident_id}/confirm-release")
async def confirm_release(
    *,
    incident_id: RowId,
    command: ConfirmReleaseIn,
    connection: Transaction,
    now: Now,
    actor: Confirming,
    once: Once,
) -> IncidentOut:
    """Everybody is out, by the word of a passenger, the use unit or the dispatcher."""
    own = actor.role is Role.USE_UNIT

    async def change() -> None:
        await ending.confirm_release(
            connection, incident_id,
            Confirmer.USE_UNIT if own else command.confirmed_by,
            IN_LIFTWARD if own else command.confirmed_how,
            happening(command, actor, now),
        )  # fmt: skip

    return await once(lambda: _changed(connection, incident_id, actor, change))


@router.post("/api/incidents/{incident_id}/made-safe")
async def made_safe(
    *,
    incident_id: RowId,
    connection: Transaction,
    now: Now,
    actor: Dispatcher,
    once: Once,
    command: Command | None = None,
) -> IncidentOut:
    """The lift is repaired, or secured out of service; a crew says so of its own order."""

    async def change() -> None:
        await ending.make_safe(connection, incident_id, happening(command, actor, now))

    return await once(lambda: _changed(connection, incident_id, actor, change))


@router.post("/api/incidents/{incident_id}/cause")
async def report_cause(
    *,
    incident_id: RowId,
    command: IncidentCauseIn,
    connection: Transaction,
    now: Now,
    actor: Dispatcher,
    once: Once,
) -> IncidentOut:
    """The maintainer's cause, by code; also after a closing without one. A crew tells its own."""

    async def change() -> None:
        await ending.report_cause(
            connection, incident_id, happening(command, actor, now),
            cause_code=command.cause_code, release_method=command.release_method,
        )  # fmt: skip

    return await once(lambda: _changed(connection, incident_id, actor, change))


@router.post("/api/incidents/{incident_id}/duplicate")
async def mark_duplicate(
    *,
    incident_id: RowId,
    command: DuplicateIn,
    connection: Transaction,
    now: Now,
    actor: Dispatcher,
    once: Once,
) -> IncidentOut:
    """Close this incident as a duplicate: its orders are called off, its people count there."""

    async def change() -> None:
        closing = service.Closing(outcome=Outcome.DUPLICATE, duplicate_of=command.duplicate_of)
        await service.close(connection, incident_id, closing, happening(command, actor, now))

    return await once(lambda: _changed(connection, incident_id, actor, change))
