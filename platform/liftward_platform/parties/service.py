"""Parties and crews: who answers for a lift, who can be sent, where a crew is."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.access.model import Actor, Role
from liftward_platform.crews.plausibility import CLOCK_TOLERANCE, Fix, can_follow, is_believed
from liftward_platform.errors import ForbiddenError, InvalidError, NotFoundError
from liftward_platform.parties import store
from liftward_platform.parties.model import Crew, Party
from liftward_platform.rescue.travel import Place

Connection = AsyncConnection[DictRow]

CREWS_PAGE_MAX = 500
# Where somebody was is nobody's business once the rescue is over; no ranking uses an older fix.
POSITION_KEPT = timedelta(hours=2)


async def current_maintainer(connection: Connection, lift_key: int, now: datetime) -> Party | None:
    """Return who answers for a lift at `now`, or None."""
    return await store.current_maintainer(connection, lift_key, now)


async def crews(
    connection: Connection, *, after: str = "", limit: int = CREWS_PAGE_MAX
) -> list[Crew]:
    """Return crews with ids after `after`, in order of id."""
    return await store.crews(connection, after=after, limit=min(limit, CREWS_PAGE_MAX))


async def crew_by_id(connection: Connection, crew_id: str) -> Crew:
    """Return one crew.

    Raises
    ------
    NotFoundError
        When there is no such crew.
    """
    crew = await store.crew_by_id(connection, crew_id)
    if crew is None:
        raise NotFoundError("crew_unknown", f"no crew {crew_id!r}")
    return crew


async def report_position(
    connection: Connection, actor: Actor, crew_id: str, fix: Fix, *, now: datetime
) -> bool:
    """Store where a crew is; an older fix than the stored one changes nothing.

    Return whether the fix is believed: one that nobody could have reached since the last is kept
    apart, and ranks nobody, until a further one bears it out. Locks the crew's row until the
    transaction ends: whoever locks incidents as well locks those before.

    Raises
    ------
    ForbiddenError, InvalidError, NotFoundError
        When a crew speaks for another, the fix is from the future, or the crew is unknown.
    """
    check_own_crew(actor, crew_id)
    if fix.at > now + CLOCK_TOLERANCE:
        raise InvalidError("observed_in_future", "observed_at lies in the future; check the clock")
    last, doubted = await last_fixes(connection, crew_id, to_change=True)
    believed = is_believed(fix, last=last, doubted=doubted)
    if not believed and doubted is not None and can_follow(doubted, fix):
        return False  # the first of those that agree stays: they are borne out by time
    await store.set_position(
        connection, crew_id,
        latitude_deg=fix.place.latitude_deg, longitude_deg=fix.place.longitude_deg,
        accuracy_m=fix.accuracy_m, observed_at=fix.at, believed=believed,
    )  # fmt: skip
    return believed


def check_own_crew(actor: Actor, crew_id: str) -> None:
    """Refuse a crew that speaks for another's position.

    Raises
    ------
    ForbiddenError
        When it does.
    """
    if actor.role is Role.CREW and actor.crew_id != crew_id:
        raise ForbiddenError("not_your_crew", "a crew's position is its own to tell")


async def last_fixes(
    connection: Connection, crew_id: str, *, to_change: bool = False
) -> tuple[Fix | None, Fix | None]:
    """Return the last fix of a crew that was believed, and the last that was not.

    `to_change` locks the crew's row: one of them is about to be replaced.

    Raises
    ------
    NotFoundError
        When there is no such crew.
    """
    row = await store.positions(connection, crew_id, to_change=to_change)
    if row is None:
        raise NotFoundError("crew_unknown", f"no crew {crew_id!r}")
    return (
        _fix(row["latitude_deg"], row["longitude_deg"], row["position_at"],
             row["position_accuracy_m"]),
        _fix(row["doubted_latitude_deg"], row["doubted_longitude_deg"], row["doubted_position_at"],
             row["doubted_accuracy_m"]),
    )  # fmt: skip


def _fix(
    latitude_deg: float | None,
    longitude_deg: float | None,
    at: datetime | None,
    accuracy_m: float | None,
) -> Fix | None:
    if latitude_deg is None or longitude_deg is None or at is None:
        return None
    return Fix(Place(latitude_deg, longitude_deg), at, accuracy_m)


async def erase_position(connection: Connection, actor: Actor, crew_id: str) -> None:
    """Forget where a crew is: it does not share its position any more."""
    check_own_crew(actor, crew_id)
    await crew_by_id(connection, crew_id)
    await store.erase_position(connection, crew_id)


async def housekeep(connection: Connection, now: datetime, limit: int) -> int:
    """Erase positions whose order ended long enough ago; return how many."""
    return await store.erase_old_positions(connection, now - POSITION_KEPT, limit)


async def load_parties(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Add parties or bring them up to date; the rows are checked already."""
    await store.upsert_parties(connection, rows)


async def load_crews(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Add crews or bring them up to date; the rows are checked already."""
    await store.upsert_crews(connection, rows)


async def party_kinds(connection: Connection) -> dict[str, str]:
    """Return the kind of every party, by id."""
    return await store.party_kinds(connection)
