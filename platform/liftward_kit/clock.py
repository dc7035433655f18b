"""The only place that reads the clock. Everything else takes `now` as a parameter."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the current time, timezone-aware, UTC."""
    return datetime.now(UTC)  # noqa: TID251 - this is the edge


def monotonic_s() -> float:
    """Return seconds on a clock that never goes back; only differences mean anything."""
    return time.monotonic()
