"""Reading the ledger: a lift's history, and the signed head of everything."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import PlainTextResponse

from liftward_platform.access.guard import allow, public
from liftward_platform.access.model import Actor, Role
from liftward_platform.api.dependencies import Now, Transaction
from liftward_platform.errors import NotFoundError
from liftward_platform.ledger import checkpoint, service
from liftward_platform.ledger.schemas import EntryOut, LiftLedgerOut

router = APIRouter(prefix="/api/ledger", tags=["ledger"])

Reader = Annotated[Actor, allow(Role.REGULATOR, Role.EVALUATOR, Role.OPERATOR, Role.DISPATCHER)]


@router.get("/lifts/{lift_id}")
async def lift_history(
    lift_id: str,
    _actor: Reader,
    connection: Transaction,
    now: Now,
    after: Annotated[int, Query(ge=-1, description="the last number already seen")] = -1,
    limit: Annotated[int, Query(ge=1, le=service.ENTRIES_PAGE_MAX)] = 100,
) -> LiftLedgerOut:
    """Return what was recorded about a lift."""
    entries = await service.lift_entries(connection, lift_id, after=after, limit=limit)
    return LiftLedgerOut(
        as_of=now, lift_id=lift_id, entries=[EntryOut.of(entry) for entry in entries]
    )


@router.get("/checkpoint", dependencies=[public], response_class=PlainTextResponse)
async def latest_checkpoint(connection: Transaction) -> str:
    """Return the newest signed tree head (C2SP tlog-checkpoint): keep it to hold us to it."""
    note = await checkpoint.latest_note(connection)
    if note is None:
        raise NotFoundError("no_checkpoint_yet", "nothing has been recorded yet")
    return note
