"""The ledger's SQL. Knows rows; the rules are in service, checkpoint and verification."""

from collections.abc import AsyncGenerator
from dataclasses import asdict
from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_kit.named_sql import load_queries
from liftward_platform.ledger.model import Entry, LeafContent

Connection = AsyncConnection[DictRow]
QUERIES = load_queries("liftward_platform.ledger")

# Rows fetched at a time while everything is streamed: bounds memory, keeps round trips few.
STREAM_ROWS = 2_000


async def lock_lift(connection: Connection, lift_key: int) -> str | None:
    """Hold the lift's chain until the transaction ends; return the lift's id."""
    cursor = await connection.execute(QUERIES["lock_lift"], {"lift_key": lift_key})
    row = await cursor.fetchone()
    return None if row is None else row["lift_id"]


async def last_of_lift(connection: Connection, lift_key: int) -> tuple[int, bytes] | None:
    """Return number and leaf hash of the lift's newest entry."""
    cursor = await connection.execute(QUERIES["last_of_lift"], {"lift_key": lift_key})
    row = await cursor.fetchone()
    return None if row is None else (row["lift_entry_number"], row["leaf_hash"])


async def insert_entry(
    connection: Connection, lift_key: int, content: LeafContent, leaf_hash: bytes
) -> int:
    """Insert one entry and return its id."""
    values = {**asdict(content), "lift_key": lift_key, "leaf_hash": leaf_hash}
    row = await (await connection.execute(QUERIES["insert_entry"], values)).fetchone()
    assert row is not None
    entry_id: int = row["entry_id"]
    return entry_id


async def lift_exists(connection: Connection, lift_id: str) -> bool:
    """Tell whether the lift is registered."""
    cursor = await connection.execute(QUERIES["lift_exists"], {"lift_id": lift_id})
    return await cursor.fetchone() is not None


async def entries_of_lift(
    connection: Connection, lift_id: str, *, after: int, limit: int
) -> list[Entry]:
    """Return entries of a lift with numbers above `after`."""
    values = {"lift_id": lift_id, "after": after, "limit": limit}
    cursor = await connection.execute(QUERIES["entries_of_lift"], values)
    return [Entry(**row) for row in await cursor.fetchall()]


async def entries_of_incident(connection: Connection, incident_id: int) -> list[Entry]:
    """Return the entries about one incident."""
    cursor = await connection.execute(QUERIES["entries_of_incident"], {"incident_id": incident_id})
    return [Entry(**row) for row in await cursor.fetchall()]


async def lock_tree(connection: Connection, lock: int) -> None:
    """Be the only integrator until the transaction ends."""
    await connection.execute(QUERIES["lock_tree"], {"lock": lock})


async def last_checkpoint(connection: Connection) -> DictRow | None:
    """Return the newest checkpoint's row."""
    return await (await connection.execute(QUERIES["last_checkpoint"])).fetchone()


async def unintegrated(connection: Connection, limit: int) -> list[DictRow]:
    """Return entries without a place in the tree."""
    return await (await connection.execute(QUERIES["unintegrated"], {"limit": limit})).fetchall()


async def integrate(connection: Connection, entry_ids: list[int], leaf_indexes: list[int]) -> int:
    """Give the entries their places; return how many took one."""
    values = {"entry_ids": entry_ids, "leaf_indexes": leaf_indexes}
    return (await connection.execute(QUERIES["integrate"], values)).rowcount


async def insert_checkpoint(
    connection: Connection,
    *,
    tree_size: int,
    root_hash: bytes,
    frontier: bytes,
    note: str,
    now: datetime,
) -> None:
    """Store a signed tree head."""
    await connection.execute(
        QUERIES["insert_checkpoint"],
        {
            "tree_size": tree_size,
            "root_hash": root_hash,
            "frontier": frontier,
            "note": note,
            "now": now,
        },
    )


async def stream_entries(connection: Connection) -> AsyncGenerator[Entry, None]:
    """Yield every entry in tree order, without holding them all."""
    async with connection.cursor(name="ledger_entries") as cursor:
        cursor.itersize = STREAM_ROWS
        await cursor.execute(QUERIES["all_entries"])
        async for row in cursor:
            yield Entry(**row)


async def stream_checkpoints(connection: Connection) -> AsyncGenerator[DictRow, None]:
    """Yield every checkpoint, smallest tree first."""
    async with connection.cursor(name="ledger_checkpoints") as cursor:
        cursor.itersize = STREAM_ROWS
        await cursor.execute(QUERIES["all_checkpoints"])
        async for row in cursor:
            yield row
