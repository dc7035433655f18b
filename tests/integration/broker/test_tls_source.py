"""The gateway's own MQTT edge over TLS, on the broker configuration that we ship."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from random import Random

import pytest

from liftward_gateway.admit import Received
from liftward_gateway.batch import (
    BROKER_MESSAGE_BYTES_MAX,
    TELEMETRY_LIMITS,
    WINDOW_MESSAGES_MAX,
)
from liftward_gateway.connection import BrokerAddress, BrokerUnavailableError, Connection
from liftward_gateway.mqtt import MqttSource
from liftward_gateway.receipt_clock import receipt_clock
from liftward_kit.client_tls import ClientTls
from liftward_kit.clock import utc_now
from liftward_kit.settings import Secret
from liftward_wire.topics import TopicKind
from support.fleet_rows import register_lifts
from support.gateway_messages import topic_of
from support.polling import eventually_async
from support.production_broker import DEVICES_BY_CERTIFICATE, Login, ProductionBroker

pytestmark = [pytest.mark.integration, pytest.mark.mosquitto]

TOPIC = topic_of("A-1", TopicKind.TELEMETRY)
LARGEST_BYTES = BROKER_MESSAGE_BYTES_MAX


def address_of(login: Login, *, tls: ClientTls | None = None) -> BrokerAddress:
    return BrokerAddress(
        host="localhost",
        port=login.port,
        username=login.username,
        password=None if login.password is None else Secret(login.password),
        tls=tls or login.tls,
    )


@asynccontextmanager
async def source_as(login: Login) -> AsyncIterator[MqttSource]:
    """A subscribed source."""
    source = MqttSource(
        address=address_of(login),
        client_id="liftward-gateway-test",
        filters=["liftward/v1/+/+/telemetry"],
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


async def take(source: MqttSource, count: int) -> list[Received]:
    taken: list[Received] = []
    async with asyncio.timeout(20):
        while len(taken) < count:
            batch = await source.next_batch(TELEMETRY_LIMITS, wait_s=1.0)
            source.acknowledge(batch)
            taken += batch
    return taken


@pytest.fixture
def logins(shipped_broker: ProductionBroker, database_dsn: str) -> tuple[Login, Login]:
    """A device and the gateway, on a running broker."""
    register_lifts(database_dsn, ["A-1"])
    device = shipped_broker.enrol_by_password("A-1")
    gateway = shipped_broker.enrol_by_password("liftward.gateway")
    shipped_broker.export()
    shipped_broker.start()
    return device, gateway


async def test_large_and_small_messages_come_whole_and_in_order(
    logins: tuple[Login, Login],
) -> None:
    """Up to the largest the broker takes: 64 TLS records, with small ones between."""
    device, gateway = logins
    payloads = [
        Random(number).randbytes(size)
        for number, size in enumerate(
            [1, LARGEST_BYTES, 20, 16_384, 16_385, 300_000, 1, LARGEST_BYTES, 7]
        )
    ]

    async with source_as(gateway) as source, device.client() as client:
        for payload in payloads:
            await client.publish(TOPIC, payload, qos=1)
        taken = await take(source, len(payloads))

    assert [message.payload for message in taken] == payloads


async def test_a_full_window_pauses_and_goes_on(logins: tuple[Login, Login]) -> None:
    """What was decrypted before the pause is read after it, though the network stays silent."""
    device, gateway = logins
    wanted_count = WINDOW_MESSAGES_MAX + 4_000

    async with source_as(gateway) as source:
        async with device.client(max_queued_outgoing_messages=0) as client:
            for number in range(wanted_count):
                await client.publish(TOPIC, b"%d" % number, qos=0)

            async def full() -> bool:
                return source.waiting_count == WINDOW_MESSAGES_MAX

            await eventually_async(full, within_s=30.0, what="the window is full")
        taken = await take(source, wanted_count)

    assert [message.payload for message in taken] == [b"%d" % n for n in range(wanted_count)]


async def test_after_an_orderly_restart_the_session_goes_on(
    shipped_broker: ProductionBroker, logins: tuple[Login, Login]
) -> None:
    """What was not acknowledged comes again, and what is sent afterwards comes too."""
    device, gateway = logins
    async with source_as(gateway) as source:
        async with device.client() as client:
            await client.publish(TOPIC, b"before", qos=1)
        async with asyncio.timeout(10):
            held = await source.next_batch(TELEMETRY_LIMITS, wait_s=5.0)
        shipped_broker.stop()
        shipped_broker.start()
        async with device.client() as client:
            await client.publish(TOPIC, b"after", qos=1)
        taken = await take(source, 2)

    assert [message.payload for message in held] == [b"before"]
    assert [message.payload for message in taken] == [b"before", b"after"]


async def test_what_keeps_us_out_is_said(
    shipped_broker: ProductionBroker, logins: tuple[Login, Login]
) -> None:
    """A wrong password, no certificate, an authority we do not know: each in the error's words."""
    device, gateway = logins
    bare = shipped_broker.login(DEVICES_BY_CERTIFICATE, "A-1")
    foreign_ca = ClientTls(ca_file=shipped_broker.foreign_certificate("X").with_suffix(".ca"))

    async def refusal(address: BrokerAddress) -> str:
        connection = Connection(1, on_message=lambda *_: None, has_room=lambda: True)
        with pytest.raises(BrokerUnavailableError) as caught:
            await connection.open(address, "liftward-gateway-test")
        return str(caught.value)

    wrong = BrokerAddress(
        host="localhost",
        port=gateway.port,
        username=gateway.username,
        password=Secret("guess"),
        tls=gateway.tls,
    )
    assert "refuses us: Not authorized" in await refusal(wrong)
    assert "CERTIFICATE_REQUIRED" in await refusal(address_of(bare))
    assert "its certificate is not accepted" in await refusal(address_of(device, tls=foreign_ca))
