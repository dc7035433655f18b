"""Committed samples per second of the gateway, beside a plain aiomqtt + psycopg loop.

Both drain the same kind of backlog from the same real broker into the same real PostgreSQL with
fsync and synchronous_commit on: the durable session is made, messages are published, then the
consumer starts. The rate is rows over the time between the first and the last commit, so neither
the start nor the generator is in it.
"""

import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import naive_ingest
from ingest_stage import Stage, stage

from liftward_kit.clock import utc_now
from liftward_runtime.bench.command import BenchOptions
from liftward_wire.codec import encode
from liftward_wire.messages import Batch, Sample
from liftward_wire.states import Direction, DoorState, DoorZone, Occupancy, ServiceMode
from liftward_wire.topics import Topic, TopicKind
from support.children import Child
from support.directories import open_folder
from support.polling import eventually
from support.processes import clean_environ, liftward_processes

LIFTS_COUNT = 200
ROWS_PER_BATCH = 50
_DRAIN_WITHIN_S = 240.0
_NAIVE = Path(__file__).with_name("naive_ingest.py")


def measure(options: BenchOptions) -> dict[str, Any]:
    """Measure both consumers on single samples, and the gateway on batches."""
    singles, batches = (10_000, 2_000) if options.quick else (60_000, 20_000)
    naive_singles = singles // 5  # the naive loop is slow; a rate needs no more
    with stage(lifts_count=LIFTS_COUNT) as ground:
        naive = _naive_rate(ground, naive_singles)
        ground.clear()
        single = _gateway_rate(ground, _singles(ground, singles, boot_id=2), singles)
        ground.clear()
        rows = batches * ROWS_PER_BATCH
        batched = _gateway_rate(ground, _batches(ground, batches, boot_id=3), rows)
        broker = str(ground.broker.kind)
    return {
        "broker": broker,
        "single_messages_per_s": round(single),
        "batched_samples_per_s": round(batched),
        "rows_per_batch": ROWS_PER_BATCH,
        "peers": {"plain_aiomqtt_psycopg_loop": {"samples_per_s": round(naive)}},
        "single_to_peer_ratio": round(single / naive, 1),
        "batched_to_peer_ratio": round(batched / naive, 1),
    }


def summary(result: dict[str, Any]) -> list[str]:
    """Return the lines a person reads."""
    peer = result["peers"]["plain_aiomqtt_psycopg_loop"]["samples_per_s"]
    rows = [
        ("plain aiomqtt + psycopg loop", peer, 1.0),
        (
            "gateway, single samples",
            result["single_messages_per_s"],
            result["single_to_peer_ratio"],
        ),
        (
            f"gateway, batches of {result['rows_per_batch']}",
            result["batched_samples_per_s"],
            result["batched_to_peer_ratio"],
        ),
    ]
    lines = [f"{name:<30}{rate:>10,} committed samples/s   x {ratio}" for name, rate, ratio in rows]
    return [*lines, f"broker {result['broker']}; PostgreSQL with fsync and synchronous_commit on"]


def _naive_rate(ground: Stage, count: int) -> float:
    client_id = "bench-naive"
    ground.make_session(client_id, naive_ingest.FILTER)
    ground.publish(_singles(ground, count, boot_id=1))
    words = (ground.broker.host, str(ground.broker.port), client_id, ground.dsn, str(count))
    with open_folder() as folder:
        child = Child(
            (sys.executable, "-P", str(_NAIVE), *words),
            output=folder / "naive.log",
            environ=clean_environ({}),
        )
        try:
            return _drained_rate(ground, count, child.text)
        finally:
            if child.exit_status is None:
                child.kill()


def _gateway_rate(ground: Stage, messages: list[tuple[str, bytes]], rows_count: int) -> float:
    environ = {"LIFTWARD_DATABASE_URL": ground.dsn, "LIFTWARD_BROKER_URL": ground.broker.url}
    with liftward_processes() as processes:
        first = processes.start("gateway", "run", "--shards", "00-ff", environ=environ)
        first.wait_ready()
        first.stop()
        ground.publish(messages)
        second = processes.start("gateway", "run", "--shards", "00-ff", environ=environ)
        try:
            return _drained_rate(ground, rows_count, second.text)
        finally:
            second.stop()


def _drained_rate(ground: Stage, rows_count: int, log: Callable[[], str]) -> float:
    """Wait until everything is stored; rows over the time from first to last commit."""
    eventually(
        lambda: ground.rows_count() >= rows_count,
        within_s=_DRAIN_WITHIN_S,
        what=f"{rows_count} rows stored; the consumer wrote:\n{log()}",
    )
    assert ground.rows_count() == rows_count, "a sample was stored twice"
    return ground.committed_per_s()


def _singles(ground: Stage, count: int, *, boot_id: int) -> list[tuple[str, bytes]]:
    started_at = utc_now() - timedelta(seconds=count / len(ground.lift_ids))
    messages = []
    for number in range(count):
        sequence, index = divmod(number, len(ground.lift_ids))
        sample = Sample(
            observed_at=started_at + timedelta(seconds=sequence),
            boot_id=boot_id,
            sequence=sequence,
            service_mode=ServiceMode.NORMAL,
            position_m=float(sequence % 60),
            floor=sequence % 20,
            speed_mps=1.5,
            direction=Direction.UP,
            car_door=DoorState.CLOSED,
            door_zone=DoorZone.OUTSIDE,
            load_kg=75.0,
            occupancy=Occupancy.OCCUPIED,
            trips_count=sequence,
        )
        topic = Topic(ground.lift_ids[index], TopicKind.TELEMETRY)
        messages.append((str(topic), encode(sample)))
    return messages


def _batches(ground: Stage, count: int, *, boot_id: int) -> list[tuple[str, bytes]]:
    started_at = utc_now() - timedelta(seconds=ROWS_PER_BATCH * count / len(ground.lift_ids))
    messages = []
    for number in range(count):
        turn, index = divmod(number, len(ground.lift_ids))
        rows = range(ROWS_PER_BATCH)
        batch = Batch(
            started_at=started_at + timedelta(seconds=turn * ROWS_PER_BATCH),
            boot_id=boot_id,
            sequence=turn * ROWS_PER_BATCH,
            offset_ms=[row * 1000 for row in rows],
            columns={
                "service_mode": ["normal" for _ in rows],
                "position_m": [float(row) for row in rows],
                "floor": [row % 20 for row in rows],
                "speed_mps": [1.5 for _ in rows],
                "direction": ["up" for _ in rows],
                "car_door": ["closed" for _ in rows],
                "door_zone": ["outside" for _ in rows],
                "load_kg": [75.0 for _ in rows],
                "occupancy": ["occupied" for _ in rows],
                "trips_count": list(rows),
            },
        )
        topic = Topic(ground.lift_ids[index], TopicKind.TELEMETRY)
        messages.append((str(topic), encode(batch)))
    return messages
