"""Keeps the engine going: cycles, waits, lost databases, a clean stop.

Groups of modules run beside each other, each with its own connection. Waiting ends with a
NOTIFY, at the next deadline, or after a second: polling is the guarantee, the rest is speed.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import ClassVar

import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row

from liftward_kit.clock import Clock
from liftward_kit.database import CONNECT_TIMEOUT_S
from liftward_platform.engine import store
from liftward_platform.engine.cycle import LIMIT, run_cycle
from liftward_platform.engine.modules import Module, Modules
from liftward_platform.incidents import intake
from liftward_platform.migrations.runner import check_schema
from liftward_platform.rescue import due

Connection = AsyncConnection[DictRow]

log = structlog.get_logger()

# Without any NOTIFY, nothing is seen later than this.
WAIT_S_MAX = 1.0
# After a lost connection: soon at first, then seldom enough not to be a burden.
BACK_OFF_S_FIRST, BACK_OFF_S_MAX = 0.2, 5.0
# A statement or a network that takes longer is taken for dead; the next try may do better.
STATEMENT_TIMEOUT_MS = 30_000
NETWORK_TIMEOUT_MS = 10_000
# Our transactions wait for nothing but the database. One that idles has lost its engine, and its
# locks would keep every other engine, and the API, from that incident for as long as TCP likes.
IDLE_IN_TRANSACTION_TIMEOUT_MS = 5_000
# A peer that vanished while we wait for its answer: noticed after 5 + 3 * 2 seconds.
KEEPALIVE_IDLE_S, KEEPALIVE_INTERVAL_S, KEEPALIVES_COUNT = 5, 2, 3


@dataclass(slots=True)
class Engine:
    """A running engine; `ready_file` is touched after the first full cycle of rescue and upkeep."""

    dsn: str
    modules: Modules
    clock: Clock
    ready_file: Path | None = None
    limit: int = LIMIT
    _waiting_for_first: set[str] = field(default_factory=lambda: {"rescue", "upkeep"}, init=False)
    _lost: set[str] = field(default_factory=set, init=False)
    # Those that are woken when a person or a detector says something.
    _LISTENING: ClassVar[frozenset[str]] = frozenset({"rescue", "telling"})

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set.

        Raises
        ------
        SchemaError
            When the database's schema is not this program's.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_going("rescue", self.modules.rescue, stop))
            group.create_task(self._keep_going("upkeep", self.modules.upkeep, stop))
            if self.modules.telling:
                group.create_task(self._keep_going("telling", self.modules.telling, stop))
            if self.modules.history:
                group.create_task(self._keep_going("history", self.modules.history, stop))

    async def _keep_going(
        self, name: str, modules: tuple[Module, ...], stop: asyncio.Event
    ) -> None:
        back_off_s = BACK_OFF_S_FIRST
        while not stop.is_set():
            try:
                async with await self._connect(listens=name in self._LISTENING) as connection:
                    self._database_is_back(name)
                    back_off_s = BACK_OFF_S_FIRST
                    await self._work(name, connection, modules, stop)
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                self._database_is_lost(name, error)
                await _pause(stop, back_off_s)
                back_off_s = min(BACK_OFF_S_MAX, back_off_s * 2)

    async def _connect(self, *, listens: bool) -> Connection:
        """Connect, and make sure that the schema is ours: it may have changed meanwhile."""
        await asyncio.to_thread(self._check_schema)
        connection = await AsyncConnection.connect(
            self.dsn,
            row_factory=dict_row,
            autocommit=True,
            connect_timeout=CONNECT_TIMEOUT_S,
            tcp_user_timeout=NETWORK_TIMEOUT_MS,
            keepalives_idle=KEEPALIVE_IDLE_S,
            keepalives_interval=KEEPALIVE_INTERVAL_S,
            keepalives_count=KEEPALIVES_COUNT,
            application_name="liftward-engine",
        )
        try:
            await store.limit_statements(
                connection, STATEMENT_TIMEOUT_MS, idle_ms=IDLE_IN_TRANSACTION_TIMEOUT_MS
            )
            if listens:
                await store.listen(connection)
        except BaseException:
            await connection.close()
            raise
        return connection

    def _check_schema(self) -> None:
        with psycopg.connect(self.dsn, connect_timeout=CONNECT_TIMEOUT_S) as connection:
            check_schema(connection)

    async def _work(
        self, name: str, connection: Connection, modules: tuple[Module, ...], stop: asyncio.Event
    ) -> None:
        waits = {"rescue": self._wait_for_work, "telling": self._wait_for_news}
        wait = waits.get(name, self._wait_a_second)
        while not stop.is_set():
            handled = await run_cycle(connection, self.clock(), self.limit, modules)
            self._cycle_done(name)
            if all(count < self.limit for count in handled.values()):
                await wait(connection, stop)

    async def _wait_for_work(self, connection: Connection, stop: asyncio.Event) -> None:
        if stop.is_set():
            return
        moments = (await due.next_deadline(connection), await intake.next_look(connection))
        timeout_s = wait_s(self.clock(), moments)
        async for _ in connection.notifies(timeout=timeout_s, stop_after=1):
            continue  # all that have come: together they wake us once

    async def _wait_for_news(self, connection: Connection, stop: asyncio.Event) -> None:
        """An order is told in the moment it is committed; what is tried again, within a second."""
        if stop.is_set():
            return
        async for _ in connection.notifies(timeout=WAIT_S_MAX, stop_after=1):
            continue

    async def _wait_a_second(self, _connection: Connection, stop: asyncio.Event) -> None:
        await _pause(stop, WAIT_S_MAX)

    def _cycle_done(self, name: str) -> None:
        if name not in self._waiting_for_first:
            return
        self._waiting_for_first.discard(name)
        if not self._waiting_for_first:
            log.info("engine_ready")
            if self.ready_file is not None:
                self.ready_file.touch()

    def _database_is_lost(self, name: str, error: Exception) -> None:
        """Say it once for all groups, not at every try."""
        if not self._lost:
            log.warning("database_lost", error=str(error).strip())
        self._lost.add(name)

    def _database_is_back(self, name: str) -> None:
        if name in self._lost:
            self._lost.discard(name)
            if not self._lost:
                log.info("database_returned")


def wait_s(now: datetime, moments: tuple[datetime | None, ...]) -> float:
    """Return how long nothing is due, at most WAIT_S_MAX."""
    due_s = ((moment - now).total_seconds() for moment in moments if moment is not None)
    return max(0.0, min(WAIT_S_MAX, *due_s, WAIT_S_MAX))


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    """Wait, but not past the stop."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
