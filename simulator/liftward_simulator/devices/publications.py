"""What a device sends: one MQTT message. Must not know what is in it or how it travels."""

from dataclasses import dataclass

from liftward_wire.codec import encode
from liftward_wire.messages import Message
from liftward_wire.topics import Topic, TopicKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One MQTT message to send, QoS 1."""

    device_id: str
    kind: TopicKind
    payload: bytes
    retain: bool = False

    @property
    def topic(self) -> str:
        return str(Topic(self.device_id, self.kind))


def publication(
    device_id: str, kind: TopicKind, message: Message, *, retain: bool = False
) -> Publication:
    """Return the publication of a message of the contract."""
    return Publication(device_id=device_id, kind=kind, payload=encode(message), retain=retain)
