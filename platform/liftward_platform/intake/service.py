"""Reading the quarantine and what is known of devices. The gateway writes; nothing here does."""

from collections.abc import Sequence
from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.errors import NotFoundError
from liftward_platform.intake import store
from liftward_platform.intake.model import RefusedMessage, StreamMark, UntimelyAlarm

Connection = AsyncConnection[DictRow]

QUARANTINE_PAGE_MAX = 500
# A device that lost its counter makes boots and gaps by the thousand; the latest tell the story.
MARKS_MAX, GAPS_MAX = 50, 200
ALARMS_MAX = 20  # the latest ones tell that a clock has to be set


async def refused_messages(
    connection: Connection, *, reason: str | None, before: datetime | None, limit: int
) -> Sequence[RefusedMessage]:
    """Return refused messages, the latest first."""
    return await store.quarantine(
        connection, reason=reason, before=before, limit=min(limit, QUARANTINE_PAGE_MAX)
    )


async def device_streams(
    connection: Connection, device_id: str
) -> tuple[Sequence[StreamMark], Sequence[UntimelyAlarm]]:
    """Return what is known of a device's streams, and its alarms with an impossible time.

    Raises
    ------
    NotFoundError
        When no such device is enrolled.
    """
    if not await store.device_exists(connection, device_id):
        raise NotFoundError("device_unknown", f"no device {device_id!r}")
    marks = await store.stream_marks(connection, device_id, gaps=GAPS_MAX, limit=MARKS_MAX)
    return marks, await store.untimely_alarms(connection, device_id, limit=ALARMS_MAX)
