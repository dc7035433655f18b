"""The SQL that belongs to the API itself: repeated commands and heartbeats."""

from datetime import datetime
from typing import Any

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from liftward_kit.named_sql import load_queries
from liftward_platform.api.dependencies import Connection

QUERIES = load_queries("liftward_platform.api")
_KEY_LOCK_SEED = 0x4C57_0002  # keeps these advisory locks apart from other uses of the same text


async def hold_key(connection: Connection, account_id: str, key: str) -> None:
    """Hold the key until the transaction ends."""
    values = {"account_id": account_id, "key": key, "seed": _KEY_LOCK_SEED}
    await connection.execute(QUERIES["lock_key"], values)


async def answer_of_key(connection: Connection, account_id: str, key: str) -> DictRow | None:
    """Hold the key until the transaction ends and return the answer stored under it."""
    await hold_key(connection, account_id, key)
    values = {"account_id": account_id, "key": key}
    return await (await connection.execute(QUERIES["answer_of_key"], values)).fetchone()


async def remember_answer(
    connection: Connection,
    *,
    account_id: str,
    key: str,
    request_hash: bytes,
    status: int,
    response: Any,  # noqa: ANN401 - any JSON
    now: datetime,
) -> None:
    """Store an answer under its key."""
    await connection.execute(
        QUERIES["remember_answer"],
        {
            "account_id": account_id,
            "key": key,
            "request_hash": request_hash,
            "status": status,
            "response": Jsonb(response),
            "now": now,
        },
    )


async def delete_old_answers(connection: Connection, before: datetime, limit: int) -> int:
    """Delete answers older than `before`; return how many."""
    values = {"before": before, "limit": limit}
    return (await connection.execute(QUERIES["delete_old_answers"], values)).rowcount


async def heartbeats(connection: Connection) -> dict[str, datetime]:
    """Return module → last run."""
    rows = await (await connection.execute(QUERIES["heartbeats"])).fetchall()
    return {row["module"]: row["last_run_at"] for row in rows}
