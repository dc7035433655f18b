"""Who may come in, and who may say and read what, on the Mosquitto configuration that we ship."""

import asyncio
import shutil
import subprocess
from dataclasses import replace

import aiomqtt
import pytest

from liftward_gateway.batch import BROKER_MESSAGE_BYTES_MAX
from liftward_wire.topics import TopicKind
from support.fleet_rows import register_edge, register_lifts
from support.gateway_messages import topic_of
from support.presence import missing
from support.production_broker import (
    DEVICES_BY_CERTIFICATE,
    DEVICES_BY_PASSWORD,
    SERVICES_BY_PASSWORD,
    Login,
    ProductionBroker,
    knock,
    listening,
)

pytestmark = [pytest.mark.integration, pytest.mark.mosquitto]

EVERYTHING = "liftward/v1/#"
DEVICE_KINDS = (
    TopicKind.TELEMETRY,
    TopicKind.BATCH,
    TopicKind.EVENT,
    TopicKind.STATUS,
    TopicKind.REPLY,
)


def enrol(broker: ProductionBroker, credential: str, device_id: str) -> Login:
    if credential == "password":
        return broker.enrol_by_password(device_id)
    return broker.enrol_by_certificate(device_id)


def started_with(
    broker: ProductionBroker, dsn: str, *device_ids: str, credential: str = "certificate"
) -> list[Login]:
    """Register and enrol lifts and the gateway, start; return the logins, the gateway's last."""
    register_lifts(dsn, device_ids)
    logins = [enrol(broker, credential, device_id) for device_id in device_ids]
    logins.append(broker.enrol_by_password("liftward.gateway"))
    broker.export()
    broker.start()
    return logins


@pytest.mark.parametrize("credential", ["password", "certificate"])
async def test_a_device_speaks_under_its_own_id_and_no_other(
    shipped_broker: ProductionBroker, database_dsn: str, credential: str
) -> None:
    """All its topics reach the gateway's user; nothing under another id, and no command, does."""
    a, _, gateway = started_with(shipped_broker, database_dsn, "A-1", "B-1", credential=credential)

    async with listening(gateway, EVERYTHING, "listener") as heard, a.client() as device:
        for kind in (*DEVICE_KINDS, TopicKind.COMMAND):
            await device.publish(topic_of("B-1", kind), b"forged", qos=1)
        await device.publish(topic_of("A-1", TopicKind.COMMAND), b"forged", qos=1)
        await device.publish("liftward/v1/A-1/telemetry", b"forged", qos=1)
        await device.publish("somewhere/else", b"forged", qos=1)
        for kind in DEVICE_KINDS:
            await device.publish(topic_of("A-1", kind), str(kind).encode(), qos=1)
        await heard.wait_for(str(DEVICE_KINDS[-1]).encode())

    assert heard.messages == [(topic_of("A-1", kind), str(kind).encode()) for kind in DEVICE_KINDS]


async def test_a_device_reads_its_own_commands_and_nothing_else(
    shipped_broker: ProductionBroker, database_dsn: str
) -> None:
    """The gateway commands two devices; each hears its own, whatever it subscribes to."""
    a, b, gateway = started_with(shipped_broker, database_dsn, "A-1", "B-1")

    async with (
        listening(a, EVERYTHING, "A-1") as heard_by_a,
        listening(b, EVERYTHING, "B-1") as heard_by_b,
        gateway.client(identifier="commands") as platform,
    ):
        await platform.publish(topic_of("A-1", TopicKind.TELEMETRY), b"as a device", qos=1)
        await platform.publish(topic_of("A-1", TopicKind.COMMAND), b"for A", qos=1)
        await platform.publish(topic_of("B-1", TopicKind.COMMAND), b"for B", qos=1)
        await heard_by_a.wait_for(b"for A")
        await heard_by_b.wait_for(b"for B")

    assert heard_by_a.messages == [(topic_of("A-1", TopicKind.COMMAND), b"for A")]
    assert heard_by_b.messages == [(topic_of("B-1", TopicKind.COMMAND), b"for B")]


