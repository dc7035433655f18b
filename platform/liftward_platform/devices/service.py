"""Issuing and withdrawing what lets a device, or a service of the platform, into the broker.

Who, when and why stand in the registry and, for every lift the device speaks for, in the ledger:
in the caller's transaction. A revoked device is refused by the gateway too, so a broker that has
not read the new files yet, or whose access list is wrong, lets nothing through.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.access import service as access
from liftward_platform.access.model import COMMAND_LINE_ACTOR_ID
from liftward_platform.devices import store
from liftward_platform.devices.authority import Authority, Issued
from liftward_platform.devices.broker_password import mosquitto_hash, new_password
from liftward_platform.devices.model import (
    DEVICE_ID,
    REASON_CHARACTERS_MAX,
    REPLACED,
    SERVICES,
    BrokerAccess,
    CredentialKind,
    ListedCredential,
    NewCredential,
    crew_of,
    is_no_device,
    is_service,
)
from liftward_platform.errors import InvalidError, NotFoundError
from liftward_platform.ledger import service as ledger
from liftward_platform.ledger.model import EntryKind, Json, NewEntry

Connection = AsyncConnection[DictRow]
LIST_MAX = 100_000  # rows of a listing, 0.2 kB each


@dataclass(frozen=True, slots=True)
class Password:
    """A password that was just made; shown once, kept nowhere."""

    text: str
    expires_at: datetime | None


async def issue_password(
    connection: Connection,
    username: str,
    *,
    expires_at: datetime | None,
    actor: str,
    now: datetime,
) -> Password:
    """Give a device or service a new password; the one it had is worth nothing from now on.

    Raises
    ------
    NotFoundError, InvalidError
        When nobody of this name, or no such account, is known.
    """
    await _prepare(connection, username, actor)
    await store.revoke_credentials(
        connection, username, kind=CredentialKind.PASSWORD, actor=actor, reason=REPLACED, now=now
    )
    password = new_password()
    credential = NewCredential(
        username=username,
        device_id=None if is_no_device(username) else username,
        kind=CredentialKind.PASSWORD,
        issued_at=now,
        issued_by=actor,
        expires_at=expires_at,
        password_hash=mosquitto_hash(password),
    )
    await _keep(connection, credential, now)
    return Password(password, expires_at)


async def issue_certificate(
    connection: Connection,
    username: str,
    authority: Authority,
    *,
    expires_at: datetime,
    actor: str,
    now: datetime,
) -> Issued:
    """Give a device or service a certificate; an earlier one stays good until it expires or all of
    them are revoked, so that a device can change over.

    Raises
    ------
    NotFoundError, InvalidError
        When nobody of this name, or no such account, is known.
    """
    await _prepare(connection, username, actor)
    issued = authority.issue_device(username, now=now, expires_at=expires_at)
    credential = NewCredential(
        username=username,
        device_id=None if is_no_device(username) else username,
        kind=CredentialKind.CERTIFICATE,
        issued_at=now,
        issued_by=actor,
        expires_at=issued.expires_at,
        certificate_serial=issued.serial,
        certificate_sha256=issued.sha256,
    )
    await _keep(connection, credential, now)
    return issued


async def revoke(
    connection: Connection, username: str, *, reason: str, actor: str, now: datetime
) -> int:
    """Withdraw everything a device or service holds, refuse its messages, and return the number of
    credentials withdrawn. Doing it again changes nothing.

    Raises
    ------
    NotFoundError, InvalidError
        When nobody of this name, or no such account, is known, or the reason is empty.
    """
    if not reason.strip() or len(reason) > REASON_CHARACTERS_MAX:
        raise InvalidError(
            "reason_invalid", f"a reason has 1 to {REASON_CHARACTERS_MAX} characters"
        )
    device = await _prepare(connection, username, actor)
    count = await store.revoke_credentials(
        connection, username, kind=None, actor=actor, reason=reason.strip(), now=now
    )
    if device is not None and device["revoked_at"] is None:
        await store.set_device_revoked(connection, username, now)
        body: dict[str, Json] = {"device_id": username, "credentials_count": count}
        await _record(connection, username, EntryKind.DEVICE_REVOKED, body, actor=actor, now=now)
    return count


async def list_credentials(
    connection: Connection,
    *,
    after: str = "",
    limit: int = 100,
    include_revoked: bool = False,
    expiring_before: datetime | None = None,
) -> list[ListedCredential]:
    """Return devices and services with their credentials, in order of name."""
    return await store.credentials(
        connection,
        after=after,
        limit=min(limit, LIST_MAX),
        include_revoked=include_revoked,
        expiring_before=expiring_before,
    )


async def broker_access(connection: Connection, now: datetime) -> BrokerAccess:
    """Return all that a broker has to know. Keep the transaction open until it is written."""
    return await store.broker_access(connection, now)


async def _prepare(connection: Connection, username: str, actor: str) -> DictRow | None:
    """Return the device, held until the transaction ends; None for a service or a crew."""
    if actor != COMMAND_LINE_ACTOR_ID:
        await access.check_active(connection, actor)
    if is_service(username):
        return None
    crew_id = crew_of(username)
    if crew_id is not None:
        if not await store.has_crew(connection, crew_id):
            raise NotFoundError("crew_unknown", f"no crew {crew_id!r} is registered")
        return None
    device = (
        await store.lock_device(connection, username) if DEVICE_ID.fullmatch(username) else None
    )
    if device is None:
        raise NotFoundError(
            "device_unknown",
            f"no device {username!r} is registered: load it with `liftward fleet load` "
            f"(services of the platform are called {' and '.join(SERVICES)})",
        )
    return device


async def _keep(connection: Connection, credential: NewCredential, now: datetime) -> None:
    await store.insert_credential(connection, credential)
    if credential.device_id is None:
        return
    await store.set_device_revoked(connection, credential.device_id, None)
    sha256, expires_at = credential.certificate_sha256, credential.expires_at
    body: dict[str, Json] = {
        "device_id": credential.device_id,
        "credential": str(credential.kind),
        "expires_at": None if expires_at is None else expires_at.isoformat(),
        "certificate_sha256": None if sha256 is None else sha256.hex(),
    }
    await _record(
        connection,
        credential.device_id,
        EntryKind.DEVICE_ENROLLED,
        body,
        actor=credential.issued_by,
        now=now,
    )


async def _record(
    connection: Connection,
    device_id: str,
    kind: EntryKind,
    body: Mapping[str, Json],
    *,
    actor: str,
    now: datetime,
) -> None:
    for lift_key in await store.lifts_of_device(connection, device_id):
        entry = NewEntry(
            lift_key=lift_key, kind=kind, occurred_at=now, recorded_at=now, actor=actor, body=body
        )
        await ledger.append(connection, entry)
