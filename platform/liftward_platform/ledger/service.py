"""Appending to the ledger and reading it.

`append` runs in the caller's transaction: what happened and its record are stored together or not
at all. Appends to one lift wait for each other; different lifts do not.
"""

from collections.abc import Mapping

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.errors import NotFoundError
from liftward_platform.ledger import store
from liftward_platform.ledger.canonical_json import canonical_json
from liftward_platform.ledger.leaf import entry_hash
from liftward_platform.ledger.model import (
    NO_PREVIOUS_HASH,
    PERSONAL_KEYS,
    Entry,
    Json,
    LeafContent,
    NewEntry,
)

Connection = AsyncConnection[DictRow]

# A body records facts, not documents; canonical text, in characters.
BODY_CHARACTERS_MAX = 16_000
ENTRIES_PAGE_MAX = 500  # a lift's history grows without end, an answer does not


async def append(connection: Connection, entry: NewEntry) -> int:
    """Add one entry to its lift's chain, in the caller's transaction, and return its id.

    Raises
    ------
    NotFoundError
        When the lift is not registered.
    ValueError
        When the body is not canonical JSON, too long, or names personal data: a bug of the caller.
    """
    body = checked_body(entry.body)
    lift_id = await store.lock_lift(connection, entry.lift_key)
    if lift_id is None:
        raise NotFoundError("lift_unknown", f"no lift with key {entry.lift_key}")
    last = await store.last_of_lift(connection, entry.lift_key)
    number, previous_hash = (0, NO_PREVIOUS_HASH) if last is None else (last[0] + 1, last[1])
    content = LeafContent(
        lift_id=lift_id,
        lift_entry_number=number,
        kind=entry.kind,
        incident_id=entry.incident_id,
        occurred_at=entry.occurred_at,
        recorded_at=entry.recorded_at,
        actor=entry.actor,
        body=body,
        lift_previous_hash=previous_hash,
    )
    return await store.insert_entry(connection, entry.lift_key, content, entry_hash(content))


def checked_body(body: Mapping[str, Json]) -> str:
    """Return a body's canonical text, refusing personal data: it could never be erased again."""
    personal = sorted(PERSONAL_KEYS & body.keys())
    if personal:
        raise ValueError(f"personal data must stay outside the ledger: {', '.join(personal)}")
    text = canonical_json(body)
    if len(text) > BODY_CHARACTERS_MAX:
        raise ValueError(f"a ledger body has at most {BODY_CHARACTERS_MAX} characters: {len(text)}")
    return text


async def lift_entries(
    connection: Connection, lift_id: str, *, after: int = -1, limit: int = ENTRIES_PAGE_MAX
) -> list[Entry]:
    """Return a lift's entries with numbers above `after`, oldest first.

    Raises
    ------
    NotFoundError
        When the lift is not registered.
    """
    entries = await store.entries_of_lift(
        connection, lift_id, after=after, limit=min(limit, ENTRIES_PAGE_MAX)
    )
    if not entries and not await store.lift_exists(connection, lift_id):
        raise NotFoundError("lift_unknown", f"no lift {lift_id!r}")
    return entries


async def incident_entries(connection: Connection, incident_id: int) -> list[Entry]:
    """Return what the ledger says about one incident, in order."""
    return await store.entries_of_incident(connection, incident_id)