async def test_a_retained_birth_cannot_be_overwritten_or_cleared_by_another(
    shipped_broker: ProductionBroker, database_dsn: str
) -> None:
    """Who connects later still learns what the device itself said."""
    a, b, gateway = started_with(shipped_broker, database_dsn, "A-1", "B-1")
    status = topic_of("A-1", TopicKind.STATUS)
    async with a.client() as device:
        await device.publish(status, b"born", qos=1, retain=True)
    async with b.client(will=aiomqtt.Will(status, b"dead", 1, retain=True)) as other:
        await other.publish(status, b"forged", qos=1, retain=True)
        await other.publish(status, b"", qos=1, retain=True)
        await other.publish(topic_of("B-1", TopicKind.STATUS), b"done", qos=1, retain=True)

    async with listening(gateway, EVERYTHING, "listener") as heard:
        await heard.wait_for(b"done")
        await heard.wait_for(b"born")

    assert sorted(payload for _, payload in heard.messages) == [b"born", b"done"]


async def test_an_edge_speaks_for_the_lifts_it_serves(
    shipped_broker: ProductionBroker, database_dsn: str
) -> None:
    """Batches under its own id, events of its lifts on their topics, nothing of another's lift."""
    register_edge(database_dsn, "EDGE-1", ["E-1", "E-2"])
    edge = shipped_broker.enrol_by_certificate("EDGE-1")
    _, gateway = started_with(shipped_broker, database_dsn, "A-1")

    async with (
        listening(edge, EVERYTHING, "EDGE-1") as heard_by_edge,
        gateway.client(identifier="commands") as platform,
    ):
        await platform.publish(topic_of("A-1", TopicKind.COMMAND), b"for A", qos=1)
        await platform.publish(topic_of("E-2", TopicKind.COMMAND), b"for E-2", qos=1)
        await heard_by_edge.wait_for(b"for E-2")
    async with listening(gateway, EVERYTHING, "listener") as heard, edge.client() as device:
        for topic, payload in (
            (topic_of("A-1", TopicKind.EVENT), b"forged"),
            (topic_of("E-1", TopicKind.TELEMETRY), b"not in a batch"),
            (topic_of("E-1", TopicKind.EVENT), b"event"),
            (topic_of("E-2", TopicKind.STATUS), b"status"),
            (topic_of("EDGE-1", TopicKind.BATCH), b"batch"),
        ):
            await device.publish(topic, payload, qos=1)
        await heard.wait_for(b"batch")

    assert [payload for _, payload in heard_by_edge.messages] == [b"for E-2"]
    assert [payload for _, payload in heard.messages] == [b"event", b"status", b"batch"]


async def test_nobody_takes_over_a_session_by_its_client_id(
    shipped_broker: ProductionBroker, database_dsn: str
) -> None:
    """A device that calls itself like the gateway's session, or like another device, is itself."""
    a, b, gateway = started_with(shipped_broker, database_dsn, "A-1", "B-1")

    async with (
        listening(gateway, EVERYTHING, "liftward-gateway-1") as heard,
        a.client(identifier="liftward-gateway-1") as device,
    ):
        await device.publish(topic_of("A-1", TopicKind.EVENT), b"still here", qos=1)
        await heard.wait_for(b"still here")
    async with (
        listening(b, EVERYTHING, "B-1") as heard_by_b,
        a.client(identifier="B-1"),
        gateway.client(identifier="commands") as platform,
    ):
        await platform.publish(topic_of("B-1", TopicKind.COMMAND), b"for B", qos=1)
        await heard_by_b.wait_for(b"for B")

    assert [payload for _, payload in heard.messages] == [b"still here"]
    assert [payload for _, payload in heard_by_b.messages] == [b"for B"]


