"""What goes into one transaction: enough to be worth a commit, never so much that it delays.

Knows sizes and ages. Must not know MQTT, messages or SQL.
"""

from dataclasses import dataclass
from enum import StrEnum

# Received and not yet acknowledged, in one path. Twice the 4,000 a broker of ours hands out at
# once (see the broker's configuration), so that a full window never stops the reader.
WINDOW_MESSAGES_MAX = 8_000
WINDOW_BYTES_MAX = 64_000_000  # memory: 32 of the largest messages the contract allows


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
    messages_max=1_000, bytes_max=8_000_000, age_s_max=0.05, quiet_s_max=0.004
)
# An alarm is written at once: what arrived together goes together.
EVENT_LIMITS = BatchLimits(messages_max=500, bytes_max=2_000_000, age_s_max=0.0, quiet_s_max=0.0)

for _limits in (TELEMETRY_LIMITS, EVENT_LIMITS):
    # The next batch gathers while this one commits.
    assert _limits.messages_max * 2 <= WINDOW_MESSAGES_MAX
    assert _limits.bytes_max * 2 <= WINDOW_BYTES_MAX
    assert _limits.quiet_s_max <= _limits.age_s_max


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
