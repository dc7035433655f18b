"""Incidents as people see them: the board and one incident's story. Reads only.

A board of any length takes four queries: the incidents, their orders, their deadlines, and when
their lifts last said anything.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.access.model import Actor, Role
from liftward_platform.errors import NotFoundError
from liftward_platform.history import service as history
from liftward_platform.incidents import explaining, store
from liftward_platform.incidents.explaining_schemas import NoticeOut
from liftward_platform.incidents.model import IncidentState, close_outcomes, dispatcher_actions
from liftward_platform.incidents.schemas import (
    DetectionOut,
    IncidentOut,
    LedgerLineOut,
    LogOut,
    PartyRef,
    PolicyOut,
    StoryOut,
)
from liftward_platform.ledger import service as ledger
from liftward_platform.ledger.model import Entry
from liftward_platform.rescue import reading
from liftward_platform.rescue.schemas import LiftRef

Connection = AsyncConnection[DictRow]

# A city in its worst hour has hundreds of people trapped (a mass power cut); the board shows all.
BOARD_MAX = 2000
STORY_ROWS_MAX = 2000


class Scope(StrEnum):
    OPEN = "open"  # everything that is not closed
    CLOSED = "closed"
    ALL = "all"


async def board(
    connection: Connection, scope: Scope, *, limit: int, actor: Actor | None
) -> list[IncidentOut]:
    """Return incidents in the order of the board. Without an actor no phone is shown."""
    incident_ids = await store.board_ids(connection, scope, min(limit, BOARD_MAX))
    return await shown(connection, incident_ids, actor)


async def notices(connection: Connection, now: datetime) -> list[NoticeOut]:
    """Return what the board shows quietly: suspicions that wait, lifts unwatched for too long."""
    return [
        NoticeOut.model_validate(
            {**explaining.explained(row), "lift": LiftRef.from_row(row).model_dump()}
        )
        for row in await store.notices(connection, now, explaining.NOTICES_MAX)
    ]


async def one(connection: Connection, incident_id: int, actor: Actor | None) -> IncidentOut:
    """Return one incident.

    Raises
    ------
    NotFoundError
        When there is no such incident.
    """
    found = await shown(connection, [incident_id], actor)
    if not found:
        raise NotFoundError("incident_unknown", f"no incident {incident_id}")
    return found[0]


async def story(connection: Connection, incident_id: int, actor: Actor, now: datetime) -> StoryOut:
    """Return everything about one incident; the note is for dispatchers and regulators."""
    incident = await one(connection, incident_id, actor)
    rows = await store.board_rows(connection, [incident_id])
    log = await store.story_log(connection, incident_id, STORY_ROWS_MAX)
    detections = await store.story_detections(connection, incident_id, STORY_ROWS_MAX)
    orders = await reading.orders_of(connection, [incident_id], actor, live_only=False)
    entries = await ledger.incident_entries(connection, incident_id)
    return StoryOut(
        as_of=now,
        incident=incident,
        note=rows[0]["note"] if actor.role in {Role.DISPATCHER, Role.REGULATOR} else None,
        log=[LogOut.from_row(row) for row in log],
        orders=orders.get(incident_id, []),
        candidates=await reading.story_candidates(connection, incident_id),
        deadlines=await reading.story_deadlines(connection, incident_id),
        detections=[
            DetectionOut.model_validate({**row, **explaining.explained(row)}) for row in detections
        ],
        ledger=[_ledger_line(entry) for entry in entries],
        duplicates=await store.duplicates(connection, incident_id),
    )


async def shown(
    connection: Connection, incident_ids: Sequence[int], actor: Actor | None
) -> list[IncidentOut]:
    """Return these incidents, in this order; without an actor no phone is shown."""
    rows = {row["incident_id"]: row for row in await store.board_rows(connection, incident_ids)}
    orders = await reading.orders_of(connection, incident_ids, actor, live_only=True)
    deadlines = await reading.deadlines_of(connection, incident_ids)
    lift_keys = list({row["lift_key"] for row in rows.values()})
    seen = await history.last_observed(connection, lift_keys)
    return [
        _incident(
            row,
            orders=orders.get(incident_id, []),
            deadlines=deadlines.get(incident_id, []),
            unanswered=reading.unanswered(deadlines.get(incident_id, [])),
            last_observed_at=seen.get(row["lift_key"]),
        )
        for incident_id in incident_ids
        if (row := rows.get(incident_id)) is not None
    ]


def _incident(row: Mapping[str, Any], **more: Any) -> IncidentOut:  # noqa: ANN401 - fields of IncidentOut
    state = IncidentState(row["state"])
    maintainer = None
    if row["maintainer_id"] is not None:
        maintainer = PartyRef(party_id=row["maintainer_id"], name=row["maintainer_name"])
    applied = row["policy_applied"]
    held = row["held_at"] is not None and row["response_level"] == 0
    made = {*more, "lift", "maintainer", "held", "actions", "close_outcomes", "policy"}
    return IncidentOut(
        **{name: row[name] for name in IncidentOut.model_fields.keys() - made},
        lift=LiftRef.from_row(row),
        maintainer=maintainer,
        policy=None if applied is None else PolicyOut(**applied),
        held=held,
        actions=list(dispatcher_actions(state, held=held)),
        close_outcomes=list(close_outcomes(state)),
        **more,
    )


def _ledger_line(entry: Entry) -> LedgerLineOut:
    return LedgerLineOut(
        entry_id=entry.entry_id,
        lift_entry_number=entry.lift_entry_number,
        kind=entry.kind,
        occurred_at=entry.occurred_at,
        recorded_at=entry.recorded_at,
        actor=entry.actor,
        body=json.loads(entry.body),
        leaf_hash=entry.leaf_hash.hex(),
        leaf_index=entry.leaf_index,
    )
