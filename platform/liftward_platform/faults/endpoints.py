"""HTTP for the fault catalogue, and for what went wrong with a lift."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime

from liftward_detection.catalogue import CATALOGUE, Category
from liftward_platform.access.guard import allow
from liftward_platform.access.model import EVERY_ROLE, Actor, Role
from liftward_platform.api.dependencies import Now, Transaction
from liftward_platform.errors import InvalidError
from liftward_platform.faults import service
from liftward_platform.faults.schemas import (
    EpisodeOut,
    FaultCatalogueOut,
    KindOut,
    LiftFaultsOut,
    bacnet_faults,
)
from liftward_platform.fleet import service as fleet

router = APIRouter(tags=["faults"])

LiftId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
Reader = Annotated[Actor, allow(Role.DISPATCHER, Role.EVALUATOR, Role.REGULATOR, Role.OPERATOR)]
# What is shown when nobody says which.
USUAL_PERIOD = timedelta(days=30)
# No lift of ours was watched before.
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


@router.get("/api/fault-catalogue")
async def fault_catalogue(
    _actor: Annotated[Actor, allow(*EVERY_ROLE)],
) -> FaultCatalogueOut:
    """Return every kind of detection: how urgent, which codes, whom it points to, how derived."""
    kinds = [KindOut.of(kind, facts) for kind, facts in CATALOGUE.items()]
    return FaultCatalogueOut(kinds=kinds, bacnet_faults=bacnet_faults())


@router.get("/api/lifts/{lift_id}/faults")
async def lift_faults(
    *,
    lift_id: LiftId,
    connection: Transaction,
    now: Now,
    _actor: Reader,
    category: Annotated[list[Category] | None, Query()] = None,
    period_from: Annotated[AwareDatetime | None, Query(alias="from")] = None,
    period_to: Annotated[AwareDatetime | None, Query(alias="to")] = None,
    limit: Annotated[int, Query(ge=1, le=service.EPISODES_MAX)] = 200,
) -> LiftFaultsOut:
    """Return what was wrong with a lift in a period, of some categories or all, latest first."""
    lift = await fleet.lift_by_id(connection, lift_id, now)
    end = period_to or now
    start = period_from or max(end, BEGINNING + USUAL_PERIOD) - USUAL_PERIOD
    if start >= end:
        raise InvalidError("window_empty", "`from` must lie before `to`")
    found = await service.episodes(
        connection,
        lift.lift_key,
        frozenset(category or Category),
        start=start,
        end=end,
        limit=limit + 1,
    )
    return LiftFaultsOut(
        lift_id=lift_id,
        as_of=now,
        period_from=start,
        period_to=end,
        complete=len(found) <= limit,
        episodes=[EpisodeOut.of(episode) for episode in found[:limit]],
    )
