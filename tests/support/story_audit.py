"""The conservation oracle at the end of a story: whatever was told, it must find nothing wrong.

Without the truth of who was trapped; what it checks needs none: decisions, orders, deadlines, and
that the ledger says what the story says.
"""

from datetime import UTC, datetime

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.auditor.conservation import check
from liftward_platform.auditor.store import read_seen

_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


async def complaints(connection: AsyncConnection[DictRow], now: datetime) -> list[str]:
    """Return what the oracle complains about at this moment."""
    # The database stamps recorded_at with the real time; stories play in virtual time.
    await connection.execute("UPDATE detection SET recorded_at = received_at")
    seen = await read_seen(connection, since=_BEGINNING)
    lifts = frozenset(incident.lift_id for incident in seen.incidents)
    found = check((), seen, now=now, without_truth=lifts)
    return [f"{one.kind}, incident {one.incident_id}: {one.detail}" for one in found]
