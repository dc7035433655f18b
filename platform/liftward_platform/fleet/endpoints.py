"""HTTP for lifts: the list, one lift, its samples."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime

from liftward_platform.access.guard import allow
from liftward_platform.access.model import EVERY_ROLE, Actor, Role
from liftward_platform.api.dependencies import Now, Transaction
from liftward_platform.errors import InvalidError
from liftward_platform.fleet import service
from liftward_platform.fleet.schemas import LiftDetailOut, LiftOut, LiftsOut, SamplesOut
from liftward_platform.history import service as history
from liftward_platform.history.model import SampleWindow

router = APIRouter(tags=["lifts"])

LiftId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
# What is shown when nobody says which window.
USUAL_WINDOW = timedelta(minutes=15)


@router.get("/api/lifts")
async def list_lifts(
    *,
    connection: Transaction,
    now: Now,
    actor: Annotated[Actor, allow(*EVERY_ROLE)],
    query: Annotated[str, Query(max_length=100)] = "",
    after: Annotated[str, Query(max_length=32)] = "",
    limit: Annotated[int, Query(ge=1, le=service.LIFTS_PAGE_MAX)] = 100,
) -> LiftsOut:
    """Return lifts in order of id, a use unit's own only; ask with `after` for the next page."""
    lifts = await service.list_lifts(
        connection, now=now, query=query, after=after, limit=limit, use_unit_id=actor.party_id
    )
    return LiftsOut(
        as_of=now,
        lifts=[LiftOut.of(lift) for lift in lifts],
        next_after=lifts[-1].lift_id if len(lifts) == limit else None,
    )


@router.get("/api/lifts/{lift_id}")
async def one_lift(
    *,
    lift_id: LiftId,
    connection: Transaction,
    now: Now,
    actor: Annotated[Actor, allow(*EVERY_ROLE)],
) -> LiftDetailOut:
    """Return one lift; a use unit sees its own."""
    lift = await service.lift_by_id(connection, lift_id, now)
    service.check_own_lift(actor, lift)
    seen = await history.last_observed(connection, [lift.lift_key])
    return LiftDetailOut(as_of=now, lift=LiftOut.of(lift), last_observed_at=seen.get(lift.lift_key))


@router.get("/api/lifts/{lift_id}/samples")
async def samples(
    *,
    lift_id: LiftId,
    connection: Transaction,
    now: Now,
    _actor: Annotated[Actor, allow(Role.DISPATCHER, Role.EVALUATOR, Role.REGULATOR, Role.OPERATOR)],
    window_from: Annotated[AwareDatetime | None, Query(alias="from")] = None,
    window_to: Annotated[AwareDatetime | None, Query(alias="to")] = None,
    limit: Annotated[int, Query(ge=1, le=history.SAMPLES_MAX)] = 2000,
) -> SamplesOut:
    """Return a lift's samples of a window, oldest first."""
    lift = await service.lift_by_id(connection, lift_id, now)
    end = window_to or now
    start = window_from or end - USUAL_WINDOW
    if start >= end:
        raise InvalidError("window_empty", "`from` must lie before `to`")
    window = await history.window(connection, lift.lift_key, start=start, end=end, limit=limit)
    return samples_out(lift_id, start, end, window)


def samples_out(lift_id: str, start: datetime, end: datetime, window: SampleWindow) -> SamplesOut:
    """Return a window in the shape that HTTP shows."""
    return SamplesOut(
        lift_id=lift_id,
        window_from=start,
        window_to=end,
        complete=window.complete,
        observed_at=list(window.observed_at),
        signals={name: list(values) for name, values in window.signals.items()},
    )
