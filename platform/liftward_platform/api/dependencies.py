"""What endpoints ask for: a transaction and the time.

One request is one transaction: it is committed after the endpoint has returned and before the first
byte of the answer leaves, so that nobody is told of what was not stored. Nobody else commits.
"""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg_pool import AsyncConnectionPool

from liftward_kit.clock import Clock
from liftward_platform.rescue.policy_book import PolicyBook

Connection = AsyncConnection[DictRow]
Pool = AsyncConnectionPool[Connection]


def pool_of(request: Request) -> Pool:
    """Return the process's connection pool."""
    pool: Pool = request.app.state.pool
    return pool


async def _transaction(request: Request) -> AsyncIterator[Connection]:
    async with pool_of(request).connection() as connection, connection.transaction():
        yield connection


def _now(request: Request) -> datetime:
    clock: Clock = request.app.state.clock
    return clock()


def _policies(request: Request) -> PolicyBook:
    book: PolicyBook = request.app.state.policies
    return book


# Scope "function": FastAPI's default would commit only after the answer had been sent.
Transaction = Annotated[Connection, Depends(_transaction, scope="function")]
Now = Annotated[datetime, Depends(_now)]
RescuePolicies = Annotated[PolicyBook, Depends(_policies)]
