"""For operators: what the gateway refused and why, and what a device's streams show."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime

from liftward_platform.access.guard import allow
from liftward_platform.access.model import Actor, Role
from liftward_platform.api.dependencies import Now, Transaction
from liftward_platform.intake import service
from liftward_platform.intake.schemas import QuarantineOut, RefusedMessageOut, StreamsOut

router = APIRouter(tags=["intake"])

Operator = Annotated[Actor, allow(Role.OPERATOR)]


@router.get("/api/quarantine")
async def quarantine(
    *,
    _actor: Operator,
    connection: Transaction,
    now: Now,
    reason: Annotated[str | None, Query(max_length=64)] = None,
    before: AwareDatetime | None = None,
    limit: Annotated[int, Query(ge=1, le=service.QUARANTINE_PAGE_MAX)] = 100,
) -> QuarantineOut:
    """Return refused messages, the latest first."""
    messages = await service.refused_messages(connection, reason=reason, before=before, limit=limit)
    return QuarantineOut(as_of=now, messages=[RefusedMessageOut.of(one) for one in messages])


@router.get("/api/devices/{device_id}/streams")
async def streams(
    device_id: Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,32}$")],
    _actor: Operator,
    connection: Transaction,
    now: Now,
) -> StreamsOut:
    """Return how far a device's numbering is known, and what its clock and its boots show."""
    marks, alarms = await service.device_streams(connection, device_id)
    return StreamsOut.of(device_id, marks, alarms, now)
