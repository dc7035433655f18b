"""What crews and dispatchers see of crews' reports. Reads only."""

from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.access.model import Actor
from liftward_platform.crews import store
from liftward_platform.crews.schemas import (
    CrewOrderOut,
    CrewOrdersOut,
    CrewReportOut,
    FromTheSpotOut,
    HeldOut,
    PartUsedOut,
    PhotoOut,
)
from liftward_platform.parties import service as parties
from liftward_platform.rescue import reading
from liftward_platform.rescue.schemas import ListedOrderOut

Connection = AsyncConnection[DictRow]

ROWS_MAX = 500  # per incident and kind; a story has a few


async def crew_orders(connection: Connection, actor: Actor, now: datetime) -> CrewOrdersOut:
    """Return what a crew works from: its live orders and the last few others, newest first."""
    assert actor.crew_id is not None, "only crews ask"
    crew = await parties.crew_by_id(connection, actor.crew_id)
    listed = await reading.listed_orders(connection, actor)
    extras = await store.order_extras(connection, [order.order_id for order in listed])
    return CrewOrdersOut(
        as_of=now,
        crew_id=crew.crew_id,
        members_count=crew.members_count,
        position_at=crew.position_at,
        orders=[await _crew_order(connection, order, extras[order.order_id]) for order in listed],
    )


async def _crew_order(
    connection: Connection, order: ListedOrderOut, extra: DictRow
) -> CrewOrderOut:
    held = [
        HeldOut(
            report_id=one.report_id, action=one.action, claimed_at=one.claimed_at,
            doubts=list(one.doubts),
        )
        for one in await store.held_reports(connection, order.order_id)
    ]  # fmt: skip
    more = {name: extra[name] for name in extra if name != "order_id"}
    names = CrewOrderOut.model_fields.keys()
    return CrewOrderOut(
        **order.model_dump(), **{name: more[name] for name in more if name in names}, held=held
    )


async def from_the_spot(connection: Connection, incident_id: int, now: datetime) -> FromTheSpotOut:
    """Return doubted reports, parts and photos of an incident; pictures are asked for singly."""
    reports = await store.reports_of_incident(connection, incident_id, ROWS_MAX)
    parts = await store.parts_of_incident(connection, incident_id, ROWS_MAX)
    photos = await store.photos_of_incident(connection, incident_id, ROWS_MAX)
    return FromTheSpotOut(
        as_of=now,
        reports=[CrewReportOut.from_row(row) for row in reports],
        parts=[PartUsedOut.from_row(row) for row in parts],
        photos=[PhotoOut.from_row(row) for row in photos],
    )
