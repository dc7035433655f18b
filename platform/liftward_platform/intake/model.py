"""What the gateway refused, and what it knows of each device: numbering, clock, who publishes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedMessage:
    """A message in quarantine; equal ones are counted, not copied."""

    quarantine_id: int
    topic: str
    reason: str
    detail: str
    path: str
    payload_start: bytes
    payload_bytes: int
    count: int
    first_at: datetime
    last_at: datetime
    replayed_at: datetime | None


class Skew(StrEnum):
    """What the gateway concluded about a device's clock."""

    UNKNOWN = "unknown"  # too little heard, or nothing but old news
    OK = "ok"
    AHEAD = "ahead"
    BEHIND = "behind"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamMark:
    """What is known of one stream of one boot of a device. Gaps are first and last, included."""

    stream: str
    boot_id: int
    contiguous_through: int
    highest: int
    gaps: Sequence[tuple[int, int]]
    gaps_count: int
    missing_count: int
    duplicates_count: int
    late_count: int
    last_observed_at: datetime
    last_received_at: datetime
    skew: Skew
    smallest_delay_us: int | None  # of the last two windows
    overlaps_count: int
    last_overlap_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UntimelyAlarm:
    """An alarm whose device claimed an impossible time: it counts as of its arrival."""

    lift_id: str
    kind: str
    received_at: datetime
    claimed_at: datetime
