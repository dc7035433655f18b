"""Orders, deadlines and candidates as people see them. Reads only."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.access.model import Actor, Role
from liftward_platform.errors import ForbiddenError, NotFoundError
from liftward_platform.rescue import store
from liftward_platform.rescue.model import DeadlineKind
from liftward_platform.rescue.schemas import (
    CandidateOut,
    DeadlineOut,
    ListedOrderOut,
    OrderOut,
    StoryDeadlineOut,
)
from liftward_platform.rescue.travel import Place

Connection = AsyncConnection[DictRow]

# A centre has dozens of live orders; a list longer than this is not read by anybody.
LIVE_ORDERS_MAX = 1000
CREW_HISTORY_COUNT = 10
STORY_ROWS_MAX = 2000


def sees_phone(actor: Actor | None, crew_id: str) -> bool:
    """Tell whether an actor may see a crew's phone: dispatchers, and the crew itself."""
    if actor is None:
        return False
    return actor.role is Role.DISPATCHER or actor.crew_id == crew_id


async def orders_of(
    connection: Connection,
    incident_ids: Sequence[int],
    actor: Actor | None,
    *,
    live_only: bool,
) -> dict[int, list[OrderOut]]:
    """Return orders by incident, oldest first."""
    orders: dict[int, list[OrderOut]] = defaultdict(list)
    for row in await store.orders_shown(connection, incident_ids, live_only=live_only):
        shown = OrderOut.from_row(row, with_phone=sees_phone(actor, row["crew_id"]))
        orders[row["incident_id"]].append(shown)
    return orders


async def one_order(connection: Connection, order_id: int, actor: Actor) -> OrderOut:
    """Return an order that exists."""
    row = await store.order_shown(connection, order_id)
    return OrderOut.from_row(row, with_phone=sees_phone(actor, row["crew_id"]))


async def listed_orders(
    connection: Connection, actor: Actor, now: datetime
) -> list[ListedOrderOut]:
    """Return what an actor works from: a crew its own orders, a dispatcher all live ones.

    What a crew's device is given counts as seen from then on.
    """
    if actor.crew_id is None:
        rows = await store.live_orders(connection, LIVE_ORDERS_MAX)
    else:
        await store.mark_seen(connection, actor.crew_id, now)
        rows = await store.crew_orders(connection, actor.crew_id, CREW_HISTORY_COUNT)
    return [
        ListedOrderOut.from_row(row, with_phone=sees_phone(actor, row["crew_id"])) for row in rows
    ]


async def deadlines_of(
    connection: Connection, incident_ids: Sequence[int]
) -> dict[int, list[DeadlineOut]]:
    """Return what is still due, by incident, soonest first."""
    deadlines: dict[int, list[DeadlineOut]] = defaultdict(list)
    for row in await store.open_deadlines(connection, incident_ids):
        deadlines[row["incident_id"]].append(DeadlineOut.from_row(row))
    return deadlines


async def story_deadlines(connection: Connection, incident_id: int) -> list[StoryDeadlineOut]:
    """Return all deadlines of an incident, also those that are over."""
    rows = await store.story_deadlines(connection, incident_id, STORY_ROWS_MAX)
    return [StoryDeadlineOut.from_row(row) for row in rows]


async def story_candidates(connection: Connection, incident_id: int) -> list[CandidateOut]:
    """Return every ranking of an incident."""
    rows = await store.story_candidates(connection, incident_id, STORY_ROWS_MAX)
    return [CandidateOut.from_row(row) for row in rows]


async def lift_place(connection: Connection, lift_key: int) -> Place:
    """Return where a lift is."""
    return (await store.lift_wants(connection, lift_key)).place


async def check_may_act(connection: Connection, order_id: int, actor: Actor) -> None:
    """Refuse a crew that acts on another crew's order; dispatchers may act for any.

    Raises
    ------
    NotFoundError, ForbiddenError
        When there is no such order, or it is not the crew's.
    """
    if await store.incident_of_order(connection, order_id) is None:
        raise NotFoundError("order_unknown", f"no order {order_id}")
    row = await store.order_shown(connection, order_id)
    if actor.role is Role.CREW and actor.crew_id != row["crew_id"]:
        raise ForbiddenError("not_your_order", "this order is another crew's")


async def check_may_see(connection: Connection, incident_id: int, actor: Actor) -> None:
    """Refuse a crew that was never asked for this incident, and a use unit of other lifts.

    Raises
    ------
    ForbiddenError
        When the actor is such a one.
    """
    if actor.role is Role.USE_UNIT:
        assert actor.party_id is not None
        if not await store.is_of_use_unit(connection, incident_id, actor.party_id):
            raise ForbiddenError("not_your_lift", "this incident is not about a lift of yours")
        return
    if actor.crew_id is None:
        return
    if not await store.crew_has_order(connection, incident_id, actor.crew_id):
        raise ForbiddenError("not_your_incident", "your crew has no order for this incident")


def unanswered(deadlines: Sequence[DeadlineOut]) -> bool:
    """Tell whether every level was asked in vain: a further round is due."""
    return any(deadline.kind is DeadlineKind.ORDER for deadline in deadlines)
