"""Sparkplug edge nodes through a real broker and real gateways: births, kills, repeats, alarms."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import LiteralString

import aiomqtt
import psycopg
import pytest

from liftward_kit.clock import utc_now
from liftward_wire.sparkplug.metrics import REBIRTH
from liftward_wire.sparkplug.payload import DataType, Payload, Told, decode_payload
from liftward_wire.states import DoorState
from liftward_wire.topics import TopicKind, shard_of
from support.fleet_rows import register_edge
from support.gateway_messages import sample
from support.gateway_scene import GatewayScene
from support.processes import LiftwardProcess
from support.sparkplug_node import NodeSender, metric

pytestmark = pytest.mark.integration

SPEED, DOOR, ALARM = "Lift/speed_mps", "Lift/car_door", "Lift/alarm_button"
STORED = "SELECT count(*) FROM sample"


def register_nodes(scene: GatewayScene, *node_ids: str) -> None:
    scene.register(*node_ids)
    with psycopg.connect(scene.dsn, autocommit=True) as connection:
        connection.execute(
            "UPDATE device SET profile = 'sparkplug-b' WHERE device_id = ANY (%s)", [list(node_ids)]
        )


async def publish(scene: GatewayScene, *messages: tuple[str, bytes]) -> None:
    """Publish at QoS 1, so that the broker keeps them while a gateway is away."""
    for topic, payload in messages:
        await scene.publish_to(topic, payload)


async def wait_for(scene: GatewayScene, wanted: int, query: LiteralString) -> None:
    await asyncio.to_thread(scene.wait_for, wanted, query)


def start(scene: GatewayScene, *words: str) -> LiftwardProcess:
    """Start a worker that listens to Sparkplug nodes."""
    worker = scene.start_ready(*words)
    worker.wait_for_text("sparkplug_subscribed")
    return worker


def numbers(scene: GatewayScene) -> list[int]:
    return [row["sequence"] for row in scene.rows("SELECT sequence FROM sample ORDER BY sequence")]


async def test_a_node_is_stored_in_our_words(scene: GatewayScene) -> None:
    """Birth, data by alias, an alarm and a will are the rows that the contract's messages make."""
    register_nodes(scene, "NODE-1")
    scene.register("OURS-1")
    await asyncio.to_thread(start, scene)
    node = NodeSender("NODE-1", utc_now())
    birth = [
        metric(SPEED, 1.5, alias=1),
        metric(DOOR, "closed", alias=2),
        metric(ALARM, "released", alias=3),
    ]
    stopped = Told(alias=1, value=0.0, datatype=DataType.DOUBLE)
    pressed = Told(alias=3, value="pressed", datatype=DataType.STRING)

    await publish(scene, node.birth(birth), node.data(stopped), node.data(pressed))
    ours = sample(node.at, sequence=2, speed_mps=0.0, car_door=DoorState.CLOSED)
    await scene.publish("OURS-1", TopicKind.TELEMETRY, ours)

    await wait_for(scene, 4, STORED)
    await wait_for(scene, 1, "SELECT count(*) FROM lift_event")
    rows = scene.rows(
        "SELECT lift_id, sequence, speed_mps, car_door FROM sample JOIN lift USING (lift_key)"
        " ORDER BY lift_id, sequence"
    )
    closed = DoorState.CLOSED.code
    assert [tuple(row.values()) for row in rows] == [
        ("NODE-1", 0, 1.5, closed),
        ("NODE-1", 1, 0.0, closed),
        ("NODE-1", 2, 0.0, closed),
        ("OURS-1", 2, 0.0, closed),
    ]
    assert scene.value("SELECT kind FROM lift_event") == "alarm_pressed"
    presence = "SELECT presence FROM device_status WHERE device_id = 'NODE-1'"
    await asyncio.to_thread(scene.wait_for, "online", presence)
    await publish(scene, node.will())
    await asyncio.to_thread(scene.wait_for, "offline", presence)
    assert scene.rows("SELECT reason, detail FROM quarantine") == []


