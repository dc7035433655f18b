"""What an ingest benchmark stands on: a durable database, a broker, a fleet, and the gateway.

fsync and synchronous_commit are on, as in production; the database also keeps the time of every
commit. Everything runs on this machine, the generator of the load included.
"""

import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from ingest_generator import LoadResult, LoadSpec
from process_cost import cpu_s

from liftward_kit.clock import monotonic_s
from liftward_platform.migrations.runner import migrate
from liftward_runtime.embedded_broker import find_mosquitto
from liftward_runtime.settings import BrokerKind
from liftward_wire.topics import shard_of
from support.brokers import RunningBroker, running_broker
from support.children import Child
from support.directories import open_folder
from support.durable_postgres import DurablePostgres, durable_postgres
from support.ingest_messages import LIFTS_PER_EDGE, edge_name, lift_name
from support.polling import eventually
from support.processes import (
    LiftwardProcess,
    LiftwardProcesses,
    clean_environ,
    liftward_processes,
)

# Lifts that also have a gateway of their own, for single samples.
SINGLE_LIFTS_COUNT = 2_000
_GATEWAY_READY_WITHIN_S = 120.0
_LOAD_ENDS_WITHIN_S = 120.0  # after its time is over
_QUIET_S = 15.0
_LOOK_PERIOD_S = 0.1
_GENERATOR = Path(__file__).with_name("ingest_generator.py")

_PARTIES = """
INSERT INTO party (party_id, kind, name) VALUES
    ('maker-01', 'maker', 'Bench Maker 1'), ('use-unit-01', 'use_unit', 'Bench Use Unit 1')
    ON CONFLICT DO NOTHING
"""
_LIFTS = """
COPY lift (lift_id, rescue_code, building, address, district, site_type, latitude_deg,
           longitude_deg, floors_count, rated_speed_mps, rated_load_kg, maker_id, model,
           installed_on, use_unit_id, registered_at) FROM STDIN
"""
_DEVICES = "COPY device (device_id, kind, shard, enrolled_at) FROM STDIN"
_SERVES = "COPY device_lift (device_id, lift_key) FROM STDIN"
_REGISTERED_AT = "2024-01-01T00:00:00Z"


