"""What a worker reads when it starts: the saved memory of each lift, and the rows it has not seen.

Lifts are saved at different times; each is replayed from its own place, and no lift's memory
depends on another's. After it, the detector stands where it stood at the last commit: running
timers go on, and what is concluded again has the same names as before, so the database keeps one
row of it.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import structlog

from liftward_detection.detector import warm_up as warm_up_detector
from liftward_detection.events import EventRow
from liftward_detection.thresholds import Thresholds
from liftward_gateway import mark_loop
from liftward_gateway.copy_format import COPY_HEADER, COPY_TRAILER, FULL_ROW, columns_of_rows
from liftward_gateway.detecting import Detector, gb_code_of
from liftward_gateway.registry import Fingerprint, Registry
from liftward_gateway.saved_slices import Memory, load_memory
from liftward_gateway.shards import ShardRange
from liftward_gateway.store_link import QUERIES, Connection
from liftward_gateway.writer import DetectionRow, load_registration, registration_fingerprint
from liftward_wire.columns import SampleColumns, microseconds

log = structlog.get_logger()

# Of lifts without a saved state (a first start, a new version): longer than the longest timer.
REPLAY_WITHOUT_STATE = timedelta(minutes=15)
_ROWS_PER_CHUNK = 20_000  # 6 MB


@dataclass(frozen=True, slots=True)
class Restored:
    """Where a worker goes on from."""

    registry: Registry
    fingerprint: Fingerprint
    detector: Detector
    detections: list[DetectionRow]  # concluded again, or for the first time: to be written
    telemetry_through_us: int
    event_through_us: int
    run_us: int  # names this run of the worker


@dataclass(slots=True)
class _Replay:
    """Some lifts, what their memory has not seen, and what came of it."""

    lift_keys: list[int]
    telemetry_after_us: list[int]
    event_after_us: list[int]
    recorded_since: datetime
    telemetry_through_us: int = 0
    event_through_us: int = 0
    detections: list[DetectionRow] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.telemetry_through_us = max(self.telemetry_after_us)
        self.event_through_us = max(self.event_after_us)


async def restore(
    connection: Connection, shards: ShardRange, thresholds: Thresholds, now: datetime
) -> Restored:
    """Load what was saved and replay what it has not seen; `now` is the database's clock."""
    compiling = asyncio.create_task(asyncio.to_thread(_warm_up))
    fingerprint = await registration_fingerprint(connection, shards)
    served = await load_registration(connection, shards)
    registered = {lift.lift_key for lift in served if lift.lift_key is not None}
    memory = await load_memory(connection, shards, registered)
    registry = Registry.with_lifts(memory.lift_keys.tolist())
    registry.replace(served)
    detector = Detector(memory.state, thresholds, registry)
    await compiling
    since_us = microseconds(now - REPLAY_WITHOUT_STATE)
    replays = _replays(memory, registry, now - REPLAY_WITHOUT_STATE)
    for replay in replays:
        await _replay(connection, replay, registry, detector)
    return Restored(
        registry,
        fingerprint,
        detector,
        [row for replay in replays for row in replay.detections],
        max((replay.telemetry_through_us for replay in replays), default=since_us),
        max((replay.event_through_us for replay in replays), default=since_us),
        run_us=microseconds(now),
    )


def _warm_up() -> None:
    warm_up_detector()
    mark_loop.warm_up()


def _replays(memory: Memory, registry: Registry, since: datetime) -> list[_Replay]:
    """Return the lifts with a memory, each from its own place, and apart from them the others.

    Apart, because the others reach back much further: a lift registered a moment ago must not make
    a start read a quarter of an hour of everybody's samples.
    """
    replays: list[_Replay] = []
    if memory.recorded_since is not None:
        replays.append(
            _Replay(
                memory.lift_keys.tolist(),
                memory.telemetry_after_us.tolist(),
                memory.event_after_us.tolist(),
                memory.recorded_since,
            )
        )
    others = registry.lift_keys[len(memory.lift_keys) :]
    if others:
        after_us = [microseconds(since)] * len(others)
        replays.append(_Replay(others, after_us, after_us, since))
    return replays


