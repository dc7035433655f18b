"""Evidence: the samples and events around an incident, pinned for as long as the incident is kept.

While the incident is open its window is kept anew every few minutes. When it is closed, and what
was under way has come, the window's SHA-256 enters the lift's ledger, and that version never
changes again. Samples that come even later (a device that was offline) make a further version with
a ledger entry of its own. Once the raw samples may be gone, what is pinned is what there is.
"""

import asyncio
import hashlib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_kit.named_sql import load_queries
from liftward_platform.access.model import ENGINE_ACTOR_ID
from liftward_platform.errors import NotFoundError
from liftward_platform.history.evidence_content import (
    EVENTS_MAX,
    FORMAT,
    SAMPLES_MAX,
    Window,
    decode_window,
    encode,
    window_around,
)
from liftward_platform.history.model import SampleWindow
from liftward_platform.ledger import service as ledger
from liftward_platform.ledger.model import EntryKind, NewEntry

Connection = AsyncConnection[DictRow]
QUERIES = load_queries("liftward_platform.history", "evidence.sql")

# An open window grows; what is not pinned yet is still among the raw samples.
LOOK_EVERY = timedelta(minutes=5)
# Data takes seconds to come; the ledger names what was there this long after the window's end.
LEDGER_AFTER = timedelta(minutes=10)
# Later data is refused by the gateway after seven days; a day more for a slow queue.
LATE_MAX, LATE_LOOK_EVERY = timedelta(days=8), timedelta(hours=1)
# Incidents begun at the same time are committed in any order: far fewer than these.
LOOK_BACK_INCIDENTS = 10_000
VERSIONS_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """An incident whose window is due for a look."""

    incident_id: int
    lift_key: int
    lift_id: str
    onset_at: datetime
    closed_at: datetime | None
    kept_from: datetime

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Watched":
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})


async def watch_new(connection: Connection, limit: int) -> None:
    """Begin to watch the windows of new incidents."""
    values = {"look_back": LOOK_BACK_INCIDENTS, "limit": limit}
    await connection.execute(QUERIES["watch_new"], values)


async def claim(connection: Connection, now: datetime, tried: Sequence[int]) -> Watched | None:
    """Lock and return a window that is due for a look."""
    cursor = await connection.execute(QUERIES["claim"], {"now": now, "tried": list(tried)})
    row = await cursor.fetchone()
    return None if row is None else Watched.from_row(row)


async def pin(connection: Connection, watched: Watched, now: datetime) -> None:
    """Keep the window as it is now, if it changed, in the caller's transaction."""
    window = window_around(watched.onset_at, watched.closed_at, now)
    latest = await _one(connection, "latest", incident_id=watched.incident_id)
    final = watched.closed_at is not None and now >= window.end + LEDGER_AFTER
    raw_gone = watched.kept_from > window.start
    named = latest is not None and latest["in_ledger"]
    if latest is None or (not raw_gone and await _changed(connection, watched, window, latest)):
        version = 1 if latest is None else latest["version"] + named
        await _keep(connection, watched, window, version, now, final=final, raw_gone=raw_gone)
    elif final and not named:
        # Nothing new came, or nothing new can be read: what is pinned is what the ledger names.
        await _name(connection, watched, latest, now)
    await _look_again(connection, watched, window, now, final=final, raw_gone=raw_gone)


async def _changed(
    connection: Connection, watched: Watched, window: Window, latest: DictRow
) -> bool:
    if (latest["window_from"], latest["window_to"]) != (window.start, window.end):
        return True
    count = await _one(connection, "count_window", **_bounds(watched, window))
    assert count is not None, "a SELECT of scalars always has a row"
    there = min(count["samples_count"], SAMPLES_MAX), min(count["events_count"], EVENTS_MAX)
    return there != (latest["samples_count"], latest["events_count"])


async def _keep(
    connection: Connection, watched: Watched, window: Window, version: int, now: datetime,
    *, final: bool, raw_gone: bool,
) -> None:  # fmt: skip
    bounds = _bounds(watched, window)
    samples = await _all(connection, "samples", **bounds, limit=SAMPLES_MAX + 1)
    events = await _all(connection, "events", **bounds, limit=EVENTS_MAX + 1)
    cut = len(samples) > SAMPLES_MAX or len(events) > EVENTS_MAX
    complete = not (cut or raw_gone or _cut_short(watched, window))
    # In a thread: the rescue's modules share this process.
    content, packed = await asyncio.to_thread(
        _packed, watched, window, samples, events, complete=complete
    )
    row = {
        "incident_id": watched.incident_id,
        "version": version,
        "window_from": window.start,
        "window_to": window.end,
        "samples_count": min(len(samples), SAMPLES_MAX),
        "events_count": min(len(events), EVENTS_MAX),
        "complete": complete,
        "sha256": hashlib.sha256(content).digest(),
        "content_bytes": len(content),
        "content": packed,
        "now": now,
        "in_ledger": False,
    }
    await connection.execute(QUERIES["pin"], row)
    if final:
        await _name(connection, watched, row, now)


