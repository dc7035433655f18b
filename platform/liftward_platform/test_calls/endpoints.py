"""HTTP for the test-call watchdog: who is overdue, and when a lift last called."""

from typing import Annotated

from fastapi import APIRouter, Query

from liftward_platform.access.guard import allow
from liftward_platform.access.model import Actor, Role
from liftward_platform.api.dependencies import Now, Transaction
from liftward_platform.fleet import service as fleet
from liftward_platform.fleet.endpoints import LiftId
from liftward_platform.test_calls import service
from liftward_platform.test_calls.model import DUE_AFTER
from liftward_platform.test_calls.schemas import LastTestCallOut, OverdueListOut, OverdueOut

router = APIRouter(tags=["test calls"])


@router.get("/api/test-calls/overdue")
async def overdue(
    connection: Transaction,
    now: Now,
    actor: Annotated[Actor, allow(Role.DISPATCHER, Role.REGULATOR, Role.OPERATOR, Role.USE_UNIT)],
    limit: Annotated[int, Query(ge=1, le=service.OVERDUE_PAGE_MAX)] = 100,
) -> OverdueListOut:
    """Return lifts whose 72-hour test call is overdue, the loudest first."""
    found = await service.overdue(connection, use_unit_id=actor.party_id, limit=limit)
    watched_count, overdue_count = await service.counts(connection, actor.party_id)
    return OverdueListOut(
        as_of=now,
        watched_count=watched_count,
        overdue_count=overdue_count,
        lifts=[OverdueOut.of(one) for one in found],
    )


@router.get("/api/lifts/{lift_id}/test-call")
async def last_test_call(
    lift_id: LiftId,
    connection: Transaction,
    now: Now,
    _actor: Annotated[Actor, allow(Role.DISPATCHER, Role.REGULATOR, Role.OPERATOR, Role.EVALUATOR)],
) -> LastTestCallOut:
    """Return when a lift made its last test call, by itself or when asked."""
    lift = await fleet.lift_by_id(connection, lift_id, now)
    row = await service.last_of_lift(connection, lift.lift_key)
    last_at = None if row is None else row["last_test_call_at"]
    return LastTestCallOut(
        as_of=now,
        lift_id=lift_id,
        last_test_call_at=last_at,
        source=None if row is None else row["source"],
        due_at=None if last_at is None else last_at + DUE_AFTER,
        notice_level=0 if row is None else row["notice_level"],
    )
