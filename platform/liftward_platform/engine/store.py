"""The only place that runs the engine's own SQL: its heartbeat and what it listens to."""

from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_kit.named_sql import load_queries

Connection = AsyncConnection[DictRow]
QUERIES = load_queries("liftward_platform.engine")


async def beat(
    connection: Connection, module: str, now: datetime, error: str | None = None
) -> None:
    """Say that a module ran, or why it failed."""
    error_at = None if error is None else now
    await connection.execute(
        QUERIES["beat"], {"module": module, "now": now, "error_at": error_at, "error": error}
    )


async def limit_statements(connection: Connection, timeout_ms: int, *, idle_ms: int) -> None:
    """Have the server end what takes longer: a statement, or a transaction that waits for us."""
    values = {"timeout": f"{timeout_ms}ms", "idle": f"{idle_ms}ms"}
    await connection.execute(QUERIES["limit_statements"], values)


async def listen(connection: Connection) -> None:
    await connection.execute(QUERIES["listen_detections"])
    await connection.execute(QUERIES["listen_incidents"])
