"""What a lift's device says belongs into the story of its incident: alarm signs, and its answers.

Alarm, filtered alarm and end of alarm are EN 81-28's; none of them closes anything. A command's end
is told once, whoever recorded it. Runs in the caller's transaction; commits nothing.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.access.model import DEVICE_ACTOR_ID
from liftward_platform.incidents import service, store
from liftward_platform.incidents.service import Happening
from liftward_platform.ledger.model import Json

Connection = AsyncConnection[DictRow]

# Pressed shortly before the car was seen to stand: the same people.
BEFORE_ONSET = timedelta(minutes=2)


async def tell_alarms(connection: Connection, now: datetime, limit: int) -> int:
    """Note alarm signs of lifts with an incident that is not closed; return how many."""
    rows = await store.take_alarms(connection, BEFORE_ONSET, limit)
    for row in rows:
        await _note(connection, row, now, event=row["kind"], reason="device", detail={})
    return len(rows)


async def tell_answers(connection: Connection, now: datetime, limit: int) -> int:
    """Note what became of commands that were asked for an incident; return how many."""
    rows = await store.take_answers(connection, now, limit)
    for row in rows:
        detail: dict[str, Json] = {
            "command_id": row["command_id"],
            "command": row["kind"],
            "reply_reason": row["reply_reason"],
        }
        await _note(
            connection, row, now, event="command_answered", reason=row["state"], detail=detail
        )
    return len(rows)


async def _note(
    connection: Connection,
    row: Mapping[str, Any],
    now: datetime,
    *,
    event: str,
    reason: str,
    detail: Mapping[str, Json],
) -> None:
    incident = await service.lock(connection, row["incident_id"])
    happening = Happening(now=now, actor=DEVICE_ACTOR_ID, occurred_at=row["at"])
    await service.note(connection, incident, happening, event=event, reason=reason, detail=detail)
