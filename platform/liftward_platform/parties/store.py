"""The only place that runs the party slice's SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from liftward_kit.named_sql import load_queries
from liftward_platform.parties.model import Crew, Party

Connection = AsyncConnection[DictRow]
QUERIES = load_queries("liftward_platform.parties")


async def current_maintainer(connection: Connection, lift_key: int, now: datetime) -> Party | None:
    cursor = await connection.execute(
        QUERIES["current_maintainer"], {"lift_key": lift_key, "now": now}
    )
    row = await cursor.fetchone()
    return None if row is None else Party.from_row(row)


async def crews(connection: Connection, *, after: str, limit: int) -> list[Crew]:
    cursor = await connection.execute(QUERIES["crews"], {"after": after, "limit": limit})
    return [Crew.from_row(row) for row in await cursor.fetchall()]


async def crew_by_id(connection: Connection, crew_id: str) -> Crew | None:
    cursor = await connection.execute(QUERIES["crew_by_id"], {"crew_id": crew_id})
    row = await cursor.fetchone()
    return None if row is None else Crew.from_row(row)


async def set_position(
    connection: Connection,
    crew_id: str,
    *,
    latitude_deg: float,
    longitude_deg: float,
    accuracy_m: float | None,
    observed_at: datetime,
    believed: bool,
) -> None:
    """Keep a fix as the crew's position, or beside it when it is not believed."""
    await connection.execute(
        QUERIES["set_position" if believed else "set_doubted_position"],
        {
            "crew_id": crew_id,
            "latitude_deg": latitude_deg,
            "longitude_deg": longitude_deg,
            "accuracy_m": accuracy_m,
            "observed_at": observed_at,
        },
    )


async def positions(connection: Connection, crew_id: str, *, to_change: bool) -> DictRow | None:
    """Return a crew's last believed and last doubted fix; `to_change` locks the row."""
    cursor = await connection.execute(
        QUERIES["lock_positions" if to_change else "positions"], {"crew_id": crew_id}
    )
    return await cursor.fetchone()


async def erase_position(connection: Connection, crew_id: str) -> None:
    await connection.execute(QUERIES["erase_position"], {"crew_id": crew_id})


async def erase_old_positions(connection: Connection, before: datetime, limit: int) -> int:
    """Erase positions from before a moment that serve no order; return how many."""
    values = {"before": before, "limit": limit}
    return (await connection.execute(QUERIES["erase_old_positions"], values)).rowcount


async def upsert_parties(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    await connection.execute(QUERIES["upsert_parties"], {"rows": Jsonb(list(rows))})


async def upsert_crews(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    await connection.execute(QUERIES["upsert_crews"], {"rows": Jsonb(list(rows))})


async def party_kinds(connection: Connection) -> dict[str, str]:
    cursor = await connection.execute(QUERIES["party_kinds"])
    return {row["party_id"]: row["kind"] for row in await cursor.fetchall()}
