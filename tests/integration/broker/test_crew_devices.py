"""What a crew's device hears on the shipped Mosquitto: its own crew's messages, nobody else's."""

import json

import psycopg
import pytest

from liftward_kit.settings import Secret
from liftward_platform.notifications.model import Channel, Message, Verdict
from liftward_platform.notifications.mqtt_channel import MqttSender
from liftward_wire.crew_topics import crew_topic
from support.polling import eventually_async
from support.production_broker import Listener, ProductionBroker, listening
from support.virtual_time import START

pytestmark = [pytest.mark.integration, pytest.mark.mosquitto]

_CREWS = """
INSERT INTO party (party_id, kind, name) VALUES ('maintainer-01', 'maintainer', 'Demo Maintainer');
INSERT INTO crew (crew_id, party_id, name, phone, base_latitude_deg, base_longitude_deg) VALUES
    ('a', 'maintainer-01', 'Demo Crew A', '000-0001', 31.2, 121.4),
    ('b', 'maintainer-01', 'Demo Crew B', '000-0002', 31.2, 121.4),
    ('c', 'maintainer-01', 'Demo Crew C', '000-0003', 31.2, 121.4);
"""


def message(crew_id: str, number: int) -> Message:
    return Message(
        message_id=number, incident_id=3, order_id=5, channel=Channel.MQTT, recipient=crew_id,
        subject="order_sent", body={"crew_id": crew_id}, created_at=START, attempts_count=1,
        destination="crews", channel_name="devices",
    )  # fmt: skip


async def have(heard: Listener, count: int) -> bool:
    return len(heard.messages) >= count


async def test_a_crew_s_device_hears_its_own_crew_and_says_nothing(
    shipped_broker: ProductionBroker, database_dsn: str
) -> None:
    """Two crews listen to everything; each gets its own order, and a third can forge none."""
    with psycopg.connect(database_dsn) as connection:
        connection.execute(_CREWS)
    a, b, c = (shipped_broker.enrol_by_password(f"crew.{name}") for name in "abc")
    notifier = shipped_broker.enrol_by_password("liftward.notifier")
    shipped_broker.export()
    shipped_broker.start()
    sender = MqttSender(Secret(notifier.url()), {"crews": "zh"}, notifier.tls)

    async with (
        listening(a, "#", "crew.a") as heard_by_a,
        listening(b, "#", "crew.b") as heard_by_b,
        c.client() as forger,
    ):
        await forger.publish(crew_topic("a"), b"forged", qos=1)
        outcomes = [
            await sender.send(message(crew_id, number), now=START)
            for crew_id, number in (("a", 1), ("b", 2), ("a", 3))
        ]
        await eventually_async(lambda: have(heard_by_a, 2), what="A has heard both")
        await eventually_async(lambda: have(heard_by_b, 1), what="B has heard its own")

    assert [outcome.verdict for outcome in outcomes] == [Verdict.SENT] * 3
    assert [(topic, json.loads(body)["message_id"]) for topic, body in heard_by_a.messages] == [
        (crew_topic("a"), 1),
        (crew_topic("a"), 3),
    ]
    assert [json.loads(body)["message_id"] for _, body in heard_by_b.messages] == [2]
    first = json.loads(heard_by_a.messages[0][1])
    assert first["title"] == "救援指令 5：有人被困，请立即接受或拒绝"


async def test_a_device_that_was_away_finds_the_order_and_a_newcomer_finds_nothing(
    shipped_broker: ProductionBroker, database_dsn: str
) -> None:
    """QoS 1 and a session: kept for who was there before; not retained: no stale order appears."""
    with psycopg.connect(database_dsn) as connection:
        connection.execute(_CREWS)
    a = shipped_broker.enrol_by_password("crew.a")
    notifier = shipped_broker.enrol_by_password("liftward.notifier")
    shipped_broker.export()
    shipped_broker.start()
    async with a.client(clean_session=False) as client:
        await client.subscribe(crew_topic("a"), qos=1)

    sender = MqttSender(Secret(notifier.url()), {"crews": "en"}, notifier.tls)
    assert (await sender.send(message("a", 1), now=START)).sent

    async with a.client(clean_session=False) as client:
        got = await anext(aiter(client.messages))
    assert json.loads(got.payload)["message_id"] == 1
    assert not got.retain
    async with a.client(clean_session=True) as client:
        await client.subscribe(crew_topic("a"), qos=1)
        assert (await sender.send(message("a", 2), now=START)).sent
        got = await anext(aiter(client.messages))
    assert json.loads(got.payload)["message_id"] == 2


async def test_a_broker_that_is_away_or_refuses_is_a_failed_send(
    shipped_broker: ProductionBroker, database_dsn: str
) -> None:
    """No connection, a wrong password: failed, with no address or password in the reason."""
    notifier = shipped_broker.enrol_by_password("liftward.notifier")
    url = Secret(notifier.url())
    away = await MqttSender(url, {"crews": "en"}, notifier.tls).send(message("a", 1), now=START)
    shipped_broker.export()
    shipped_broker.start()
    wrong = Secret(url.reveal.replace(str(notifier.password), "wrong-password"))
    refused = await MqttSender(wrong, {"crews": "en"}, notifier.tls).send(
        message("a", 1), now=START
    )

    for outcome in (away, refused):
        assert outcome.verdict is Verdict.FAILED
        assert outcome.reason.startswith("the broker did not take it: Mqtt")
        assert str(notifier.password) not in outcome.reason
