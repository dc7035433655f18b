"""Both embedded brokers keep the promises the gateway builds on."""

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from liftward_runtime.embedded_broker import MAX_MESSAGE_BYTES
from support.brokers import RunningBroker
from support.polling import eventually

pytestmark = pytest.mark.integration

_WAIT_S = 10.0


@dataclass
class _Listener:
    client: paho.Client
    session_present: bool = False
    messages: "queue.Queue[paho.MQTTMessage]" = field(default_factory=queue.Queue)

    def payloads(self, count: int) -> list[bytes]:
        return [bytes(self.messages.get(timeout=_WAIT_S).payload) for _ in range(count)]


@contextmanager
def _client(
    broker: RunningBroker, name: str, *, subscribe: str | None = None, acknowledge: bool = True
) -> Iterator[_Listener]:
    """A client with a durable session that acknowledges by hand, or not at all."""
    client = paho.Client(
        CallbackAPIVersion.VERSION2, client_id=name, clean_session=False, manual_ack=True
    )
    listener = _Listener(client)
    connected: queue.Queue[bool] = queue.Queue()
    subscribed: queue.Queue[int] = queue.Queue()
    client.on_connect = lambda _c, _u, flags, _r, _p: connected.put(flags.session_present)
    client.on_subscribe = lambda _c, _u, mid, _r, _p: subscribed.put(mid)

    def on_message(_client: paho.Client, _user: object, message: paho.MQTTMessage) -> None:
        if acknowledge:
            client.ack(message.mid, message.qos)
        listener.messages.put(message)

    client.on_message = on_message
    client.connect(broker.host, broker.port)
    client.loop_start()
    try:
        listener.session_present = connected.get(timeout=_WAIT_S)
        if subscribe is not None:
            client.subscribe(subscribe, qos=1)
            subscribed.get(timeout=_WAIT_S)
        yield listener
    finally:
        client.disconnect()
        client.loop_stop()


def _publish(listener: _Listener, topic: str, count: int, *, retain: bool = False) -> list[bytes]:
    payloads = [str(number).encode() for number in range(count)]
    sent = [listener.client.publish(topic, one, qos=1, retain=retain) for one in payloads]
    for one in sent:
        one.wait_for_publish(_WAIT_S)
        assert one.is_published()
    return payloads


def test_order_is_kept(broker: RunningBroker) -> None:
    """Messages on one topic arrive once each and in the order of publishing."""
    with _client(broker, "reader", subscribe="t/#") as reader, _client(broker, "writer") as writer:
        payloads = _publish(writer, "t/one", 3_000)

        assert reader.payloads(len(payloads)) == payloads


def test_a_large_window_is_handed_out(broker: RunningBroker) -> None:
    """A client that acknowledges late still gets far more than twenty messages."""
    with (
        _client(broker, "reader", subscribe="t/#", acknowledge=False) as reader,
        _client(broker, "writer") as writer,
    ):
        payloads = _publish(writer, "t/one", 1_000)

        assert reader.payloads(len(payloads)) == payloads


def test_a_durable_session_collects_messages(broker: RunningBroker) -> None:
    """What is published while a durable client is away is handed over when it returns."""
    with _client(broker, "reader", subscribe="t/#"):
        pass
    with _client(broker, "writer") as writer:
        payloads = _publish(writer, "t/one", 500)

    with _client(broker, "reader") as reader:
        assert reader.session_present
        assert reader.payloads(len(payloads)) == payloads


def test_the_unacknowledged_comes_again(broker: RunningBroker) -> None:
    """Messages that were handed out and not acknowledged are handed out after a reconnect."""
    with _client(broker, "writer") as writer:
        with _client(broker, "reader", subscribe="t/#", acknowledge=False) as reader:
            payloads = _publish(writer, "t/one", 50)
            assert reader.payloads(50) == payloads

        with _client(broker, "reader") as reader:
            assert reader.payloads(50) == payloads


def test_retained_messages_reach_newcomers(broker: RunningBroker) -> None:
    """A newcomer gets the last retained message of each matching topic and of no other."""
    with _client(broker, "writer") as writer:
        _publish(writer, "t/one/status", 2, retain=True)
        _publish(writer, "u/one/status", 1, retain=True)

    with _client(broker, "reader", subscribe="t/+/status") as reader:
        assert reader.payloads(1) == [b"1"]
        assert reader.messages.empty()


def test_a_second_client_takes_over(broker: RunningBroker) -> None:
    """A client that connects under a name in use gets the session; the first is disconnected."""
    with _client(broker, "same", subscribe="t/#") as first:
        first.client.reconnect_delay_set(60, 60)  # it must not take the session back
        with _client(broker, "same") as second, _client(broker, "writer") as writer:
            eventually(lambda: not first.client.is_connected(), within_s=_WAIT_S)
            payloads = _publish(writer, "t/one", 3)

            assert second.session_present
            assert second.payloads(3) == payloads
            assert first.messages.empty()


def test_an_orderly_restart(broker: RunningBroker) -> None:
    """After a stop and a start on the same port Mosquitto has kept retained messages and sessions.

    aedes has not: it keeps everything in memory, which the documentation says.
    """
    with _client(broker, "reader", subscribe="t/#"):
        pass
    with _client(broker, "writer") as writer:
        _publish(writer, "t/one/status", 1, retain=True)

    broker.stop()
    broker.start()

    with _client(broker, "reader") as reader:
        assert reader.session_present == broker.keeps_sessions_over_restart
        if broker.keeps_sessions_over_restart:
            assert reader.payloads(1) == [b"0"]


def test_comes_back_after_a_kill(broker: RunningBroker) -> None:
    """A killed broker starts again on the same port and serves."""
    broker.kill()
    broker.start()

    with _client(broker, "reader", subscribe="t/#") as reader, _client(broker, "writer") as writer:
        assert _publish(writer, "t/one", 1) == reader.payloads(1)


def test_a_message_too_large_stops_nobody(broker: RunningBroker) -> None:
    """A message above the limit does not arrive, its sender stays, and the next one arrives."""
    with _client(broker, "reader", subscribe="t/#") as reader, _client(broker, "writer") as writer:
        writer.client.publish("t/one", bytes(MAX_MESSAGE_BYTES + 1), qos=1).wait_for_publish(
            _WAIT_S
        )
        _publish(writer, "t/one", 1)

        arrived = list(iter(lambda: reader.payloads(1)[0], b"0"))
        assert all(len(one) == 0 for one in arrived)
        assert writer.client.is_connected()
