"""Credentials: what lets a device, or a service of the platform, into the broker.

Knows no SQL, files, clock or cryptography. A credential here never holds its secret.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from liftward_wire.crew_topics import CREW_USER


class CredentialKind(StrEnum):
    """How somebody shows the broker who he is."""

    PASSWORD = "password"  # noqa: S105 - the word, not one
    CERTIFICATE = "certificate"


class Service(StrEnum):
    """Programs of the platform that speak to the broker. The dot keeps devices off these names."""

    GATEWAY = "liftward.gateway"  # reads everything, writes commands
    NOTIFIER = "liftward.notifier"  # the engine: tells crews' devices, and reads nothing
    OPERATOR = (
        "liftward.operator"  # a person's tools: replay of quarantine, checks, simulated towns
    )


SERVICES: tuple[str, ...] = tuple(Service)

DEVICE_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")
REPLACED = "replaced by a newer password"
REASON_CHARACTERS_MAX = 200

# Long enough that nobody renews in a hurry, short enough that a device thrown away dies.
DEVICE_CERTIFICATE_DAYS = 730
# Clients of recent years refuse a server's certificate that is valid for longer.
BROKER_CERTIFICATE_DAYS = 397
VALID_DAYS_MAX = 7_300  # a lift's life; the authority's own certificate lasts as long
VALID_DAYS = timedelta(days=VALID_DAYS_MAX)


class CredentialState(StrEnum):
    """Whether the broker lets it in, once it has the files of the last export."""

    VALID = "valid"
    EXPIRED = "expired"
    REVOKED = "revoked"
    NONE = "none"  # nothing was issued, or all of it was withdrawn


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCredential:
    """A device or service with one of its credentials; `kind` is None when it has none."""

    username: str
    device_kind: str | None  # None: a service
    device_revoked_at: datetime | None
    credential_id: int | None
    kind: str | None
    issued_at: datetime | None
    issued_by: str | None
    expires_at: datetime | None
    revoked_at: datetime | None
    revoked_by: str | None
    reason: str | None
    certificate_serial: str | None

    def state(self, now: datetime) -> CredentialState:
        if self.kind is None:
            return CredentialState.NONE
        if self.revoked_at is not None:
            return CredentialState.REVOKED
        if self.expires_at is not None and self.expires_at <= now:
            return CredentialState.EXPIRED
        return CredentialState.VALID


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCredential:
    """What is to be stored of a secret that was just made."""

    username: str
    device_id: str | None
    kind: CredentialKind
    issued_at: datetime
    issued_by: str
    expires_at: datetime | None
    password_hash: str | None = None
    certificate_serial: str | None = None
    certificate_sha256: bytes | None = None


@dataclass(frozen=True, slots=True)
class EdgeLifts:
    """A building edge and the lifts whose topics it may use besides its own."""

    edge_id: str
    lift_ids: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerAccess:
    """Everything a broker has to know, at one moment."""

    password_hashes: Sequence[tuple[str, str]]  # (username, hash), sorted
    revoked_serials: Sequence[tuple[str, datetime]]  # certificates not yet expired
    revoked_device_ids: Sequence[str]
    edges: Sequence[EdgeLifts]


def is_service(username: str) -> bool:
    return username in SERVICES


def crew_of(username: str) -> str | None:
    """Return whose device comes in by this name, None when it is no crew's."""
    return username.removeprefix(CREW_USER) if username.startswith(CREW_USER) else None


def is_no_device(username: str) -> bool:
    """Tell whether a name is a service's or a crew's: nothing of the registry of devices."""
    return is_service(username) or crew_of(username) is not None
