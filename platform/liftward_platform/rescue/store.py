"""The only place that runs the rescue slice's SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from liftward_kit.named_sql import load_queries
from liftward_platform.incidents.model import Incident
from liftward_platform.rescue.model import Deadline, DeadlineKind, Order
from liftward_platform.rescue.ranking import CANDIDATES_STORED_MAX, Ranked, detail
from liftward_platform.rescue.travel import Place

Connection = AsyncConnection[DictRow]
QUERIES = load_queries("liftward_platform.rescue")

# Advisory locks of crews live in a space of their own: no other lock of ours takes two numbers.
CREW_LOCK_SPACE = 0x4C57
# Per standing; farther crews than these would not be sent anyway.
CANDIDATES_PER_STANDING_MAX = 50


@dataclass(frozen=True, slots=True)
class LiftWants:
    """Where a lift is, and what it asks of a crew."""

    place: Place
    district: str
    skills_needed: frozenset[str]


async def candidates(
    connection: Connection, incident_id: int, lift_key: int, now: datetime, *, minute: int
) -> list[DictRow]:
    cursor = await connection.execute(
        QUERIES["candidates"],
        {
            "incident_id": incident_id,
            "lift_key": lift_key,
            "now": now,
            "minute": minute,
            "limit": CANDIDATES_PER_STANDING_MAX,
        },
    )
    return await cursor.fetchall()


async def lift_wants(connection: Connection, lift_key: int) -> LiftWants:
    row = await _one(connection, "lift_wants", {"lift_key": lift_key})
    place = Place(row["latitude_deg"], row["longitude_deg"])
    return LiftWants(place, row["district"], frozenset(row["skills_needed"]))


async def running_in_region(connection: Connection, region: str, incident_id: int) -> int:
    """Return how many other incidents of a region have people inside."""
    values = {"region": region, "incident_id": incident_id}
    return int((await _one(connection, "running_in_region", values))["count"])


async def stamp(connection: Connection, incident: Incident) -> None:
    await connection.execute(
        QUERIES["stamp"],
        {
            "incident_id": incident.incident_id,
            "region": incident.region,
            "policy": Jsonb(dict(incident.policy)),
            "policy_applied": Jsonb(dict(incident.policy_applied or {})),
        },
    )


async def keep_prediction(
    connection: Connection,
    incident_id: int,
    *,
    late_probability: float,
    now: datetime,
    acted: bool,
    armed: bool,
) -> None:
    await connection.execute(
        QUERIES["keep_prediction"],
        {
            "incident_id": incident_id,
            "late_probability": late_probability,
            "now": now,
            "acted": acted,
            "armed": armed,
        },
    )


async def keep_alarm_level(connection: Connection, incident_id: int, level: int) -> None:
    values = {"incident_id": incident_id, "alarm_level": level}
    await connection.execute(QUERIES["keep_alarm_level"], values)


async def pull_forward(
    connection: Connection, incident_id: int, kind: DeadlineKind, now: datetime
) -> None:
    values = {"incident_id": incident_id, "kind": kind, "now": now}
    await connection.execute(QUERIES["pull_forward"], values)


async def crew_fixes(
    connection: Connection, crew_ids: Sequence[str], since: datetime
) -> dict[str, DictRow]:
    """Return by crew where it was, when that was no earlier than `since`."""
    values = {"crew_ids": list(crew_ids), "since": since}
    return {row["crew_id"]: row for row in await _all(connection, "crew_fixes", values)}


def trips(connection: psycopg.Connection[DictRow], *, days: int, limit: int) -> list[DictRow]:
    """Return the drives of the last days: for a command, which waits for it."""
    return connection.execute(QUERIES["trips"], {"days": days, "limit": limit}).fetchall()


async def mark_seen(connection: Connection, crew_id: str, now: datetime) -> None:
    """Note that a crew's device has shown it its orders."""
    await connection.execute(QUERIES["mark_seen"], {"crew_id": crew_id, "now": now})


