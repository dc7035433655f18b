"""What the gateway refused, and how far each device's numbering is known. The gateway writes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


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


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceMark:
    """What is stored of one stream of one boot of a device. Gaps are first and last, included."""

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
