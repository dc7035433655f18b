"""Runs an event loop in a thread beside the main one, which has to start and kill the processes.

A child's life is tied to the thread that started it, so the work that must not wait for a kill goes
into a thread of its own.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Work(Protocol):
    """What runs beside: `run` until `end` was called, from another thread."""

    async def run(self) -> None: ...

    def end(self) -> None: ...


@contextmanager
def running_beside(work: Work, name: str) -> Iterator[None]:
    """Run the work in a thread of its own; what it fails with is raised at the end."""
    failure: list[BaseException] = []

    def go() -> None:
        try:
            asyncio.run(work.run())
        except BaseException as error:  # noqa: BLE001 - told to the thread that waits
            failure.append(error)

    thread = threading.Thread(target=go, name=name)
    thread.start()
    try:
        yield
    finally:
        work.end()
        thread.join()
    if failure:
        raise failure[0]
