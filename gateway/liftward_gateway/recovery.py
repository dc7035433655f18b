"""What a worker reads when it starts: the saved detector state, and the rows recorded since.

After it, the detector stands where it stood at the last commit: running timers go on, and what is
concluded again has the same names as before, so the database keeps one row of it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import structlog

from liftward_detection.detector import warm_up as warm_up_detector
from liftward_detection.events import EventRow
from liftward_detection.fleet import FleetState, StateError
from liftward_detection.thresholds import Thresholds
from liftward_gateway import mark_loop
from liftward_gateway.admit import from_microseconds
from liftward_gateway.copy_format import COPY_HEADER, COPY_TRAILER, FULL_ROW, columns_of_rows
from liftward_gateway.detecting import Detector, gb_code_of
from liftward_gateway.registry import Registry
from liftward_gateway.saved_state import FORMAT, decode
from liftward_gateway.shards import ShardRange
from liftward_gateway.store_link import QUERIES, Connection
from liftward_gateway.writer import DetectionRow, load_registration
from liftward_wire.columns import SampleColumns, microseconds

log = structlog.get_logger()

# The state is read after the database's clock, and rows are recorded after they were seen: nothing
# unseen is older. The margin is for a server whose clock is set back a little.
RECORDED_MARGIN = timedelta(seconds=5)
# Without a saved state (a first start, a new version): longer than the longest detection timer.
REPLAY_WITHOUT_STATE = timedelta(minutes=15)
_ROWS_PER_CHUNK = 20_000  # 6 MB


@dataclass(frozen=True, slots=True)
class Restored:
    """Where a worker goes on from."""

    registry: Registry
    detector: Detector
    detections: list[DetectionRow]  # concluded again, or for the first time: to be written
    telemetry_through_us: int
    event_through_us: int


@dataclass(slots=True)
class _Start:
    """What the saved state says, or what stands in for it."""

    registry: Registry
    state: FleetState
    recorded_since: datetime
    telemetry_through_us: int
    event_through_us: int


async def restore(
    connection: Connection, shards: ShardRange, thresholds: Thresholds, now: datetime
) -> Restored:
    """Load the saved state and replay what it has not seen; `now` is the database's clock."""
    start = await _start(connection, str(shards), now)
    start.registry.replace(await load_registration(connection, shards))
    detector = Detector(start.state, thresholds, start.registry)
    warm_up_detector()
    mark_loop.warm_up()
    restored = Restored(
        start.registry, detector, [], start.telemetry_through_us, start.event_through_us
    )
    return await _replay(connection, restored, start)


async def _start(connection: Connection, worker: str, now: datetime) -> _Start:
    cursor = await connection.execute(QUERIES["load_state"], {"worker": worker})
    row = await cursor.fetchone()
    if row is not None and row["version"] == FORMAT:
        try:
            saved, state = decode(row["state"])
        except StateError as error:
            log.warning("saved_state_unusable", reason=str(error))
        else:
            return _Start(
                Registry.with_lifts(saved.keys()),
                state,
                row["saved_at"] - RECORDED_MARGIN,
                saved.telemetry_through_us,
                saved.event_through_us,
            )
    since = now - REPLAY_WITHOUT_STATE
    since_us = microseconds(since)
    return _Start(Registry(), FleetState.empty(0), since, since_us, since_us)


async def _replay(connection: Connection, restored: Restored, start: _Start) -> Restored:
    parameters: dict[str, Any] = {
        "recorded_since": start.recorded_since,
        "lift_keys": start.registry.lift_keys,
    }
    after = from_microseconds(start.event_through_us)
    cursor = await connection.execute(QUERIES["events_since"], {**parameters, "after": after})
    events = [_event_row(row, start.registry) for row in await cursor.fetchall()]
    detections, detector = restored.detections, restored.detector
    telemetry_through_us, rows_count = start.telemetry_through_us, 0
    done_count = 0
    after = from_microseconds(start.telemetry_through_us)
    async for columns in _samples(connection, {**parameters, "after": after}, start.registry):
        for samples, events_count in _in_order(columns, events[done_count:]):
            detections += detector.observe(samples)
            if events_count:
                part = events[done_count : done_count + events_count]
                detections += detector.take_events(part)
                done_count += events_count
        telemetry_through_us = int(columns.received_at_us[-1])
        rows_count += len(columns)
    if events[done_count:]:
        detections += detector.take_events(events[done_count:])
    log.info("state_restored", samples_count=rows_count, events_count=len(events))
    event_through_us = events[-1].received_at_us if events else start.event_through_us
    return Restored(restored.registry, detector, detections, telemetry_through_us, event_through_us)


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
