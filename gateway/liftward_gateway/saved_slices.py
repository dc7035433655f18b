"""What a start finds of the detector's memory: for each lift, the slice that has seen the most.

Slices of any worker that had one of our shards count, so that a range that is cut anew keeps its
memory. Knows rows. Must not know how samples are replayed.
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import structlog

from liftward_detection.fleet import FleetState, StateError
from liftward_gateway.saved_state import FORMAT, decode
from liftward_gateway.shards import ShardRange
from liftward_gateway.store_link import QUERIES, Connection

log = structlog.get_logger()

# The state is read after the database's clock, and rows are recorded after they were seen: nothing
# unseen is older. The margin is for a server whose clock is set back a little.
RECORDED_MARGIN = timedelta(seconds=5)

Keys = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Memory:
    """The memory of some lifts, and the place of each: arrays by position in `lift_keys`."""

    lift_keys: Keys
    state: FleetState
    telemetry_after_us: npt.NDArray[np.int64]
    event_after_us: npt.NDArray[np.int64]
    recorded_since: datetime | None  # None when there is no lift


@dataclass(frozen=True, slots=True)
class _Part:
    """What is used of one row."""

    row: dict[str, Any]
    keys: Keys
    state: FleetState

    def spread(self, column: str) -> npt.NDArray[np.int64]:
        return np.full(len(self.keys), self.row[column], np.int64)


async def load_memory(
    connection: Connection, shards: ShardRange, registered: Collection[int]
) -> Memory:
    """Read the memory of the registered lifts, and of all others that this worker saved itself."""
    parameters = {"first_shard": shards.first, "last_shard": shards.last}
    cursor = await connection.execute(QUERIES["slices"], parameters)
    rows = await cursor.fetchall()
    ours = np.fromiter(registered, np.int32, len(registered))
    keys_of = [np.frombuffer(row["lift_keys"], "<i4").astype(np.int32) for row in rows]
    placed = np.zeros(1 + max((int(keys.max(initial=0)) for keys in keys_of), default=0), np.bool_)
    parts: list[_Part] = []
    for row, keys in zip(rows, keys_of, strict=True):
        wanted = ~placed[keys]
        if row["worker"] != str(shards):
            wanted &= np.isin(keys, ours)
        if not wanted.any():
            continue
        try:
            state = await _state(connection, row, len(keys))
        except StateError as error:
            named = {name: row[name] for name in ("worker", "run_us", "slice")}
            log.warning("saved_state_unusable", **named, reason=str(error))
            continue
        placed[keys[wanted]] = True
        if not wanted.all():
            state = state.chosen(np.flatnonzero(wanted))
        parts.append(_Part(row, keys[wanted], state))
    if not rows:
        await _tell_of_earlier(connection, str(shards))
    return _joined(parts)


async def _state(connection: Connection, row: dict[str, Any], lift_count: int) -> FleetState:
    if row["version"] != FORMAT:
        raise StateError(f"saved as {row['version']}; this gateway reads {FORMAT}")
    parameters = {name: row[name] for name in ("worker", "run_us", "slice")}
    async with connection.cursor(binary=True) as cursor:
        await cursor.execute(QUERIES["slice_state"], parameters)
        found = await cursor.fetchone()
    assert found is not None  # only the owner of the shards deletes slices, and that is us
    return await asyncio.to_thread(decode, found["state"], lift_count)


async def _tell_of_earlier(connection: Connection, worker: str) -> None:
    cursor = await connection.execute(QUERIES["earlier_state"], {"worker": worker})
    earlier = await cursor.fetchone()
    if earlier is not None:
        reason = f"saved as a whole ({earlier['version']}); this gateway reads {FORMAT}"
        log.warning("saved_state_unusable", worker=worker, reason=reason)


def _joined(parts: list[_Part]) -> Memory:
    # Lifts of one building stand together as they did before.
    parts.sort(key=lambda part: (part.row["worker"], part.row["run_us"], part.row["slice"]))
    nothing = [np.empty(0, np.int64)]
    keys = [part.keys for part in parts]
    return Memory(
        np.concatenate(keys) if keys else np.empty(0, np.int32),
        FleetState.joined([part.state for part in parts]),
        np.concatenate([*nothing, *(part.spread("telemetry_through_us") for part in parts)]),
        np.concatenate([*nothing, *(part.spread("event_through_us") for part in parts)]),
        min((part.row["saved_at"] - RECORDED_MARGIN for part in parts), default=None),
    )
