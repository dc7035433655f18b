"""What is believed of devices and lifts, and how long a lift's state was unknown."""

from datetime import datetime, timedelta

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.errors import InvalidError
from liftward_platform.fleet import service as fleet
from liftward_platform.liveness import store
from liftward_platform.liveness.model import (
    Belief,
    DeviceLiveness,
    LiftLiveness,
    WorkerView,
    best_of,
    hour_of_week,
)

Connection = AsyncConnection[DictRow]

DEVICES_PAGE_MAX = 500
# A lift has its own gateway and perhaps a building's edge; more than this is a mistake somewhere.
DEVICES_OF_LIFT_MAX = 50
INTERVALS_MAX = 500
DEFAULT_PERIOD, PERIOD_MAX = timedelta(days=7), timedelta(days=3660)


async def list_devices(
    connection: Connection, now: datetime, *, belief: Belief | None, after: str, limit: int
) -> list[DeviceLiveness]:
    """Return devices with ids after `after`, in order of id, all or those of one belief."""
    page = min(limit, DEVICES_PAGE_MAX)
    return await store.devices(
        connection, belief=belief, hour=hour_of_week(now), after=after, limit=page
    )


async def lift_liveness(
    connection: Connection,
    lift_id: str,
    now: datetime,
    *,
    start: datetime | None,
    end: datetime | None,
    limit: int,
) -> LiftLiveness:
    """Return a lift's belief, and the part of a period in which it was watched and is unknown.

    Raises
    ------
    NotFoundError
        When the lift is not registered.
    InvalidError
        When the period is empty or too long.
    """
    lift = await fleet.lift_by_id(connection, lift_id, now)
    until = min(end or now, now)
    since = start or until - DEFAULT_PERIOD
    if not timedelta(0) < until - since <= PERIOD_MAX:
        raise InvalidError(
            "period_invalid",
            f"`from` must lie before `to` (and before now), at most {PERIOD_MAX.days} days",
        )
    since = max(since, lift.registered_at)
    until = max(since, min(until, lift.withdrawn_at or until))
    devices = await store.devices_of_lift(
        connection, lift.lift_key, hour=hour_of_week(now), limit=DEVICES_OF_LIFT_MAX
    )
    page = min(limit, INTERVALS_MAX)
    found = await store.intervals(connection, lift.lift_key, start=since, end=until, limit=page + 1)
    return LiftLiveness(
        lift_id=lift_id,
        start=since,
        end=until,
        belief=best_of([device.belief for device in devices]),
        devices=devices,
        watched_s=(until - since).total_seconds(),
        unknown_s=await store.unknown_s(connection, lift.lift_key, start=since, end=until),
        intervals=found[:page],
        complete=len(found) <= page,
    )


async def belief_of(connection: Connection, lift_key: int, now: datetime) -> Belief:
    """Return what is believed of a lift now: that of the device that is heard best."""
    devices = await store.devices_of_lift(
        connection, lift_key, hour=hour_of_week(now), limit=DEVICES_OF_LIFT_MAX
    )
    return best_of([device.belief for device in devices])


async def workers(connection: Connection) -> list[WorkerView]:
    """Return what each gateway worker said last."""
    return await store.workers(connection)
