"""HTTP for liveness: devices by belief, a lift's unknown time, the counts."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime

from liftward_platform.access.guard import allow
from liftward_platform.access.model import Actor, Role
from liftward_platform.api.dependencies import Now, Transaction
from liftward_platform.liveness import service
from liftward_platform.liveness.model import Belief
from liftward_platform.liveness.schemas import (
    DeviceLivenessOut,
    DevicesOut,
    LiftLivenessOut,
    LivenessSummaryOut,
)

router = APIRouter(tags=["liveness"])

Reader = Annotated[Actor, allow(Role.DISPATCHER, Role.EVALUATOR, Role.REGULATOR, Role.OPERATOR)]
LiftId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,32}$")]


@router.get("/api/devices")
async def list_devices(
    *,
    connection: Transaction,
    now: Now,
    _actor: Reader,
    belief: Annotated[Belief | None, Query()] = None,
    after: Annotated[str, Query(max_length=32)] = "",
    limit: Annotated[int, Query(ge=1, le=service.DEVICES_PAGE_MAX)] = 100,
) -> DevicesOut:
    """Return devices in order of id, all or those of one belief; `after` gives the next page."""
    devices = await service.list_devices(connection, now, belief=belief, after=after, limit=limit)
    return DevicesOut(
        as_of=now,
        devices=[DeviceLivenessOut.of(device) for device in devices],
        next_after=devices[-1].device_id if len(devices) == limit else None,
    )


@router.get("/api/lifts/{lift_id}/liveness")
async def lift_liveness(
    *,
    lift_id: LiftId,
    connection: Transaction,
    now: Now,
    _actor: Reader,
    period_from: Annotated[AwareDatetime | None, Query(alias="from")] = None,
    period_to: Annotated[AwareDatetime | None, Query(alias="to")] = None,
    limit: Annotated[int, Query(ge=1, le=service.INTERVALS_MAX)] = service.INTERVALS_MAX,
) -> LiftLivenessOut:
    """Return what is believed of a lift's devices, and its unknown time, of a week by default."""
    lift = await service.lift_liveness(
        connection, lift_id, now, start=period_from, end=period_to, limit=limit
    )
    return LiftLivenessOut.of(lift, now)


@router.get("/api/liveness/summary")
async def summary(*, connection: Transaction, now: Now, _actor: Reader) -> LivenessSummaryOut:
    """Return how many devices are live, quiet, dark or were never heard, and how old that is."""
    return LivenessSummaryOut.of(await service.workers(connection), now)
