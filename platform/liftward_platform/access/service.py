"""Accounts, sessions and the slowing down of guesses.

Signing in is three steps, so that no connection is held while a secret is stretched and a refused
attempt is remembered although the request fails: `begin_sign_in` (counts the attempt), `is_right`
(slow, no database), `finish_sign_in`.
"""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

import structlog
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.access import store
from liftward_platform.access.errors import TooManySignInsError
from liftward_platform.access.model import RESERVED_ACCOUNT_IDS, Account, Role, Session
from liftward_platform.access.secrets import (
    SECRET_CHARACTERS_MAX,
    SECRET_CHARACTERS_MIN,
    hash_secret,
    is_secret,
    new_token,
    token_hash,
)
from liftward_platform.errors import (
    ConflictError,
    InvalidError,
    NotFoundError,
    UnauthorizedError,
)

Connection = AsyncConnection[DictRow]
log = structlog.get_logger()

# A shift and its hand-over: nobody has to sign in again in the middle of a rescue.
SESSION_LIFE = timedelta(hours=12)
# Ten wrong secrets in five minutes: a person who mistypes gets through, a guesser does not.
FAILURES_MAX, FAILURE_WINDOW = 10, timedelta(minutes=5)
# Ended sessions are kept this long, to answer "who was signed in then".
TOKEN_KEPT = timedelta(days=7)

_ACCOUNT_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_NAME_CHARACTERS_MAX = 200


async def create_account(
    connection: Connection,
    *,
    account_id: str,
    role: Role,
    name: str,
    secret_hash: str,
    now: datetime,
    crew_id: str | None = None,
    party_id: str | None = None,
) -> Account:
    """Create an account; `secret_hash` comes from `secrets.hash_secret`.

    Raises
    ------
    InvalidError
        When a value cannot be accepted, or crew or party do not fit the role.
    ConflictError
        When the id is taken.
    """
    if not _ACCOUNT_ID.fullmatch(account_id) or account_id in RESERVED_ACCOUNT_IDS:
        raise InvalidError(
            "account_id_invalid",
            f"{account_id!r} cannot be an account id: 1 to 64 letters, digits, '_', '.', '-'",
        )
    if not 1 <= len(name) <= _NAME_CHARACTERS_MAX:
        raise InvalidError("name_invalid", f"a name has 1 to {_NAME_CHARACTERS_MAX} characters")
    await _check_crew(connection, role, crew_id)
    await _check_party(connection, role, party_id)
    account = Account(
        account_id=account_id,
        role=role,
        name=name,
        crew_id=crew_id,
        party_id=party_id,
        secret_hash=secret_hash,
        created_at=now,
        disabled_at=None,
    )
    if not await store.insert_account(connection, account):
        raise ConflictError("account_exists", f"there is an account {account_id!r} already")
    log.info("account_created", account_id=account_id, role=role)
    return account


async def _check_crew(connection: Connection, role: Role, crew_id: str | None) -> None:
    if (role is Role.CREW) != (crew_id is not None):
        raise InvalidError("crew_needed", "a crew account, and only that, names its crew")
    if crew_id is not None and not await store.crew_exists(connection, crew_id):
        raise InvalidError("crew_unknown", f"no crew {crew_id!r}: load it first")


async def _check_party(connection: Connection, role: Role, party_id: str | None) -> None:
    if (role is Role.USE_UNIT) != (party_id is not None):
        raise InvalidError("party_needed", "a use unit's account, and only that, names its party")
    if party_id is not None and not await store.use_unit_exists(connection, party_id):
        raise InvalidError("party_unknown", f"no use unit {party_id!r}: load it first")


def check_secret(secret: str) -> None:
    """Refuse a secret that is too short to resist guessing, or too long to be meant."""
    if not SECRET_CHARACTERS_MIN <= len(secret) <= SECRET_CHARACTERS_MAX:
        raise InvalidError(
            "secret_invalid",
            f"a secret has {SECRET_CHARACTERS_MIN} to {SECRET_CHARACTERS_MAX} characters",
        )


