"""Signing in, asking who one is, signing out."""

import asyncio
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Request, status

from liftward_platform.access import service
from liftward_platform.access.guard import BearerToken, allow, public
from liftward_platform.access.model import EVERY_ROLE, Actor
from liftward_platform.access.schemas import AccountOut, SessionOut, SignIn
from liftward_platform.api.dependencies import Now, Transaction, pool_of
from liftward_platform.errors import UnauthorizedError

log = structlog.get_logger()
router = APIRouter(prefix="/api/session", tags=["session"])

# Stretching a secret costs 16 MiB and a good part of a second of one core: a few at a time, the
# rest wait, and the event loop stays free for the board.
_STRETCHING_MAX = 2


def _stretching(request: Request) -> asyncio.Semaphore:
    semaphore: asyncio.Semaphore | None = getattr(request.app.state, "stretching", None)
    if semaphore is None:
        semaphore = request.app.state.stretching = asyncio.Semaphore(_STRETCHING_MAX)
    return semaphore


@router.post("", dependencies=[public], status_code=status.HTTP_201_CREATED)
async def sign_in(
    body: SignIn,
    request: Request,
    now: Now,
    stretching: Annotated[asyncio.Semaphore, Depends(_stretching)],
) -> SessionOut:
    """Exchange an account's secret for a token."""
    pool = pool_of(request)
    async with pool.connection() as connection, connection.transaction():
        account = await service.begin_sign_in(connection, body.account_id, now)
    async with stretching:
        right = await asyncio.to_thread(service.is_right, account, body.secret)
    if account is None or not right:
        log.warning("sign_in_refused", account_id=body.account_id)
        raise UnauthorizedError("sign_in_refused", "account or secret are wrong")
    async with pool.connection() as connection, connection.transaction():
        session = await service.finish_sign_in(connection, account, now)
    log.info("signed_in", account_id=account.account_id, role=account.role)
    return SessionOut(
        token=session.token,
        expires_at=session.expires_at,
        account=AccountOut.of(session.account),
    )


@router.get("")
async def who_am_i(
    actor: Annotated[Actor, allow(*EVERY_ROLE)],
    token: BearerToken,
    connection: Transaction,
    now: Now,
) -> AccountOut:
    """Return the signed-in account."""
    account = await service.account_of_token(connection, token, now)
    assert account.account_id == actor.account_id
    return AccountOut.of(account)


@router.delete("", status_code=status.HTTP_204_NO_CONTENT)
async def sign_out(
    actor: Annotated[Actor, allow(*EVERY_ROLE)],
    token: BearerToken,
    connection: Transaction,
    now: Now,
) -> None:
    """End this session."""
    await service.end_session(connection, token, now)
    log.info("signed_out", account_id=actor.account_id)
