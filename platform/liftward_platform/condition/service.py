"""What is known of a lift's condition and of its sensors. Reads only."""

from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.condition import store
from liftward_platform.condition.model import FINDING_KINDS, WARNING_KINDS, LiftCondition
from liftward_platform.fleet import service as fleet

Connection = AsyncConnection[DictRow]

EPISODES_MAX = 200  # of each sort: years of a lift that is looked after


async def lift_condition(
    connection: Connection, lift_id: str, now: datetime, *, limit: int
) -> LiftCondition:
    """Return a lift's warnings of wear and findings about its sensors.

    Raises
    ------
    NotFoundError
        When the lift is not registered.
    """
    lift = await fleet.lift_by_id(connection, lift_id, now)
    page = min(limit, EPISODES_MAX)
    key = lift.lift_key
    warnings = await store.episodes(connection, key, WARNING_KINDS, limit=page + 1)
    findings = await store.episodes(connection, key, FINDING_KINDS, limit=page + 1)
    return LiftCondition(
        lift_id=lift_id,
        warnings=warnings[:page],
        findings=findings[:page],
        complete=len(warnings) <= page and len(findings) <= page,
    )
