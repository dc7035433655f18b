"""The database edge of liveness. Must not know why something is believed, and never commits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from liftward_gateway.liveness.hearing import Hearing
from liftward_gateway.liveness.watch import LateData, StoredDevice
from liftward_gateway.shards import ShardRange
from liftward_gateway.store_link import Connection
from liftward_kit.named_sql import load_queries
from liftward_wire.columns import microseconds

QUERIES = load_queries("liftward_gateway.liveness")

# Any fixed number that no other advisory lock of ours uses.
DECIDING_LOCK = 0x4C57_1100


@dataclass(frozen=True, slots=True, kw_only=True)
class BeliefRow:
    """One device's new belief, as it is stored. Times in microseconds since 1970."""

    device_id: str
    belief: str
    reason: str
    since_us: int | None
    heard_us: int | None


async def load_devices(
    connection: Connection, shards: ShardRange, *, after: str, limit: int
) -> list[StoredDevice]:
    """Return what is known of the devices with ids after `after`, in order of id."""
    parameters = {"first": shards.first, "last": shards.last, "after": after, "limit": limit}
    cursor = await connection.execute(QUERIES["stored_devices"], parameters)
    return [
        StoredDevice(
            device_id=row["device_id"],
            belief=row["belief"],
            reason=row["reason"],
            since_us=_us(row["since"]),
            heard_us=_us(row["heard_at"]),
            rhythm=row["rhythm"],
            is_offline=row["is_offline"],
            status_us=_us(row["status_at"]),
            boot_id=row["boot_id"],
            heartbeat_s=row["heartbeat_s"],
            sampling_s=row["sampling_s"],
        )
        for row in await cursor.fetchall()
    ]


async def write_beliefs(connection: Connection, rows: Sequence[BeliefRow], now: datetime) -> None:
    """Store new beliefs, and begin or end the unknown time of the lifts concerned."""
    # In the order of ids, as any other writer of these rows would.
    rows = sorted(rows, key=lambda row: row.device_id)
    silent = [row.device_id for row in rows if row.belief in ("dark", "never")]
    heard = [row for row in rows if row.belief == "live"]
    async with connection.pipeline():
        await connection.execute(QUERIES["one_at_a_time"], {"lock": DECIDING_LOCK})
        await connection.execute(
            QUERIES["write_beliefs"],
            {
                "device_ids": [row.device_id for row in rows],
                "beliefs": [row.belief for row in rows],
                "reasons": [row.reason for row in rows],
                "since_us": [row.since_us for row in rows],
                "heard_us": [row.heard_us for row in rows],
                "now": now,
            },
        )
        if silent:
            await connection.execute(QUERIES["open_unknown"], {"device_ids": silent, "now": now})
        if heard:
            await connection.execute(
                QUERIES["close_unknown"],
                {
                    "device_ids": [row.device_id for row in heard],
                    "since_us": [row.since_us for row in heard],
                },
            )


async def follow_registration(connection: Connection, shards: ShardRange, now: datetime) -> None:
    """Bring unknown time in line with a registration that has changed."""
    parameters = {"first": shards.first, "last": shards.last}
    await connection.execute(QUERIES["one_at_a_time"], {"lock": DECIDING_LOCK})
    await connection.execute(QUERIES["close_reassigned"], {**parameters, "now": now})
    await connection.execute(QUERIES["open_unserved"], {**parameters, "now": now})
    cursor = await connection.execute(QUERIES["silent_devices"], parameters)
    silent = [row["device_id"] for row in await cursor.fetchall()]
    if silent:
        await connection.execute(QUERIES["open_unknown"], {"device_ids": silent, "now": now})


async def note_filled(connection: Connection, late: Sequence[LateData]) -> None:
    """Note late observations on the unknown time they reach into."""
    await connection.execute(
        QUERIES["note_filled"],
        {
            "lift_keys": [one.lift_key for one in late],
            "first_us": [one.first_us for one in late],
            "last_us": [one.last_us for one in late],
        },
    )


async def save_devices(
    connection: Connection, saved: Sequence[tuple[str, int | None, bytes]]
) -> None:
    """Save last arrival and rhythm of devices: (id, arrival, rhythm)."""
    ordered = sorted(saved)
    await connection.execute(
        QUERIES["save_devices"],
        {
            "device_ids": [device_id for device_id, _, _ in ordered],
            "heard_us": [heard_us for _, heard_us, _ in ordered],
            "rhythms": [rhythm for _, _, rhythm in ordered],
        },
    )


async def tell(
    connection: Connection,
    shards: ShardRange,
    hearing: Hearing,
    counts: Mapping[str, int],
    now: datetime,
) -> None:
    """Say how well this worker hears and what it believes in total."""
    parameters: dict[str, Any] = {
        "worker": str(shards),
        "first": shards.first,
        "last": shards.last,
        "now": now,
        "hearing": str(hearing),
        **counts,
    }
    await connection.execute(QUERIES["tell"], parameters)


async def forget_workers(connection: Connection, shards: ShardRange) -> None:
    """Forget what workers told that had some of these shards before."""
    parameters = {"worker": str(shards), "first": shards.first, "last": shards.last}
    await connection.execute(QUERIES["forget_workers"], parameters)


def _us(at: datetime | None) -> int | None:
    return None if at is None else microseconds(at)
