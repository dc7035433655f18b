"""HTTP for commands to a lift's device: ask, and see what became of it."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime

from liftward_platform.access.guard import allow
from liftward_platform.access.model import Actor, Role
from liftward_platform.api.dependencies import Now, Transaction
from liftward_platform.api.idempotency import Once
from liftward_platform.commands import service
from liftward_platform.commands.schemas import AskIn, CommandOut, CommandsOut
from liftward_platform.fleet.endpoints import LiftId

router = APIRouter(tags=["commands"])

CommandId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
Asker = Annotated[Actor, allow(Role.DISPATCHER, Role.OPERATOR)]
Reader = Annotated[Actor, allow(Role.DISPATCHER, Role.OPERATOR, Role.REGULATOR)]
ACCEPTED = 202  # stored; the device has not heard of it yet


@router.post("/api/lifts/{lift_id}/commands", status_code=ACCEPTED)
async def ask(
    *,
    lift_id: LiftId,
    wish: AskIn,
    connection: Transaction,
    now: Now,
    actor: Asker,
    once: Once,
) -> CommandOut:
    """Ask the lift's device for one of four things; nothing can move a car or open a door."""

    async def work() -> CommandOut:
        command = await service.ask(
            connection, lift_id, wish.wish(), asked_by=actor.account_id, now=now
        )
        return CommandOut.of(command)

    return await once(work, status=ACCEPTED)


@router.get("/api/lifts/{lift_id}/commands")
async def list_commands(
    *,
    lift_id: LiftId,
    connection: Transaction,
    now: Now,
    _actor: Reader,
    before: Annotated[AwareDatetime | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=service.COMMANDS_PAGE_MAX)] = 50,
) -> CommandsOut:
    """Return what was asked of a lift, the latest first; ask again with `before` for more."""
    commands = await service.commands_of_lift(
        connection, lift_id, before=before, limit=limit, now=now
    )
    return CommandsOut(as_of=now, commands=[CommandOut.of(command) for command in commands])


@router.get("/api/commands/{command_id}")
async def one_command(command_id: CommandId, connection: Transaction, _actor: Reader) -> CommandOut:
    """Return one command and where it stands."""
    return CommandOut.of(await service.command_by_id(connection, command_id))
