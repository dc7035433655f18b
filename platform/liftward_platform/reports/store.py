"""The only place that runs the report slice's SQL."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_kit.named_sql import load_queries
from liftward_platform.reports.matching import Place
from liftward_platform.reports.model import LimitedBy, StoredReport

Connection = AsyncConnection[DictRow]
QUERIES = load_queries("liftward_platform.reports")
# Spaces of advisory locks that nothing else of ours uses; addresses are always locked first.
ATTEMPT_LOCKS = {LimitedBy.ADDRESS: 0x4C57_0030, LimitedBy.RESCUE_CODE: 0x4C57_0031}


async def _all(connection: Connection, query: str, **values: Any) -> list[DictRow]:  # noqa: ANN401 - SQL values
    return await (await connection.execute(QUERIES[query], values)).fetchall()


async def _count(connection: Connection, query: str, **values: Any) -> int:  # noqa: ANN401 - SQL values
    return (await connection.execute(QUERIES[query], values)).rowcount


async def lifts_by_code(
    connection: Connection,
    exact: Sequence[str],
    near: Sequence[str],
    *,
    use_unit_id: str | None,
    now: datetime,
    limit: int,
) -> list[Place]:
    rows = await _all(
        connection, "lifts_by_code", exact=list(exact), codes=[*exact, *near],
        use_unit_id=use_unit_id, now=now, limit=limit,
    )  # fmt: skip
    return [Place(**row) for row in rows]


def contains(word: str) -> str:
    """Return the LIKE pattern of texts that hold the word, whatever stands in it."""
    return "%" + re.sub(r"([\\%_])", r"\\\1", word) + "%"


async def lifts_by_words(
    connection: Connection,
    words: Sequence[str],
    *,
    use_unit_id: str | None,
    now: datetime,
    limit: int,
) -> list[Place]:
    rows = await _all(
        connection, "lifts_by_words", patterns=[contains(word) for word in words], first=words[0],
        use_unit_id=use_unit_id, now=now, limit=limit,
    )  # fmt: skip
    return [Place(**row) for row in rows]


async def lift_of_code(connection: Connection, codes: Sequence[str], now: datetime) -> str | None:
    rows = await _all(connection, "lift_of_code", codes=list(codes), now=now)
    return rows[0]["lift_id"] if rows else None


async def insert(connection: Connection, values: Mapping[str, Any]) -> int:
    (row,) = await _all(connection, "insert_report", **values)
    return int(row["report_id"])


async def reports(connection: Connection, incident_id: int, limit: int) -> list[StoredReport]:
    rows = await _all(connection, "reports", incident_id=incident_id, limit=limit)
    return [StoredReport.from_row(row) for row in rows]


async def phones(connection: Connection, incident_id: int, limit: int) -> list[DictRow]:
    return await _all(connection, "phones", incident_id=incident_id, limit=limit)


async def erase_phones(connection: Connection, incident_id: int, now: datetime) -> int:
    return await _count(connection, "erase_phones", incident_id=incident_id, now=now)


async def record_attempt(
    connection: Connection, limited_by: LimitedBy, key_hash: bytes, now: datetime
) -> None:
    await _count(connection, "record_attempt", limited_by=limited_by, key_hash=key_hash, now=now)


async def attempts(
    connection: Connection, limited_by: LimitedBy, key_hash: bytes, since: datetime
) -> tuple[int, datetime | None]:
    """Return how many attempts there were since a moment, and the time of the first.

    Nobody else counts under this key until the transaction ends.
    """
    await _count(connection, "lock_attempts", space=ATTEMPT_LOCKS[limited_by], key_hash=key_hash)
    (row,) = await _all(
        connection, "attempts", limited_by=limited_by, key_hash=key_hash, since=since
    )
    return row["count"], row["first_at"]


async def forget_attempts(connection: Connection, before: datetime, limit: int) -> int:
    return await _count(connection, "forget_attempts", before=before, limit=limit)


async def own_incidents(connection: Connection, party_id: str, limit: int) -> list[int]:
    rows = await _all(connection, "own_incidents", party_id=party_id, limit=limit)
    return [row["incident_id"] for row in rows]
