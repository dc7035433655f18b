"""What is told of an incident when nobody is inside any more: the lift is safe, and what caused it.

Takes the caller's connection and a locked incident; commits nothing.
"""

from collections.abc import Mapping

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.errors import ConflictError
from liftward_platform.incidents import store
from liftward_platform.incidents.model import IllegalTransitionError, Incident, IncidentState
from liftward_platform.incidents.service import Happening, note, record
from liftward_platform.ledger.model import EntryKind, Json

Connection = AsyncConnection[DictRow]


async def made_safe(
    connection: Connection, incident: Incident, happening: Happening, *, detail: Mapping[str, Json]
) -> None:
    """Note that the lift can neither trap nor hurt anybody any more.

    Raises
    ------
    ConflictError
        When somebody said so already.
    """
    if not await store.set_made_safe(
        connection, incident.incident_id, happening.at, happening.actor
    ):
        raise ConflictError("already_made_safe", "the lift was reported safe already")
    await note(
        connection, incident, happening, event="lift_made_safe", reason="reported", detail=detail
    )
    await record(connection, incident, happening, EntryKind.LIFT_MADE_SAFE, detail)


async def cause_reported(
    connection: Connection,
    incident: Incident,
    happening: Happening,
    *,
    cause_code: str,
    release_method: str | None,
    detail: Mapping[str, Json],
) -> None:
    """Note what caused the incident, and how people got out; a later word replaces an earlier one.

    Raises
    ------
    IllegalTransitionError
        When the incident is closed: what it was closed with stands.
    """
    if incident.state is IncidentState.CLOSED:
        raise IllegalTransitionError("the incident", incident.state, "cause_reported")
    values = {
        "cause_code": cause_code, "release_method": release_method,
        "at": happening.at, "actor": happening.actor,
    }  # fmt: skip
    await store.set_cause(connection, incident.incident_id, values)
    body: dict[str, Json] = {**detail, "cause_code": cause_code, "release_method": release_method}
    await note(
        connection, incident, happening, event="cause_reported", reason="reported", detail=body
    )
    await record(connection, incident, happening, EntryKind.CAUSE_REPORTED, body)
