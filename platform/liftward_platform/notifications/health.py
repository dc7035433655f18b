"""How the channels are doing, for people: what was sent last, what waits, what does not work."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.errors import ConflictError, NotFoundError
from liftward_platform.notifications import store

Connection = AsyncConnection[DictRow]

# What was given up, and which crews could not be told: shown for so long.
SHOWN_FOR = timedelta(hours=24)
ORDERS_MAX = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelHealth:
    """One channel of one destination. An age of None: never."""

    destination: str
    channel_name: str
    kind: str
    who: str
    recipient: str
    channel_number: int
    language: str
    failing_since: datetime | None
    throttled_until: datetime | None
    last_error: str | None
    last_sent_at: datetime | None
    last_sent_age_s: float | None
    last_failed_at: datetime | None
    last_test_at: datetime | None
    last_test_sent_at: datetime | None
    last_test_sent_age_s: float | None
    next_test_at: datetime | None
    waiting_count: int
    oldest_waiting_age_s: float | None
    gave_up_count: int

    @classmethod
    def from_row(cls, row: DictRow, now: datetime) -> "ChannelHealth":
        ages: dict[str, Any] = {
            "last_sent_age_s": _age_s(row["last_sent_at"], now),
            "last_test_sent_age_s": _age_s(row["last_test_sent_at"], now),
            "oldest_waiting_age_s": _age_s(row["oldest_at"], now),
        }
        names = cls.__dataclass_fields__
        return cls(**{name: ages[name] if name in ages else row[name] for name in names})


@dataclass(frozen=True, slots=True, kw_only=True)
class LostOrder:
    """An order of a running incident that reached nobody at its crew."""

    order_id: int
    incident_id: int
    crew_id: str
    crew_name: str
    ended_at: datetime


async def channels(connection: Connection, now: datetime) -> list[ChannelHealth]:
    """Return every channel, those that do not work first."""
    rows = await store.channels_shown(connection, now - SHOWN_FOR)
    return [ChannelHealth.from_row(row, now) for row in rows]


async def lost_orders(connection: Connection, now: datetime) -> list[LostOrder]:
    """Return the orders that reached nobody, of incidents that are not over, the latest first."""
    rows = await store.orders_not_delivered(connection, now - SHOWN_FOR, ORDERS_MAX)
    return [LostOrder(**row) for row in rows]


async def ask_for_test(
    connection: Connection, destination: str, channel_name: str, now: datetime
) -> None:
    """Have the engine test a channel now.

    Raises
    ------
    NotFoundError
        When there is no such channel.
    ConflictError
        When its document says that it is not tested.
    """
    known = {
        (one.destination, one.channel_name): one.next_test_at
        for one in await channels(connection, now)
    }
    if (destination, channel_name) not in known:
        raise NotFoundError("channel_unknown", f"no channel {channel_name!r} of {destination!r}")
    if known[destination, channel_name] is None:
        raise ConflictError(
            "channel_not_tested", f"{destination!r} has test_every_h = 0: nobody to send a test to"
        )
    await store.ask_for_test(connection, destination, channel_name, now)


async def phone_of(connection: Connection, crew_id: str) -> str | None:
    """Return a crew's telephone number, None without one. Not for logs."""
    return await store.phone_of(connection, crew_id)


def _age_s(at: datetime | None, now: datetime) -> float | None:
    return None if at is None else max(0.0, round((now - at).total_seconds(), 3))
