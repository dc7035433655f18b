"""A real gateway worker on the broker configuration that we ship, and on a spoilt one."""

import asyncio
import json
from typing import Any, LiteralString

import psycopg
import pytest

from liftward_kit.clock import utc_now
from liftward_wire.codec import encode
from liftward_wire.messages import Batch
from liftward_wire.topics import TopicKind
from support.fleet_rows import register_edge, register_lifts
from support.gateway_messages import batch, sample, topic_of
from support.polling import eventually, eventually_async
from support.processes import LiftwardProcess, LiftwardProcesses
from support.production_broker import Login, ProductionBroker

pytestmark = [pytest.mark.integration, pytest.mark.mosquitto]

STORED = "SELECT count(*) FROM sample JOIN lift USING (lift_key) WHERE lift_id = %s"
REFUSED = "SELECT coalesce(sum(count), 0) FROM quarantine WHERE reason = %s"
OF_BOOT_2 = """
SELECT count(*) FROM quarantine
 WHERE reason = 'unknown_device' AND position('"boot_id":2'::bytea IN payload_start) > 0"""
RECONNECTED = 4  # two paths, before and after


def value(dsn: str, query: LiteralString, *parameters: Any) -> Any:
    with psycopg.connect(dsn, autocommit=True) as connection:
        row = connection.execute(query, parameters).fetchone()
    return None if row is None else row[0]


def wait_for(wanted: object, dsn: str, query: LiteralString, *parameters: Any) -> None:
    eventually(
        lambda: value(dsn, query, *parameters) == wanted,
        within_s=20.0,
        what=f"{wanted} by {query} {parameters}; it is {value(dsn, query, *parameters)}",
    )


def start_gateway(processes: LiftwardProcesses, dsn: str, login: Login) -> LiftwardProcess:
    worker = processes.start(
        "gateway", "run", environ={"LIFTWARD_DATABASE_URL": dsn, **login.environ()}
    )
    worker.wait_ready()
    return worker


async def tell(login: Login, device_id: str, first: int, count: int, *, boot_id: int = 1) -> None:
    """Publish samples as a device."""
    async with login.client() as client:
        for sequence in range(first, first + count):
            await client.publish(
                topic_of(device_id, TopicKind.TELEMETRY),
                encode(sample(utc_now(), boot_id=boot_id, sequence=sequence, speed_mps=0.0)),
                qos=1,
            )


@pytest.mark.parametrize("credential", ["password", "certificate"])
async def test_a_worker_stores_over_tls_and_comes_back_after_a_killed_broker(
    shipped_broker: ProductionBroker,
    database_dsn: str,
    processes: LiftwardProcesses,
    credential: str,
) -> None:
    """What a device says is stored, what it says as another is not even refused: it never came."""
    register_lifts(database_dsn, ["A-1", "B-1"])
    enrol = {
        "password": shipped_broker.enrol_by_password,
        "certificate": shipped_broker.enrol_by_certificate,
    }[credential]
    a, b, gateway = enrol("A-1"), enrol("B-1"), enrol("liftward.gateway")
    shipped_broker.export()
    shipped_broker.start()
    worker = start_gateway(processes, database_dsn, gateway)

    await tell(b, "A-1", 100, 5)
    await tell(a, "A-1", 0, 20)
    wait_for(20, database_dsn, STORED, "A-1")
    shipped_broker.kill()
    shipped_broker.start()
    # A session younger than the last save goes with a killed broker and has to be made anew.
    eventually(
        lambda: worker.text().count("broker_connected") == RECONNECTED,
        within_s=20.0,
        what="both paths are back",
    )
    await tell(a, "A-1", 20, 20)
    wait_for(40, database_dsn, STORED, "A-1")

    assert value(database_dsn, "SELECT count(*) FROM quarantine") == 0
    assert worker.exit_status is None
    assert worker.stop() == 0


