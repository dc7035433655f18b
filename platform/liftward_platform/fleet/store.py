"""The only place that runs the fleet slice's SQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from liftward_kit.named_sql import load_queries
from liftward_platform.fleet.model import Lift

Connection = AsyncConnection[DictRow]
QUERIES = load_queries("liftward_platform.fleet")

# Any fixed number that no other advisory lock of ours uses.
LOADING_LOCK = 0x4C57_0010


async def lifts(
    connection: Connection,
    *,
    query: str,
    after: str,
    limit: int,
    use_unit_id: str | None,
    now: datetime,
) -> list[Lift]:
    values = {
        "query": query, "after": after, "limit": limit, "use_unit_id": use_unit_id, "now": now
    }  # fmt: skip
    cursor = await connection.execute(QUERIES["lifts"], values)
    return [Lift.from_row(row) for row in await cursor.fetchall()]


async def lift_by_id(connection: Connection, lift_id: str, now: datetime) -> Lift | None:
    cursor = await connection.execute(QUERIES["lift_by_id"], {"lift_id": lift_id, "now": now})
    row = await cursor.fetchone()
    return None if row is None else Lift.from_row(row)


async def lift_id_of_key(connection: Connection, lift_key: int) -> str | None:
    cursor = await connection.execute(QUERIES["lift_id_of_key"], {"lift_key": lift_key})
    row = await cursor.fetchone()
    return None if row is None else row["lift_id"]


async def known_lifts(connection: Connection) -> list[DictRow]:
    cursor = await connection.execute(QUERIES["known_lifts"])
    return await cursor.fetchall()


async def lock_loading(connection: Connection) -> None:
    await connection.execute(QUERIES["lock_loading"], {"lock": LOADING_LOCK})


async def upsert_lifts(
    connection: Connection, rows: Sequence[Mapping[str, Any]], now: datetime
) -> list[DictRow]:
    """Store lifts; each row that comes back tells its key and whether it is new."""
    cursor = await connection.execute(
        QUERIES["upsert_lifts"], {"rows": Jsonb(list(rows)), "now": now}
    )
    return await cursor.fetchall()


async def open_contracts(
    connection: Connection, lift_keys: Sequence[int]
) -> dict[int, tuple[str, datetime]]:
    """Return maintainer and beginning of the open contract of each lift that has one."""
    cursor = await connection.execute(QUERIES["open_contracts"], {"lift_keys": list(lift_keys)})
    return {
        row["lift_key"]: (row["maintainer_id"], row["valid_from"])
        for row in await cursor.fetchall()
    }


async def end_contract(connection: Connection, lift_key: int, valid_until: datetime) -> None:
    await connection.execute(
        QUERIES["end_contract"], {"lift_key": lift_key, "valid_until": valid_until}
    )


async def begin_contract(
    connection: Connection, lift_key: int, maintainer_id: str, valid_from: datetime
) -> None:
    await connection.execute(
        QUERIES["begin_contract"],
        {"lift_key": lift_key, "maintainer_id": maintainer_id, "valid_from": valid_from},
    )


async def upsert_devices(
    connection: Connection,
    devices: Sequence[Mapping[str, Any]],
    links: Sequence[Mapping[str, Any]],
    now: datetime,
) -> None:
    """Enrol devices and make them speak for exactly the lifts the links name."""
    await connection.execute(QUERIES["upsert_devices"], {"rows": Jsonb(list(devices)), "now": now})
    await connection.execute(QUERIES["link_devices"], {"rows": Jsonb(list(links))})
    await connection.execute(
        QUERIES["unlink_devices"],
        {
            "rows": Jsonb(list(links)),
            "device_ids": [device["device_id"] for device in devices],
        },
    )
