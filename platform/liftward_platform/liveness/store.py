"""The only place that runs the liveness slice's SQL. It reads; the gateway writes."""

from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_kit.named_sql import load_queries
from liftward_platform.liveness.model import Belief, DeviceLiveness, UnknownInterval, WorkerView

Connection = AsyncConnection[DictRow]
QUERIES = load_queries("liftward_platform.liveness")


async def devices(
    connection: Connection, *, belief: Belief | None, hour: int, after: str, limit: int
) -> list[DeviceLiveness]:
    """Return a page of devices, all of them or those of one belief."""
    values = {"hour": hour, "after": after, "limit": limit}
    if belief is None:
        cursor = await connection.execute(QUERIES["devices"], values)
    else:
        of_belief = {**values, "belief": str(belief)}
        cursor = await connection.execute(QUERIES["devices_of_belief"], of_belief)
    return [DeviceLiveness.from_row(row) for row in await cursor.fetchall()]


async def devices_of_lift(
    connection: Connection, lift_key: int, *, hour: int, limit: int
) -> list[DeviceLiveness]:
    """Return the devices that serve a lift."""
    values = {"lift_key": lift_key, "hour": hour, "limit": limit}
    cursor = await connection.execute(QUERIES["devices_of_lift"], values)
    return [DeviceLiveness.from_row(row) for row in await cursor.fetchall()]


async def unknown_s(
    connection: Connection, lift_key: int, *, start: datetime, end: datetime
) -> float:
    """Return the unknown seconds of a period."""
    values = {"lift_key": lift_key, "start": start, "end": end}
    row = await (await connection.execute(QUERIES["unknown_s"], values)).fetchone()
    assert row is not None
    seconds: float = row["unknown_s"]
    return seconds


async def intervals(
    connection: Connection, lift_key: int, *, start: datetime, end: datetime, limit: int
) -> list[UnknownInterval]:
    """Return the unknown time that reaches into a period, oldest first."""
    values = {"lift_key": lift_key, "start": start, "end": end, "limit": limit}
    cursor = await connection.execute(QUERIES["intervals"], values)
    return [UnknownInterval.from_row(row) for row in await cursor.fetchall()]


async def workers(connection: Connection) -> list[WorkerView]:
    """Return what each gateway worker said last."""
    cursor = await connection.execute(QUERIES["workers"])
    return [WorkerView.from_row(row) for row in await cursor.fetchall()]