async def test_with_a_spoilt_access_list_the_gateway_still_refuses(
    shipped_broker: ProductionBroker, database_dsn: str, processes: LiftwardProcesses
) -> None:
    """All may publish all: foreign ids, revoked devices, lifts that an edge does not serve."""
    register_lifts(database_dsn, ["A-1", "B-1"])
    register_edge(database_dsn, "EDGE-1", ["E-1"])
    a, b = shipped_broker.enrol_by_password("A-1"), shipped_broker.enrol_by_password("B-1")
    edge = shipped_broker.enrol_by_password("EDGE-1")
    gateway = shipped_broker.enrol_by_password("liftward.gateway")
    shipped_broker.export()
    shipped_broker.misconfigure("pattern readwrite #\n")
    shipped_broker.start()
    worker = start_gateway(processes, database_dsn, gateway)

    async with a.client() as client:
        as_another = json.loads(encode(sample(utc_now(), sequence=0))) | {"device_id": "A-1"}
        await client.publish(
            topic_of("B-1", TopicKind.TELEMETRY), json.dumps(as_another).encode(), qos=1
        )
    wait_for(1, database_dsn, REFUSED, "identity_mismatch")

    async with edge.client() as client:
        mixed: Batch = batch(
            utc_now(), sequence=0, count=2, lift_ids=["E-1", "A-1"], lift_index=[0, 1]
        )
        await client.publish(topic_of("EDGE-1", TopicKind.BATCH), encode(mixed), qos=1)
    wait_for(1, database_dsn, REFUSED, "unknown_device")
    wait_for(1, database_dsn, STORED, "E-1")

    shipped_broker.device("revoke", "B-1", "--reason", "stolen")  # the broker is not told
    sent = 0

    async def refused_now() -> bool:
        nonlocal sent
        await tell(b, "B-1", sent, 1)
        sent += 1
        count: int = value(database_dsn, REFUSED, "unknown_device")
        return count > 1

    await eventually_async(refused_now, within_s=30.0, what="the gateway knows the revocation")
    await tell(b, "B-1", 0, 5, boot_id=2)
    wait_for(5, database_dsn, OF_BOOT_2)

    assert value(database_dsn, STORED, "A-1") == 0
    assert value(database_dsn, "SELECT count(*) FROM sample WHERE boot_id = 2") == 0
    assert worker.exit_status is None


async def test_tools_of_a_person_come_in_over_tls_too(
    shipped_broker: ProductionBroker, database_dsn: str, processes: LiftwardProcesses
) -> None:
    """A replay of quarantine and a simulated town, both as the operator."""
    register_lifts(database_dsn, ["A-1"])
    operator = shipped_broker.enrol_by_password("liftward.operator")
    gateway = shipped_broker.enrol_by_password("liftward.gateway")
    shipped_broker.export()
    shipped_broker.start()
    start_gateway(processes, database_dsn, gateway)
    environ = {"LIFTWARD_DATABASE_URL": database_dsn, **operator.environ()}
    async with operator.client() as client:
        message = encode(sample(utc_now(), sequence=0))
        await client.publish(topic_of("C-1", TopicKind.TELEMETRY), message, qos=1)
    wait_for(1, database_dsn, REFUSED, "unknown_device")
    register_lifts(database_dsn, ["C-1"])

    async def replayed() -> bool:
        answer = await asyncio.to_thread(
            processes.run, "gateway", "quarantine", "replay", "--json", environ=environ
        )
        assert answer.returncode == 0, answer.stderr
        count: int = value(database_dsn, STORED, "C-1")
        return count == 1

    await eventually_async(replayed, within_s=40.0, what="the replayed message is stored")
    simulated = await asyncio.to_thread(
        processes.run,
        *("simulate", "--broker", operator.url(), "--lifts", "10", "--minutes", "0.05"),
        environ=environ,
    )

    assert simulated.returncode == 0, simulated.stderr
    assert " 0 messages sent" not in simulated.stderr
    assert " messages sent, 0 dropped" in simulated.stderr
