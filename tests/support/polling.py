"""Bounded waiting for something that happens in another process."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from liftward_kit.clock import monotonic_s

Found = TypeVar("Found")
_PAUSE_S = 0.02


def eventually(check: Callable[[], Found], *, within_s: float = 10.0, what: str = "") -> Found:
    """Return the first truthy answer of `check`; fail the test when there is none in time."""
    give_up_at_s = monotonic_s() + within_s
    while True:
        found = check()
        if found:
            return found
        if monotonic_s() > give_up_at_s:
            raise AssertionError(f"not within {within_s} s: {what or check}")
        time.sleep(_PAUSE_S)


async def eventually_async(
    check: Callable[[], Awaitable[Found]], *, within_s: float = 10.0, what: str = ""
) -> Found:
    """Return the first truthy answer of an asynchronous `check`, letting the loop run between."""
    give_up_at_s = monotonic_s() + within_s
    while True:
        found = await check()
        if found:
            return found
        if monotonic_s() > give_up_at_s:
            raise AssertionError(f"not within {within_s} s: {what or check}")
        await asyncio.sleep(_PAUSE_S)
