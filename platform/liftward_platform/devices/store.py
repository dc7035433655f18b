"""The only place that runs the devices slice's SQL."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_kit.named_sql import load_queries
from liftward_platform.devices.model import (
    BrokerAccess,
    CredentialKind,
    EdgeLifts,
    ListedCredential,
    NewCredential,
)

Connection = AsyncConnection[DictRow]
QUERIES = load_queries("liftward_platform.devices")

# Any fixed number that no other advisory lock of ours uses.
EXPORT_LOCK = 0x4C57_0011


async def _rows(connection: Connection, query: str, **values: Any) -> list[DictRow]:  # noqa: ANN401 - SQL values
    return await (await connection.execute(QUERIES[query], values)).fetchall()


async def lock_device(connection: Connection, device_id: str) -> DictRow | None:
    """Return a device's kind and when it was revoked; None when it is not registered."""
    rows = await _rows(connection, "lock_device", device_id=device_id)
    return rows[0] if rows else None


async def has_crew(connection: Connection, crew_id: str) -> bool:
    return bool(await _rows(connection, "crew_there", crew_id=crew_id))


async def lifts_of_device(connection: Connection, device_id: str) -> list[int]:
    rows = await _rows(connection, "lifts_of_device", device_id=device_id)
    return [row["lift_key"] for row in rows]


async def insert_credential(connection: Connection, credential: NewCredential) -> None:
    await connection.execute(QUERIES["insert_credential"], asdict(credential))


async def revoke_credentials(
    connection: Connection,
    username: str,
    *,
    kind: CredentialKind | None,
    actor: str,
    reason: str,
    now: datetime,
) -> int:
    """Withdraw credentials of one kind (None: all) and return how many were."""
    values = {"username": username, "kind": kind, "actor": actor, "reason": reason, "now": now}
    return (await connection.execute(QUERIES["revoke_credentials"], values)).rowcount


async def set_device_revoked(
    connection: Connection, device_id: str, revoked_at: datetime | None
) -> None:
    await connection.execute(
        QUERIES["set_device_revoked"], {"device_id": device_id, "revoked_at": revoked_at}
    )


async def credentials(
    connection: Connection,
    *,
    after: str,
    limit: int,
    include_revoked: bool,
    expiring_before: datetime | None,
) -> list[ListedCredential]:
    rows = await _rows(
        connection,
        "credentials",
        after=after,
        limit=limit,
        all=include_revoked,
        expiring_before=expiring_before,
    )
    return [ListedCredential(**row) for row in rows]


async def broker_access(connection: Connection, now: datetime) -> BrokerAccess:
    """Return all that a broker has to know; one export at a time until the transaction ends."""
    await connection.execute(QUERIES["lock_export"], {"lock": EXPORT_LOCK})
    passwords = await _rows(connection, "valid_passwords", now=now)
    serials = await _rows(connection, "revoked_certificates", now=now)
    revoked = await _rows(connection, "revoked_devices")
    edges = await _rows(connection, "edge_lifts")
    return BrokerAccess(
        password_hashes=[(row["username"], row["password_hash"]) for row in passwords],
        revoked_serials=[(row["certificate_serial"], row["revoked_at"]) for row in serials],
        revoked_device_ids=[row["device_id"] for row in revoked],
        edges=[EdgeLifts(row["device_id"], row["lift_ids"]) for row in edges],
    )
