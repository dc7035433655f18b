"""Quality figures over HTTP: never a rate without its exposure and interval."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import AwareDatetime

from liftward_platform.access.guard import allow
from liftward_platform.access.model import Actor, Role
from liftward_platform.api.dependencies import Now, Transaction
from liftward_platform.quality import service
from liftward_platform.quality.model import Period
from liftward_platform.quality.schemas import FigureOut, FiguresOut

router = APIRouter(prefix="/api/quality", tags=["quality"])

Reader = Annotated[Actor, allow(Role.EVALUATOR, Role.REGULATOR, Role.OPERATOR)]
Id = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,32}$")]


def _period(
    now: Now,
    start: Annotated[AwareDatetime | None, Query(alias="from")] = None,
    end: Annotated[AwareDatetime | None, Query(alias="to")] = None,
) -> Period:
    return service.period_of(start, end, now)


AskedPeriod = Annotated[Period, Depends(_period)]


@router.get("/lifts/{lift_id}")
async def lift_quality(
    lift_id: Id, _actor: Reader, period: AskedPeriod, connection: Transaction, now: Now
) -> FigureOut:
    """Return one lift's figure."""
    return FigureOut.of(await service.lift_figure(connection, lift_id, period, now), now)


@router.get("/maintainers")
async def maintainers_quality(
    *,
    _actor: Reader,
    period: AskedPeriod,
    connection: Transaction,
    now: Now,
    after: Annotated[str, Query(max_length=32)] = "",
    limit: Annotated[
        int, Query(ge=1, le=service.MAINTAINERS_PAGE_MAX)
    ] = service.MAINTAINERS_PAGE_MAX,
) -> FiguresOut:
    """Return a figure for each maintainer."""
    figures = await service.maintainer_figures(connection, period, now, after=after, limit=limit)
    return FiguresOut(as_of=now, maintainers=[FigureOut.of(figure, now) for figure in figures])


@router.get("/maintainers/{party_id}")
async def maintainer_quality(
    party_id: Id, _actor: Reader, period: AskedPeriod, connection: Transaction, now: Now
) -> FigureOut:
    """Return one maintainer's figure."""
    return FigureOut.of(await service.maintainer_figure(connection, party_id, period, now), now)