async def _replay(
    connection: Connection, replay: _Replay, registry: Registry, detector: Detector
) -> None:
    parameters: dict[str, Any] = {
        "recorded_since": replay.recorded_since,
        "lift_keys": replay.lift_keys,
    }
    cursor = await connection.execute(
        QUERIES["events_since"], {**parameters, "after_us": replay.event_after_us}
    )
    events = [_event_row(row, registry) for row in await cursor.fetchall()]
    parameters["after_us"] = replay.telemetry_after_us
    rows_count = done_count = 0
    async for columns in _samples(connection, parameters, registry):
        for samples, events_count in _in_order(columns, events[done_count:]):
            replay.detections += detector.observe(samples)
            if events_count:
                part = events[done_count : done_count + events_count]
                replay.detections += detector.take_events(part)
                done_count += events_count
        replay.telemetry_through_us = max(
            replay.telemetry_through_us, int(columns.received_at_us[-1])
        )
        rows_count += len(columns)
    if events[done_count:]:
        replay.detections += detector.take_events(events[done_count:])
    if events:
        replay.event_through_us = max(replay.event_through_us, events[-1].received_at_us)
    log.info(
        "state_restored",
        lifts_count=len(replay.lift_keys),
        recorded_since=replay.recorded_since.isoformat(),
        samples_count=rows_count,
        events_count=len(events),
    )


def _in_order(
    columns: SampleColumns, events: Sequence[EventRow]
) -> Iterator[tuple[SampleColumns, int]]:
    """Split samples at the arrivals of events: yield samples, and how many events come after them.

    Events later than the last sample are left for the next chunk.
    """
    arrivals = np.array([event.received_at_us for event in events], dtype=np.int64)
    places = np.searchsorted(columns.received_at_us, arrivals)
    begin = 0
    cuts, counts = np.unique(places[places < len(columns)], return_counts=True)
    for cut, count in zip(cuts, counts, strict=True):
        yield columns.select(np.arange(begin, cut)), int(count)
        begin = int(cut)
    yield columns.select(np.arange(begin, len(columns))), 0


def _event_row(row: dict[str, Any], registry: Registry) -> EventRow:
    return EventRow(
        lift_index=registry.index_of(row["lift_key"]),
        observed_at_us=microseconds(row["observed_at"]),
        received_at_us=microseconds(row["received_at"]),
        boot_id=row["boot_id"],
        sequence=row["sequence"],
        kind=row["kind"],
        gb_code=gb_code_of(row["vocabulary"], row["code"]),
        service_mode=row["service_mode"] or 0,
    )


async def _samples(connection: Connection, parameters: dict[str, Any], registry: Registry) -> Any:  # noqa: ANN401
    """Yield the samples in chunks."""
    statement = f"COPY ({QUERIES['samples_since']}) TO STDOUT (FORMAT BINARY)"
    index_of = _index_of(registry)
    waiting = bytearray()
    async with connection.cursor() as cursor, cursor.copy(statement, parameters) as copy:
        head_bytes = len(COPY_HEADER)
        async for block in copy:
            waiting += bytes(block)[head_bytes:]
            head_bytes = 0
            if len(waiting) >= _ROWS_PER_CHUNK * FULL_ROW.itemsize:
                whole_bytes = len(waiting) // FULL_ROW.itemsize * FULL_ROW.itemsize
                yield columns_of_rows(bytes(waiting[:whole_bytes]), index_of)
                del waiting[:whole_bytes]
    rest = bytes(waiting).removesuffix(COPY_TRAILER)
    if rest:
        yield columns_of_rows(rest, index_of)


def _index_of(registry: Registry) -> Callable[[npt.NDArray[np.int32]], npt.NDArray[np.int32]]:
    keys = registry.keys_array()
    order = np.argsort(keys)

    def index_of(lift_keys: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        return order[np.searchsorted(keys, lift_keys, sorter=order)].astype(np.int32)

    return index_of
