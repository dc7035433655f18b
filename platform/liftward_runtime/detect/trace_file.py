"""A trace file as received messages: JSON Lines, one MQTT message each, in order of arrival.

A line that is none is told by its number and passed over. Must not know what is in a payload.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from liftward_gateway.admit import Received
from liftward_wire.columns import microseconds


@dataclass(frozen=True, slots=True)
class UnreadableLine:
    """A line that is no message: its number from 1, and why."""

    number: int
    why: str


class _Line(msgspec.Struct):
    topic: str
    received_at: Annotated[datetime, Meta(tz=True)]
    payload: msgspec.Raw


_LINES = msgspec.json.Decoder(_Line)
_TEXT = msgspec.json.Decoder(str)
_QUOTE = b'"'


def messages_of(lines: Iterable[bytes]) -> Iterator[Received | UnreadableLine]:
    """Yield what stands in each line; empty lines are passed over."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            found = _LINES.decode(line)
            payload = bytes(found.payload)
            if payload.startswith(_QUOTE):  # a payload that is no JSON object stands as text
                payload = _TEXT.decode(payload).encode()
        except (msgspec.MsgspecError, UnicodeError) as error:
            yield UnreadableLine(number, str(error))
            continue
        yield Received(found.topic, payload, microseconds(found.received_at))
