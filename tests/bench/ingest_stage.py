"""What an ingest benchmark stands on: a durable database, a broker, lifts, and a backlog."""

import os
import secrets
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import paho.mqtt.client as mqtt
import psycopg
from paho.mqtt.enums import CallbackAPIVersion

from liftward_kit.settings import Secret
from liftward_platform.migrations.runner import migrate
from liftward_runtime.embedded_broker import find_mosquitto
from liftward_runtime.embedded_postgres import PostgresCluster
from liftward_runtime.ports import free_port
from liftward_runtime.postgres_binaries import reachable_binaries
from liftward_runtime.settings import (
    DEFAULT_UNPRIVILEGED_USER,
    UNPRIVILEGED_USER_SETTING,
    BrokerKind,
)
from liftward_runtime.spawning import unprivileged_user
from liftward_wire.topics import shard_of
from support.brokers import RunningBroker, running_broker
from support.databases import start_postgres
from support.directories import open_folder
from support.polling import eventually

_PUBLISH_WITHIN_S = 120.0

_REGISTRY = """
INSERT INTO party (party_id, kind, name) VALUES
    ('maker-01', 'maker', 'Bench Maker 1'), ('use-unit-01', 'use_unit', 'Bench Use Unit 1')
    ON CONFLICT DO NOTHING;
"""
_LIFT = """
INSERT INTO lift (lift_id, rescue_code, building, address, district, site_type, latitude_deg,
                  longitude_deg, floors_count, rated_speed_mps, rated_load_kg, maker_id, model,
                  installed_on, use_unit_id, registered_at)
VALUES (%(lift_id)s, %(lift_id)s, 'Bench Tower', 'Bench Street', 'Bench', 'office', 0, 0, 20, 2.5,
        1000, 'maker-01', 'B1', '2020-01-01', 'use-unit-01', now())
"""
_DEVICE = """
INSERT INTO device (device_id, kind, shard, enrolled_at)
VALUES (%(lift_id)s, 'lift', %(shard)s, now())
"""
_DEVICE_LIFT = """
INSERT INTO device_lift (device_id, lift_key)
SELECT lift_id, lift_key FROM lift WHERE lift_id = %(lift_id)s
"""


@dataclass(frozen=True, slots=True)
class Stage:
    """A migrated database with registered lifts, and a broker."""

    dsn: str
    broker: RunningBroker
    lift_ids: tuple[str, ...]

    def rows_count(self) -> int:
        """Return how many samples are stored."""
        with psycopg.connect(self.dsn) as connection:
            row = connection.execute("SELECT count(*) FROM sample").fetchone()
        assert row is not None
        return int(row[0])

    def committed_per_s(self) -> float:
        """Return rows per second from the start of the first transaction to that of the last one.

        A transaction's rows carry the time it started, so the last one's are left out.
        """
        with psycopg.connect(self.dsn) as connection:
            row = connection.execute(
                """SELECT count(*) FILTER (WHERE recorded_at < last_at),
                          extract(epoch FROM last_at - min(recorded_at))
                     FROM sample, (SELECT max(recorded_at) AS last_at FROM sample) AS ends
                    GROUP BY last_at"""
            ).fetchone()
        assert row is not None
        return float(row[0]) / float(row[1])

    def clear(self) -> None:
        """Forget the samples and marks of the last measurement."""
        with psycopg.connect(self.dsn) as connection:
            connection.execute("TRUNCATE sample, sequence_mark, detector_state")

    def publish(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """Publish at QoS 1 and return when the broker has acknowledged everything."""
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"bench-{secrets.token_hex(4)}")
        client.max_inflight_messages_set(1000)
        client.connect(self.broker.host, self.broker.port)
        client.loop_start()
        waiting = [client.publish(topic, payload, qos=1) for topic, payload in messages]
        for publication in waiting:
            publication.wait_for_publish(_PUBLISH_WITHIN_S)
        client.disconnect()
        client.loop_stop()

    def make_session(self, client_id: str, topic_filter: str) -> None:
        """Subscribe under a durable session and leave, so that the broker keeps a backlog."""
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=False)
        subscribed: list[object] = []
        client.on_subscribe = lambda *arguments: subscribed.append(arguments)
        client.connect(self.broker.host, self.broker.port)
        client.loop_start()
        client.subscribe(topic_filter, qos=1)
        eventually(lambda: bool(subscribed), within_s=10.0, what="subscribed")
        client.disconnect()
        client.loop_stop()


@contextmanager
def stage(*, lifts_count: int) -> Iterator[Stage]:
    """Yield a durable stage: fsync and synchronous_commit are on, as in production."""
    user = unprivileged_user(DEFAULT_UNPRIVILEGED_USER, setting=UNPRIVILEGED_USER_SETTING)
    kind = BrokerKind.MOSQUITTO if find_mosquitto(os.environ) else BrokerKind.AEDES
    with open_folder() as folder, running_broker(kind) as broker:
        cluster = PostgresCluster(
            folder=folder / "postgres",
            binaries=reachable_binaries(user, copies=folder),
            port=free_port(),
            password=Secret(secrets.token_urlsafe(12)),
            run_as=user,
        )
        cluster.prepare()
        server = start_postgres(cluster)
        try:
            eventually(cluster.is_ready, within_s=30.0, what="the database is ready")
            migrate(cluster.dsn())
            lift_ids = tuple(f"BENCH-{number:04d}" for number in range(lifts_count))
            _register(cluster.dsn(), lift_ids)
            yield Stage(cluster.dsn(), broker, lift_ids)
        finally:
            server.stop(signal.SIGINT)


def _register(dsn: str, lift_ids: Sequence[str]) -> None:
    rows = [{"lift_id": lift_id, "shard": shard_of(lift_id)} for lift_id in lift_ids]
    with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
        cursor.execute(_REGISTRY)
        for statement in (_LIFT, _DEVICE, _DEVICE_LIFT):
            cursor.executemany(statement, rows)
