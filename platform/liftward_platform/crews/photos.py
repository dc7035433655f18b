"""Photos from the spot: kept beside the story, named in it by their hash, erasable.

Commits nothing. Who may look at a photo is decided here; what counts as one in photo_content.py.
"""

import hashlib
from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.access.model import Actor, Role
from liftward_platform.crews import store
from liftward_platform.crews.photo_content import PHOTOS_PER_ORDER_MAX, Photo, cleaned
from liftward_platform.crews.plausibility import CLOCK_TOLERANCE, corrected
from liftward_platform.crews.steps import check_on_site
from liftward_platform.errors import ConflictError, ForbiddenError, NotFoundError
from liftward_platform.incidents import service as incidents
from liftward_platform.incidents.service import Happening
from liftward_platform.ledger.model import EntryKind, Json
from liftward_platform.rescue import lone_work, sending
from liftward_platform.rescue import service as rescue

Connection = AsyncConnection[DictRow]


async def add(
    connection: Connection,
    order_id: int,
    data: bytes,
    *,
    taken_at: datetime,
    actor: Actor,
    now: datetime,
) -> tuple[int, str]:
    """Keep a photo of an order; return its id and the SHA-256 of what is kept, hexadecimal.

    Raises
    ------
    DomainError
        When it is no picture, too large, one too many, or the crew has not been there.
    """
    photo = cleaned(data)
    happening = Happening(now=now, actor=actor.account_id, occurred_at=taken_at)
    work = await rescue.begin(connection, order_id, _told_now(happening))
    check_on_site(work, "photo")
    if await store.photos_count(connection, order_id) >= PHOTOS_PER_ORDER_MAX:
        raise ConflictError(
            "too_many_photos", f"an order has at most {PHOTOS_PER_ORDER_MAX} photos"
        )
    sha256 = hashlib.sha256(photo.content).digest()
    photo_id = await store.insert_photo(
        connection,
        {
            "incident_id": work.incident.incident_id,
            "order_id": order_id,
            "media_type": photo.media_type,
            "size_bytes": len(photo.content),
            "sha256": sha256,
            "content": photo.content,
            "at": happening.at,
            "now": now,
            "actor": actor.account_id,
        },
    )
    body: dict[str, Json] = {
        **sending.about(work.order), "photo_id": photo_id, "sha256": sha256.hex(),
        "media_type": photo.media_type, "size_bytes": len(photo.content),
    }  # fmt: skip
    await incidents.note(
        connection, work.incident, happening, event="photo_added", reason="reported", detail=body
    )
    await incidents.record(connection, work.incident, happening, EntryKind.PHOTO_ADDED, body)
    await lone_work.sign_of_life(connection, work.incident, work.order, now)
    return photo_id, sha256.hex()


def time_taken(claimed_at: datetime | None, sent_at: datetime | None, now: datetime) -> datetime:
    """Return when it was taken by our clock; a time that cannot be counts as now."""
    if claimed_at is None:
        return now
    at = corrected(claimed_at, sent_at=sent_at, received_at=now)
    return now if at > now + CLOCK_TOLERANCE else at


def _told_now(happening: Happening) -> Happening:
    return Happening(now=happening.now, actor=happening.actor)


async def content(connection: Connection, photo_id: int, actor: Actor) -> Photo:
    """Return a photo to dispatchers, regulators, and the crew that took it.

    Raises
    ------
    NotFoundError, ForbiddenError
        When there is none, it was erased, or it is another crew's.
    """
    facts = await _facts(connection, photo_id)
    if actor.role is Role.CREW and actor.crew_id != facts["crew_id"]:
        raise ForbiddenError("not_your_photo", "this photo is another crew's")
    if facts["erased_at"] is not None:
        raise NotFoundError("photo_erased", "this photo was erased; its hash stays in the ledger")
    row = await store.photo_content(connection, photo_id)
    return Photo(row["media_type"], bytes(row["content"]))


async def erase(connection: Connection, photo_id: int, *, actor: Actor, now: datetime) -> None:
    """Erase a photo's content; that there was one, and its hash, stays on record.

    Raises
    ------
    NotFoundError, ConflictError
        When there is none, or it was erased already.
    """
    facts = await _facts(connection, photo_id)
    incident = await incidents.lock(connection, facts["incident_id"])
    if not await store.erase_photo(connection, photo_id, now):
        raise ConflictError("photo_erased", "this photo was erased already")
    told = Happening(now=now, actor=actor.account_id)
    body: dict[str, Json] = {
        "order_id": facts["order_id"], "crew_id": facts["crew_id"], "photo_id": photo_id,
        "sha256": bytes(facts["sha256"]).hex(),
    }  # fmt: skip
    await incidents.note(
        connection, incident, told, event="photo_erased", reason="erasure_asked", detail=body
    )
    await incidents.record(connection, incident, told, EntryKind.PHOTO_ERASED, body)


async def _facts(connection: Connection, photo_id: int) -> DictRow:
    facts = await store.photo_facts(connection, photo_id)
    if facts is None:
        raise NotFoundError("photo_unknown", f"no photo {photo_id}")
    return facts
