"""What is kept of refused messages, and how much of it.

Knows reasons and bytes. Must not know SQL or MQTT.
"""

import hashlib
from dataclasses import dataclass, replace
from enum import StrEnum

from liftward_gateway.admit import Received
from liftward_wire.rejection import Rejected

# Kept of a payload. A whole single sample with every signal is near 900 bytes, an event with the
# largest extension fits too: messages that fit are kept whole and can be replayed.
KEPT_BYTES_MAX = 4_096
# Different messages kept in an hour by one worker, near 80 MB; what exceeds it is only counted.
KEPT_ROWS_PER_HOUR_MAX = 20_000
TOPIC_CHARS_MAX = 500  # the longest right one has 60; an index entry has room for some thousand
DETAIL_CHARS_MAX = 500
MANY_TOPIC = "(many topics)"
_HOUR_US = 3_600_000_000


class QuarantineReason(StrEnum):
    """Reasons of the gateway's own, beside those of the contract."""

    STORE_REFUSED = "store_refused"  # it passed every check, and the database would not have it


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineEntry:
    """One refused message, or `count` identical ones."""

    topic: str
    reason: str
    detail: str
    path: str
    payload_start: bytes
    payload_bytes: int
    payload_sha256: bytes
    count: int
    first_us: int
    last_us: int

    @property
    def same_message(self) -> tuple[str, bytes, str]:
        return (self.topic, self.payload_sha256, self.reason)


def entry_of(received: Received, refusal: Rejected) -> QuarantineEntry:
    """Return the entry for one refused message."""
    return _entry(received, refusal.reason, refusal.detail, refusal.path)


def store_refused(received: Received, error: str) -> QuarantineEntry:
    """Return the entry for a message that the database refused."""
    return _entry(received, QuarantineReason.STORE_REFUSED, error, "")


def _entry(received: Received, reason: str, detail: str, path: str) -> QuarantineEntry:
    return QuarantineEntry(
        topic=storable(received.topic)[:TOPIC_CHARS_MAX],
        reason=reason,
        detail=storable(detail)[:DETAIL_CHARS_MAX],
        path=storable(path)[:DETAIL_CHARS_MAX],
        payload_start=received.payload[:KEPT_BYTES_MAX],
        payload_bytes=len(received.payload),
        payload_sha256=hashlib.sha256(received.payload).digest(),
        count=1,
        first_us=received.received_at_us,
        last_us=received.received_at_us,
    )


def storable(text: str) -> str:
    """Return the text with what no database text can hold (NUL, lone surrogates) replaced."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def joined(entries: list[QuarantineEntry]) -> list[QuarantineEntry]:
    """Count identical messages instead of repeating them."""
    by_message: dict[tuple[str, bytes, str], QuarantineEntry] = {}
    for entry in entries:
        known = by_message.get(entry.same_message)
        by_message[entry.same_message] = (
            entry
            if known is None
            else replace(
                known,
                count=known.count + entry.count,
                last_us=max(known.last_us, entry.last_us),
            )
        )
    return list(by_message.values())


@dataclass(slots=True)
class KeptRows:
    """How many different messages were kept in the current hour."""

    hour: int = -1
    count: int = 0

    def bounded(self, entry: QuarantineEntry) -> QuarantineEntry:
        """Return the entry, or past the hour's limit one that only counts, by reason."""
        hour = entry.last_us // _HOUR_US
        if hour != self.hour:
            self.hour, self.count = hour, 0
        self.count += 1
        if self.count <= KEPT_ROWS_PER_HOUR_MAX:
            return entry
        return replace(
            entry,
            topic=MANY_TOPIC,
            detail=f"more than {KEPT_ROWS_PER_HOUR_MAX} refused in one hour: counted, not kept",
            path="",
            payload_start=b"",
            payload_bytes=0,
            payload_sha256=bytes(32),
        )
