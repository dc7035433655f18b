"""The only place that runs the SQL of crews' reports."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from liftward_kit.named_sql import load_queries
from liftward_platform.crews.model import Decision, HeldReport

Connection = AsyncConnection[DictRow]
QUERIES = load_queries("liftward_platform.crews")


async def insert_report(connection: Connection, values: Mapping[str, Any]) -> int:
    """Keep a doubted report; `content` is JSON."""
    row = await _one(
        connection, "insert_report", {**values, "content": Jsonb(dict(values["content"]))}
    )
    return int(row["report_id"])


async def held_reports(connection: Connection, order_id: int) -> list[HeldReport]:
    rows = await _all(connection, "held_reports", {"order_id": order_id})
    return [HeldReport.from_row(row) for row in rows]


async def report_by_id(connection: Connection, report_id: int) -> HeldReport | None:
    rows = await _all(connection, "report_by_id", {"report_id": report_id})
    return HeldReport.from_row(rows[0]) if rows else None


async def decide_report(
    connection: Connection, report_id: int, decision: Decision, *, now: datetime, actor: str
) -> bool:
    """Decide about a held report; False when that was done already."""
    cursor = await connection.execute(
        QUERIES["decide_report"],
        {"report_id": report_id, "decision": str(decision), "now": now, "actor": actor},
    )
    return cursor.rowcount == 1


async def reports_of_incident(
    connection: Connection, incident_id: int, limit: int
) -> list[DictRow]:
    values = {"incident_id": incident_id, "limit": limit}
    return await _all(connection, "reports_of_incident", values)


async def crew_waiting_orders(connection: Connection, crew_id: str) -> list[DictRow]:
    """Return order and incident of every arrival of a crew that waits for confirmation."""
    return await _all(connection, "crew_waiting_orders", {"crew_id": crew_id})


async def incidents_of_orders(
    connection: Connection, order_ids: Sequence[int], crew_id: str
) -> list[int]:
    values = {"order_ids": list(order_ids), "crew_id": crew_id}
    rows = await _all(connection, "incidents_of_orders", values)
    return [row["incident_id"] for row in rows]


async def insert_part(connection: Connection, values: Mapping[str, Any]) -> int:
    return int((await _one(connection, "insert_part", values))["part_used_id"])


async def parts_of_incident(connection: Connection, incident_id: int, limit: int) -> list[DictRow]:
    values = {"incident_id": incident_id, "limit": limit}
    return await _all(connection, "parts_of_incident", values)


async def insert_photo(connection: Connection, values: Mapping[str, Any]) -> int:
    return int((await _one(connection, "insert_photo", values))["photo_id"])


async def photos_count(connection: Connection, order_id: int) -> int:
    return int((await _one(connection, "photos_count", {"order_id": order_id}))["count"])


async def photo_facts(connection: Connection, photo_id: int) -> DictRow | None:
    rows = await _all(connection, "photo_facts", {"photo_id": photo_id})
    return rows[0] if rows else None


async def photo_content(connection: Connection, photo_id: int) -> DictRow:
    return await _one(connection, "photo_content", {"photo_id": photo_id})


async def erase_photo(connection: Connection, photo_id: int, now: datetime) -> bool:
    """Erase a picture; False when it was erased already."""
    cursor = await connection.execute(QUERIES["erase_photo"], {"photo_id": photo_id, "now": now})
    return cursor.rowcount == 1


async def photos_of_incident(connection: Connection, incident_id: int, limit: int) -> list[DictRow]:
    values = {"incident_id": incident_id, "limit": limit}
    return await _all(connection, "photos_of_incident", values)


async def order_extras(connection: Connection, order_ids: Sequence[int]) -> dict[int, DictRow]:
    rows = await _all(connection, "order_extras", {"order_ids": list(order_ids)})
    return {row["order_id"]: row for row in rows}


async def _all(connection: Connection, name: str, values: Mapping[str, Any]) -> list[DictRow]:
    cursor = await connection.execute(QUERIES[name], values)
    return await cursor.fetchall()


async def _one(connection: Connection, name: str, values: Mapping[str, Any]) -> DictRow:
    rows = await _all(connection, name, values)
    assert rows, f"{name} always has a row"
    return rows[0]