async def reserve_crew(connection: Connection, crew_id: str, incident_id: int) -> bool:
    """Keep a crew for this transaction; False when it is being ordered, or was, elsewhere."""
    row = await _one(connection, "reserve_crew", {"space": CREW_LOCK_SPACE, "crew_id": crew_id})
    if not row["reserved"]:
        return False
    busy = await _one(connection, "crew_is_busy", {"crew_id": crew_id, "incident_id": incident_id})
    return not busy["busy"]


async def insert_candidates(
    connection: Connection, incident_id: int, ranking: Sequence[Ranked], now: datetime
) -> None:
    rows = ranking[:CANDIDATES_STORED_MAX]
    await connection.execute(
        QUERIES["insert_candidates"],
        {
            "incident_id": incident_id,
            "now": now,
            "ranks": list(range(1, len(rows) + 1)),
            "crew_ids": [row.crew_id for row in rows],
            "levels": [row.level for row in rows],
            "travel_times_s": [row.travel_time_s for row in rows],
            "eligible": [row.eligible for row in rows],
            "reasons": [str(row.reason) for row in rows],
            "details": [Jsonb(detail(row)) for row in rows],
        },
    )


async def insert_order(connection: Connection, values: Mapping[str, Any]) -> Order:
    return Order.from_row(await _one(connection, "insert_order", values))


async def update_order(connection: Connection, order: Order) -> None:
    names = (
        "order_id", "state", "answered_at", "refusal_reason", "under_way_at", "arrived_at",
        "ended_at",
    )  # fmt: skip
    await connection.execute(
        QUERIES["update_order"], {name: getattr(order, name) for name in names}
    )


async def mark_not_delivered(connection: Connection, order_id: int) -> None:
    await connection.execute(QUERIES["mark_not_delivered"], {"order_id": order_id})


async def incident_of_order(connection: Connection, order_id: int) -> int | None:
    cursor = await connection.execute(QUERIES["incident_of_order"], {"order_id": order_id})
    row = await cursor.fetchone()
    return None if row is None else row["incident_id"]


async def orders_of_incident(connection: Connection, incident_id: int) -> list[Order]:
    cursor = await connection.execute(QUERIES["orders_of_incident"], {"incident_id": incident_id})
    return [Order.from_row(row) for row in await cursor.fetchall()]


async def insert_deadline(
    connection: Connection,
    incident_id: int,
    kind: DeadlineKind,
    due_at: datetime,
    order_id: int | None = None,
) -> None:
    await connection.execute(
        QUERIES["insert_deadline"],
        {"incident_id": incident_id, "order_id": order_id, "kind": kind, "due_at": due_at},
    )


async def insert_deadlines(
    connection: Connection,
    incident_id: int,
    due_ats: Mapping[DeadlineKind, datetime],
    order_id: int | None = None,
) -> None:
    """Set several deadlines in one statement: an order waits for each that it sends."""
    await connection.execute(
        QUERIES["insert_deadlines"],
        {
            "incident_id": incident_id,
            "order_id": order_id,
            "kinds": [str(kind) for kind in due_ats],
            "due_ats": list(due_ats.values()),
        },
    )


async def cancel_deadlines(
    connection: Connection,
    incident_id: int,
    kinds: Sequence[DeadlineKind],
    *,
    now: datetime,
    result: str,
    order_id: int | None = None,
) -> None:
    await connection.execute(
        QUERIES["cancel_deadlines"],
        {
            "incident_id": incident_id,
            "kinds": [str(kind) for kind in kinds],
            "order_id": order_id,
            "now": now,
            "result": result,
        },
    )


async def has_deadline(connection: Connection, incident_id: int, kind: DeadlineKind) -> bool:
    row = await _one(connection, "has_deadline", {"incident_id": incident_id, "kind": kind})
    return bool(row["there"])


async def begin_lone_work(connection: Connection, order_id: int, now: datetime) -> None:
    """Note that the crew of this order is one person, who has just been heard."""
    await connection.execute(QUERIES["begin_lone_work"], {"order_id": order_id, "now": now})


