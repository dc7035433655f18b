"""HTTP for what outlives the samples: a lift's hours and its trips."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import AwareDatetime

from liftward_platform.access.guard import allow
from liftward_platform.access.model import Actor, Role
from liftward_platform.api.dependencies import Now, Transaction
from liftward_platform.errors import InvalidError
from liftward_platform.fleet import service as fleet
from liftward_platform.history import service
from liftward_platform.history.schemas import HourOut, HoursOut, TripOut, TripsOut

router = APIRouter(prefix="/api/lifts", tags=["lifts"])

LiftId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
Reader = Annotated[Actor, allow(Role.DISPATCHER, Role.EVALUATOR, Role.REGULATOR, Role.OPERATOR)]
# What is shown when nobody says which.
USUAL_PERIOD = timedelta(days=1)
# No lift of ours was watched before.
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


def _period(
    now: Now,
    period_from: Annotated[AwareDatetime | None, Query(alias="from")] = None,
    period_to: Annotated[AwareDatetime | None, Query(alias="to")] = None,
) -> tuple[datetime, datetime]:
    end = period_to or now
    start = period_from or max(end, BEGINNING + USUAL_PERIOD) - USUAL_PERIOD
    if start >= end:
        raise InvalidError("window_empty", "`from` must lie before `to`")
    return start, end


AskedPeriod = Annotated[tuple[datetime, datetime], Depends(_period)]


@router.get("/{lift_id}/hours")
async def lift_hours(
    *,
    lift_id: LiftId,
    connection: Transaction,
    now: Now,
    _actor: Reader,
    period: AskedPeriod,
    limit: Annotated[int, Query(ge=1, le=service.HOURS_MAX)] = 744,
) -> HoursOut:
    """Return the figures of a lift's hours (UTC) that begin in a period, oldest first."""
    lift = await fleet.lift_by_id(connection, lift_id, now)
    start, end = period
    rows = await service.hours(connection, lift.lift_key, start=start, end=end, limit=limit)
    after = rows[-1]["hour_start"] + timedelta(hours=1) if len(rows) == limit else None
    return HoursOut(
        lift_id=lift_id,
        complete_until=await service.complete_until(connection),
        hours=[HourOut.from_row(row) for row in rows],
        next_from=after,
    )


@router.get("/{lift_id}/trips")
async def lift_trips(
    *,
    lift_id: LiftId,
    connection: Transaction,
    now: Now,
    _actor: Reader,
    period: AskedPeriod,
    limit: Annotated[int, Query(ge=1, le=service.TRIPS_MAX)] = 1000,
) -> TripsOut:
    """Return a lift's trips that began in a period, oldest first."""
    lift = await fleet.lift_by_id(connection, lift_id, now)
    start, end = period
    rows = await service.trips(connection, lift.lift_key, start=start, end=end, limit=limit)
    after = rows[-1]["started_at"] + timedelta(microseconds=1) if len(rows) == limit else None
    return TripsOut(
        lift_id=lift_id,
        complete_until=await service.complete_until(connection),
        trips=[TripOut.from_row(row) for row in rows],
        next_from=after,
    )
