"""The only place that runs the condition slice's SQL. It reads; the gateway writes."""

from collections.abc import Sequence

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_kit.named_sql import load_queries
from liftward_platform.condition.model import Episode

Connection = AsyncConnection[DictRow]
QUERIES = load_queries("liftward_platform.condition")


async def episodes(
    connection: Connection, lift_key: int, kinds: Sequence[str], *, limit: int
) -> list[Episode]:
    """Return a lift's episodes of these kinds, open ones first, then the latest."""
    values = {"lift_key": lift_key, "kinds": list(kinds), "limit": limit}
    cursor = await connection.execute(QUERIES["episodes"], values)
    return [Episode.from_row(row) for row in await cursor.fetchall()]
