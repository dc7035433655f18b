"""Stamps messages with strictly increasing arrival times, so that a time names a place in a path.

The detector's saved state says up to which arrival it has seen; two messages must not share one.
"""

from collections.abc import Callable

from liftward_kit.clock import Clock
from liftward_wire.columns import microseconds


def receipt_clock(clock: Clock, *, after_us: int = 0) -> Callable[[], int]:
    """Return a function giving microseconds since 1970, each larger than the last and `after_us`.

    A wall clock that is set back stands still here until it has caught up.
    """
    last_us = after_us

    def stamp() -> int:
        nonlocal last_us
        last_us = max(last_us + 1, microseconds(clock()))
        return last_us

    return stamp
