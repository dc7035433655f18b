"""The engine's module that tells people: copies, pushes, chains, quiet tests, one after the other.

An order that reached nobody at a crew is handed to the rescue at once.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.engine.metrics import METRICS
from liftward_platform.notifications import fan_out, quiet_tests, store
from liftward_platform.notifications.deliver import Delivery, push
from liftward_platform.notifications.destinations import EMPTY, Document
from liftward_platform.notifications.dispatch import Dispatch
from liftward_platform.notifications.metrics import NotificationMetrics
from liftward_platform.rescue import due

Connection = AsyncConnection[DictRow]

# Of a long line one goes after the other; after so many the rest of the cycle has its turn.
ROUNDS_MAX = 20
MEASURES = NotificationMetrics(METRICS.registry)


@dataclass(slots=True)
class Notifications:
    """Delivers the outbox to whom the document names; without one, to who reads it."""

    document: Document = EMPTY
    dispatch: Dispatch = field(default_factory=lambda: Dispatch({}))
    chance: Callable[[], float] = random.random
    name: str = "notifications"
    _registered: bool = field(default=False, init=False)

    async def run(self, connection: Connection, now: datetime, limit: int) -> int:
        if not self._registered:
            await quiet_tests.register(connection, self.document, now)
            self._registered = True
        count = await fan_out.deliver_to_read(connection, self.document, now=now, limit=limit)
        if not self.document.destinations:
            return count
        await fan_out.end_what_is_over(connection, self.document, now)
        count += await quiet_tests.begin_due(
            connection, self.document, now=now, chance=self.chance(), limit=limit
        )
        count += await self._push(connection, now, limit)
        rows = await store.waiting_by_channel(connection)
        MEASURES.waiting(self.document.channels, rows, now)
        return count

    async def _push(self, connection: Connection, now: datetime, limit: int) -> int:
        """Push until nothing more goes out now: lines advance, chains move on."""
        delivery = Delivery(self.document, self.dispatch, MEASURES, self.chance)
        count = 0
        for _ in range(ROUNDS_MAX):
            sent_count = await push(connection, delivery, now=now, limit=limit)
            moved_count, lost = await fan_out.move_chains(
                connection, self.document, now=now, limit=limit
            )
            for order_id in lost:
                async with connection.transaction():
                    await due.not_delivered(connection, order_id, now)
            count += sent_count + moved_count + len(lost)
            if sent_count + moved_count == 0:
                break
        return count
