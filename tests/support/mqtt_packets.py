"""The few MQTT 3.1.1 packets that a publisher needs, as bytes.

A load generator that shares two cores with what it measures must be cheap, and a device under test
must notice a broken connection at once; client libraries give neither.
"""

import struct

CONNACK_ACCEPTED = b"\x20\x02\x00\x00"
PUBACK_HEAD = b"\x40\x02"
PUBACK_BYTES = 4
DISCONNECT = b"\xe0\x00"
PACKET_IDS = 65_535  # 1..65535
_PUBLISH_QOS_1 = 0x32
_CONNECT_CLEAN = 0x02


def connect_packet(client_id: str) -> bytes:
    """Return CONNECT with a clean session and without keep-alive."""
    body = _text("MQTT") + bytes([4, _CONNECT_CLEAN, 0, 0]) + _text(client_id)
    return b"\x10" + remaining_length(len(body)) + body


def publish_packet(topic: str, payload: bytes, packet_id: int) -> bytes:
    """Return PUBLISH at QoS 1."""
    head = publish_head(topic, len(payload))
    return head + struct.pack(">H", packet_id) + payload


def publish_head(topic: str, payload_bytes: int) -> bytes:
    """Return all of a PUBLISH at QoS 1 that stands before its packet id."""
    topic_text = _text(topic)
    length = len(topic_text) + 2 + payload_bytes
    return bytes([_PUBLISH_QOS_1]) + remaining_length(length) + topic_text


def puback_ids(received: bytes) -> list[int]:
    """Return the packet ids of whole PUBACKs.

    Raises
    ------
    ValueError
        When the broker says anything else: a publisher is sent nothing else.
    """
    heads, ids = received[::PUBACK_BYTES], memoryview(received)
    if heads.count(PUBACK_HEAD[0]) * PUBACK_BYTES != len(received):
        raise ValueError(f"not only PUBACK: {received[:16].hex()}")
    return [
        (ids[place + 2] << 8) | ids[place + 3] for place in range(0, len(received), PUBACK_BYTES)
    ]


def remaining_length(length: int) -> bytes:
    """Return MQTT's variable-length number."""
    encoded = bytearray()
    while True:
        length, digit = divmod(length, 128)
        encoded.append(digit | (0x80 if length else 0))
        if not length:
            return bytes(encoded)


def _text(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack(">H", len(encoded)) + encoded
