"""Topics: `liftward/v1/{shard}/{device_id}/{kind}`.

`device_id` is the lift's id, or the id of a building edge for kind `batch`. The shard is the low
byte of CRC-32 of the device id, two lower-case hex digits: it spreads load over gateway workers on
any broker while each device's messages stay in order.
"""

import re
from collections.abc import Iterable
from enum import StrEnum
from zlib import crc32

from msgspec import Struct

PREFIX = "liftward/v1"
SHARD_COUNT = 256
DEVICE_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")


class TopicKind(StrEnum):
    TELEMETRY = "telemetry"
    BATCH = "batch"
    EVENT = "event"
    STATUS = "status"
    COMMAND = "command"
    REPLY = "reply"


_KINDS = {str(kind): kind for kind in TopicKind}
_PREFIX = f"{PREFIX}/"


class TopicError(ValueError):
    """The topic is not one of the contract's; the message says which part is wrong."""


class Topic(Struct, frozen=True):
    """A parsed topic. `shard` always matches `device_id`."""

    device_id: str
    kind: TopicKind

    @property
    def shard(self) -> int:
        return shard_of(self.device_id)

    def __str__(self) -> str:
        return f"{PREFIX}/{self.shard:02x}/{self.device_id}/{self.kind}"


def shard_of(device_id: str) -> int:
    """Return the shard of a device, 0 to 255."""
    return crc32(device_id.encode("ascii")) & 0xFF


def parse_topic(text: str) -> Topic:
    """Return the parts of a topic.

    Raises
    ------
    TopicError
        When the prefix, the shard, the id or the kind is not the contract's.
    """
    parts = text.split("/")
    if len(parts) != 5 or not text.startswith(_PREFIX):  # noqa: PLR2004 - the five parts above
        raise TopicError(f"topic is not {PREFIX}/{{shard}}/{{device_id}}/{{kind}}")
    _, _, shard_text, device_id, kind_text = parts
    if not DEVICE_ID.fullmatch(device_id):
        raise TopicError("device id is not 1 to 32 of A-Z a-z 0-9 _ -")
    if shard_text != f"{shard_of(device_id):02x}":
        raise TopicError(f"shard of this device id is {shard_of(device_id):02x}, not this one")
    kind = _KINDS.get(kind_text)
    if kind is None:
        raise TopicError(f"kind is none of {', '.join(TopicKind)}")
    return Topic(device_id, kind)


def subscriptions(shards: Iterable[int], kinds: Iterable[TopicKind]) -> list[str]:
    """Return the topic filters that cover these shards and kinds, as few as possible."""
    wanted = sorted(set(shards))
    texts = ["+"] if len(wanted) == SHARD_COUNT else [f"{shard:02x}" for shard in wanted]
    return [f"{PREFIX}/{shard}/+/{kind}" for kind in kinds for shard in texts]
