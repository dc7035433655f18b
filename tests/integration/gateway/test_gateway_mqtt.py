import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from random import Random

import aiomqtt
import pytest

from liftward_gateway.admit import Received
from liftward_gateway.batch import EVENT_LIMITS, TELEMETRY_LIMITS, WINDOW_MESSAGES_MAX
from liftward_gateway.connection import BrokerAddress, BrokerUnavailableError, Connection
from liftward_gateway.mqtt import MqttSource
from liftward_gateway.receipt_clock import receipt_clock
from liftward_kit.clock import utc_now
from support.brokers import RunningBroker
from support.polling import eventually_async
from support.proxy import CuttableProxy

pytestmark = pytest.mark.integration

FILTER = "liftward/v1/+/+/telemetry"
TOPIC = "liftward/v1/00/X/telemetry"


@asynccontextmanager
async def source_at(port: int) -> AsyncIterator[MqttSource]:
    """A subscribed source."""
    source = MqttSource(
        address=BrokerAddress(host="127.0.0.1", port=port),
        client_id="liftward-gateway-test",
        filters=[FILTER],
        stamp=receipt_clock(utc_now),
        rng=Random(1),
    )
    task = asyncio.create_task(source.run())
    try:
        async with asyncio.timeout(10):
            await source.subscribed.wait()
        yield source
    finally:
        await source.stop()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def publish(broker: RunningBroker, *payloads: bytes, qos: int = 1) -> None:
    async with aiomqtt.Client(broker.host, broker.port) as client:
        for payload in payloads:
            await client.publish(TOPIC, payload, qos=qos)


async def take(source: MqttSource, count: int) -> list[Received]:
    """Return exactly so many messages, in order of arrival."""
    taken: list[Received] = []
    async with asyncio.timeout(10):
        while len(taken) < count:
            taken += await source.next_batch(EVENT_LIMITS, wait_s=1.0)
    assert len(taken) == count
    return taken


async def nothing_more(source: MqttSource) -> bool:
    return await source.next_batch(EVENT_LIMITS, wait_s=0.3) == []


async def test_what_is_not_acknowledged_comes_again_and_what_is_does_not(
    broker: RunningBroker,
) -> None:
    """Over a new process with the same name, as after a kill."""
    async with source_at(broker.port) as source:
        await publish(broker, b"0", b"1", b"2")
        first = await take(source, 3)
        source.acknowledge(first[:1])
    async with source_at(broker.port) as source:
        again = await take(source, 2)
        source.acknowledge(again)
        assert await nothing_more(source)
    async with source_at(broker.port) as source:
        assert await nothing_more(source)

    assert [message.payload for message in first] == [b"0", b"1", b"2"]
    assert [message.payload for message in again] == [b"1", b"2"]
    stamps = [message.received_at_us for message in first + again]
    assert stamps == sorted(set(stamps))


async def test_an_acknowledgement_of_an_old_connection_does_not_reach_the_new_one(
    broker: RunningBroker,
) -> None:
    """Packet ids are reused: the wrong message would be taken for stored."""
    async with CuttableProxy(broker.port) as proxy, source_at(proxy.port) as source:
        await publish(broker, b"0", b"1")
        before = await take(source, 2)
        await proxy.cut()
        proxy.restore()
        after = await take(source, 2)
        source.acknowledge(before)
        await proxy.cut()
        proxy.restore()
        once_more = await take(source, 2)
        source.acknowledge(once_more)
        assert await nothing_more(source)

    assert {message.connection for message in before} < {
        message.connection for message in before + after + once_more
    }
    assert [message.payload for message in once_more] == [b"0", b"1"]


async def test_a_full_window_stops_the_reader_and_not_the_session(
    mosquitto_broker: RunningBroker,
) -> None:
    """Memory is bounded whatever is sent; when there is room again, reading goes on."""
    wanted_count = WINDOW_MESSAGES_MAX + 4_000
    async with source_at(mosquitto_broker.port) as source:
        # QoS 0 knows no window of the broker's: only ours holds it back.
        sending = asyncio.create_task(publish(mosquitto_broker, *[b"x"] * wanted_count, qos=0))

        async def full() -> bool:
            return source.waiting_count == WINDOW_MESSAGES_MAX

        await eventually_async(full, within_s=20.0, what="the window is full")
        await sending
        held_count = source.waiting_count
        taken = 0
        while batch := await source.next_batch(TELEMETRY_LIMITS, wait_s=1.0):
            taken += len(batch)
            assert source.waiting_count <= WINDOW_MESSAGES_MAX
        await publish(mosquitto_broker, b"after")
        [last] = await take(source, 1)

    assert held_count == WINDOW_MESSAGES_MAX
    assert taken == wanted_count
    assert (last.payload, last.connection) == (b"after", 1)


async def test_a_refused_subscription_is_no_success() -> None:
    """A worker that believed itself subscribed would be deaf and look well."""
    ended = asyncio.Event()

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Welcome a client, then answer SUBSCRIBE with the MQTT 3.1.1 failure code."""
        await reader.read(1_000)
        writer.write(b"\x20\x02\x00\x00")
        subscribe = await reader.read(1_000)
        writer.write(b"\x90\x03" + subscribe[2:4] + b"\x80")
        await reader.read(1_000)
        writer.transport.abort()
        ended.set()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        connection = Connection(1, on_message=lambda *_: None, has_room=lambda: True)
        await connection.open(BrokerAddress(host="127.0.0.1", port=port), "liftward-gateway-test")

        with pytest.raises(BrokerUnavailableError, match="refuses 1 filters"):
            await connection.subscribe([FILTER])
        connection.abort()
        await ended.wait()


async def test_a_broker_that_is_not_there_is_named() -> None:
    """Host and port stand in the message."""
    connection = Connection(1, on_message=lambda *_: None, has_room=lambda: True)

    with pytest.raises(BrokerUnavailableError, match=r"127\.0\.0\.1:1: "):
        await connection.open(BrokerAddress(host="127.0.0.1", port=1), "liftward-gateway-test")
