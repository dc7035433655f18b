"""Telling people: puts messages into the outbox, within the transaction that made them true.

Knows channels and recipients; not how a message leaves the house (deliver.py).
"""

from collections.abc import Mapping
from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.ledger.model import Json
from liftward_platform.notifications import store
from liftward_platform.notifications.model import DISPATCHERS, Channel, Subject

Connection = AsyncConnection[DictRow]


async def to_crew(
    connection: Connection,
    crew_id: str,
    subject: Subject,
    body: Mapping[str, Json],
    *,
    incident_id: int,
    order_id: int,
    now: datetime,
) -> None:
    """Tell a crew something about an order."""
    values = {
        "channel": Channel.CREW,
        "recipient": crew_id,
        "subject": subject,
        "incident_id": incident_id,
        "order_id": order_id,
        "now": now,
    }
    await store.insert(connection, values, body)


async def to_console(
    connection: Connection,
    subject: Subject,
    body: Mapping[str, Json],
    *,
    incident_id: int | None,
    now: datetime,
) -> None:
    """Tell the dispatchers something about an incident, or (None) about the platform."""
    values = {
        "channel": Channel.CONSOLE,
        "recipient": DISPATCHERS,
        "subject": subject,
        "incident_id": incident_id,
        "order_id": None,
        "now": now,
    }
    await store.insert(connection, values, body)
