"""What a person's word does to incidents: it opens one, or joins the one that is there.

One open incident per lift is a constraint of the database; whoever comes second, a caller or the
detector, joins. Takes the caller's connection and commits nothing. Who called, from which number,
is the report slice's; who is sent is the rescue slice's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.errors import ConflictError
from liftward_platform.incidents import store
from liftward_platform.incidents.detection_decision import ENTRAPMENT, LEVELS, is_stronger
from liftward_platform.incidents.model import RESCUE_STATES, Incident, Source
from liftward_platform.incidents.service import Happening, lock, note, record
from liftward_platform.ledger.model import EntryKind, Json

Connection = AsyncConnection[DictRow]

SUSPECTED, CONFIRMED = LEVELS[0], LEVELS[-1]
# Why a held incident is released, unless something else did it.
BELIEVED = "dispatcher_believes"
# An incident is closed and the next one opened between our two looks: this often is no accident.
TRIES_MAX = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What somebody says of a lift, without who they are. None: nothing was said of it."""

    source: Source
    caller_kind: str
    matched_by: str
    onset_at: datetime
    persons_count: int | None = None
    injured: bool | None = None
    medical_need: bool | None = None
    authority: str | None = None
    reference: str | None = None

    @property
    def anonymous(self) -> bool:
        """Nobody of ours has spoken with them: believed once a person or the detector agrees."""
        return self.source is Source.PUBLIC_PAGE

    @property
    def level(self) -> str:
        return SUSPECTED if self.anonymous else CONFIRMED

    def facts(self) -> dict[str, Json]:
        """Return what story and ledger keep of it; nothing of it is personal."""
        return {
            "source": self.source,
            "caller_kind": self.caller_kind,
            "matched_by": self.matched_by,
            "persons_count": self.persons_count,
            "injured": self.injured,
            "medical_need": self.medical_need,
            "authority": self.authority,
            "reference": self.reference,
        }


async def open_or_join(
    connection: Connection,
    lift_key: int,
    word: Word,
    happening: Happening,
    *,
    policy: Mapping[str, Any],
) -> tuple[Incident, bool]:
    """Return the lift's open incident with the word in it, locked; and whether it was opened now.

    Raises
    ------
    ConflictError
        When incidents of the lift open and close faster than one can be held.
    """
    for _ in range(TRIES_MAX):
        opened = await _open(connection, lift_key, word, happening, policy)
        if opened is not None:
            return opened, True
        # Another replica or the detector was first; its transaction is over once we are here.
        incident = await store.lock_open(connection, lift_key, ENTRAPMENT)
        if incident is not None:
            return await join(connection, incident, word, happening), False
    raise ConflictError("incident_changes", "this lift's incident is changing: try again")


async def _open(
    connection: Connection,
    lift_key: int,
    word: Word,
    happening: Happening,
    policy: Mapping[str, Any],
) -> Incident | None:
    values = {
        "lift_key": lift_key,
        "kind": ENTRAPMENT,
        "source": word.source,
        "level": word.level,
        "onset_at": word.onset_at,
        "detected_at": happening.at,
        "held_at": happening.now if word.anonymous else None,
        "now": happening.now,
    }
    incident = await store.insert(connection, values, policy)
    if incident is None:
        return None
    incident = _with_facts(incident, word)
    await store.update(connection, incident)
    reason = f"reported_by_{word.source}"
    detail: dict[str, Json] = {**word.facts(), "level": word.level}
    await note(
        connection, incident, happening, event="opened", reason=reason, detail=detail,
        to_state=incident.state,
    )  # fmt: skip
    body: dict[str, Json] = {
        **detail, "kind": incident.kind, "reason": reason, "onset_at": word.onset_at.isoformat()
    }  # fmt: skip
    await record(connection, incident, happening, EntryKind.INCIDENT_OPENED, body)
    return incident


async def join(
    connection: Connection, incident: Incident, word: Word, happening: Happening
) -> Incident:
    """Add a word to an incident that is locked; a person's word, not an anonymous one, confirms."""
    changed = _with_facts(incident, word)
    if not word.anonymous:
        surer = is_stronger(word.level, incident.level)
        changed = replace(changed, level=word.level if surer else incident.level, held_at=None)
    if changed != incident:
        await store.update(connection, changed)
    reason = f"reported_by_{word.source}"
    await note(
        connection, changed, happening, event="report_joined", reason=reason, detail=word.facts()
    )
    body: dict[str, Json] = {**word.facts(), "level": changed.level, "reason": reason}
    await record(connection, changed, happening, EntryKind.REPORT_RECEIVED, body)
    await _tell_of_belief(connection, incident, changed, happening, reason=reason)
    return changed


async def confirm_report(
    connection: Connection, incident_id: int, happening: Happening
) -> Incident:
    """A dispatcher believes an anonymous report: from now on it is a rescue like any other.

    Raises
    ------
    NotFoundError, ConflictError
        When there is no such incident, or nobody has to believe it any more.
    """
    incident = await lock(connection, incident_id)
    if not incident.held or incident.state not in RESCUE_STATES:
        raise ConflictError("not_held", "this incident waits for nobody's confirmation")
    return await believe(connection, incident, happening)


async def believe(
    connection: Connection, incident: Incident, happening: Happening, *, reason: str = BELIEVED
) -> Incident:
    """Release an incident that is held, whose lock the caller holds; any other is as it was.

    Whoever treats it as a rescue, by whatever command, has agreed: nobody may then wait in that
    car for a further button.
    """
    if not incident.held or incident.state not in RESCUE_STATES:
        return incident
    changed = replace(incident, level=CONFIRMED, held_at=None)
    await store.update(connection, changed)
    await _tell_of_belief(connection, incident, changed, happening, reason=reason)
    return changed


async def _tell_of_belief(
    connection: Connection,
    before: Incident,
    after: Incident,
    happening: Happening,
    *,
    reason: str,
) -> None:
    if after.level != before.level:
        detail: dict[str, Json] = {"level": after.level}
        await note(connection, after, happening, event="level_raised", reason=reason, detail=detail)
        body: dict[str, Json] = {**detail, "reason": reason}
        await record(connection, after, happening, EntryKind.LEVEL_RAISED, body)
    if before.held and not after.held:
        await note(connection, after, happening, event="hold_released", reason=reason)


def _with_facts(incident: Incident, word: Word) -> Incident:
    """Return the incident with what is newly said. A passenger's own count replaces another's."""
    own = word.caller_kind == "passenger" or incident.persons_count is None
    persons_count = word.persons_count if own else None
    return replace(
        incident,
        persons_count=incident.persons_count if persons_count is None else persons_count,
        injured=either(incident.injured, word.injured),
        medical_need=either(incident.medical_need, word.medical_need),
    )


def either(*words: bool | None) -> bool | None:
    """Return yes when anybody says yes, no when somebody says no, None when nobody says a word."""
    said = [word for word in words if word is not None]
    return any(said) if said else None
