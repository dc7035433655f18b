"""Who may act: roles, accounts, and the actor of one request.

Knows no SQL, HTTP or clock.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What an account is for; each endpoint names the roles that may call it."""

    DISPATCHER = "dispatcher"
    CREW = "crew"
    EVALUATOR = "evaluator"
    REGULATOR = "regulator"
    OPERATOR = "operator"
    USE_UNIT = "use_unit"  # the safety officer of who runs the lift, for its own lifts


EVERY_ROLE: tuple[Role, ...] = tuple(Role)

# Actors that are programs, not accounts. Nobody can take these ids for an account.
ENGINE_ACTOR_ID = "engine"
DETECTOR_ACTOR_ID = "detector"
DEVICE_ACTOR_ID = "device"  # a lift's own controller or gateway
COMMAND_LINE_ACTOR_ID = "command-line"  # whoever may start programs of ours, without a name
PUBLIC_PAGE_ACTOR_ID = "public-page"  # anybody who scanned the code in a car
RESERVED_ACCOUNT_IDS = frozenset(
    {
        ENGINE_ACTOR_ID,
        DETECTOR_ACTOR_ID,
        DEVICE_ACTOR_ID,
        COMMAND_LINE_ACTOR_ID,
        PUBLIC_PAGE_ACTOR_ID,
    }
)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who makes a request: a signed-in account.

    `crew_id` exactly when the role is crew, `party_id` exactly when it is use_unit.
    """

    account_id: str
    role: Role
    crew_id: str | None = None
    party_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person's or a program's way in. `secret_hash` never leaves the access slice."""

    account_id: str
    role: Role
    name: str
    crew_id: str | None
    secret_hash: str
    created_at: datetime
    disabled_at: datetime | None
    party_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A signed-in account; `token` is shown once and stored only as its hash."""

    token: str
    expires_at: datetime
    account: Account