async def test_a_killed_gateway_goes_on_with_the_birth_it_had(scene: GatewayScene) -> None:
    """Aliases, held values and the count survive; what comes again is stored once."""
    register_nodes(scene, "NODE-1")
    worker = await asyncio.to_thread(start, scene)
    node = NodeSender("NODE-1", utc_now())
    birth = [metric(SPEED, 1.5, alias=1), metric(ALARM, "released", alias=3)]
    await publish(scene, node.birth([*birth, metric(DOOR, "closed", alias=2)]))
    await publish(scene, *[node.data(_speed(0.5)) for _ in range(5)])
    await wait_for(scene, 6, STORED)
    worker.kill()

    away = [
        node.data(_speed(0.0)),
        node.data(Told(alias=3, value="pressed", datatype=DataType.STRING)),
    ]
    await publish(scene, *node.sent[3:6], *away)
    again = await asyncio.to_thread(start, scene)
    await publish(scene, *node.sent[-3:], node.data(_speed(0.25)))

    await wait_for(scene, 9, STORED)
    await wait_for(scene, 1, "SELECT count(*) FROM lift_event")
    assert numbers(scene) == list(range(9))
    last = scene.rows("SELECT speed_mps, car_door FROM sample ORDER BY sequence DESC LIMIT 1")
    assert last == [{"speed_mps": 0.25, "car_door": DoorState.CLOSED.code}]
    marks = scene.rows("SELECT stream, contiguous_through FROM sequence_mark ORDER BY stream")
    assert [tuple(row.values()) for row in marks] == [("event", 0), ("telemetry", 8)]
    assert "sparkplug_rebirth_asked" not in again.text()
    assert scene.rows("SELECT reason, detail FROM quarantine") == []


def _speed(value: float) -> Told:
    return Told(alias=1, value=value, datatype=DataType.DOUBLE)


@asynccontextmanager
async def listening(scene: GatewayScene, topic: str) -> AsyncIterator[aiomqtt.Client]:
    async with aiomqtt.Client(scene.broker.host, scene.broker.port) as client:
        await client.subscribe(topic)
        yield client


async def _next(client: aiomqtt.Client) -> Payload:
    async with asyncio.timeout(10):
        message = await anext(aiter(client.messages))
    assert isinstance(message.payload, bytes)
    payload = decode_payload(message.payload)
    assert isinstance(payload, Payload)
    return payload


async def test_data_without_a_birth_are_kept_and_a_birth_is_asked_for(scene: GatewayScene) -> None:
    """The node hears NCMD, is born again, and is understood from then on."""
    register_nodes(scene, "NODE-1")
    await asyncio.to_thread(start, scene)
    node = NodeSender("NODE-1", utc_now())
    node.birth([metric(SPEED, 1.5, alias=1)])  # nobody heard it
    async with listening(scene, "spBv1.0/lifts/NCMD/NODE-1") as client:
        await publish(scene, node.data(_speed(0.5)))
        asked = await _next(client)
    await publish(scene, node.birth([metric(SPEED, 0.75, alias=9)], again=True))

    await wait_for(scene, 1, STORED)
    [told] = asked.metrics
    assert (told.name, told.raw) == (REBIRTH, ("boolean_value", True))
    assert scene.rows("SELECT topic, reason, count FROM quarantine") == [
        {"topic": "spBv1.0/lifts/NDATA/NODE-1", "reason": "birth_missing", "count": 1}
    ]
    assert scene.value("SELECT speed_mps FROM sample") == 0.75


async def test_a_damaged_state_is_replaced_by_a_birth(scene: GatewayScene) -> None:
    """A worker that cannot read what it knew of a node asks for a birth and goes on."""
    register_nodes(scene, "NODE-1")
    worker = await asyncio.to_thread(start, scene)
    node = NodeSender("NODE-1", utc_now())
    await publish(scene, node.birth([metric(SPEED, 1.5, alias=1)]))
    await wait_for(scene, 1, STORED)
    worker.kill()
    scene.rows("UPDATE sparkplug_node SET state = 'nonsense'")

    again = await asyncio.to_thread(start, scene)
    await publish(scene, node.data(_speed(0.5)))
    await asyncio.to_thread(again.wait_for_text, "sparkplug_rebirth_asked")
    await publish(scene, node.birth([metric(SPEED, 0.25)], again=True))

    await wait_for(scene, 2, STORED)
    assert "sparkplug_state_unusable" in again.text()
    assert again.exit_status is None


