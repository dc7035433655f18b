import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from liftward_detection.detector import warm_up
from liftward_detection.fleet import FleetState
from liftward_detection.thresholds import default_thresholds
from liftward_gateway.admit import Received
from liftward_gateway.batch import EVENT_LIMITS, TELEMETRY_LIMITS, BatchLimits
from liftward_gateway.care import Care
from liftward_gateway.detecting import Detector
from liftward_gateway.metrics import GatewayMetrics, PathMetrics
from liftward_gateway.pipeline import Pipeline, Shared
from liftward_gateway.quarantine import KeptRows
from liftward_gateway.recovery import Restored, restore
from liftward_gateway.registry import Registry
from liftward_gateway.shards import ShardRange
from liftward_gateway.store_link import Lane, StoreLink
from liftward_gateway.writer import database_now
from liftward_kit.clock import utc_now
from liftward_kit.database import DatabaseSettings
from liftward_kit.settings import Secret
from liftward_wire.messages import EventKind
from liftward_wire.states import Button, DoorState, DoorZone, Occupancy, ServiceMode
from liftward_wire.topics import TopicKind
from support.fleet_rows import register_lifts
from support.gateway_messages import event, received, sample

pytestmark = pytest.mark.integration

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
    care: Care
    detector: Detector


@asynccontextmanager
async def worker_paths(dsn: str) -> AsyncIterator[Paths]:
    """Both paths of a worker, without a broker."""
    warm_up()
    settings = DatabaseSettings(Secret(dsn))
    links = {lane: StoreLink(settings, lane, ALL, Random(1)) for lane in Lane}
    registry = Registry()
    detector = Detector(FleetState.empty(0), default_thresholds(), registry)
    metrics = GatewayMetrics()
    shared = Shared(ALL, registry, detector, KeptRows())
    telemetry, events = (
        Pipeline(
            shared,
            NoSource(),
            links[lane],
            limits,
            through_us=0,
            metrics=PathMetrics(metrics, lane.name.lower()),
            clock=utc_now,
        )
        for lane, limits in ((Lane.TELEMETRY, TELEMETRY_LIMITS), (Lane.EVENT, EVENT_LIMITS))
    )
    care = Care(shared, links[Lane.CARE], telemetry, events, utc_now)
    try:
        yield Paths(telemetry, events, care, detector)
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


async def restored_from(dsn: str) -> Restored:
    connection = await psycopg.AsyncConnection.connect(dsn, autocommit=True, row_factory=dict_row)
    async with connection:
        now = await database_now(connection)
        return await restore(connection, ALL, default_thresholds(), now)


@pytest.mark.parametrize("saves", [True, False])
async def test_a_restored_detector_stands_where_the_killed_one_stood(
    database_dsn: str, *, saves: bool
) -> None:
    """Saved memory plus replay is the memory of who was never killed, bit for bit."""
    keys = register_lifts(database_dsn, LIFTS)
    traffic = Traffic(seed=20, start=datetime.now(UTC) - timedelta(minutes=10))  # noqa: TID251
    async with worker_paths(database_dsn) as paths:
        for turn in range(12):
            await paths.telemetry.handle(traffic.batch(TopicKind.TELEMETRY, 25))
            await paths.events.handle(traffic.batch(TopicKind.EVENT, 4))
            if saves and turn == 6:
                assert await paths.care.save_state()
        alive = paths.detector.copy_state()
        restored = await restored_from(database_dsn)

    again = restored.detector.copy_state()
    assert [keys[lift] for lift in LIFTS] == sorted(restored.registry.lift_keys)
    for index, key in enumerate(restored.registry.lift_keys):
        place = _places(paths)[key]
        assert again.records[index].tobytes() == alive.records[place].tobytes()
        assert again.tick_due_us[index] == alive.tick_due_us[place]
    assert restored.telemetry_through_us == paths.telemetry.through_us or not saves
    names = {(row.lift_key, row.kind, row.transition, row.onset_us) for row in restored.detections}
    assert names, "the traffic concludes something after the save, or the test shows little"
    assert names <= _stored_names(database_dsn)


def _places(paths: Paths) -> dict[int, int]:
    registry = paths.detector._registry
    return {key: place for place, key in enumerate(registry.lift_keys)}


def _stored_names(dsn: str) -> set[tuple[int, str, str, int]]:
    with psycopg.connect(dsn) as connection:
        return set(
            connection.execute(
                "SELECT lift_key, kind, transition,"
                "       (extract(epoch FROM onset_at) * 1000000)::bigint FROM detection"
            ).fetchall()
        )


async def test_memory_is_not_saved_while_a_path_is_between_detecting_and_committing(
    database_dsn: str,
) -> None:
    """What is saved then would know of an alarm that the database may never get."""
    register_lifts(database_dsn, LIFTS)
    async with worker_paths(database_dsn) as paths:
        async with paths.events.lock:
            assert not await paths.care.save_state()
        assert await paths.care.save_state()
        async with asyncio.timeout(1):
            async with paths.telemetry.lock, paths.events.lock:
                pass


async def test_a_damaged_saved_state_is_replaced_by_a_replay(database_dsn: str) -> None:
    """A worker that cannot read its memory says so and builds it from the samples."""
    register_lifts(database_dsn, LIFTS)
    traffic = Traffic(seed=3, start=datetime.now(UTC) - timedelta(minutes=5))  # noqa: TID251
    async with worker_paths(database_dsn) as paths:
        await paths.telemetry.handle(traffic.batch(TopicKind.TELEMETRY, 40))
        assert await paths.care.save_state()
        with psycopg.connect(database_dsn, autocommit=True) as connection:
            connection.execute("UPDATE detector_state SET state = 'nonsense'")
        restored = await restored_from(database_dsn)

    assert (restored.detector.copy_state().records["observed_us"] > 0).sum() == len(LIFTS)
