"""Two incidents of the same people: one is closed as the duplicate of the other.

Works within the closing of the duplicate (service.close); commits nothing.
"""

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.errors import ConflictError, InvalidError
from liftward_platform.incidents import service as incidents
from liftward_platform.incidents.model import Incident, Outcome
from liftward_platform.incidents.reporting import believe, either
from liftward_platform.incidents.service import Happening
from liftward_platform.ledger.model import EntryKind, Json

Connection = AsyncConnection[DictRow]


async def lock_both(
    connection: Connection, incident_id: int, duplicate_of: int | None
) -> tuple[Incident, Incident | None]:
    """Return the incident and the one it duplicates, locked in one order for everybody.

    Raises
    ------
    NotFoundError, InvalidError, ConflictError
        When one does not exist, both are the same, or the other is a duplicate itself or was
        closed as false: nobody looks for people under either.
    """
    if duplicate_of is None:
        return await incidents.lock(connection, incident_id), None
    if duplicate_of == incident_id:
        raise InvalidError("duplicate_of_itself", "an incident is no duplicate of itself")
    locked = {
        one: await incidents.lock(connection, one) for one in sorted((incident_id, duplicate_of))
    }
    original = locked[duplicate_of]
    if original.outcome is Outcome.DUPLICATE:
        raise ConflictError(
            "duplicate_of_duplicate",
            f"incident {duplicate_of} is a duplicate itself: name {original.duplicate_of}",
        )
    if original.outcome is Outcome.FALSE:
        raise ConflictError(
            "duplicate_of_false",
            f"incident {duplicate_of} was closed as false: nobody is sent for it, so close"
            f" {incident_id} by what became of its own people",
        )
    return locked[incident_id], original


async def account_under(
    connection: Connection, original: Incident, duplicate: Incident, happening: Happening
) -> None:
    """Account the duplicate's people under the original.

    They are the same people, so the larger count stands; counts of duplicates count nowhere. An
    original that is held is one no longer: the duplicate's crews have just been called off, and
    whoever vouched for it vouches for the same people.
    """
    if not duplicate.held:
        original = await believe(connection, original, happening, reason="duplicate")
    counts = [
        count for count in (original.persons_count, duplicate.persons_count) if count is not None
    ]
    changed = await incidents.change(
        connection, original, persons_count=max(counts, default=None),
        injured=either(original.injured, duplicate.injured),
        medical_need=either(original.medical_need, duplicate.medical_need),
    )  # fmt: skip
    detail: dict[str, Json] = {
        "duplicate": duplicate.incident_id, "persons_count": changed.persons_count
    }  # fmt: skip
    await incidents.note(
        connection, changed, happening, event="duplicate_joined", reason="duplicate", detail=detail
    )
    await incidents.record(connection, changed, happening, EntryKind.DUPLICATE_JOINED, detail)
