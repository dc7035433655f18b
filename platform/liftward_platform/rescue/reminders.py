"""What the centre owes the people of an incident, and reminding it: first word, progress, the end.

The decision is pure; `fire` does it. A condition that persists is said again and again, with a
count that grows: nothing here ever falls silent by itself.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.access.model import ENGINE_ACTOR_ID
from liftward_platform.incidents import service as incidents
from liftward_platform.incidents.model import RESCUE_STATES, Incident, IncidentState
from liftward_platform.incidents.service import Happening
from liftward_platform.ledger.model import Json
from liftward_platform.notifications import service as notifications
from liftward_platform.notifications.model import Subject
from liftward_platform.rescue import loudness, store
from liftward_platform.rescue.life_limits import (
    CAUSE_REPORT_WITHIN,
    FIRST_CONTACT_WITHIN,
    MAKE_SAFE_WITHIN,
    PROGRESS_EVERY,
    REPORT_LOOKED_INTO_WITHIN,
)
from liftward_platform.rescue.model import DeadlineKind

Connection = AsyncConnection[DictRow]

KINDS = (DeadlineKind.PASSENGER_UPDATE, DeadlineKind.MAKE_SAFE, DeadlineKind.CAUSE_REPORT)


class LifeReason(StrEnum):
    """Why somebody is reminded, or nobody any more."""

    REPORT_NOT_LOOKED_INTO = "report_not_looked_into"
    PASSENGER_NOT_SPOKEN_TO = "passenger_not_spoken_to"
    PROGRESS_NOT_TOLD = "progress_not_told"
    NOT_MADE_SAFE = "not_made_safe"
    CAUSE_NOT_REPORTED = "cause_not_reported"
    NOTHING_OWED = "nothing_owed"


# Nobody is on the way to people who may be inside: each reminder is louder than the last. The
# others are said again with their count; raised too, each rescue would soon be at the top.
LOUDER = frozenset({LifeReason.REPORT_NOT_LOOKED_INTO})


@dataclass(frozen=True, slots=True)
class Owed:
    """What is owed now, and when to look again; nothing owed has no next look."""

    reason: LifeReason
    look_again_after: timedelta | None = None


def owed(kind: DeadlineKind, incident: Incident, *, now: datetime) -> Owed:
    """Return what a reminder that is due has to say at `now`."""
    if kind is DeadlineKind.PASSENGER_UPDATE:
        return _owed_to_passenger(incident, now=now)
    over = incident.state is IncidentState.CLOSED
    if kind is DeadlineKind.MAKE_SAFE and not over and incident.lift_made_safe_at is None:
        return Owed(LifeReason.NOT_MADE_SAFE, MAKE_SAFE_WITHIN)
    if kind is DeadlineKind.CAUSE_REPORT and not over and incident.cause_code is None:
        return Owed(LifeReason.CAUSE_NOT_REPORTED, CAUSE_REPORT_WITHIN)
    return Owed(LifeReason.NOTHING_OWED)


def _owed_to_passenger(incident: Incident, *, now: datetime) -> Owed:
    if incident.state not in RESCUE_STATES:
        return Owed(LifeReason.NOTHING_OWED)
    if incident.held:
        return Owed(LifeReason.REPORT_NOT_LOOKED_INTO, REPORT_LOOKED_INTO_WITHIN)
    told_at = incident.passenger_told_at
    if told_at is None:
        return Owed(LifeReason.PASSENGER_NOT_SPOKEN_TO, PROGRESS_EVERY)
    if now - told_at >= PROGRESS_EVERY:
        return Owed(LifeReason.PROGRESS_NOT_TOLD, PROGRESS_EVERY)
    # Spoken to in between: the next word is due from then on.
    return Owed(LifeReason.NOTHING_OWED, told_at + PROGRESS_EVERY - now)


async def begin(connection: Connection, incident: Incident, now: datetime) -> None:
    """Begin to watch that somebody speaks to the people in the car."""
    within = REPORT_LOOKED_INTO_WITHIN if incident.held else FIRST_CONTACT_WITHIN
    await store.insert_deadline(
        connection, incident.incident_id, DeadlineKind.PASSENGER_UPDATE, now + within
    )


async def told(connection: Connection, incident: Incident, happening: Happening) -> Incident:
    """Somebody has spoken to the people in the car: the next word is due after an interval."""
    changed = await incidents.change(connection, incident, passenger_told_at=happening.at)
    kinds = (DeadlineKind.PASSENGER_UPDATE,)
    incident_id = incident.incident_id
    await store.cancel_deadlines(
        connection, incident_id, kinds, now=happening.now, result="passenger_told"
    )
    if incident.state in RESCUE_STATES:
        due_at = happening.now + PROGRESS_EVERY
        await store.insert_deadline(connection, incident_id, kinds[0], due_at)
    return changed


async def fire(
    connection: Connection, incident: Incident, kind: DeadlineKind, now: datetime
) -> str:
    """Remind the dispatchers of what is owed and set the reminder again; return the reason."""
    due = owed(kind, incident, now=now)
    if due.reason is not LifeReason.NOTHING_OWED:
        await _remind(connection, incident, kind, due.reason, now)
    if due.look_again_after is not None:
        again_at = now + due.look_again_after
        await store.insert_deadline(connection, incident.incident_id, kind, again_at)
    return str(due.reason)


async def _remind(
    connection: Connection,
    incident: Incident,
    kind: DeadlineKind,
    reason: LifeReason,
    now: datetime,
) -> None:
    count = 1 + await store.fired_count(connection, incident.incident_id, kind, reason)
    happening = Happening(now=now, actor=ENGINE_ACTOR_ID)
    await incidents.note(
        connection, incident, happening,
        event="reminded", reason=reason, detail={"reminders_count": count},
    )  # fmt: skip
    about: dict[str, Json] = {"reason": reason, "reminders_count": count}
    if reason in LOUDER:
        await loudness.raise_alarm(connection, incident, Subject.LIFE_OVERDUE, happening, about)
        return
    await notifications.to_console(
        connection,
        Subject.LIFE_OVERDUE,
        {"incident_id": incident.incident_id, **about},
        incident_id=incident.incident_id,
        now=now,
    )
