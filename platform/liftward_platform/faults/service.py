"""A lift's episodes by category, as the catalogue of detection sorts them."""

from collections.abc import Collection
from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_detection.catalogue import CATALOGUE, Category
from liftward_platform.faults import store
from liftward_platform.faults.model import Episode

Connection = AsyncConnection[DictRow]

EPISODES_MAX = 2_000  # a page stays under a megabyte


async def episodes(
    connection: Connection,
    lift_key: int,
    categories: Collection[Category],
    *,
    start: datetime,
    end: datetime,
    limit: int,
) -> list[Episode]:
    """Return the episodes of these categories that were there from start to end, latest first."""
    kinds = [kind.value for kind, facts in CATALOGUE.items() if facts.category in categories]
    return await store.episodes(
        connection, lift_key, kinds, start, end, min(limit, EPISODES_MAX + 1)
    )
