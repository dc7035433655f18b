"""HTTP for condition: a lift's warnings of wear and what is wrong with its sensors."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from liftward_platform.access.guard import allow
from liftward_platform.access.model import Actor, Role
from liftward_platform.api.dependencies import Now, Transaction
from liftward_platform.condition import service
from liftward_platform.condition.schemas import LiftConditionOut

router = APIRouter(tags=["condition"])

Reader = Annotated[Actor, allow(Role.DISPATCHER, Role.EVALUATOR, Role.REGULATOR, Role.OPERATOR)]
LiftId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,32}$")]


@router.get("/api/lifts/{lift_id}/condition")
async def lift_condition(
    *,
    lift_id: LiftId,
    connection: Transaction,
    now: Now,
    _actor: Reader,
    limit: Annotated[int, Query(ge=1, le=service.EPISODES_MAX)] = 50,
) -> LiftConditionOut:
    """Return what drifts at a lift, since when and how fast, and which sensors are not believed."""
    condition = await service.lift_condition(connection, lift_id, now, limit=limit)
    return LiftConditionOut.of(condition, now)
