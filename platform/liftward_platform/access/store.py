"""The SQL of accounts, tokens and failed sign-ins."""

from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_kit.named_sql import load_queries
from liftward_platform.access.model import Account, Role

Connection = AsyncConnection[DictRow]
QUERIES = load_queries("liftward_platform.access")


def _account(row: DictRow | None) -> Account | None:
    return None if row is None else Account(**{**row, "role": Role(row["role"])})


async def _one(connection: Connection, query: str, **values: Any) -> DictRow | None:  # noqa: ANN401 - SQL values
    return await (await connection.execute(QUERIES[query], values)).fetchone()


async def _count(connection: Connection, query: str, **values: Any) -> int:  # noqa: ANN401 - SQL values
    return (await connection.execute(QUERIES[query], values)).rowcount


async def insert_account(connection: Connection, account: Account) -> bool:
    """Insert an account; False when its id is taken."""
    row = await _one(
        connection,
        "insert_account",
        account_id=account.account_id,
        role=account.role,
        name=account.name,
        secret_hash=account.secret_hash,
        crew_id=account.crew_id,
        party_id=account.party_id,
        now=account.created_at,
    )
    return row is not None


async def account_by_id(connection: Connection, account_id: str) -> Account | None:
    """Return an account, disabled or not."""
    return _account(await _one(connection, "account_by_id", account_id=account_id))


async def all_accounts(connection: Connection) -> list[Account]:
    """Return every account, by id."""
    rows = await (await connection.execute(QUERIES["all_accounts"])).fetchall()
    return [Account(**{**row, "role": Role(row["role"])}) for row in rows]


async def disable_account(connection: Connection, account_id: str, now: datetime) -> bool:
    """Disable an account and end its sessions; False when there is none."""
    found = await _one(connection, "disable_account", account_id=account_id, now=now)
    await _count(connection, "revoke_tokens_of_account", account_id=account_id, now=now)
    return found is not None


async def set_secret(
    connection: Connection, account_id: str, secret_hash: str, now: datetime
) -> bool:
    """Replace an account's secret and end its sessions; False when there is none."""
    found = await _one(connection, "set_secret", account_id=account_id, secret_hash=secret_hash)
    await _count(connection, "revoke_tokens_of_account", account_id=account_id, now=now)
    return found is not None


async def crew_exists(connection: Connection, crew_id: str) -> bool:
    """Tell whether a crew has this id."""
    return await _one(connection, "crew_exists", crew_id=crew_id) is not None


async def use_unit_exists(connection: Connection, party_id: str) -> bool:
    """Tell whether a use unit has this id."""
    return await _one(connection, "use_unit_exists", party_id=party_id) is not None


async def insert_token(
    connection: Connection,
    *,
    token_hash: bytes,
    account_id: str,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Store a new session."""
    await _count(
        connection,
        "insert_token",
        token_hash=token_hash,
        account_id=account_id,
        now=now,
        expires_at=expires_at,
    )


async def account_of_token(
    connection: Connection, token_hash: bytes, now: datetime
) -> Account | None:
    """Return who holds a valid token."""
    return _account(await _one(connection, "account_of_token", token_hash=token_hash, now=now))


async def revoke_token(connection: Connection, token_hash: bytes, now: datetime) -> None:
    """End a session."""
    await _count(connection, "revoke_token", token_hash=token_hash, now=now)


async def record_attempt(connection: Connection, account_id: str, now: datetime) -> None:
    """Count a sign-in as failed until it turns out right."""
    await _count(connection, "record_attempt", account_id=account_id, now=now)


async def failed_sign_ins(
    connection: Connection, account_id: str, since: datetime
) -> tuple[int, datetime | None]:
    """Return how many failures there were since a moment, and the time of the first."""
    row = await _one(connection, "failed_sign_ins", account_id=account_id, since=since)
    assert row is not None
    return row["failures_count"], row["first_at"]


async def forget_failed_sign_ins(connection: Connection, account_id: str) -> None:
    """Forget an account's failures."""
    await _count(connection, "forget_failed_sign_ins", account_id=account_id)


async def delete_old(
    connection: Connection, *, tokens_before: datetime, failures_before: datetime, limit: int
) -> int:
    """Delete what no longer matters, at most `limit` rows of each; return how many."""
    tokens = await _count(connection, "delete_old_tokens", before=tokens_before, limit=limit)
    failures = await _count(
        connection, "delete_old_failed_sign_ins", before=failures_before, limit=limit
    )
    return tokens + failures
