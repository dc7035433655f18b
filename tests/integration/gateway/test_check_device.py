"""`liftward check-device` as a process: a simulated device, hand-written garbage, and no broker."""

import asyncio
import json
import subprocess
from collections.abc import Callable
from typing import Any

import aiomqtt
import pytest

from liftward_gateway.connection import Connection
from liftward_gateway.device_check.findings import Clause
from liftward_gateway.device_check.watch import watch
from liftward_gateway.settings import broker_address
from liftward_kit.clock import utc_now
from liftward_runtime.ports import free_port
from liftward_wire.topics import TopicKind
from support.brokers import RunningBroker
from support.gateway_messages import topic_of
from support.processes import LiftwardProcesses

pytestmark = pytest.mark.integration

LIFT = "HAND-001"
# Hand-written, as an integrator's first evening looks.
GARBAGE = [
    (f"liftward/v1/00/{LIFT}/telemetry", b'{"speed_mps": 1.5}'),
    (topic_of(LIFT, TopicKind.TELEMETRY), b"hello"),
    (topic_of(LIFT, TopicKind.TELEMETRY), b'{"offset_ms": [0], "columns": {}}'),
    (topic_of(LIFT, TopicKind.EVENT), b'{"kind": "explosion"}'),
    (topic_of(LIFT, TopicKind.STATUS), b"\xff\xfe\x00"),
    (f"liftward/v1/d3/{LIFT}/\x7f\xc2\x9b", b""),
]


def check(
    processes: LiftwardProcesses, broker_url: str, lift_id: str, *words: str
) -> subprocess.CompletedProcess[str]:
    return processes.run("check-device", "--broker", broker_url, "--lift", lift_id, *words)


def test_a_simulated_device_passes(broker: RunningBroker, processes: LiftwardProcesses) -> None:
    """With either broker, nothing fails, and it answers the snapshot command in time."""
    simulation = processes.start(
        "simulate", "--broker", broker.url, "--lifts", "12", "--connections", "per-device",
        "--minutes", "5", "--look-alike-every-s", "0",
    )  # fmt: skip
    simulation.wait_ready()

    done = check(processes, broker.url, "DEMO-001", "--quick", "--command", "--json")

    report = json.loads(done.stdout)
    passed = {one["clause"] for one in report["clauses"] if one["outcome"] == "pass"}
    assert (done.returncode, report["failed"], report["holds"]) == (0, [], True), done.stdout
    assert (report["quick"], report["lift_id"]) == (True, "DEMO-001")
    assert passed >= {
        Clause.TOPIC, Clause.QOS, Clause.BIRTH_RETAINED, Clause.BIRTH_COMPLETE, Clause.BOOT,
        Clause.TELEMETRY_SEQUENCE, Clause.CLOCK, Clause.SIGNALS, Clause.HEARTBEAT,
        Clause.ENTRAPMENT, Clause.REPLY,
    }  # fmt: skip


async def watched(
    processes: LiftwardProcesses,
    broker: RunningBroker,
    said: Callable[[aiomqtt.Client], Any],
    *words: str,
) -> subprocess.CompletedProcess[str]:
    """Run the command while somebody speaks."""
    running = asyncio.create_task(
        asyncio.to_thread(check, processes, broker.url, LIFT, "--seconds", "5", *words)
    )
    async with aiomqtt.Client(broker.host, broker.port) as client:
        while not running.done():
            await said(client)
            await asyncio.sleep(0.2)
    return await running


async def test_garbage_is_told_clause_by_clause(
    mosquitto_broker: RunningBroker, processes: LiftwardProcesses
) -> None:
    """Each kind of wrong is a failure with an example and what to do; nothing raises."""

    async def speak(client: aiomqtt.Client) -> None:
        for topic, payload in GARBAGE[:-1]:
            await client.publish(topic, payload, qos=0)

    done = await watched(processes, mosquitto_broker, speak, "--json")

    report = json.loads(done.stdout)
    by_clause = {one["clause"]: one for one in report["clauses"]}
    assert (done.returncode, report["holds"]) == (1, False)
    assert set(report["failed"]) == {
        Clause.TOPIC, Clause.QOS, Clause.JSON, Clause.SHAPE, Clause.BATCH, Clause.BIRTH_RETAINED,
    }  # fmt: skip
    assert "shard of this device id is d3" in by_clause["topic"]["text"]
    assert by_clause["json"]["example"]["excerpt"].endswith("hello")
    assert all(by_clause[name]["advice"] for name in report["failed"])
    assert "Traceback" not in done.stderr


async def test_a_person_reads_one_line_for_each_clause(
    mosquitto_broker: RunningBroker, processes: LiftwardProcesses
) -> None:
    """In Chinese too; a failing one is followed by its example and what to do."""

    async def speak(client: aiomqtt.Client) -> None:
        await client.publish(*GARBAGE[1], qos=1)

    done = await watched(processes, mosquitto_broker, speak, "--language", "zh")

    shown = done.stdout.splitlines()
    assert done.returncode == 1
    assert len([line for line in shown if line.startswith(("通过", "不通过", "未见"))]) == len(
        Clause
    )
    assert any("示例" in line and "hello" in line for line in shown)
    assert any("处理" in line for line in shown)


def test_a_device_that_says_nothing_has_not_passed(
    mosquitto_broker: RunningBroker, processes: LiftwardProcesses
) -> None:
    """Everything unseen is no reason to go live."""
    done = check(processes, mosquitto_broker.url, "NOBODY", "--seconds", "3")

    assert done.returncode == 1
    assert "nothing was heard" in done.stdout


async def test_watching_changes_nothing(mosquitto_broker: RunningBroker) -> None:
    """Without a command not a message is published, and no session stays with the broker."""
    address = broker_address(mosquitto_broker.url)
    async with aiomqtt.Client(mosquitto_broker.host, mosquitto_broker.port) as client:
        await client.subscribe("#", qos=1)
        watched = await watch(
            address, lift_id=LIFT, edge_id="EDGE-1", seconds=0.5, command_id=None,
            client_id="checker", clock=utc_now,
        )  # fmt: skip
        await client.publish("the/end", b"", qos=1)
        first = await anext(client.messages)

    assert str(first.topic) == "the/end"
    assert watched.observations == []
    for client_id in ("checker", "checker-end"):
        again = Connection(1, on_message=lambda *_: None, has_room=lambda: True)
        await again.open(address, client_id)
        assert not again.session_present
        await again.close()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--broker", "http://x", "--lift", LIFT], "--broker"),
        (["--broker", "mqtt://user:secret@x:y", "--lift", LIFT], "--broker"),
        (["--lift", "a/b"], "1 to 32"),
        (["--lift", LIFT, "--seconds", "0"], "seconds"),
        (["--lift", LIFT, "--seconds", "10", "--command"], "--command"),
        ([], "--lift"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(
    processes: LiftwardProcesses, words: list[str], said: str
) -> None:
    """Exit status 2, one sentence, no password."""
    done = processes.run("check-device", *words)

    assert done.returncode == 2
    assert said in done.stderr
    assert "secret" not in done.stderr


def test_a_broker_that_is_away_is_said_so(processes: LiftwardProcesses) -> None:
    """Exit status 2: nothing was judged."""
    done = check(processes, f"mqtt://127.0.0.1:{free_port()}", LIFT, "--seconds", "3")

    assert done.returncode == 2
    assert "no MQTT broker" in done.stderr
