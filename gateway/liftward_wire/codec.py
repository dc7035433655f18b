"""Bytes to messages and back. A refusal is a value: `decode` raises for no bytes at all.

Shape and single values are checked by the decoder itself, from the types; what concerns several
fields at once is checked in `consistency`; `explanation` turns a decoder's error into a sentence.
Must not know the registry, the clock or the network: whether a device exists, and whether its time
is plausible now, is for the gateway to say.
"""

from typing import Any

from msgspec import DecodeError, ValidationError
from msgspec.json import Decoder, Encoder

from liftward_wire.batch_shape import BatchShape, as_batch
from liftward_wire.consistency import inconsistency
from liftward_wire.explanation import explain, has_field, undecodable
from liftward_wire.messages import (
    PAYLOAD_BYTES_MAX,
    Command,
    Event,
    Message,
    Reply,
    Sample,
    Status,
)
from liftward_wire.rejection import Rejected, RejectReason
from liftward_wire.topics import Topic, TopicKind

# Sorted keys in free-form parts: the same message is always the same bytes.
_ENCODER = Encoder(order="deterministic")
_BATCH: Decoder[Any] = Decoder(BatchShape)
_DECODERS: dict[TopicKind, Decoder[Any]] = {
    TopicKind.TELEMETRY: Decoder(Sample),
    TopicKind.BATCH: _BATCH,
    TopicKind.EVENT: Decoder(Event),
    TopicKind.STATUS: Decoder(Status),
    TopicKind.COMMAND: Decoder(Command),
    TopicKind.REPLY: Decoder(Reply),
}
# The one field every batch has and no sample: a telemetry payload with it is a batch.
_BATCH_FIELD = "offset_ms"
_BATCH_MARK = b'"offset_ms"'


def decode(topic: Topic, payload: bytes) -> Message | Rejected:
    """Return the message in these bytes, or why it is refused. Never raises."""
    if len(payload) > PAYLOAD_BYTES_MAX:
        detail = f"payload has {len(payload)} bytes, allowed are {PAYLOAD_BYTES_MAX}"
        return Rejected(RejectReason.OVERSIZE, detail)
    if topic.kind is TopicKind.TELEMETRY and _BATCH_MARK in payload:
        batch = _decode_with(_BATCH, topic, payload)
        if not isinstance(batch, Rejected) or has_field(payload, _BATCH_FIELD):
            return batch
        # The mark was the text of some other field: this is a sample.
    return _decode_with(_DECODERS[topic.kind], topic, payload)


def _decode_with(decoder: Decoder[Any], topic: Topic, payload: bytes) -> Message | Rejected:
    try:
        message = decoder.decode(payload)
        if decoder is _BATCH:
            message = as_batch(message)
        return inconsistency(topic, message) or message
    except ValidationError as error:
        return explain(payload, error)
    except (DecodeError, UnicodeDecodeError, RecursionError) as error:
        return undecodable(error)


def encode(message: Message) -> bytes:
    """Return the message as it stands on the wire: the same bytes for the same message."""
    return _ENCODER.encode(message)