@dataclass(slots=True)
class Stage:
    """A migrated database, a broker, and the gateway that is started on them."""

    postgres: DurablePostgres
    broker: RunningBroker
    processes: LiftwardProcesses
    folder: Path
    lifts_count: int = 0

    @property
    def dsn(self) -> str:
        return self.postgres.dsn

    @property
    def edges_count(self) -> int:
        return self.lifts_count // LIFTS_PER_EDGE

    def register(self, lifts_count: int) -> None:
        """Register so many lifts behind edges of fifty; the first ones have a gateway too."""
        self.lifts_count = lifts_count
        with psycopg.connect(self.dsn) as connection, connection.cursor() as cursor:
            cursor.execute(_PARTIES)
            with cursor.copy(_LIFTS) as copy:
                for number in range(lifts_count):
                    copy.write_row(_lift_row(lift_name(number)))
            cursor.execute("SELECT lift_key FROM lift ORDER BY lift_id")
            keys = [row[0] for row in cursor.fetchall()]
            edges = [edge_name(number) for number in range(self.edges_count)]
            singles = [lift_name(number) for number in range(min(SINGLE_LIFTS_COUNT, lifts_count))]
            with cursor.copy(_DEVICES) as copy:
                for device_id, kind in (
                    *((edge_id, "edge") for edge_id in edges),
                    *((lift_id, "lift") for lift_id in singles),
                ):
                    copy.write_row((device_id, kind, shard_of(device_id), _REGISTERED_AT))
            with cursor.copy(_SERVES) as copy:
                for number, key in enumerate(keys):
                    copy.write_row((edges[number // LIFTS_PER_EDGE], key))
                for number, lift_id in enumerate(singles):
                    copy.write_row((lift_id, keys[number]))
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute("ANALYZE lift, device, device_lift")

    def start_gateway(self) -> LiftwardProcess:
        """Start the gateway and wait until it is subscribed."""
        environ = {"LIFTWARD_DATABASE_URL": self.dsn, "LIFTWARD_BROKER_URL": self.broker.url}
        gateway = self.processes.start("gateway", "run", environ=environ)
        gateway.wait_ready(within_s=_GATEWAY_READY_WITHIN_S)
        return gateway

    def start_load(self, spec: LoadSpec) -> "Load":
        """Start the generator and return when its first message is due."""
        return Load(spec, self.folder)

    def clear(self) -> None:
        """Forget the samples and marks of the last measurement; nobody may be writing."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute("TRUNCATE sample, sequence_mark, detector_slice")
            connection.execute("CHECKPOINT")

    def costs_s(self, **pids: int) -> dict[str, float]:
        """Return the CPU seconds of the servers, and of the processes named, so far."""
        pids = {"broker": self.broker.pid, "postgres": self.postgres.pid, **pids}
        return {name: cpu_s(pid) for name, pid in pids.items()}

    def stored_through_marks(self, boot_id: int) -> int:
        """Return how many rows the sequence marks say are stored: cheap to ask during a load."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            row = connection.execute(
                "SELECT coalesce(sum(contiguous_through + 1), 0) FROM sequence_mark"
                " WHERE stream = 'telemetry' AND boot_id = %s",
                (boot_id,),
            ).fetchone()
        assert row is not None
        return int(row[0])

    def rows_count(self) -> int:
        """Return how many samples are stored."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            row = connection.execute("SELECT count(*) FROM sample").fetchone()
        assert row is not None
        return int(row[0])


class Load:
    """A generator at work."""

    def __init__(self, spec: LoadSpec, folder: Path) -> None:
        self.spec = spec
        # The bench and its support folder, so that the script finds what it imports.
        here = Path(__file__).parent
        self._child = Child(
            (sys.executable, str(_GENERATOR), spec.words()),
            output=folder / f"generator-{spec.kind}-{spec.boot_id}.log",
            environ=clean_environ({})
            | {"PYTHONPATH": os.pathsep.join((str(here), str(here.parent)))},
        )
        eventually(self._has_begun, within_s=_LOAD_ENDS_WITHIN_S, what="the generator is ready")

    def finish(self) -> LoadResult:
        """Return when the broker has acknowledged everything."""
        seconds = self.spec.messages_count / self.spec.messages_per_s
        status = self._child.wait(within_s=seconds + _LOAD_ENDS_WITHIN_S)
        assert status == 0, self._child.text()
        result = LoadResult(**json.loads(self._child.text().splitlines()[-1]))
        assert result.acknowledged_count == result.messages_count, result
        return result

    def _has_begun(self) -> bool:
        assert self._child.exit_status in (None, 0), self._child.text()
        return "ready" in self._child.text()


def wait_stored(count: Callable[[], int], wanted: int, *, quiet_s: float = _QUIET_S) -> None:
    """Return when `count` says that so many are stored, or when it has not moved for long."""
    seen, moved_at_s = -1, monotonic_s()
    pause = threading.Event()
    while seen < wanted and monotonic_s() - moved_at_s < quiet_s:
        now_stored = count()
        if now_stored != seen:
            seen, moved_at_s = now_stored, monotonic_s()
        pause.wait(_LOOK_PERIOD_S)


@contextmanager
def stage() -> Iterator[Stage]:
    """Yield a stage without any lift."""
    kind = BrokerKind.MOSQUITTO if find_mosquitto(os.environ) else BrokerKind.AEDES
    with (
        open_folder() as folder,
        durable_postgres(folder) as postgres,
        running_broker(kind) as broker,
        liftward_processes() as processes,
    ):
        migrate(postgres.dsn)
        yield Stage(postgres, broker, processes, folder)


def _lift_row(lift_id: str) -> tuple[object, ...]:
    return (
        *(lift_id, lift_id, "Bench Tower", "Bench Street", "Bench", "office", 31.2, 121.4, 20, 2.5),
        *(1000, "maker-01", "B1", "2020-01-01", "use-unit-01", _REGISTERED_AT),
    )
