"""The last part of a rescue: the release confirmed, the lift made safe, the cause reported.

Each is a fact with its own time and its own actor. Locks the incident first; commits nothing.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.errors import ConflictError, InvalidError
from liftward_platform.incidents import service as incidents
from liftward_platform.incidents.closing_codes import check_codes
from liftward_platform.incidents.model import (
    Confirmer,
    IllegalTransitionError,
    Incident,
    IncidentEvent,
    IncidentState,
)
from liftward_platform.incidents.service import Happening
from liftward_platform.ledger.model import EntryKind, Json
from liftward_platform.rescue import store
from liftward_platform.rescue.closing_rules import HOW_UNSAID
from liftward_platform.rescue.life_limits import CAUSE_REPORT_WITHIN, MAKE_SAFE_WITHIN
from liftward_platform.rescue.model import DeadlineKind

Connection = AsyncConnection[DictRow]

# Phones and servers do not agree to the second.
CLOCK_TOLERANCE = timedelta(seconds=60)
# The crew is there: from then on the lift can be said to be safe.
THERE_STATES = (
    IncidentState.ARRIVED,
    IncidentState.FREED,
    IncidentState.CONFIRMED,
)


def check_occurred(happening: Happening, *, not_before: datetime) -> None:
    """Refuse a time in the future, or before what it follows."""
    if happening.at > happening.now + CLOCK_TOLERANCE:
        raise InvalidError("occurred_in_future", "occurred_at lies in the future; check the clock")
    if happening.at < not_before - CLOCK_TOLERANCE:
        raise InvalidError(
            "occurred_too_early",
            f"occurred_at lies before {not_before.isoformat()}, which it follows",
        )


async def confirm_release(
    connection: Connection,
    incident_id: int,
    confirmed_by: Confirmer,
    confirmed_how: str | None,
    happening: Happening,
) -> None:
    """A person says that everybody is out; nothing else ends the wait for it.

    Raises
    ------
    NotFoundError, IllegalTransitionError, InvalidError
        When there is no such incident, nobody was reported freed, or a code or time cannot be.
    """
    check_codes(confirmed_how=confirmed_how)
    incident = await incidents.lock(connection, incident_id)
    check_occurred(happening, not_before=incident.freed_at or incident.onset_at)
    await confirm(connection, incident, confirmed_by, confirmed_how, happening)


async def confirm(
    connection: Connection,
    incident: Incident,
    confirmed_by: Confirmer,
    confirmed_how: str | None,
    happening: Happening,
) -> Incident:
    """Take the step to `confirmed`; the caller holds the lock and has checked the codes."""
    how = confirmed_how or HOW_UNSAID
    detail: dict[str, Json] = {"confirmed_by": confirmed_by, "confirmed_how": how}
    confirmed = await incidents.apply(
        connection, incident, IncidentEvent.RELEASE_CONFIRMED, happening,
        reason=f"by_{confirmed_by}", detail=detail,
        confirmed_at=happening.at, confirmed_by=confirmed_by, confirmed_how=how,
    )  # fmt: skip
    await incidents.record(connection, confirmed, happening, EntryKind.RELEASE_CONFIRMED, detail)
    await _cancel(connection, confirmed, DeadlineKind.CONFIRM_RELEASE, happening, "confirmed")
    if confirmed.lift_made_safe_at is None:
        await _due(connection, confirmed, DeadlineKind.MAKE_SAFE, happening, MAKE_SAFE_WITHIN)
    if confirmed.cause_code is None:
        await _due(connection, confirmed, DeadlineKind.CAUSE_REPORT, happening, CAUSE_REPORT_WITHIN)
    return confirmed


async def make_safe(
    connection: Connection,
    incident_id: int,
    happening: Happening,
    *,
    about: Mapping[str, Json] | None = None,
) -> None:
    """The lift is repaired, or stands out of service, secured: nobody else gets shut in.

    Like the cause it may come after the closing, once, when the incident was closed without: what a
    crew entered without a network arrives late.

    Raises
    ------
    NotFoundError, IllegalTransitionError, ConflictError, InvalidError
        When there is no such incident, no crew has been there, it is on record, or a wrong time.
    """
    incident = await incidents.lock(connection, incident_id)
    _refuse_duplicate(incident, "that the lift is safe")
    late = incident.state is IncidentState.CLOSED and incident.arrived_at is not None
    if incident.state not in THERE_STATES and not late:
        raise IllegalTransitionError("the incident", incident.state, "lift_made_safe")
    if incident.lift_made_safe_at is not None:
        raise ConflictError("already_made_safe", "the lift is on record as made safe")
    check_occurred(happening, not_before=incident.arrived_at or incident.onset_at)
    changed = await incidents.change(
        connection, incident, lift_made_safe_at=happening.at, lift_made_safe_by=happening.actor
    )
    detail = about or {}  # the order of the crew that says so
    await incidents.note(
        connection, changed, happening, event="lift_made_safe",
        reason="after_closing" if late else "reported", detail=detail,
    )  # fmt: skip
    body: dict[str, Json] = {**detail, "after_closing": late}
    await incidents.record(connection, changed, happening, EntryKind.LIFT_MADE_SAFE, body)
    await _cancel(connection, changed, DeadlineKind.MAKE_SAFE, happening, "made_safe")


async def report_cause(
    connection: Connection,
    incident_id: int,
    happening: Happening,
    *,
    cause_code: str,
    release_method: str | None,
    about: Mapping[str, Json] | None = None,
) -> None:
    """The maintainer says why it happened, by code.

    By the workflow of the centres the cause follows the confirmation, often days later: it may come
    after the closing, once, when it was closed without. What was closed with is not written over.

    Raises
    ------
    NotFoundError, ConflictError, InvalidError
        When there is no such incident, a closed one has a cause, or a code or time cannot be.
    """
    check_codes(cause_code=cause_code, release_method=release_method)
    incident = await incidents.lock(connection, incident_id)
    if incident.state is IncidentState.CLOSED and incident.cause_code is not None:
        raise ConflictError("cause_on_record", "this incident was closed with a cause")
    _refuse_duplicate(incident, "the cause")
    check_occurred(happening, not_before=incident.onset_at)
    late = incident.state is IncidentState.CLOSED
    detail: dict[str, Json] = {
        **(about or {}),
        "cause_code": cause_code,
        "release_method": release_method or incident.release_method,
    }
    changed = await incidents.change(
        connection, incident, cause_code=cause_code,
        release_method=release_method or incident.release_method,
        cause_reported_at=happening.at, cause_reported_by=happening.actor,
    )  # fmt: skip
    await incidents.note(
        connection, changed, happening, event="cause_reported",
        reason="after_closing" if late else "reported", detail=detail,
    )  # fmt: skip
    body: dict[str, Json] = {**detail, "after_closing": late}
    await incidents.record(connection, changed, happening, EntryKind.CAUSE_REPORTED, body)
    await _cancel(connection, changed, DeadlineKind.CAUSE_REPORT, happening, "reported")


def _refuse_duplicate(incident: Incident, what: str) -> None:
    if incident.duplicate_of is not None:
        raise ConflictError(
            "is_duplicate", f"report {what} for incident {incident.duplicate_of} instead"
        )


async def _due(
    connection: Connection,
    incident: Incident,
    kind: DeadlineKind,
    happening: Happening,
    within: timedelta,
) -> None:
    await store.insert_deadline(connection, incident.incident_id, kind, happening.now + within)


async def _cancel(
    connection: Connection,
    incident: Incident,
    kind: DeadlineKind,
    happening: Happening,
    result: str,
) -> None:
    await store.cancel_deadlines(
        connection, incident.incident_id, (kind,), now=happening.now, result=result
    )
