"""The only place that runs the notification slice's SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from liftward_kit.named_sql import load_queries
from liftward_platform.notifications.chain import Step
from liftward_platform.notifications.model import HANGS_AFTER, LEASE, EndReason, Message, Outcome

Connection = AsyncConnection[DictRow]
QUERIES = load_queries("liftward_platform.notifications")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """One message on its way to one destination."""

    message: Message
    destination: str
    recipient: str
    steps: tuple[Step, ...]
    order_waits: bool


async def insert(
    connection: Connection, values: Mapping[str, Any], body: Mapping[str, Any]
) -> None:
    await connection.execute(QUERIES["insert_message"], {**values, "body": Jsonb(dict(body))})


async def insert_copy(connection: Connection, row: Mapping[str, Any]) -> None:
    await connection.execute(QUERIES["insert_copy"], {**row, "body": Jsonb(dict(row["body"]))})


async def claim_to_read(connection: Connection, now: datetime, limit: int) -> list[Message]:
    rows = await _all(connection, "claim_to_read", {"now": now, "limit": limit})
    return [Message.from_row(row) for row in rows]


async def mark_read(connection: Connection, message_ids: Sequence[int], now: datetime) -> None:
    await _run(connection, "mark_read", {"message_ids": list(message_ids), "now": now})


async def parties_concerned(connection: Connection, incident_id: int, now: datetime) -> list[str]:
    values = {"incident_id": incident_id, "now": now}
    return [row["party_id"] for row in await _all(connection, "parties_concerned", values)]


async def claim_to_push(
    connection: Connection,
    *,
    known: Sequence[str],
    busy: Sequence[str],
    at_once: int,
    limit: int,
    now: datetime,
    lease_until: datetime,
) -> list[DictRow]:
    values = {
        "known": list(known), "busy": list(busy), "at_once": at_once, "limit": limit,
        "now": now, "lease_until": lease_until,
    }  # fmt: skip
    return await _all(connection, "claim_to_push", values)


async def bundle(connection: Connection, message_id: int, limit: int) -> None:
    await _run(connection, "bundle", {"message_id": message_id, "limit": limit})


async def hold_bundle(
    connection: Connection, destination: str, channel_name: str, until: datetime
) -> None:
    values = {"destination": destination, "channel_name": channel_name, "until": until}
    await _run(connection, "hold_bundle", values)


async def messages(connection: Connection, message_ids: Sequence[int]) -> list[Message]:
    """Return these messages, each with those that go with it."""
    rows = await _all(connection, "messages_with_facts", {"message_ids": list(message_ids)})
    bundled: dict[int, list[Message]] = {}
    for row in rows:
        if row["bundled_into"] is not None:
            bundled.setdefault(row["bundled_into"], []).append(Message.from_row(row))
    heads = (Message.from_row(row) for row in rows if row["bundled_into"] is None)
    return [replace(head, bundled=tuple(bundled.get(head.message_id, ()))) for head in heads]


async def mark_sent(
    connection: Connection, message_id: int, *, now: datetime, acknowledge_by: datetime | None
) -> None:
    values = {"message_id": message_id, "now": now, "acknowledge_by": acknowledge_by}
    await _run(connection, "mark_sent", values)


async def mark_failed(
    connection: Connection,
    message_id: int,
    *,
    now: datetime,
    next_attempt_at: datetime | None,
    end_reason: EndReason | None,
    last_error: str,
) -> None:
    values = {
        "message_id": message_id, "next_attempt_at": next_attempt_at, "last_error": last_error,
        "gave_up_at": None if end_reason is None else now, "end_reason": end_reason,
    }  # fmt: skip
    await _run(connection, "mark_failed", values)


async def stop_other_channels(connection: Connection, message: Message, now: datetime) -> None:
    values = {
        "of_message_id": message.of_message_id, "destination": message.destination,
        "message_id": message.message_id, "now": now,
    }  # fmt: skip
    await _run(connection, "stop_other_channels", values)


async def end_overtaken(connection: Connection, now: datetime) -> None:
    """End what nobody need hear: by another channel, orders that are over, their withdrawals."""
    await _run(connection, "end_overtaken_channels", {"now": now})
    await _run(connection, "end_overtaken_orders", {"now": now})
    await _run(connection, "end_never_told", {"now": now})


async def end_orphans(connection: Connection, known: Sequence[str], now: datetime) -> list[DictRow]:
    return await _all(connection, "end_orphans", {"known": list(known), "now": now})


async def open_chains(connection: Connection, now: datetime, limit: int) -> list[tuple[int, str]]:
    values = {"now": now, "hung_until": now + LEASE - HANGS_AFTER, "limit": limit}
    rows = await _all(connection, "open_chains", values)
    return [(row["of_message_id"], row["destination"]) for row in rows]


async def lock_chain(
    connection: Connection, message_id: int, destination: str, now: datetime
) -> Chain | None:
    """Lock a message and return its chain; None when another engine has it."""
    values = {
        "message_id": message_id, "destination": destination, "now": now,
        "hung_until": now + LEASE - HANGS_AFTER,
    }  # fmt: skip
    rows = await _all(connection, "lock_message", values)
    if not rows:
        return None
    steps = await _all(connection, "steps_of_chain", values)
    return Chain(
        message=Message.from_row(rows[0]),
        destination=destination,
        recipient=steps[0]["recipient"],
        steps=tuple(
            Step(**{name: row[name] for name in Step.__dataclass_fields__}) for row in steps
        ),
        order_waits=bool(steps[0]["order_waits"]),
    )


async def moved_on(connection: Connection, chain: Chain, now: datetime) -> None:
    values = {
        "message_id": chain.message.message_id, "destination": chain.destination, "now": now,
        "channel_number": chain.steps[-1].channel_number,
    }  # fmt: skip
    await _run(connection, "moved_on", values)


async def register_channel(connection: Connection, values: Mapping[str, Any]) -> None:
    await _run(connection, "register_channel", values)


async def retire_channels(connection: Connection, known: Sequence[str], now: datetime) -> None:
    await _run(connection, "retire_channels", {"known": list(known), "now": now})


async def claim_test(
    connection: Connection, known: Sequence[str], now: datetime
) -> tuple[str, str] | None:
    rows = await _all(connection, "claim_test", {"known": list(known), "now": now})
    return (rows[0]["destination"], rows[0]["channel_name"]) if rows else None


async def test_begun(
    connection: Connection,
    destination: str,
    channel_name: str,
    *,
    now: datetime,
    again_at: datetime,
) -> None:
    values = {
        "destination": destination, "channel_name": channel_name, "now": now,
        "next_test_at": again_at,
    }  # fmt: skip
    await _run(connection, "test_begun", values)


async def channel_worked(connection: Connection, message: Message, now: datetime) -> bool:
    """Note a success; tell whether the channel had been failing."""
    values = {**_channel(message), "now": now, "is_test": message.is_test}
    rows = await _all(connection, "channel_worked", values)
    return bool(rows) and rows[0]["failing_since"] is not None


async def channel_failed(
    connection: Connection,
    message: Message,
    outcome: Outcome,
    *,
    now: datetime,
    throttled_until: datetime | None,
    is_failing: bool,
    retest_at: datetime,
) -> bool:
    """Note a failure; tell whether the channel begins to fail with it."""
    values = {
        **_channel(message), "now": now, "error": outcome.reason, "is_failing": is_failing,
        "throttled_until": throttled_until, "retest_at": retest_at,
    }  # fmt: skip
    rows = await _all(connection, "channel_failed", values)
    return is_failing and bool(rows) and rows[0]["failing_since"] is None


async def ask_for_test(
    connection: Connection, destination: str, channel_name: str, now: datetime
) -> bool:
    values = {"destination": destination, "channel_name": channel_name, "now": now}
    return bool(await _all(connection, "ask_for_test", values))


async def phone_of(connection: Connection, crew_id: str) -> str | None:
    rows = await _all(connection, "phone_of", {"crew_id": crew_id})
    return rows[0]["phone"] if rows else None


async def channels_shown(connection: Connection, since: datetime) -> list[DictRow]:
    return await _all(connection, "channels_shown", {"since": since})


async def orders_not_delivered(
    connection: Connection, since: datetime, limit: int
) -> list[DictRow]:
    return await _all(connection, "orders_not_delivered", {"since": since, "limit": limit})


async def waiting_by_channel(connection: Connection) -> list[DictRow]:
    return await _all(connection, "waiting_by_channel", {})


def _channel(message: Message) -> dict[str, Any]:
    return {"destination": message.destination, "channel_name": message.channel_name}


async def _all(connection: Connection, name: str, values: Mapping[str, Any]) -> list[DictRow]:
    cursor = await connection.execute(QUERIES[name], values)
    return await cursor.fetchall()


async def _run(connection: Connection, name: str, values: Mapping[str, Any]) -> None:
    await connection.execute(QUERIES[name], values)
