"""Sparkplug B topics: `spBv1.0/{group}/{type}/{edge node}[/{device}]`.

The edge node is a device of the registry; the device below it, if any, is the id of a lift that the
node serves. Without one, the message is about the lift that has the node's own id.
"""

from dataclasses import dataclass
from enum import StrEnum

from liftward_wire.topics import DEVICE_ID, TopicError

NAMESPACE = "spBv1.0"
PREFIX = f"{NAMESPACE}/"
GROUP_CHARACTERS_MAX = 200


class MessageType(StrEnum):
    NODE_BIRTH = "NBIRTH"
    NODE_DATA = "NDATA"
    NODE_DEATH = "NDEATH"
    DEVICE_BIRTH = "DBIRTH"
    DEVICE_DATA = "DDATA"
    DEVICE_DEATH = "DDEATH"


_OF_DEVICE = frozenset(
    (MessageType.DEVICE_BIRTH, MessageType.DEVICE_DATA, MessageType.DEVICE_DEATH)
)


@dataclass(frozen=True, slots=True)
class SparkplugTopic:
    """A parsed topic of something that a node says."""

    group: str
    type: MessageType
    node_id: str
    lift_id: str  # the node's own id for messages of the node itself

    def __str__(self) -> str:
        text = f"{PREFIX}{self.group}/{self.type}/{self.node_id}"
        return f"{text}/{self.lift_id}" if self.type in _OF_DEVICE else text

    @property
    def command_topic(self) -> str:
        """The topic on which the node listens."""
        return f"{PREFIX}{self.group}/NCMD/{self.node_id}"


def parse_sparkplug(text: str) -> SparkplugTopic:
    """Return the parts of a topic.

    Raises
    ------
    TopicError
        When it is none that a node publishes on, or an id is not one of the registry's.
    """
    parts = text.split("/")
    if len(parts) not in (4, 5) or parts[0] != NAMESPACE:
        raise TopicError(f"topic is not {PREFIX}{{group}}/{{type}}/{{edge node}}[/{{device}}]")
    _, group, type_text, node_id = parts[:4]
    lift_id = parts[4] if len(parts) == 5 else node_id  # noqa: PLR2004 - the five parts above
    try:
        message_type = MessageType(type_text)
    except ValueError:
        raise TopicError(f"type is none of {', '.join(MessageType)}") from None
    if (message_type in _OF_DEVICE) != (len(parts) == 5):  # noqa: PLR2004 - as above
        raise TopicError(f"{message_type} has a device below the edge node, or must not have one")
    if not (DEVICE_ID.fullmatch(node_id) and DEVICE_ID.fullmatch(lift_id)):
        raise TopicError("edge node and device are 1 to 32 of A-Z a-z 0-9 _ -")
    if len(group) > GROUP_CHARACTERS_MAX:
        raise TopicError(f"group is longer than {GROUP_CHARACTERS_MAX} characters")
    return SparkplugTopic(group, message_type, node_id, lift_id)


def sparkplug_subscriptions() -> list[str]:
    """Return the topic filters for all that nodes say; shards are not part of these topics."""
    return [
        f"{PREFIX}+/{message_type}/+{'/+' if message_type in _OF_DEVICE else ''}"
        for message_type in MessageType
    ]
