"""Parties and crews: who answers for a lift, who can be sent, where a crew is."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.access.model import Actor, Role
from liftward_platform.errors import ForbiddenError, InvalidError, NotFoundError
from liftward_platform.parties import store
from liftward_platform.parties.model import Crew, Party

Connection = AsyncConnection[DictRow]

CREWS_PAGE_MAX = 500
# A phone's clock may be off by this much; a fix from farther in the future is a wrong clock.
CLOCK_TOLERANCE = timedelta(seconds=60)


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
    connection: Connection,
    actor: Actor,
    crew_id: str,
    *,
    latitude_deg: float,
    longitude_deg: float,
    observed_at: datetime,
    now: datetime,
) -> Crew:
    """Store where a crew is; an older fix than the stored one changes nothing.

    Raises
    ------
    ForbiddenError, InvalidError, NotFoundError
        When a crew speaks for another, the fix is from the future, or the crew is unknown.
    """
    if actor.role is Role.CREW and actor.crew_id != crew_id:
        raise ForbiddenError("not_your_crew", "a crew reports its own position only")
    if observed_at > now + CLOCK_TOLERANCE:
        raise InvalidError("observed_in_future", "observed_at lies in the future; check the clock")
    await crew_by_id(connection, crew_id)
    await store.set_position(
        connection, crew_id,
        latitude_deg=latitude_deg, longitude_deg=longitude_deg, observed_at=observed_at,
    )  # fmt: skip
    return await crew_by_id(connection, crew_id)


async def load_parties(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Add parties or bring them up to date; the rows are checked already."""
    await store.upsert_parties(connection, rows)


async def load_crews(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Add crews or bring them up to date; the rows are checked already."""
    await store.upsert_crews(connection, rows)


async def party_kinds(connection: Connection) -> dict[str, str]:
    """Return the kind of every party, by id."""
    return await store.party_kinds(connection)
