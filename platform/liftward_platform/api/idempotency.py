"""A command repeated under the same Idempotency-Key is done once and answered alike.

    async def accept(order_id: int, actor: ..., connection: Transaction, once: Once) -> OrderOut:
        return await once(lambda: accepted(...))

Only answers that were given are stored, in the same transaction as what they tell of; a refusal
rolls back and may be tried again under the same key. Without the header the command simply runs.
"""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Header, Request
from pydantic import BaseModel

from liftward_platform.access.model import Actor
from liftward_platform.api import store
from liftward_platform.api.dependencies import Connection, Now, Transaction
from liftward_platform.errors import ConflictError

Answer = TypeVar("Answer", bound=BaseModel)

# A phone without network repeats for hours, not for days.
ANSWER_KEPT = timedelta(days=2)


class ReplayedAnswer(Exception):  # noqa: N818 - not an error: the answer is already there
    """The command was done before; carries the answer it got then."""

    def __init__(self, status: int, body: Any) -> None:  # noqa: ANN401 - any JSON
        super().__init__(status)
        self.status, self.body = status, body


class OnlyOnce:
    """Runs one request's command unless it was done before under the same key."""

    def __init__(
        self, request: Request, connection: Connection, now: datetime, key: str | None
    ) -> None:
        self._request, self._connection, self._now, self._key = request, connection, now, key

    async def __call__(self, work: Callable[[], Awaitable[Answer]], *, status: int = 200) -> Answer:
        """Do the work and return its answer, or end the request with the answer of the first time.

        Raises
        ------
        ConflictError
            When the key was used for another request.
        """
        if self._key is None:
            return await work()
        actor: Actor = self._request.state.actor
        request_hash = await self._request_hash()
        done = await store.answer_of_key(self._connection, actor.account_id, self._key)
        if done is not None and done["request_hash"] != request_hash:
            raise _reused()
        if done is not None:
            raise ReplayedAnswer(done["status"], done["response"])
        answer = await work()
        await store.remember_answer(
            self._connection,
            account_id=actor.account_id,
            key=self._key,
            request_hash=request_hash,
            status=status,
            response=answer.model_dump(mode="json"),
            now=self._now,
        )
        return answer

    async def _request_hash(self) -> bytes:
        place = f"{self._request.method} {self._request.url.path}\n".encode()
        return hashlib.sha256(place + await self._request.body()).digest()


def _only_once(
    request: Request,
    connection: Transaction,
    now: Now,
    key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            min_length=8,
            max_length=128,
            description="Any unique text; the same command under the same key is done once.",
        ),
    ] = None,
) -> OnlyOnce:
    return OnlyOnce(request, connection, now, key)


Once = Annotated[OnlyOnce, Depends(_only_once)]


async def hold_keys(connection: Connection, account_id: str, keys: Sequence[str]) -> None:
    """Hold the keys of several pieces of a request until the transaction ends, in one order.

    Before anything else is locked, as the key of a single command is.
    """
    for key in sorted(set(keys)):
        await store.hold_key(connection, account_id, key)


async def once_under_key(
    connection: Connection,
    *,
    account_id: str,
    key: str,
    request_hash: bytes,
    work: Callable[[], Awaitable[Answer]],
    now: datetime,
) -> tuple[Any, bool]:
    """Do one of several pieces of a request once; return its answer, and whether it is a repeat's.

    A repeat's answer comes back as the JSON it was kept as.

    Raises
    ------
    ConflictError
        When the key was used for another piece of work.
    """
    done = await store.answer_of_key(connection, account_id, key)
    if done is not None and done["request_hash"] != request_hash:
        raise _reused()
    if done is not None:
        return done["response"], True
    answer = await work()
    await store.remember_answer(
        connection, account_id=account_id, key=key, request_hash=request_hash, status=200,
        response=answer.model_dump(mode="json"), now=now,
    )  # fmt: skip
    return answer, False


def _reused() -> ConflictError:
    return ConflictError(
        "idempotency_key_reused",
        "this Idempotency-Key was sent with another request: make a new one",
    )


async def housekeep(connection: Connection, now: datetime, limit: int) -> int:
    """Delete answers that nobody will ask for again; return how many."""
    return await store.delete_old_answers(connection, now - ANSWER_KEPT, limit)
