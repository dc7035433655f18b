"""How loudly an incident is told to the dispatchers: what persists gets louder, never quieter."""

from collections.abc import Mapping
from dataclasses import replace

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.incidents.model import Incident
from liftward_platform.incidents.service import Happening
from liftward_platform.ledger.model import Json
from liftward_platform.notifications import service as notifications
from liftward_platform.notifications.model import Subject
from liftward_platform.rescue import store

Connection = AsyncConnection[DictRow]

ALARM_LEVEL_MAX = 3


async def raise_alarm(
    connection: Connection,
    incident: Incident,
    subject: Subject,
    happening: Happening,
    about: Mapping[str, Json],
) -> Incident:
    """Tell the dispatchers one level louder than the last time, up to the loudest."""
    level = min(ALARM_LEVEL_MAX, incident.alarm_level + 1)
    await store.keep_alarm_level(connection, incident.incident_id, level)
    await notifications.to_console(
        connection, subject,
        {"incident_id": incident.incident_id, "alarm_level": level, **about},
        incident_id=incident.incident_id, now=happening.now,
    )  # fmt: skip
    return replace(incident, alarm_level=level)
