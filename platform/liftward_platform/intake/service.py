"""Reading the quarantine and the sequence marks. The gateway writes both; nothing here does."""

from collections.abc import Sequence
from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.errors import NotFoundError
from liftward_platform.intake import store
from liftward_platform.intake.model import RefusedMessage, SequenceMark

Connection = AsyncConnection[DictRow]

QUARANTINE_PAGE_MAX = 500
# A device that lost its counter makes boots and gaps by the thousand; the latest tell the story.
MARKS_MAX, GAPS_MAX = 50, 200


async def refused_messages(
    connection: Connection, *, reason: str | None, before: datetime | None, limit: int
) -> Sequence[RefusedMessage]:
    """Return refused messages, the latest first."""
    return await store.quarantine(
        connection, reason=reason, before=before, limit=min(limit, QUARANTINE_PAGE_MAX)
    )


async def sequence_marks(connection: Connection, device_id: str) -> Sequence[SequenceMark]:
    """Return how far a device's numbering is known.

    Raises
    ------
    NotFoundError
        When no such device is enrolled.
    """
    if not await store.device_exists(connection, device_id):
        raise NotFoundError("device_unknown", f"no device {device_id!r}")
    return await store.sequence_marks(connection, device_id, gaps=GAPS_MAX, limit=MARKS_MAX)
