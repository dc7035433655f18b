"""Summaries of raw samples, kept for years: figures per lift and hour, and trips.

Two steps, each bounded, repeatable and safe to be killed at any point. *Marking* goes through the
samples by the time they were recorded, from where it stopped, and notes which hours of which lifts
they change; late data is nothing special. *Rolling* takes noted hours that are over, computes each
from its raw samples as a whole, and stores it and takes the note back in one transaction. An hour
whose raw samples may be gone is never computed again: its figures stay as they are.

One program at a time does this (an advisory lock of its session); the others leave it to that one.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from liftward_kit.named_sql import load_queries
from liftward_platform.history.course import (
    HOUR,
    REACH_AFTER,
    REACH_BEFORE,
    HourCourses,
    Trips,
    hour_courses,
    trips_of,
)
from liftward_platform.history.hour_copy import hour_samples
from liftward_platform.history.hour_ranges import HourRanges, ranges_of
from liftward_wire.signals import COUNT_ABSENT

Connection = AsyncConnection[DictRow]
QUERIES = load_queries("liftward_platform.history", "summaries.sql")
SAMPLES_OF_HOURS = QUERIES["samples_of_hours"]

log = structlog.get_logger()

# Any fixed number that no other advisory lock of ours uses.
SUMMARY_LOCK = 0x4C57_0021
# A sample is recorded when its transaction begins and seen when it commits. A gateway's takes under
# a second, and the server ends one that idles for a minute.
SETTLE = timedelta(minutes=5)
# The marks of the last hour may be this old when it is rolled.
MARK_EVERY = timedelta(minutes=5)
# An hour is rolled so long after its end: what lies after it and matters is marked by then.
ROLL_AFTER = REACH_AFTER + SETTLE + MARK_EVERY
# So much recorded time is marked in one transaction, and so many of those in one go.
MARK_STEP, MARK_STEPS_MAX = timedelta(hours=1), 24
# Hours per transaction: at a sample a second they are some 50 MB in memory.
HOURS_PER_BATCH = 100
# One batch, or one mark of an hour of a whole city; then the connection is taken for lost.
STATEMENT_TIMEOUT_MS = 600_000
# Old rows deleted in one go: in a day more than a city of 300,000 lifts adds.
OLD_ROWS_MAX = 100_000
# What the column holds; a device that names a higher landing is not believed.
FLOOR_MAX = 32_767

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@asynccontextmanager
async def sole(connection: Connection) -> AsyncIterator[bool]:
    """Yield whether this program is the one that makes summaries now."""
    cursor = await connection.execute(QUERIES["try_roll_lock"], {"lock": SUMMARY_LOCK})
    row = await cursor.fetchone()
    locked = row is not None and bool(row["locked"])
    try:
        if locked:
            await connection.execute(QUERIES["allow_time"], {"timeout_ms": STATEMENT_TIMEOUT_MS})
        yield locked
    finally:
        if locked and not connection.broken and not connection.closed:
            await connection.execute(QUERIES["roll_unlock"], {"lock": SUMMARY_LOCK})


async def mark(connection: Connection, now: datetime, *, settle: timedelta = SETTLE) -> int:
    """Note the hours that samples recorded since the last mark change; return how many are new."""
    cursor = await connection.execute(QUERIES["progress"], {"settle": settle})
    progress = await cursor.fetchone()
    assert progress is not None, "the migration made the one row"
    since, target = progress["marked_until"], progress["settled_until"]
    if since < target:
        await connection.execute(QUERIES["index_recorded"])
    marked = 0
    for _ in range(MARK_STEPS_MAX):
        if since >= target:
            break
        until = min(target, since + MARK_STEP)
        marked += await _mark_step(connection, since, until)
        since = until
    if since >= target >= progress["database_now"] - settle - MARK_EVERY:
        complete_until = floor_hour(now - ROLL_AFTER)
        await connection.execute(QUERIES["set_complete"], {"complete_until": complete_until})
    return marked


async def _mark_step(connection: Connection, since: datetime, until: datetime) -> int:
    async with connection.transaction():
        cursor = await connection.execute(
            QUERIES["mark_due"],
            {"since": since, "until": until, "reach_back": REACH_AFTER, "silence": REACH_BEFORE},
        )
        await connection.execute(QUERIES["set_marked"], {"marked_until": until})
        return cursor.rowcount


async def roll(connection: Connection, now: datetime, limit: int) -> int:
    """Summarise up to `limit` noted hours that are over, the oldest first; return how many."""
    ranges = await ranges_of(connection)
    rolled = 0
    while rolled < limit:
        batch = min(HOURS_PER_BATCH, limit - rolled)
        cursor = await connection.execute(
            QUERIES["due_hours"], {"until": now - ROLL_AFTER - HOUR, "limit": batch}
        )
        due = [(row["lift_key"], row["hour_start"]) for row in await cursor.fetchall()]
        await _roll_batch(connection, ranges, due)
        rolled += len(due)
        if len(due) < batch:
            break
    return rolled


Due = Sequence[tuple[int, datetime]]


async def _roll_batch(connection: Connection, ranges: HourRanges, due: Due) -> None:
    """Summarise these hours; one that cannot be is given up loudly and keeps no other waiting."""
    if not due:
        return
    lift_keys, hours = [key for key, _ in due], [hour for _, hour in due]
    keys: dict[str, list[Any]] = {"lift_keys": lift_keys, "hours": hours}
    try:
        await ranges.prepare(connection, hours)
        async with connection.transaction():
            courses, trips = await _computed(connection, keys, hours)
            await _store(connection, due, courses, trips)
            heard = [key for key, count in zip(due, courses.samples_count, strict=True) if count]
            await ranges.store(connection, [key for key, _ in heard], [hour for _, hour in heard])
            await connection.execute(QUERIES["done_hours"], keys)
    except (psycopg.DataError, psycopg.IntegrityError, ValueError):
        if len(due) > 1:
            half = len(due) // 2
            await _roll_batch(connection, ranges, due[:half])
            await _roll_batch(connection, ranges, due[half:])
            return
        log.exception("hour_not_summarised", lift_key=lift_keys[0], hour=hours[0].isoformat())
        await connection.execute(QUERIES["done_hours"], keys)


async def _computed(
    connection: Connection, keys: dict[str, list[Any]], hours: Sequence[datetime]
) -> tuple[HourCourses, Trips]:
    statement = f"COPY ({SAMPLES_OF_HOURS}) TO STDOUT (FORMAT BINARY)"
    values = {**keys, "before": REACH_BEFORE, "through": HOUR + REACH_AFTER}
    async with connection.cursor() as cursor, cursor.copy(statement, values) as copy:
        copied = b"".join([bytes(block) async for block in copy])
    # In a thread: the rescue's modules share this process and must not wait for arithmetic.
    return await asyncio.to_thread(_figures, copied, hours)


def _figures(copied: bytes, hours: Sequence[datetime]) -> tuple[HourCourses, Trips]:
    samples = hour_samples(copied)
    hours_us = np.array([(hour - _EPOCH) // _MICROSECOND for hour in hours], dtype=np.int64)
    return hour_courses(samples, hours_us), trips_of(samples, hours_us)


async def _store(connection: Connection, due: Due, courses: HourCourses, trips: Trips) -> None:
    heard: list[int] = np.flatnonzero(courses.samples_count).tolist()
    await connection.execute(
        QUERIES["store_course"],
        {
            "lift_keys": [due[number][0] for number in heard],
            "hours": [due[number][1] for number in heard],
            "heard_us": courses.heard_us[heard].tolist(),
            "mode_us": [Jsonb(_by_mode(courses.mode_us[number].tolist())) for number in heard],
            "trips_counts": [_whole(value) for value in courses.trips[heard].tolist()],
            "door_cycles_counts": [_whole(value) for value in courses.door_cycles[heard].tolist()],
            "run_times_s": [_real(value) for value in courses.run_time_s[heard].tolist()],
            "distances_m": [_real(value) for value in courses.distance_m[heard].tolist()],
            "breaks_counts": courses.breaks_count[heard].tolist(),
        },
    )
    keys = {"lift_keys": [key for key, _ in due], "hours": [hour for _, hour in due]}
    await connection.execute(QUERIES["clear_trips"], keys)
    async with connection.cursor() as cursor, cursor.copy(QUERIES["copy_trips"]) as copy:
        for row in _trip_rows(trips, [key for key, _ in due]):
            await copy.write_row(row)


def _trip_rows(trips: Trips, lift_keys: Sequence[int]) -> list[tuple[object, ...]]:
    columns = (
        [lift_keys[number] for number in trips.number.tolist()],
        [_moment(value) for value in trips.started_us.tolist()],
        [_moment(value) for value in trips.ended_us.tolist()],
        [_floor(value) for value in trips.from_floor.tolist()],
        [_floor(value) for value in trips.to_floor.tolist()],
        [_real(value) for value in trips.moving_s.tolist()],
        [_real(value) for value in trips.speed_max_mps.tolist()],
        [_real(value) for value in trips.load_max_kg.tolist()],
        trips.samples_count.tolist(),
    )
    return list(zip(*columns, strict=True))


def _by_mode(mode_us: Sequence[int]) -> dict[str, int]:
    return {str(code): heard for code, heard in enumerate(mode_us) if heard}


def _real(value: float) -> float | None:
    return None if np.isnan(value) else value


def _whole(value: float) -> int | None:
    return None if np.isnan(value) else int(value)


def _floor(value: int) -> int | None:
    return value if -FLOOR_MAX <= value <= FLOOR_MAX else None  # COUNT_ABSENT is far outside


def _moment(value_us: int) -> datetime | None:
    return None if value_us == COUNT_ABSENT else _EPOCH + value_us * _MICROSECOND


def floor_hour(moment: datetime) -> datetime:
    """Return the beginning of the hour (UTC) that a moment lies in."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


async def forget_summaries(connection: Connection, cutoff: datetime) -> int:
    """Delete summaries of hours and trips before the cutoff, a bite of them; return how many."""
    ranges = await ranges_of(connection)
    values = {"cutoff": cutoff, "limit": OLD_ROWS_MAX}
    async with connection.transaction():
        courses = await connection.execute(QUERIES["delete_old_courses"], values)
        trips = await connection.execute(QUERIES["delete_old_trips"], values)
        others = await ranges.forget(connection, cutoff, OLD_ROWS_MAX)
    return courses.rowcount + trips.rowcount + others


async def is_unfinished(connection: Connection, before: datetime) -> bool:
    """Tell whether samples before this are still needed for a summary."""
    values = {"before": before, "stands_still": timedelta(days=1)}
    row = await (await connection.execute(QUERIES["unfinished"], values)).fetchone()
    return row is not None and bool(row["unfinished"])


async def samples_kept_from(connection: Connection, moment: datetime) -> None:
    """Say that samples before this may go: nothing is computed from them any more."""
    await connection.execute(QUERIES["forget_before"], {"kept_from": moment})
