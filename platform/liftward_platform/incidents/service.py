"""Changes of incidents: each one a state, a line of the story, a ledger entry, one announcement.

Every function takes the caller's connection and commits nothing. Who is sent is the rescue slice's
business; this one only knows what the events mean for the incident.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.access.model import DETECTOR_ACTOR_ID, ENGINE_ACTOR_ID
from liftward_platform.errors import NotFoundError
from liftward_platform.incidents import store
from liftward_platform.incidents.detection_decision import (
    TOLD_LATE_MAX,
    WITHDRAWN,
    Detection,
    is_stronger,
    look_again_after_closing,
)
from liftward_platform.incidents.model import (
    RESCUE_STATES,
    Incident,
    IncidentEvent,
    LogEntry,
    Outcome,
    Source,
    close_event,
    next_state,
)
from liftward_platform.ledger import service as ledger
from liftward_platform.ledger.model import EntryKind, Json, NewEntry

Connection = AsyncConnection[DictRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """When something happened, by whose word, and when we heard of it."""

    now: datetime
    actor: str
    occurred_at: datetime | None = None  # None: it happens at `now`

    @property
    def at(self) -> datetime:
        return self.now if self.occurred_at is None else self.occurred_at


async def lock(connection: Connection, incident_id: int) -> Incident:
    """Return an incident, locked for a change.

    Raises
    ------
    NotFoundError
        When there is no such incident.
    """
    incident = await store.lock(connection, incident_id)
    if incident is None:
        raise NotFoundError("incident_unknown", f"no incident {incident_id}")
    return incident


async def lock_in_order(connection: Connection, incident_ids: Iterable[int]) -> None:
    """Lock several incidents, in the order in which everybody locks several: by their numbers.

    Before anything else is locked: who waits for an incident then holds nothing others wait for.
    """
    for incident_id in sorted(set(incident_ids)):
        await lock(connection, incident_id)


async def open_from_detection(
    connection: Connection,
    detection: Detection,
    *,
    policy: Mapping[str, Any],
    reason: str,
    now: datetime,
) -> Incident | None:
    """Open an incident for a detection; None when the lift has one with people inside already."""
    values = {
        "lift_key": detection.lift_key,
        "kind": detection.kind,
        "source": "detection",
        "level": detection.level,
        "onset_at": detection.onset_at,
        "detected_at": detection.detected_at,
        "held_at": None,
        "now": now,
    }
    incident = await store.insert(connection, values, policy)
    if incident is None:
        return None
    await store.link_detection(connection, incident.incident_id, detection.detection_id)
    happening = Happening(now=now, actor=ENGINE_ACTOR_ID)
    detail: dict[str, Json] = {
        "level": detection.level,
        "detection_id": detection.detection_id,
        "onset_at": detection.onset_at.isoformat(),
        "detected_at": detection.detected_at.isoformat(),
    }
    await note(
        connection, incident, happening, event="opened", reason=reason, detail=detail,
        to_state=incident.state,
    )  # fmt: skip
    body: dict[str, Json] = {**detail, "kind": incident.kind, "reason": reason}
    await record(connection, incident, happening, EntryKind.INCIDENT_OPENED, body)
    return incident


async def attach_detection(
    connection: Connection, incident_id: int, detection: Detection, *, reason: str, now: datetime
) -> None:
    """Add a further detection to an incident: seen again or surer, nobody new is sent for it."""
    incident = await lock(connection, incident_id)
    await store.link_detection(connection, incident_id, detection.detection_id)
    happening = Happening(now=now, actor=DETECTOR_ACTOR_ID, occurred_at=detection.detected_at)
    detail: dict[str, Json] = {"detection_id": detection.detection_id, "level": detection.level}
    body: dict[str, Json] = {**detail, "reason": reason}
    updated = _seen_again(incident, detection)
    if updated != incident:
        await store.update(connection, updated)
    if incident.held and not updated.held:
        await note(connection, updated, happening, event="hold_released", reason="detector_agrees")
    if updated.level == incident.level:
        await note(
            connection, updated, happening, event="detected_again", reason=reason, detail=detail
        )
        await record(connection, incident, happening, EntryKind.DETECTION_ATTACHED, body)
        return
    grown: dict[str, Json] = {**detail, "because": detection.reason}
    await note(
        connection, updated, happening, event="level_raised", reason="evidence_grew", detail=grown
    )
    await record(connection, incident, happening, EntryKind.LEVEL_RAISED, body)


def _seen_again(incident: Incident, detection: Detection) -> Incident:
    """Return the incident after a further sign of people: as sure as the surest of them.

    An end that was noted before a new episode began does not stand any longer. The detector knows
    better than a caller since when; and a report that nobody believed yet is not alone any more.
    """
    if incident.state not in RESCUE_STATES:
        return incident
    surer = is_stronger(detection.level, incident.level)
    over = (incident.release_seen_at, incident.withdrawn_at)
    again = any(at is not None and detection.onset_at > at for at in over)
    told = incident.source is not Source.DETECTION
    near = incident.detected_at - detection.onset_at <= TOLD_LATE_MAX
    earlier = told and near and detection.onset_at < incident.onset_at
    return replace(
        incident,
        onset_at=detection.onset_at if earlier else incident.onset_at,
        held_at=None,
        level=detection.level if surer else incident.level,
        release_seen_at=None if again else incident.release_seen_at,
        withdrawn_at=None if again else incident.withdrawn_at,
    )


async def see_end(
    connection: Connection, incident_id: int, detection: Detection, *, now: datetime
) -> None:
    """Note that the detector saw the end, or withdrew: shown to people, closes nothing."""
    incident = await lock(connection, incident_id)
    await store.link_detection(connection, incident_id, detection.detection_id)
    happening = Happening(now=now, actor=DETECTOR_ACTOR_ID, occurred_at=detection.detected_at)
    detail: dict[str, Json] = {
        "detection_id": detection.detection_id, "ended_by": detection.reason
    }  # fmt: skip
    if detection.reason == WITHDRAWN:
        await store.update(connection, replace(incident, withdrawn_at=detection.detected_at))
        await note(
            connection, incident, happening,
            event="detection_withdrawn", reason="withdrawn", detail=detail,
        )  # fmt: skip
        await record(connection, incident, happening, EntryKind.DETECTION_WITHDRAWN, detail)
        return
    if incident.release_seen_at is None:
        await store.update(connection, replace(incident, release_seen_at=detection.detected_at))
    await note(
        connection, incident, happening,
        event="release_seen", reason="episode_ended", detail=detail,
    )  # fmt: skip
    await record(connection, incident, happening, EntryKind.RELEASE_SEEN, detail)


async def apply(
    connection: Connection,
    incident: Incident,
    event: IncidentEvent,
    happening: Happening,
    *,
    reason: str,
    detail: Mapping[str, Json] | None = None,
    **changes: Any,  # noqa: ANN401 - columns of the incident
) -> Incident:
    """Take the step of the table, write the incident and its line; the caller holds the lock.

    Raises
    ------
    IllegalTransitionError
        When the table has no such step; nothing is written.
    """
    changed = replace(incident, state=next_state(incident.state, event), **changes)
    if changed != incident:
        await store.update(connection, changed)
    await note(
        connection, incident, happening, event=event, reason=reason, detail=detail or {},
        to_state=changed.state,
    )  # fmt: skip
    return changed


async def close(
    connection: Connection,
    incident: Incident,
    outcome: Outcome,
    happening: Happening,
    *,
    facts: Mapping[str, Any],
    note_text: str | None,
) -> Incident:
    """Close an incident with its outcome and facts, which are columns of it.

    The note stays out of the story and the ledger; callers' numbers are forgotten, those of a
    duplicate only here: its people are still inside, under the incident that stands.
    """
    closed = replace(incident, **facts)
    detail: dict[str, Json] = {
        "cause_code": closed.cause_code,
        "release_method": closed.release_method,
        "confirmed_by": closed.confirmed_by,
        "incomplete_reason": closed.incomplete_reason,
        "duplicate_of": closed.duplicate_of,
    }
    closed = await apply(
        connection, incident, close_event(outcome), happening, reason=outcome,
        outcome=outcome, closed_at=happening.at, detail=detail, **facts,
    )  # fmt: skip
    await store.hand_on_caller_phones(connection, incident.incident_id)
    await store.erase_caller_phones(connection, incident.incident_id, happening.now)
    if note_text:
        await store.set_note(connection, incident.incident_id, note_text)
    body: dict[str, Json] = {
        **detail,
        "outcome": outcome,
        "confirmed_how": closed.confirmed_how,
        "lift_made_safe": closed.lift_made_safe_at is not None,
        "persons_count": closed.persons_count,
    }
    await record(connection, closed, happening, EntryKind.INCIDENT_CLOSED, body)
    if outcome is not Outcome.FREED:
        # Nobody of ours has opened that car: what the detector still sees is looked at again.
        closings_count = await store.closings_count(connection, incident.incident_id)
        look_at = happening.now + look_again_after_closing(closings_count)
        await store.look_again_after_closing(connection, incident.incident_id, look_at)
    return closed


async def change(connection: Connection, incident: Incident, **columns: Any) -> Incident:  # noqa: ANN401
    """Write facts that are no step of the table; the caller holds the lock, and tells the story."""
    changed = replace(incident, **columns)
    if changed != incident:
        await store.update(connection, changed)
    return changed


async def raise_response_level(
    connection: Connection, incident: Incident, level: int, happening: Happening, *, reason: str
) -> Incident:
    """Note that the rescue went up a level; a lower or equal level changes nothing."""
    if level <= incident.response_level:
        return incident
    changed = replace(incident, response_level=level)
    await store.update(connection, changed)
    if incident.response_level == 0:
        return changed  # the first order is no escalation
    detail: dict[str, Json] = {"from_level": incident.response_level, "to_level": level}
    await note(connection, changed, happening, event="escalated", reason=reason, detail=detail)
    body: dict[str, Json] = {**detail, "reason": reason}
    await record(connection, changed, happening, EntryKind.ESCALATED, body)
    return changed


async def note(
    connection: Connection,
    incident: Incident,
    happening: Happening,
    *,
    event: str,
    reason: str,
    detail: Mapping[str, Json] | None = None,
    to_state: str | None = None,
) -> None:
    """Write a line of the story and announce the incident. Opening has no state before."""
    entry = LogEntry(
        at=happening.at,
        actor=happening.actor,
        event=event,
        reason=reason,
        from_state=None if to_state is None or event == "opened" else incident.state,
        to_state=to_state,
        detail=detail or {},
    )
    await store.insert_log(connection, incident.incident_id, entry)
    await store.announce(connection, incident.incident_id)


async def record(
    connection: Connection,
    incident: Incident,
    happening: Happening,
    kind: EntryKind,
    body: Mapping[str, Json],
) -> None:
    """Append to the ledger of the incident's lift."""
    entry = NewEntry(
        lift_key=incident.lift_key,
        kind=kind,
        occurred_at=happening.at,
        recorded_at=happening.now,
        actor=happening.actor,
        body=body,
        incident_id=incident.incident_id,
    )
    await ledger.append(connection, entry)
