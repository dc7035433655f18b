"""HTTP for crews: the list, and a crew's position."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, status

from liftward_platform.access.guard import allow
from liftward_platform.access.model import Actor, Role
from liftward_platform.api.dependencies import Now, Transaction
from liftward_platform.crews import service as crews
from liftward_platform.crews.plausibility import Fix, corrected
from liftward_platform.parties import service
from liftward_platform.parties.schemas import CrewOut, CrewsOut, PositionIn
from liftward_platform.rescue.travel import Place

router = APIRouter(tags=["crews"])

CrewId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,32}$")]


@router.get("/api/crews")
async def list_crews(
    connection: Transaction,
    now: Now,
    actor: Annotated[Actor, allow(Role.DISPATCHER, Role.OPERATOR, Role.REGULATOR)],
    after: str = "",
    limit: Annotated[int, Query(ge=1, le=service.CREWS_PAGE_MAX)] = service.CREWS_PAGE_MAX,
) -> CrewsOut:
    """Return the crews that can be sent."""
    found = await service.crews(connection, after=after, limit=limit)
    with_phone = actor.role is Role.DISPATCHER
    return CrewsOut(
        as_of=now,
        crews=[CrewOut.of(crew, with_phone=with_phone) for crew in found],
        next_after=found[-1].crew_id if len(found) == limit else None,
    )


@router.post("/api/crews/{crew_id}/position")
async def report_position(
    crew_id: CrewId,
    position: PositionIn,
    connection: Transaction,
    now: Now,
    actor: Annotated[Actor, allow(Role.CREW, Role.DISPATCHER)],
) -> CrewOut:
    """Store where a crew is."""
    at = corrected(position.observed_at, sent_at=position.sent_at, received_at=now)
    place = Place(position.latitude_deg, position.longitude_deg)
    fix = Fix(place, at, position.accuracy_m)
    await crews.report_position(connection, actor, crew_id, fix, now=now)
    crew = await service.crew_by_id(connection, crew_id)
    return CrewOut.of(crew, with_phone=True)


@router.delete("/api/crews/{crew_id}/position", status_code=status.HTTP_204_NO_CONTENT)
async def erase_position(
    crew_id: CrewId,
    connection: Transaction,
    actor: Annotated[Actor, allow(Role.CREW, Role.DISPATCHER)],
) -> None:
    """Forget where a crew is: it does not share its position any more."""
    await service.erase_position(connection, actor, crew_id)
