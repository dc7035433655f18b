"""One path's connection to the database: fenced, waited for when it is away, sure about commits.

Knows transactions. Must not know what is written in them.

While a connection lives its session holds the path's advisory lock of every shard of the worker, so
whatever is written on it is written by the only owner.
"""

import asyncio
from collections.abc import Awaitable, Callable
from enum import IntEnum
from random import Random
from typing import Any, TypeVar

import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row

from liftward_gateway.backoff import Backoff
from liftward_gateway.errors import MessageFaultError, RangeTakenError
from liftward_gateway.shards import ShardRange
from liftward_kit.database import CONNECT_TIMEOUT_S, DatabaseSettings, is_transient
from liftward_kit.named_sql import load_queries

log = structlog.get_logger()
QUERIES = load_queries("liftward_gateway")

Result = TypeVar("Result")
Connection = AsyncConnection[DictRow]
Work = Callable[[Connection], Awaitable[Result]]

# A worker that was killed leaves its locks to us as soon as the server has noticed: at once on one
# machine, after the keep-alive below over a network.
FENCE_WAIT_S = 30.0
_FENCE_PERIOD_S = 0.25
# The server gives up a dead peer after 10 + 3 * 5 s, and a transaction that hangs in us after 60 s.
_SESSION = (
    "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3;"
    " SET idle_in_transaction_session_timeout = '60s'"
)
# SQLSTATE classes that are about what we send: data, constraints, size, a trigger's veto.
_MESSAGE_FAULTS = ("22", "23", "54", "P0")


class Lane(IntEnum):
    """The ways through the gateway, their care and liveness; the value names its advisory locks."""

    CARE = 0x4C57_1000
    TELEMETRY = 0x4C57_1001
    EVENT = 0x4C57_1002
    LIVENESS = 0x4C57_1003
    COMMAND = 0x4C57_1004


class StoreLink:
    """A connection that comes back. `connections_count` tells how often it was made anew."""

    def __init__(
        self, settings: DatabaseSettings, lane: Lane, shards: ShardRange, rng: Random
    ) -> None:
        self.connections_count = 0
        self.lost_since_s: float | None = None
        self.lost_reason: str | None = None
        self._settings, self._lane, self._shards = settings, lane, shards
        self._backoff = Backoff(rng)
        self._log = log.bind(path=lane.name.lower(), shards=str(shards))
        self._connection: Connection | None = None

    async def transact(self, work: Work[Result]) -> Result:
        """Run `work` in a transaction until it is committed, however long that takes.

        `work` may run more than once; it is committed exactly once, also when the connection breaks
        during the commit.

        Raises
        ------
        MessageFaultError
            When the database refuses a value; nothing was written.
        RangeTakenError
            When another worker has taken our shards.
        """
        unsure: tuple[str, Result] | None = None  # sent to be committed, not yet confirmed
        while True:
            try:
                connection = await self._ready()
                if unsure is not None:
                    fate = await _fate(connection, unsure[0])
                    if fate == "committed":
                        self._came_back()
                        return unsure[1]
                    if fate == "in progress":  # the old session has not noticed yet
                        await asyncio.sleep(self._backoff.next_s())
                        continue
                    unsure = None
                async with connection.transaction():
                    transaction_id = await _transaction_id(connection)
                    result = await work(connection)
                    unsure = (transaction_id, result)
            except psycopg.Error as error:
                await self._sort(error)
            except UnicodeEncodeError as error:  # a text that no database can hold
                raise MessageFaultError(str(error)) from error
            else:
                self._came_back()
                return result

    async def read(self, work: Work[Result]) -> Result:
        """Run read-only `work`, outside a transaction, until it succeeds."""
        while True:
            try:
                result = await work(await self._ready())
            except psycopg.Error as error:
                await self._sort(error)
            else:
                self._came_back()
                return result

    async def close(self) -> None:
        """Close the connection, which gives the locks back."""
        if self._connection is not None:
            await self._connection.close()

    async def _ready(self) -> Connection:
        if self._connection is not None and not self._connection.closed:
            return self._connection
        connection = await AsyncConnection[DictRow].connect(
            self._settings.dsn.reveal,
            autocommit=True,
            row_factory=dict_row,
            connect_timeout=CONNECT_TIMEOUT_S,
            application_name=f"liftward-gateway-{self._shards}-{self._lane.name.lower()}",
        )
        try:
            await connection.execute(_SESSION)
            await self._fence(connection)
        except BaseException:
            await connection.close()
            raise
        self._connection = connection
        self.connections_count += 1
        return connection

    async def _fence(self, connection: Connection) -> None:
        """Take the locks of our shards; wait a while for a worker that has just died."""
        loop = asyncio.get_running_loop()
        give_up_at_s = loop.time() + FENCE_WAIT_S
        wanted = list(self._shards.shards)
        told = False
        while True:
            parameters = {"shards": wanted, "lock_class": int(self._lane)}
            cursor = await connection.execute(QUERIES["try_fence"], parameters)
            wanted = [row["shard"] for row in await cursor.fetchall()]
            if not wanted:
                return
            if loop.time() > give_up_at_s:
                raise RangeTakenError(
                    f"another gateway worker owns {len(wanted)} of the shards {self._shards} "
                    f"(the first is {wanted[0]:02x}): stop it, or give this one other --shards"
                )
            if not told:
                self._log.warning("shards_taken", count=len(wanted), waiting_s=FENCE_WAIT_S)
                told = True
            await asyncio.sleep(_FENCE_PERIOD_S)

    async def _sort(self, error: psycopg.Error) -> None:
        """Wait when trying again can help; raise what the caller has to deal with."""
        # A DataError without a state was found by our own driver, before anything was sent.
        if isinstance(error, psycopg.DataError) or (error.sqlstate or "").startswith(
            _MESSAGE_FAULTS
        ):
            raise MessageFaultError(str(error).strip()) from error
        if not is_transient(error):
            raise error
        await self._lost(error)

    async def _lost(self, error: psycopg.Error) -> None:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
        if self.lost_since_s is None:
            self.lost_since_s = asyncio.get_running_loop().time()
            self._log.warning("store_lost", reason=reason, sqlstate=error.sqlstate)
        self.lost_reason = reason
        if self._connection is not None and self._connection.broken:
            await self._connection.close()
        await asyncio.sleep(self._backoff.next_s())

    def _came_back(self) -> None:
        if self.lost_since_s is not None:
            away_s = asyncio.get_running_loop().time() - self.lost_since_s
            self._log.info("store_returned", away_s=round(away_s, 1))
            self.lost_since_s = self.lost_reason = None
        self._backoff.reset()


async def _transaction_id(connection: Connection) -> str:
    cursor = await connection.execute(QUERIES["current_transaction"])
    row: dict[str, Any] | None = await cursor.fetchone()
    assert row is not None
    return str(row["transaction_id"])


async def _fate(connection: Connection, transaction_id: str) -> str | None:
    """Return 'committed', 'aborted' or 'in progress'; None when the server has forgotten it."""
    cursor = await connection.execute(
        QUERIES["transaction_status"], {"transaction_id": transaction_id}
    )
    row: dict[str, Any] | None = await cursor.fetchone()
    return None if row is None else row["status"]