def test_only_what_was_issued_opens_the_door(
    shipped_broker: ProductionBroker, database_dsn: str
) -> None:
    """Wrong password, no password, no certificate, somebody else's authority, a wrong port."""
    register_lifts(database_dsn, ["A-1"])
    by_password = shipped_broker.enrol_by_password("A-1")
    by_certificate = shipped_broker.enrol_by_certificate("A-1")
    gateway = shipped_broker.enrol_by_certificate("liftward.gateway")
    shipped_broker.export()
    shipped_broker.start()
    bare = shipped_broker.login(DEVICES_BY_CERTIFICATE, "A-1")
    nameless = shipped_broker.login(SERVICES_BY_PASSWORD, "liftward.gateway")
    foreign = shipped_broker.login(
        DEVICES_BY_CERTIFICATE, "A-1", certificate=shipped_broker.foreign_certificate("A-1")
    )

    assert knock(by_password) == "welcome"
    assert knock(by_certificate) == "welcome"
    assert knock(gateway) == "welcome"
    assert knock(replace(by_password, password="guess")) == "refused 5"
    assert knock(replace(by_password, password=None)) == "refused 5"
    assert knock(replace(by_password, username="B-1")) == "refused 5"
    assert knock(nameless) == "refused 5"
    assert "HANDSHAKE_FAILURE" in knock(bare)
    assert "UNKNOWN_CA" in knock(foreign)
    assert knock(replace(by_certificate, port=shipped_broker.ports[DEVICES_BY_PASSWORD])) == (
        "refused 5"
    )


def test_a_broker_of_another_name_or_authority_is_not_trusted(
    shipped_broker: ProductionBroker, database_dsn: str
) -> None:
    """mosquitto_pub, which is none of ours, accepts it by its name and with our authority."""
    if shutil.which("mosquitto_pub") is None:
        missing("mosquitto_pub is not installed (Debian: mosquitto-clients)")
    device, _ = started_with(shipped_broker, database_dsn, "A-1", credential="password")

    def publish(host: str, ca_file: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                *("mosquitto_pub", "-h", host, "-p", str(device.port), "--cafile", ca_file),
                *("-i", "A-1", "-u", "A-1", "-P", device.password or "", "-q", "1"),
                *("-t", topic_of("A-1", TopicKind.TELEMETRY), "-m", "x"),
            ],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )

    ours = str(shipped_broker.folder / "ca.crt")
    foreign = f"{shipped_broker.foreign_certificate('X')}.ca"
    assert publish("localhost", ours).returncode == 0
    assert publish("127.0.0.1", ours).returncode == 0
    for answer in (publish("127.0.0.2", ours), publish("localhost", foreign)):
        assert answer.returncode != 0
        assert "TLS" in answer.stderr or "verif" in answer.stderr


async def test_a_revoked_password_ends_the_connection_and_opens_no_other(
    shipped_broker: ProductionBroker, database_dsn: str
) -> None:
    """After the reload; a new password lets the device in again, and the old one does not."""
    device, gateway = started_with(shipped_broker, database_dsn, "A-1", credential="password")
    topic = topic_of("A-1", TopicKind.TELEMETRY)

    async def revoked_while_connected() -> None:
        async with device.client() as client:
            await client.publish(topic, b"before", qos=1)
            shipped_broker.device("revoke", "A-1", "--reason", "stolen")
            shipped_broker.reload()
            await client.publish(topic, b"after", qos=1)

    async with listening(gateway, EVERYTHING, "listener") as heard:
        with pytest.raises(aiomqtt.MqttError):
            await revoked_while_connected()
        assert knock(device) == "refused 5"
        again = shipped_broker.enrol_by_password("A-1")
        shipped_broker.reload()
        assert knock(device) == "refused 5"
        async with again.client() as client:
            await client.publish(topic, b"again", qos=1)
        await heard.wait_for(b"again")

    assert [payload for _, payload in heard.messages] == [b"before", b"again"]


