"""Tells a crew's device by MQTT: QoS 1, not retained, on the crew's own topic.

Sent means that the broker has it, and no more: a device that is away finds it in its session when
it comes back, which is why an order goes on to the next channel when nobody answers it in time.
One connection for each attempt: a rescue centre sends a few messages a minute, and a connection
that is made anew cannot be one that has died unnoticed.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote, urlsplit

import aiomqtt

from liftward_kit.client_tls import ClientTls
from liftward_kit.settings import Secret
from liftward_platform.notifications.model import SENT, Message, Outcome, failed
from liftward_platform.notifications.texts import text_of
from liftward_platform.notifications.webhook import document_of
from liftward_wire.crew_topics import crew_topic

# Connecting and one acknowledged message: a broker that needs longer is as good as away.
TIMEOUT_S = 5.0
_PORTS = {"mqtt": 1883, "mqtts": 8883}


def payload_of(message: Message, language: str) -> bytes:
    """Return what the crew's device gets: the message's JSON and a text to show."""
    said = text_of(message, language)
    document = {**document_of(message), "title": said.title, "text": said.body}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class MqttSender:
    """One channel of the document; `tls` holds for mqtts addresses."""

    url: Secret
    languages: Mapping[str, str]  # destination -> language
    tls: ClientTls

    async def send(self, message: Message, *, now: datetime) -> Outcome:  # noqa: ARG002 - the broker needs no time
        """Publish one message and wait until the broker has it."""
        parts = urlsplit(self.url.reveal)
        payload = payload_of(message, self.languages[message.destination])
        try:
            client = aiomqtt.Client(
                parts.hostname or "",
                parts.port or _PORTS[parts.scheme],
                username=None if parts.username is None else unquote(parts.username),
                password=None if parts.password is None else unquote(parts.password),
                tls_context=self.tls.context() if parts.scheme == "mqtts" else None,
                timeout=TIMEOUT_S,
            )
            async with client:
                await client.publish(
                    crew_topic(message.recipient), payload, qos=1, retain=False, timeout=TIMEOUT_S
                )
        except (aiomqtt.MqttError, OSError) as error:
            return failed(f"the broker did not take it: {type(error).__name__}")
        return SENT