def _packed(
    watched: Watched, window: Window, samples: Sequence[DictRow], events: Sequence[DictRow],
    *, complete: bool,
) -> tuple[bytes, bytes]:  # fmt: skip
    content = encode(
        watched.incident_id, watched.lift_id, window, samples, events, complete=complete
    )
    return content, zlib.compress(content)


def _cut_short(watched: Watched, window: Window) -> bool:
    """Tell whether the limit of length ended the window before the incident did."""
    return watched.closed_at is not None and watched.closed_at > window.end


async def _name(
    connection: Connection, watched: Watched, row: Mapping[str, Any], now: datetime
) -> None:
    """Let the ledger name a version; from now on it does not change."""
    values = {"incident_id": watched.incident_id, "version": row["version"]}
    await connection.execute(QUERIES["name_in_ledger"], values)
    await ledger.append(
        connection,
        NewEntry(
            lift_key=watched.lift_key,
            kind=EntryKind.EVIDENCE_PINNED,
            occurred_at=now,
            recorded_at=now,
            actor=ENGINE_ACTOR_ID,
            incident_id=watched.incident_id,
            body={
                "format": FORMAT,
                "version": row["version"],
                "sha256": bytes(row["sha256"]).hex(),
                "window_from": row["window_from"].isoformat(),
                "window_to": row["window_to"].isoformat(),
                "samples_count": row["samples_count"],
                "events_count": row["events_count"],
            },
        ),
    )


async def _look_again(
    connection: Connection, watched: Watched, window: Window, now: datetime,
    *, final: bool, raw_gone: bool,
) -> None:  # fmt: skip
    if watched.closed_at is None:
        next_look_at = now + LOOK_EVERY
    elif not final:
        next_look_at = window.end + LEDGER_AFTER
    elif raw_gone or now > window.end + LATE_MAX:
        values = {"incident_id": watched.incident_id, "now": now}
        await connection.execute(QUERIES["settle"], values)
        return
    else:
        next_look_at = now + LATE_LOOK_EVERY
    values = {"incident_id": watched.incident_id, "next_look_at": next_look_at}
    await connection.execute(QUERIES["look_again"], values)


async def erase_old(connection: Connection, cutoff: datetime, limit: int) -> int:
    """Erase contents pinned before the cutoff; return how many. Hashes stay."""
    values = {"cutoff": cutoff, "limit": limit}
    return (await connection.execute(QUERIES["erase_old"], values)).rowcount


async def versions(connection: Connection, incident_id: int) -> list[DictRow]:
    """Return what is pinned to an incident, without the contents."""
    return await _all(connection, "versions", incident_id=incident_id, limit=VERSIONS_MAX)


async def content(
    connection: Connection, incident_id: int, version: int | None = None
) -> tuple[bytes, str]:
    """Return the document of a version (the last one by default) and its SHA-256 in hex.

    Raises
    ------
    NotFoundError
        When nothing is pinned, there is no such version, or its time was over.
    """
    row = await _one(connection, "content", incident_id=incident_id, version=version)
    if row is None:
        raise NotFoundError("evidence_unknown", f"nothing of that is pinned to {incident_id}")
    if row["content"] is None:
        raise NotFoundError("evidence_erased", "its time was over; the ledger keeps its hash")
    return zlib.decompress(row["content"]), bytes(row["sha256"]).hex()


async def samples_kept(connection: Connection, moment: datetime) -> bool:
    """Tell whether the raw samples of a moment are still there."""
    gone = await _one(connection, "gone", moment=moment)
    return gone is None or not gone["gone"]


async def pinned_window(
    connection: Connection, incident_id: int, *, start: datetime, end: datetime, limit: int
) -> SampleWindow | None:
    """Return samples of the pinned window when the raw ones may be gone; None: read those."""
    if await samples_kept(connection, start):
        return None
    row = await _one(connection, "content", incident_id=incident_id, version=None)
    if row is None or row["content"] is None:
        return None
    document = zlib.decompress(row["content"])
    return await asyncio.to_thread(decode_window, document, start=start, end=end, limit=limit)


def _bounds(watched: Watched, window: Window) -> dict[str, Any]:
    return {"lift_key": watched.lift_key, "start": window.start, "end": window.end}


async def _one(connection: Connection, query: str, **values: Any) -> DictRow | None:  # noqa: ANN401 - SQL parameters
    return await (await connection.execute(QUERIES[query], values)).fetchone()


async def _all(connection: Connection, query: str, **values: Any) -> list[DictRow]:  # noqa: ANN401 - SQL parameters
    return await (await connection.execute(QUERIES[query], values)).fetchall()
