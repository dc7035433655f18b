"""Both paths of a worker without a broker, random traffic for them, and what they remember.

A test hands messages over by hand and "kills" a worker by going on with another one.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import psycopg
from psycopg.rows import dict_row

from liftward_detection.detector import tick
from liftward_detection.fleet import FleetState
from liftward_detection.thresholds import default_thresholds
from liftward_gateway.admit import Received
from liftward_gateway.batch import EVENT_LIMITS, TELEMETRY_LIMITS, BatchLimits
from liftward_gateway.detecting import Detector
from liftward_gateway.metrics import GatewayMetrics, PathMetrics
from liftward_gateway.pipeline import Pipeline, Shared
from liftward_gateway.quarantine import KeptRows
from liftward_gateway.recovery import Restored, restore
from liftward_gateway.registry import Registry
from liftward_gateway.saving import LIFTS_PER_SLICE, StateSaver
from liftward_gateway.shards import ShardRange
from liftward_gateway.store_link import Lane, StoreLink
from liftward_gateway.writer import database_now
from liftward_kit.clock import utc_now
from liftward_kit.database import DatabaseSettings
from liftward_kit.settings import Secret
from liftward_wire.messages import EventKind
from liftward_wire.states import Button, DoorState, DoorZone, Occupancy, ServiceMode
from liftward_wire.topics import TopicKind
from support.gateway_messages import event, received, sample

ALL = ShardRange(0, 255)
LIFTS = [f"REST-{number}" for number in range(4)]


class NoSource:
    """Messages are given to the pipelines by hand."""

    async def next_batch(self, limits: BatchLimits, *, wait_s: float) -> list[Received]:
        raise AssertionError(f"not used: {limits}, {wait_s}")

    def acknowledge(self, messages: Sequence[Received]) -> None:
        raise AssertionError(f"not used: {messages}")


@dataclass
class Paths:
    telemetry: Pipeline
    events: Pipeline
    saver: StateSaver
    detector: Detector
    registry: Registry
    restored: Restored


@asynccontextmanager
async def worker_paths(
    dsn: str, *, shards: ShardRange = ALL, lifts_per_slice: int = LIFTS_PER_SLICE
) -> AsyncIterator[Paths]:
    """Both paths of a worker, without a broker, from what the database has."""
    settings = DatabaseSettings(Secret(dsn))
    links = {lane: StoreLink(settings, lane, shards, Random(1)) for lane in Lane}
    restored = await restored_from(dsn, shards)
    registry, detector = restored.registry, restored.detector
    metrics = GatewayMetrics()
    shared = Shared(shards, registry, detector, KeptRows())
    telemetry, events = (
        Pipeline(
            shared,
            NoSource(),
            links[lane],
            limits,
            through_us=through_us,
            metrics=PathMetrics(metrics, lane.name.lower()),
            clock=utc_now,
        )
        for lane, limits, through_us in (
            (Lane.TELEMETRY, TELEMETRY_LIMITS, restored.telemetry_through_us),
            (Lane.EVENT, EVENT_LIMITS, restored.event_through_us),
        )
    )
    saver = StateSaver(
        shared,
        links[Lane.CARE],
        telemetry,
        events,
        run_us=restored.run_us,
        lifts_per_slice=lifts_per_slice,
    )
    try:
        await events.store_detections(restored.detections)
        yield Paths(telemetry, events, saver, detector, registry, restored)
    finally:
        for link in links.values():
            await link.close()


def random_signals(rng: Random) -> dict[str, Any]:
    return {
        "service_mode": rng.choice([ServiceMode.UNKNOWN, ServiceMode.NORMAL]),
        "speed_mps": rng.choice([None, 0.0, 1.1]),
        "position_m": rng.choice([None, 3.3, 7.123]),
        "floor": rng.choice([None, -1, 4]),
        "car_door": rng.choice([DoorState.CLOSED, DoorState.OPEN, DoorState.UNKNOWN]),
        "door_zone": rng.choice(list(DoorZone)),
        "occupancy": rng.choice(list(Occupancy)),
        "load_kg": rng.choice([None, 80.0]),
        "alarm_button": rng.choice(list(Button)),
        "trips_count": rng.choice([None, 2**40]),
    }


class Traffic:
    """Random messages of some lifts, with late and repeated ones, in order of arrival."""

    def __init__(self, seed: int, start: datetime) -> None:
        self._rng, self._now = Random(seed), start
        self._sequences = {(lift, kind): 0 for lift in LIFTS for kind in TopicKind}

    def batch(self, kind: TopicKind, count: int) -> list[Received]:
        return [self._message(kind) for _ in range(count)]

    def _message(self, kind: TopicKind) -> Received:
        rng = self._rng
        self._now += timedelta(milliseconds=rng.choice([1, 900, 4_000]))
        lift = rng.choice(LIFTS)
        sequence = self._sequences[lift, kind] = self._sequences[lift, kind] + rng.choice([0, 1, 2])
        at = self._now - timedelta(seconds=rng.choice([0, 0, 2, 60]))
        if kind is TopicKind.TELEMETRY:
            message: Any = sample(at, sequence=sequence, **random_signals(rng))
        else:
            word = rng.choice([EventKind.FAULT_RAISED, EventKind.FAULT_CLEARED])
            message = event(at, word, sequence=sequence, code=rng.choice(["04", "41", "90"]))
        return received(lift, kind, message, self._now)


async def restored_from(dsn: str, shards: ShardRange = ALL) -> Restored:
    connection = await psycopg.AsyncConnection.connect(dsn, autocommit=True, row_factory=dict_row)
    async with connection:
        now = await database_now(connection)
        return await restore(connection, shards, default_thresholds(), now)


def renewed(state: FleetState) -> FleetState:
    """Return a copy in which what rests on limits is worked out anew, as a start does."""
    fresh = FleetState.from_bytes(state.to_bytes())
    assert not list(tick(fresh, -(2**62), default_thresholds()).rows())
    return fresh


def memories(detector: Detector, registry: Registry) -> dict[int, bytes]:
    """Return each lift's record, as a start would have it, by lift key."""
    records = renewed(detector.copy_state()).records
    return {key: records[place].tobytes() for place, key in enumerate(registry.lift_keys)}


def stored_names(dsn: str) -> list[tuple[Any, ...]]:
    """Return the names of all transitions that are stored."""
    with psycopg.connect(dsn) as connection:
        return connection.execute(
            "SELECT lift_key, kind, transition, level, onset_at, detected_at FROM detection"
            " ORDER BY 1, 2, 3, 4, 5"
        ).fetchall()


def minutes_ago(minutes: int) -> datetime:
    return datetime.now(UTC) - timedelta(minutes=minutes)  # noqa: TID251 - arrivals of today


async def one_turn(paths: Paths, traffic: Traffic) -> None:
    await paths.telemetry.handle(traffic.batch(TopicKind.TELEMETRY, 25))
    await paths.events.handle(traffic.batch(TopicKind.EVENT, 4))