async def note_sign_of_life(connection: Connection, order_id: int, now: datetime) -> bool:
    """Note that a lone technician was heard; False when the crew is not alone."""
    values = {"order_id": order_id, "now": now}
    cursor = await connection.execute(QUERIES["note_sign_of_life"], values)
    return cursor.rowcount == 1


async def missed_check_ins(connection: Connection, order_id: int) -> int:
    """Return how many signs of life are missing since the last one, the one just fired included."""
    return int((await _one(connection, "missed_check_ins", {"order_id": order_id}))["count"])


async def claim_deadline(
    connection: Connection, now: datetime, tried: Sequence[int]
) -> Deadline | None:
    """Lock and return the first deadline due that was not tried yet, with its incident."""
    cursor = await connection.execute(QUERIES["claim_deadline"], {"now": now, "tried": list(tried)})
    row = await cursor.fetchone()
    return None if row is None else Deadline.from_row(row)


async def fire_deadline(
    connection: Connection, deadline_id: int, *, now: datetime, result: str
) -> None:
    await connection.execute(
        QUERIES["fire_deadline"], {"deadline_id": deadline_id, "now": now, "result": result}
    )


async def fired_count(
    connection: Connection, incident_id: int, kind: DeadlineKind, result: str
) -> int:
    """Return how often deadlines of this kind fired with this result."""
    values = {"incident_id": incident_id, "kind": kind, "result": result}
    return int((await _one(connection, "fired_count", values))["count"])


async def next_deadline(connection: Connection) -> datetime | None:
    due_at: datetime | None = (await _one(connection, "next_deadline", {}))["due_at"]
    return due_at


async def claim_unattended(connection: Connection, tried: Sequence[int]) -> int | None:
    """Lock and return an incident nobody is asked for that was not tried yet."""
    cursor = await connection.execute(QUERIES["claim_unattended"], {"tried": list(tried)})
    row = await cursor.fetchone()
    return None if row is None else row["incident_id"]


async def open_deadlines(connection: Connection, incident_ids: Sequence[int]) -> list[DictRow]:
    return await _all(connection, "open_deadlines", {"incident_ids": list(incident_ids)})


async def story_deadlines(connection: Connection, incident_id: int, limit: int) -> list[DictRow]:
    values = {"incident_id": incident_id, "limit": limit}
    return await _all(connection, "story_deadlines", values)


async def story_candidates(connection: Connection, incident_id: int, limit: int) -> list[DictRow]:
    values = {"incident_id": incident_id, "limit": limit}
    return await _all(connection, "story_candidates", values)


async def orders_shown(
    connection: Connection, incident_ids: Sequence[int], *, live_only: bool
) -> list[DictRow]:
    values = {"incident_ids": list(incident_ids), "live_only": live_only}
    return await _all(connection, "orders_shown", values)


async def order_shown(connection: Connection, order_id: int) -> DictRow:
    return await _one(connection, "order_shown", {"order_id": order_id})


async def live_orders(connection: Connection, limit: int) -> list[DictRow]:
    return await _all(connection, "live_orders", {"limit": limit})


async def crew_orders(connection: Connection, crew_id: str, limit: int) -> list[DictRow]:
    return await _all(connection, "crew_orders", {"crew_id": crew_id, "limit": limit})


async def crew_has_order(connection: Connection, incident_id: int, crew_id: str) -> bool:
    values = {"incident_id": incident_id, "crew_id": crew_id}
    return bool((await _one(connection, "crew_has_order", values))["there"])


async def is_of_use_unit(connection: Connection, incident_id: int, party_id: str) -> bool:
    values = {"incident_id": incident_id, "party_id": party_id}
    return bool((await _one(connection, "is_of_use_unit", values))["there"])


async def _all(connection: Connection, name: str, values: Mapping[str, Any]) -> list[DictRow]:
    cursor = await connection.execute(QUERIES[name], values)
    return await cursor.fetchall()


async def _one(connection: Connection, name: str, values: Mapping[str, Any]) -> DictRow:
    cursor = await connection.execute(QUERIES[name], values)
    row = await cursor.fetchone()
    assert row is not None, f"{name} always has a row"
    return row
