"""The publisher against real brokers that are cut, killed and slow to come."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiomqtt
import pytest

from liftward_simulator.devices.publications import Publication
from liftward_simulator.outputs.publisher import Broker, Connections, Publisher, connect
from liftward_wire.topics import Topic, TopicKind
from support.brokers import RunningBroker
from support.polling import eventually_async
from support.proxy import CuttableProxy

pytestmark = pytest.mark.integration
DEVICE_IDS = ["DEMO-001", "DEMO-002"]


def status(device_id: str, words: bytes) -> Publication:
    return Publication(device_id=device_id, kind=TopicKind.STATUS, payload=words, retain=True)


def sample(number: int) -> Publication:
    device_id = DEVICE_IDS[number % 2]
    return Publication(
        device_id=device_id, kind=TopicKind.TELEMETRY, payload=b'{"sequence":%d}' % number
    )


class Listener:
    """Everything that reached the broker, in order."""

    def __init__(self) -> None:
        self.payloads: list[bytes] = []

    @asynccontextmanager
    async def on(self, broker: RunningBroker, topic: str) -> AsyncIterator["Listener"]:
        async with aiomqtt.Client(broker.host, broker.port) as client:
            await client.subscribe(topic, qos=1)
            listening = asyncio.create_task(self._listen(client))
            try:
                yield self
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)

    async def _listen(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            assert isinstance(message.payload, bytes)
            self.payloads.append(message.payload)

    def once(self) -> list[bytes]:
        """Return the payloads without the repeats that QoS 1 allows."""
        return list(dict.fromkeys(self.payloads))


def publisher_to(
    host: str,
    port: int,
    connections: Connections,
    answer: Callable[[str, bytes], list[Publication]] | None = None,
    resend_after_s: tuple[float, float] = (60.0, 60.0),
) -> Publisher:
    return connect(
        Broker(host=host, port=port, username=None, password=None),
        connections,
        DEVICE_IDS,
        client_id="simulator-test",
        birth=lambda device_id: status(device_id, b"born " + device_id.encode()),
        will=lambda device_id: status(device_id, b"dead " + device_id.encode()),
        answer=answer,
        resend_after_s=resend_after_s,
    )


async def test_nothing_is_lost_or_disordered_when_the_network_is_cut(
    broker: RunningBroker,
) -> None:
    """Messages put before, during and after a cut arrive all, in order, births first."""
    wanted = [sample(number).payload for number in range(300)]
    async with (
        CuttableProxy(broker.port) as proxy,
        Listener().on(broker, "liftward/v1/+/+/telemetry") as listener,
    ):
        publisher = publisher_to(proxy.host, proxy.port, Connections.SHARED)
        running = asyncio.create_task(publisher.run())
        for number in range(100):
            publisher.put(sample(number))
        await eventually_async(lambda: _truth(len(listener.once()) == 100))
        await proxy.cut()
        for number in range(100, 200):
            publisher.put(sample(number))
        await asyncio.sleep(0)
        proxy.restore()
        for number in range(200, 300):
            publisher.put(sample(number))
        await eventually_async(lambda: _truth(len(listener.once()) == 300), within_s=15.0)
        await publisher.end(running)

        assert listener.once() == wanted
        assert publisher.spooled_count == 0


async def test_what_a_killed_broker_had_acknowledged_is_sent_once_more(
    broker: RunningBroker,
) -> None:
    """A broker keeps in memory what it acknowledged: the last minute is repeated to its heir."""
    publisher = publisher_to(broker.host, broker.port, Connections.SHARED, resend_after_s=(1, 2))
    running = asyncio.create_task(publisher.run())
    for number in range(20):
        publisher.put(sample(number))
    await eventually_async(lambda: _truth(publisher.sent_count == 20))  # and nobody has heard it
    broker.kill()
    publisher.put(sample(20))
    await asyncio.to_thread(broker.start)
    async with Listener().on(broker, "liftward/v1/+/+/telemetry") as listener:
        await eventually_async(lambda: _truth(len(listener.once()) == 21), within_s=15.0)
    await publisher.end(running)

    assert sorted(listener.once()) == sorted(sample(number).payload for number in range(21))


async def test_a_broker_that_comes_late_gets_everything(mosquitto_broker: RunningBroker) -> None:
    """What is put while no broker listens waits in the spool and is sent once one does."""
    mosquitto_broker.kill()
    publisher = publisher_to(mosquitto_broker.host, mosquitto_broker.port, Connections.SHARED)
    running = asyncio.create_task(publisher.run())
    for number in range(20):
        publisher.put(status(DEVICE_IDS[0], b"%d" % number))
    assert not publisher.all_born

    await asyncio.to_thread(mosquitto_broker.start)
    await eventually_async(lambda: _truth(publisher.sent_count == 20), within_s=15.0)
    assert publisher.all_born
    await publisher.end(running)

    async with Listener().on(mosquitto_broker, "liftward/v1/+/DEMO-001/status") as listener:
        await eventually_async(lambda: _truth(bool(listener.payloads)))
    assert listener.payloads == [b"19"]


async def test_devices_with_their_own_connection_leave_their_will(
    mosquitto_broker: RunningBroker,
) -> None:
    """When a device's connection breaks, the broker says offline for it, and then born again."""
    async with (
        CuttableProxy(mosquitto_broker.port) as proxy,
        Listener().on(mosquitto_broker, "liftward/v1/+/+/status") as listener,
    ):
        publisher = publisher_to(proxy.host, proxy.port, Connections.PER_DEVICE)
        running = asyncio.create_task(publisher.run())
        await eventually_async(lambda: _truth(publisher.all_born))
        await proxy.cut()
        publisher.put(sample(0))
        publisher.put(sample(1))
        await eventually_async(lambda: _truth(b"dead DEMO-001" in listener.payloads))
        proxy.restore()
        await eventually_async(
            lambda: _truth(listener.payloads.count(b"born DEMO-001") >= 2), within_s=15.0
        )
        await publisher.end(running)

    assert {b"dead DEMO-001", b"dead DEMO-002"} <= set(listener.payloads)
    assert listener.payloads[-1].startswith(b"born")


async def _truth(value: bool) -> bool:  # noqa: FBT001 - an answer
    return value


@pytest.mark.parametrize("connections", Connections)
async def test_devices_hear_commands_and_answer(
    broker: RunningBroker, connections: Connections
) -> None:
    """A command reaches the device it is for, and what it answers is published."""
    heard: list[tuple[str, bytes]] = []

    def answer(device_id: str, payload: bytes) -> list[Publication]:
        heard.append((device_id, payload))
        return [Publication(device_id=device_id, kind=TopicKind.REPLY, payload=b"done")]

    publisher = publisher_to(broker.host, broker.port, connections, answer)
    async with Listener().on(broker, "liftward/v1/+/DEMO-002/reply") as listener:
        running = asyncio.create_task(publisher.run())
        await eventually_async(lambda: _truth(publisher.all_born))
        async with aiomqtt.Client(broker.host, broker.port) as platform:
            await platform.publish(str(Topic("DEMO-002", TopicKind.COMMAND)), b"ask", qos=1)
        await eventually_async(lambda: _truth(bool(listener.payloads)))
        await publisher.end(running)

    assert heard == [("DEMO-002", b"ask")]
    assert listener.once() == [b"done"]
