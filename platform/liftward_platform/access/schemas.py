"""The HTTP shapes of signing in."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from liftward_platform.access.model import Account, Role
from liftward_platform.access.secrets import SECRET_CHARACTERS_MAX


class SignIn(BaseModel):
    """An account's id and its secret."""

    model_config = ConfigDict(extra="forbid")
    account_id: str = Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")
    secret: str = Field(min_length=1, max_length=SECRET_CHARACTERS_MAX)


class AccountOut(BaseModel):
    """A signed-in account."""

    account_id: str
    role: Role
    name: str
    crew_id: str | None
    party_id: str | None

    @classmethod
    def of(cls, account: Account) -> "AccountOut":
        return cls(
            account_id=account.account_id,
            role=account.role,
            name=account.name,
            crew_id=account.crew_id,
            party_id=account.party_id,
        )


class SessionOut(BaseModel):
    """A session; the token is not shown again."""

    token: str
    expires_at: datetime
    account: AccountOut
