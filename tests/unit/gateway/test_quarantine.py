import hashlib

from liftward_gateway.admit import Received
from liftward_gateway.quarantine import (
    KEPT_BYTES_MAX,
    KEPT_ROWS_PER_HOUR_MAX,
    TOPIC_CHARS_MAX,
    KeptRows,
    entry_of,
    joined,
    storable,
    store_refused,
)
from liftward_wire.rejection import Rejected, RejectReason

REFUSAL = Rejected(RejectReason.UNDECODABLE, "not \0 JSON", "$.a")


def test_a_message_is_kept_with_its_reason() -> None:
    """Whole when it is short; its hash is of all of it."""
    entry = entry_of(Received("t", b"abc", 5), REFUSAL)

    assert (entry.payload_start, entry.payload_bytes, entry.count) == (b"abc", 3, 1)
    assert entry.payload_sha256 == hashlib.sha256(b"abc").digest()
    assert (entry.reason, entry.path, entry.first_us) == ("undecodable", "$.a", 5)
    assert "\0" not in entry.detail


def test_long_ones_are_cut() -> None:
    """A storm of megabytes must not fill the disk, nor a topic break an index."""
    entry = entry_of(Received("t" * 60_000, b"x" * 9_000, 5), REFUSAL)

    assert (len(entry.payload_start), entry.payload_bytes) == (KEPT_BYTES_MAX, 9_000)
    assert len(entry.topic) == TOPIC_CHARS_MAX


def test_the_same_message_is_counted_not_repeated() -> None:
    """Same topic, payload and reason are one entry."""
    entries = [
        entry_of(Received("t", b"a", 1), REFUSAL),
        entry_of(Received("t", b"b", 2), REFUSAL),
        entry_of(Received("t", b"a", 3), REFUSAL),
        store_refused(Received("t", b"a", 4), "check failed"),
    ]

    together = joined(entries)

    assert [(one.payload_start, one.reason, one.count, one.last_us) for one in together] == [
        (b"a", "undecodable", 2, 3),
        (b"b", "undecodable", 1, 2),
        (b"a", "store_refused", 1, 4),
    ]


def test_past_the_hour_limit_messages_are_only_counted() -> None:
    """Random garbage has no two alike; the next hour begins anew."""
    kept = KeptRows()
    entry = entry_of(Received("t", b"a", 1), REFUSAL)
    for _ in range(KEPT_ROWS_PER_HOUR_MAX):
        assert kept.bounded(entry) is entry

    counted = kept.bounded(entry)

    assert (counted.topic, counted.payload_start, counted.count) == ("(many topics)", b"", 1)
    assert counted.reason == entry.reason
    later = entry_of(Received("t", b"a", 3_600_000_001), REFUSAL)
    assert kept.bounded(later) is later


def test_text_that_no_database_holds_is_replaced() -> None:
    """NUL and lone surrogates."""
    assert storable("a\0b\ud800c") == "a\ufffdb?c"
