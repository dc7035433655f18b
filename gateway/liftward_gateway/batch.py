"""What goes into one transaction: enough to be worth a commit, never so much that it delays.

Knows sizes and ages; every window is derived from another here. Must not know MQTT or SQL.
"""

from dataclasses import dataclass
from enum import StrEnum

from liftward_wire.messages import PAYLOAD_BYTES_MAX

# What a broker should hand out unacknowledged to one of our sessions: of 40,000 messages a second,
# what arrives during a commit of 100 ms. The brokers we start are set to it; the default of others
# (Mosquitto: 20) starves a gateway that acknowledges after its commit.
BROKER_WINDOW_MESSAGES = 4_000
# Received and not yet acknowledged, in one path. Twice the broker's window, so that a full window
# never stops the reader.
WINDOW_MESSAGES_MAX = 2 * BROKER_WINDOW_MESSAGES
WINDOW_BYTES_MAX = 32 * PAYLOAD_BYTES_MAX  # memory: so many of the largest messages
# The largest message a broker should take: more than the contract's, so that a message which is too
# large is refused by us, with a reason, and not dropped by a broker without a word.
BROKER_MESSAGE_BYTES_MAX = 2 * PAYLOAD_BYTES_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLimits:
    """When a batch is closed: whichever comes first."""

    messages_max: int
    bytes_max: int
    age_s_max: float  # since its first message arrived
    quiet_s_max: float  # since nothing more arrived: a small window must not wait for the age


# 1,000 single samples are worth a commit, and no step of theirs keeps the event loop for more than
# some 10 ms (with 2,000 an alarm waited three times as long, for no more samples a second); 8 MB of
# columns are near 80,000 rows, half a second.
TELEMETRY_LIMITS = BatchLimits(
    messages_max=BROKER_WINDOW_MESSAGES // 4,
    bytes_max=4 * PAYLOAD_BYTES_MAX,
    age_s_max=0.05,
    quiet_s_max=0.004,
)
# An alarm is written at once: what arrived together goes together.
EVENT_LIMITS = BatchLimits(
    messages_max=TELEMETRY_LIMITS.messages_max // 2,
    bytes_max=PAYLOAD_BYTES_MAX,
    age_s_max=0.0,
    quiet_s_max=0.0,
)


def check_windows(limits: BatchLimits) -> None:
    """Raise AssertionError, at every start, when limits that follow from one another do not fit."""
    # The next batch gathers, in the broker's window and in ours, while this one commits.
    assert limits.messages_max * 2 <= BROKER_WINDOW_MESSAGES < WINDOW_MESSAGES_MAX
    # A batch takes one message past its limit at most: also two of the largest leave room.
    assert limits.bytes_max * 2 + BROKER_MESSAGE_BYTES_MAX <= WINDOW_BYTES_MAX
    # One message, however large, is a batch; and it is we who say that it is too large.
    assert limits.bytes_max >= PAYLOAD_BYTES_MAX
    assert PAYLOAD_BYTES_MAX < BROKER_MESSAGE_BYTES_MAX
    assert limits.quiet_s_max <= limits.age_s_max


for _limits in (TELEMETRY_LIMITS, EVENT_LIMITS):
    check_windows(_limits)


class CloseReason(StrEnum):
    """Why a batch is taken now."""

    FULL = "full"
    OLD = "old"
    QUIET = "quiet"


def close_reason(
    limits: BatchLimits, *, messages_count: int, bytes_count: int, age_s: float, quiet_s: float
) -> CloseReason | None:
    """Return why the waiting messages should be taken now, or None to wait for more."""
    if messages_count == 0:
        return None
    if messages_count >= limits.messages_max or bytes_count >= limits.bytes_max:
        return CloseReason.FULL
    if age_s >= limits.age_s_max:
        return CloseReason.OLD
    return CloseReason.QUIET if quiet_s >= limits.quiet_s_max else None


def wait_s(limits: BatchLimits, *, age_s: float, quiet_s: float) -> float:
    """Return how long an open batch may wait for its next message."""
    return max(0.0, min(limits.age_s_max - age_s, limits.quiet_s_max - quiet_s))