async def test_a_revoked_certificate_says_nothing_more_and_opens_no_other_connection(
    shipped_broker: ProductionBroker, database_dsn: str
) -> None:
    """Mosquitto leaves its open connection alone; the access list makes it mute at the reload."""
    device, other, gateway = started_with(shipped_broker, database_dsn, "A-1", "B-1")
    topic = topic_of("A-1", TopicKind.TELEMETRY)

    async with listening(gateway, EVERYTHING, "listener") as heard:
        async with device.client() as client, other.client() as bystander:
            await client.publish(topic, b"before", qos=1)
            shipped_broker.device("revoke", "A-1", "--reason", "stolen")
            shipped_broker.reload()
            await client.publish(topic, b"after", qos=1)
            await bystander.publish(topic_of("B-1", TopicKind.TELEMETRY), b"untouched", qos=1)
            await heard.wait_for(b"untouched")
        assert "CERTIFICATE_REVOKED" in knock(device)
        old = shipped_broker.keep(device, "old")
        again = shipped_broker.enrol_by_certificate("A-1")
        shipped_broker.reload()
        assert "CERTIFICATE_REVOKED" in knock(old)
        async with again.client() as client:
            await client.publish(topic, b"again", qos=1)
        await heard.wait_for(b"again")

    assert [payload for _, payload in heard.messages] == [b"before", b"untouched", b"again"]


async def test_a_rule_of_the_house_survives_an_export(
    shipped_broker: ProductionBroker, database_dsn: str
) -> None:
    """acl.local is added to every list."""
    (shipped_broker.folder / "acl.local").write_text("user A-1\ntopic write house/+\n", "utf-8")
    (shipped_broker.folder / "acl.local").chmod(0o644)
    device, _ = started_with(shipped_broker, database_dsn, "A-1")
    shipped_broker.reload()

    assert "topic write house/+" in (shipped_broker.folder / "acl").read_text("utf-8")
    assert knock(device) == "welcome"


async def test_sessions_and_births_survive_a_restart(
    shipped_broker: ProductionBroker, database_dsn: str
) -> None:
    """What waits for a gateway that is away, and what was retained, is there afterwards."""
    device, gateway = started_with(shipped_broker, database_dsn, "A-1")
    async with gateway.client(identifier="durable", clean_session=False) as platform:
        await platform.subscribe(EVERYTHING, qos=1)
    async with device.client() as client:
        await client.publish(topic_of("A-1", TopicKind.STATUS), b"born", qos=1, retain=True)
        await client.publish(topic_of("A-1", TopicKind.EVENT), b"waits", qos=1)
    shipped_broker.stop()
    shipped_broker.start()

    found: list[bytes] = []
    async with (
        asyncio.timeout(10),
        gateway.client(identifier="durable", clean_session=False) as platform,
    ):
        async for message in platform.messages:
            assert isinstance(message.payload, bytes)
            found.append(message.payload)
            if len(found) == 2:
                break
    async with listening(gateway, EVERYTHING, "later") as heard:
        await heard.wait_for(b"born")

    assert found == [b"born", b"waits"]
    assert topic_of("A-1", TopicKind.STATUS) in dict(heard.messages)
    assert knock(device) == "welcome"


async def test_a_message_beyond_the_limit_is_confirmed_and_dropped(
    shipped_broker: ProductionBroker, database_dsn: str
) -> None:
    """Whoever sends it again and again until it is confirmed is not stuck with it for ever."""
    device, gateway = started_with(shipped_broker, database_dsn, "A-1")
    topic = topic_of("A-1", TopicKind.TELEMETRY)

    async with listening(gateway, EVERYTHING, "listener") as heard, device.client() as client:
        await client.publish(topic, bytes(BROKER_MESSAGE_BYTES_MAX + 1), qos=1)
        await client.publish(topic, b"goes on", qos=1)
        await heard.wait_for(b"goes on")

    assert [payload for _, payload in heard.messages] == [b"goes on"]