async def set_secret(
    connection: Connection, account_id: str, secret_hash: str, now: datetime
) -> None:
    """Replace an account's secret; its sessions end."""
    if not await store.set_secret(connection, account_id, secret_hash, now):
        raise NotFoundError("account_unknown", f"no account {account_id!r}")


async def disable_account(connection: Connection, account_id: str, now: datetime) -> None:
    """Disable an account; its sessions end at once."""
    if not await store.disable_account(connection, account_id, now):
        raise NotFoundError("account_unknown", f"no account {account_id!r}")
    log.info("account_disabled", account_id=account_id)


async def check_active(connection: Connection, account_id: str) -> None:
    """Refuse an account that does not exist or is disabled: nobody acts in its name.

    Raises
    ------
    NotFoundError
        When it is so.
    """
    account = await store.account_by_id(connection, account_id)
    if account is None or account.disabled_at is not None:
        raise NotFoundError("account_unknown", f"no account {account_id!r}, or it is disabled")


async def list_accounts(connection: Connection) -> list[Account]:
    """Return every account, by id."""
    return await store.all_accounts(connection)


async def begin_sign_in(connection: Connection, account_id: str, now: datetime) -> Account | None:
    """Count an attempt and return the account it is for, None when there is none to sign in to.

    Raises
    ------
    TooManySignInsError
        When this account was tried too often; says when to try again.
    """
    failures, first_at = await store.failed_sign_ins(connection, account_id, now - FAILURE_WINDOW)
    if failures >= FAILURES_MAX:
        assert first_at is not None
        raise TooManySignInsError(retry_after=first_at + FAILURE_WINDOW - now)
    await store.record_attempt(connection, account_id, now)
    account = await store.account_by_id(connection, account_id)
    return None if account is None or account.disabled_at is not None else account


@cache
def _nobodys_hash() -> str:
    """Return what is checked in place of a missing account, so that both take equally long."""
    return hash_secret(new_token())


def is_right(account: Account | None, secret: str) -> bool:
    """Tell whether the secret opens the account; equally slow when there is no account."""
    return is_secret(secret, _nobodys_hash() if account is None else account.secret_hash) and (
        account is not None
    )


async def finish_sign_in(connection: Connection, account: Account, now: datetime) -> Session:
    """Forget the account's failures and begin a session."""
    await store.forget_failed_sign_ins(connection, account.account_id)
    return await begin_session(connection, account, now)


async def begin_session(connection: Connection, account: Account, now: datetime) -> Session:
    """Issue a token; it is returned here and never again."""
    token, expires_at = new_token(), now + SESSION_LIFE
    await store.insert_token(
        connection,
        token_hash=token_hash(token),
        account_id=account.account_id,
        now=now,
        expires_at=expires_at,
    )
    return Session(token=token, expires_at=expires_at, account=account)


async def end_session(connection: Connection, token: str, now: datetime) -> None:
    """Revoke a token."""
    await store.revoke_token(connection, token_hash(token), now)


async def account_of_token(connection: Connection, token: str, now: datetime) -> Account:
    """Return who holds a token.

    Raises
    ------
    UnauthorizedError
        When the token is unknown, expired or revoked, or its account disabled.
    """
    account = await store.account_of_token(connection, token_hash(token), now)
    if account is None:
        raise UnauthorizedError(
            "token_invalid", "this token is not valid (any more): sign in again"
        )
    return replace(account, secret_hash="")


async def housekeep(connection: Connection, now: datetime, limit: int) -> int:
    """Delete sessions and failures that no longer matter; return how many rows went."""
    return await store.delete_old(
        connection,
        tokens_before=now - TOKEN_KEPT,
        failures_before=now - FAILURE_WINDOW,
        limit=limit,
    )
