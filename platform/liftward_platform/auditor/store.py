"""Reads what an audit compares, on one snapshot. The only place of the auditor with SQL."""

from datetime import datetime
from typing import Any, LiteralString, TypeVar

from psycopg import AsyncConnection
from psycopg.rows import DictRow, class_row

from liftward_kit.named_sql import load_queries
from liftward_platform.auditor.model import (
    Seen,
    SeenDeadline,
    SeenDetection,
    SeenEntry,
    SeenIncident,
    SeenOrder,
    SeenRepeat,
    SeenStep,
)

QUERIES = load_queries("liftward_platform.auditor")

Row = TypeVar("Row")


async def read_seen(connection: AsyncConnection[DictRow], *, since: datetime) -> Seen:
    """Return everything recorded about entrapments since a moment."""

    async def rows(name: str, model: type[Row]) -> list[Row]:
        return await _rows(connection, QUERIES[name], model, {"since": since})

    return Seen(
        detections=await rows("audit_detections", SeenDetection),
        incidents=await rows("audit_incidents", SeenIncident),
        orders=await rows("audit_orders", SeenOrder),
        deadlines=await rows("audit_deadlines", SeenDeadline),
        entries=await rows("audit_entries", SeenEntry),
        steps=await rows("audit_steps", SeenStep),
        repeats=await rows("audit_repeats", SeenRepeat),
    )


async def _rows(
    connection: AsyncConnection[DictRow],
    query: LiteralString,
    model: type[Row],
    parameters: dict[str, Any],
) -> list[Row]:
    async with connection.cursor(row_factory=class_row(model)) as cursor:
        await cursor.execute(query, parameters)
        return await cursor.fetchall()