async def test_a_node_registered_while_a_gateway_runs_is_heard(scene: GatewayScene) -> None:
    """No Sparkplug topic is subscribed before there is a node; then it is."""
    scene.register("OTHER-1")
    worker = await asyncio.to_thread(scene.start_ready)
    before = "sparkplug_subscribed" in worker.text()

    register_nodes(scene, "NODE-1")
    await asyncio.to_thread(worker.wait_for_text, "sparkplug_subscribed", within_s=30.0)
    node = NodeSender("NODE-1", utc_now())
    await publish(scene, node.birth([metric(SPEED, 1.5)]))

    await wait_for(scene, 1, STORED)
    assert not before


async def test_each_worker_takes_the_nodes_of_its_shards(scene: GatewayScene) -> None:
    """The topics have no shard: both workers hear all, each node is stored once; strangers not."""
    nodes = [f"NODE-{number}" for number in range(8)]
    halves = {shard_of(node_id) < 0x80 for node_id in nodes}
    register_nodes(scene, *nodes)
    for words in ("00-7f", "80-ff"):
        await asyncio.to_thread(start, scene, "--shards", words)

    senders = [NodeSender(node_id, utc_now()) for node_id in [*nodes, "STRANGER-1"]]
    await publish(scene, *[node.birth([metric(SPEED, 1.5)]) for node in senders])
    await publish(scene, *[node.data(metric(SPEED, 0.5)) for node in senders])

    await wait_for(scene, 2 * len(nodes), STORED)
    await wait_for(scene, 1, "SELECT count(*) FROM quarantine")
    assert halves == {True, False}
    per_lift = scene.rows("SELECT count(*) AS count FROM sample GROUP BY lift_key")
    assert [row["count"] for row in per_lift] == [2] * len(nodes)
    kept = scene.rows("SELECT topic, reason, count FROM quarantine")
    assert kept == [
        {"topic": "spBv1.0/lifts/NBIRTH/STRANGER-1", "reason": "unknown_device", "count": 1}
    ]


async def test_a_node_of_a_building_speaks_for_its_lifts(scene: GatewayScene) -> None:
    """Devices below the node are lifts that it serves, as an edge of the contract would."""
    register_edge(scene.dsn, "NODE-9", ["LIFT-1", "LIFT-2"])
    with psycopg.connect(scene.dsn, autocommit=True) as connection:
        connection.execute("UPDATE device SET profile = 'sparkplug-b'")
    await asyncio.to_thread(start, scene)
    node = NodeSender("NODE-9", utc_now())
    births: Sequence[tuple[str, bytes]] = [
        node.birth([]),
        node.lift_birth("LIFT-1", [metric(SPEED, 1.0, alias=1)]),
        node.lift_birth("LIFT-2", [metric(SPEED, 2.0, alias=2), metric(ALARM, "released")]),
    ]

    await publish(scene, *births, node.data(metric(ALARM, "pressed"), lift_id="LIFT-2"))

    await wait_for(scene, 3, STORED)
    await wait_for(scene, 1, "SELECT count(*) FROM lift_event")
    rows = scene.rows(
        "SELECT lift_id, sequence, speed_mps FROM sample JOIN lift USING (lift_key)"
        " ORDER BY sequence"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("LIFT-1", 1, 1.0), ("LIFT-2", 2, 2.0), ("LIFT-2", 3, 2.0),
    ]  # fmt: skip
    assert scene.value("SELECT lift_id FROM lift_event JOIN lift USING (lift_key)") == "LIFT-2"
