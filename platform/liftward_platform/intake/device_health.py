"""What a device's streams say of the device as a whole: its clock, its losses, who publishes.

Pure. The gateway measures, per stream and boot; this only sums up. Must not know SQL or HTTP.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from liftward_platform.intake.model import Skew, StreamMark

# Two publishers under one id go on doing it; a device whose clock was set back while it restarted
# looks alike for as long as it sends what it had kept.
TWO_PUBLISHERS_WITHIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """The device's clock; `behind_s` is negative when it is ahead, None when nobody knows."""

    skew: Skew
    behind_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceHealth:
    """A device in a few figures, over all streams and boots that are remembered."""

    clock: Clock
    two_publishers: bool
    gaps_count: int
    missing_count: int
    duplicates_count: int
    late_count: int


def device_health(marks: Sequence[StreamMark], now: datetime) -> DeviceHealth:
    """Sum up a device's streams."""
    return DeviceHealth(
        clock=_clock(marks),
        two_publishers=any(
            mark.last_overlap_at is not None and now - mark.last_overlap_at <= TWO_PUBLISHERS_WITHIN
            for mark in marks
        ),
        gaps_count=sum(mark.gaps_count for mark in marks),
        missing_count=sum(mark.missing_count for mark in marks),
        duplicates_count=sum(mark.duplicates_count for mark in marks),
        late_count=sum(mark.late_count for mark in marks),
    )


def behind_s(mark: StreamMark) -> float | None:
    """Return how far the clock is behind, at most: transport is in it; None when unknown."""
    if mark.skew is Skew.UNKNOWN or mark.smallest_delay_us is None:
        return None
    return mark.smallest_delay_us / 1e6


def _clock(marks: Sequence[StreamMark]) -> Clock:
    """Return what was concluded last: a clock may have been set since an earlier boot."""
    known = [mark for mark in marks if mark.skew is not Skew.UNKNOWN]
    if not known:
        return Clock(skew=Skew.UNKNOWN, behind_s=None)
    latest = max(known, key=lambda mark: mark.last_received_at)
    return Clock(skew=latest.skew, behind_s=behind_s(latest))
