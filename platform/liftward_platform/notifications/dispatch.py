"""Attempts that run beside each other: who is being sent to, how many at once, for how long.

An edge: holds tasks of this event loop. Knows channels by name; not the database.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

import structlog

from liftward_platform.notifications.model import Message, Outcome, failed

log = structlog.get_logger()

# All attempts together: files and threads are finite.
AT_ONCE_MAX = 64
# For one receiver: a few incidents at once, and a dead one holds no more than these.
AT_ONCE_PER_RECEIVER = 4
# No attempt takes longer, whatever a channel's own limits are; below the lease of a claim.
ATTEMPT_S_MAX = 20.0
# A cycle waits so long for attempts that it started; the rest is written down later.
PATIENCE_S = 0.2

Done = tuple[Message, Outcome]


class Sender(Protocol):
    """Whatever pushes a message out of the house, by one channel of the document."""

    async def send(self, message: Message, *, now: datetime) -> Outcome:
        """Try once and say what became of it."""
        ...


class Dispatch:
    """Attempts in flight. `senders` are by the channel's name in the document."""

    def __init__(
        self,
        senders: Mapping[str, Sender],
        *,
        patience_s: float = PATIENCE_S,
        attempt_s_max: float = ATTEMPT_S_MAX,
    ) -> None:
        self._senders = dict(senders)
        self._patience_s, self._attempt_s_max = patience_s, attempt_s_max
        self._tasks: dict[int, tuple[Message, asyncio.Task[Outcome]]] = {}
        self.at_once = AT_ONCE_PER_RECEIVER

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Stop what is in flight: its lease ends, and another engine tries again."""
        tasks = [task for _, task in self._tasks.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks.clear()

    @property
    def room(self) -> int:
        """How many more may be started."""
        return AT_ONCE_MAX - len(self._tasks)

    def busy(self) -> list[str]:
        """Return the receivers that get no more until something came back."""
        counts = Counter(message.receiver for message, _ in self._tasks.values())
        return [receiver for receiver, count in counts.items() if count >= self.at_once]

    def start(self, message: Message, now: datetime) -> None:
        """Begin an attempt."""
        task = asyncio.create_task(self._attempt(message, now))
        self._tasks[message.message_id] = (message, task)

    def finished(self) -> list[Done]:
        """Return what has come back and is not `recorded` yet.

        An attempt that died of more than an error ends whoever asks: it is a bug, or an interrupt.
        """
        over = [(message, task) for message, task in self._tasks.values() if task.done()]
        try:
            return [(message, task.result()) for message, task in over]
        except BaseException:
            for message, _ in over:
                self.recorded(message)
            raise

    async def settle(self) -> list[Done]:
        """Wait a little for what is in flight; return what has come back."""
        tasks = [task for _, task in self._tasks.values()]
        if tasks:
            await asyncio.wait(tasks, timeout=self._patience_s)
        return self.finished()

    def recorded(self, message: Message) -> None:
        """Forget an attempt whose result is written down."""
        self._tasks.pop(message.message_id, None)

    async def _attempt(self, message: Message, now: datetime) -> Outcome:
        sender = self._senders[message.channel_name]
        try:
            async with asyncio.timeout(self._attempt_s_max):
                return await sender.send(message, now=now)
        except TimeoutError:
            return failed(f"no answer within {self._attempt_s_max:g} s")
        except Exception as error:
            # A channel that breaks is a failed send of that channel, never the end of the others.
            log.exception("channel_broke", channel_name=message.channel_name)
            return failed(f"the channel broke: {type(error).__name__}")
