"""Samples of random lives in a real database, and the modules that summarise them."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.engine.modules import Summaries
from liftward_wire.states import DoorState
from support.summary_twin import Hour, Sample, Trip

Connection = AsyncConnection[DictRow]
HOUR = timedelta(hours=1)

_COPY = """
COPY sample (lift_key, observed_at, received_at, boot_id, sequence, service_mode, car_door, floor,
             trips_count, door_cycles_count, run_time_h, position_m, speed_mps, load_kg) FROM STDIN
"""


async def store(
    connection: Connection,
    lift_key: int,
    life: Sequence[Sample],
    only: Collection[int] | None = None,
) -> None:
    """Write a life's samples as a gateway would, or those with these sequence numbers."""
    async with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for sequence, sample in enumerate(life):
            if only is not None and sequence not in only:
                continue
            await copy.write_row(
                (
                    lift_key, sample.at, sample.at, 1, sequence, sample.mode or None,
                    DoorState.OPEN.code if sample.door_open else None, sample.floor, sample.trips,
                    sample.door_cycles, sample.run_time_h, sample.position_m, sample.speed_mps,
                    sample.load_kg,
                )
            )  # fmt: skip


def summaries(keep_days: int = 36_525) -> Summaries:
    """The module that has no writers to wait for: what is committed is all there is."""
    return Summaries(keep_days, settle=timedelta(0))


async def summarise(connection: Connection, now: datetime) -> int:
    """Summarise everything that is over at `now`; return how many hours were."""
    module, total = summaries(), 0
    while rolled := await module.run(connection, now, 50):
        total += rolled
    return total


async def hours_of(connection: Connection, lift_key: int) -> dict[datetime, DictRow]:
    cursor = await connection.execute(
        "SELECT * FROM lift_hour WHERE lift_key = %s ORDER BY hour_start", [lift_key]
    )
    return {row["hour_start"]: row for row in await cursor.fetchall()}


async def trips_of(connection: Connection, lift_key: int) -> list[Trip]:
    cursor = await connection.execute(
        "SELECT * FROM lift_trip WHERE lift_key = %s ORDER BY started_at", [lift_key]
    )
    return [
        Trip(
            row["started_at"], row["ended_at"], row["from_floor"], row["to_floor"],
            row["moving_s"], row["speed_max_mps"], row["load_max_kg"], row["samples_count"],
        )
        for row in await cursor.fetchall()
    ]  # fmt: skip


def figures(row: DictRow) -> tuple[object, ...]:
    """What the twin knows of a stored hour, in the twin's words."""
    return (
        row["samples_count"], {int(mode): us for mode, us in row["mode_us"].items()},
        row["heard_us"], row["trips_count"], row["door_cycles_count"], row["run_time_s"],
        row["counter_breaks_count"], row["distance_m"],
    )  # fmt: skip


def expected_figures(hour: Hour) -> tuple[object, ...]:
    """The twin's hour in the order of `figures`."""
    return (
        hour.samples_count, hour.mode_us, sum(hour.mode_us.values()), hour.trips,
        hour.door_cycles, None if hour.run_time_h is None else hour.run_time_h * 3600,
        hour.breaks_count, hour.distance_m,
    )  # fmt: skip


async def snapshot(connection: Connection) -> tuple[list[DictRow], list[DictRow]]:
    """All hours and all trips."""
    hours = await connection.execute("SELECT * FROM lift_hour ORDER BY lift_key, hour_start")
    trips = await connection.execute("SELECT * FROM lift_trip ORDER BY lift_key, started_at")
    return await hours.fetchall(), await trips.fetchall()
