"""The SQL of reading what the gateway recorded beside the samples."""

from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_kit.named_sql import load_queries
from liftward_platform.intake.model import RefusedMessage, Skew, StreamMark, UntimelyAlarm

Connection = AsyncConnection[DictRow]
QUERIES = load_queries("liftward_platform.intake")


async def quarantine(
    connection: Connection, *, reason: str | None, before: datetime | None, limit: int
) -> list[RefusedMessage]:
    """Return refused messages, the latest first."""
    values = {"reason": reason, "before": before, "limit": limit}
    rows = await (await connection.execute(QUERIES["quarantine"], values)).fetchall()
    return [RefusedMessage(**row) for row in rows]


async def device_exists(connection: Connection, device_id: str) -> bool:
    """Tell whether the device is enrolled."""
    cursor = await connection.execute(QUERIES["device_exists"], {"device_id": device_id})
    return await cursor.fetchone() is not None


async def stream_marks(
    connection: Connection, device_id: str, *, gaps: int, limit: int
) -> list[StreamMark]:
    """Return a device's marks, the latest first, with at most so many gaps each."""
    values = {"device_id": device_id, "gaps": gaps, "limit": limit}
    rows = await (await connection.execute(QUERIES["stream_marks"], values)).fetchall()
    return [
        StreamMark(
            gaps=list(zip(row.pop("firsts"), row.pop("lasts"), strict=True)),
            skew=Skew(row.pop("skew")),
            **row,
        )
        for row in rows
    ]


async def untimely_alarms(
    connection: Connection, device_id: str, *, limit: int
) -> list[UntimelyAlarm]:
    """Return alarms of a device's lifts that claimed an impossible time, the latest first."""
    values = {"device_id": device_id, "limit": limit}
    rows = await (await connection.execute(QUERIES["untimely_alarms"], values)).fetchall()
    return [UntimelyAlarm(**row) for row in rows]
