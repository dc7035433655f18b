"""Reads what the database holds of a kill evening, for the oracle; after the fact."""

from collections.abc import Sequence
from typing import LiteralString, TypeVar

import psycopg
from psycopg.rows import class_row

from support.evening_oracle import (
    DeadlineRow,
    Delivery,
    DetectionRow,
    Evening,
    IncidentRow,
    LogRow,
    MessageRow,
    OrderRow,
    Trouble,
)

Row = TypeVar("Row")

_DETECTIONS: LiteralString = """
SELECT lift_id, level, onset_at, recorded_at, handling, incident_id
  FROM detection JOIN lift USING (lift_key) LEFT JOIN incident_detection USING (detection_id)
 WHERE kind = 'entrapment' AND transition IN ('began', 'raised')
"""
_INCIDENTS: LiteralString = """
SELECT incident_id, lift_id, opened_at, closed_at, outcome, persons_count,
       (SELECT min(recorded_at) FROM incident_log AS line
         WHERE line.incident_id = incident.incident_id
           AND to_state IN ('freed', 'closed')) AS over_at
  FROM incident JOIN lift USING (lift_key)
"""
_ORDERS: LiteralString = """
SELECT order_id, incident_id, crew_id, sent_at, ended_at,
       (SELECT min(recorded_at) FROM incident_log AS line
         WHERE line.incident_id = rescue_order.incident_id AND event = 'order_sent'
           AND (detail ->> 'order_id')::bigint = order_id) AS recorded_at
  FROM rescue_order
"""
_DEADLINES: LiteralString = """
SELECT deadline_id, incident_id, order_id, kind, due_at, fired_at, cancelled_at, result
  FROM deadline
"""
_MESSAGES: LiteralString = """
SELECT message_id, order_id, channel, recipient, subject,
       coalesce((to_jsonb(outbox) ->> 'of_message_id')::bigint, message_id) AS number,
       sent_at IS NOT NULL AS sent, gave_up_at IS NOT NULL AS given_up
  FROM outbox
"""
_LOG: LiteralString = """
SELECT (detail ->> 'order_id')::bigint AS order_id, event, count(*) AS count
  FROM incident_log WHERE detail ? 'order_id' GROUP BY 1, 2
"""
# What may still move by itself: nothing of it is left when an evening has settled.
_UNSETTLED: LiteralString = """
SELECT (SELECT count(*) FROM outbox WHERE sent_at IS NULL AND gave_up_at IS NULL)
     + (SELECT count(*) FROM detection
         WHERE kind = 'entrapment' AND handling IS NULL AND handled_at IS NULL)
     + (SELECT count(*) FROM ledger_entry WHERE leaf_index IS NULL) AS count
"""
_OPEN: LiteralString = "SELECT count(*) FROM incident WHERE closed_at IS NULL"


def read_evening(dsn: str, troubles: Sequence[Trouble], deliveries: Sequence[Delivery]) -> Evening:
    """Return everything, on one snapshot."""
    with psycopg.connect(dsn) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ

        def rows(query: LiteralString, model: type[Row]) -> list[Row]:
            with connection.cursor(row_factory=class_row(model)) as cursor:
                return cursor.execute(query).fetchall()

        return Evening(
            troubles=troubles,
            deliveries=deliveries,
            detections=rows(_DETECTIONS, DetectionRow),
            incidents=rows(_INCIDENTS, IncidentRow),
            orders=rows(_ORDERS, OrderRow),
            deadlines=rows(_DEADLINES, DeadlineRow),
            messages=rows(_MESSAGES, MessageRow),
            log=rows(_LOG, LogRow),
        )


def unsettled_count(dsn: str) -> int:
    """Return how many messages, decisions and ledger entries are still on their way."""
    return _count(dsn, _UNSETTLED)


def open_incidents_count(dsn: str) -> int:
    """Return how many incidents are not closed."""
    return _count(dsn, _OPEN)


def _count(dsn: str, query: LiteralString) -> int:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])
