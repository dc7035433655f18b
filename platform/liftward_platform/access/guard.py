"""Each endpoint declares who may call it; the app refuses to start when one does not.

    actor: Annotated[Actor, allow(Role.DISPATCHER, Role.CREW)]      # a parameter of the endpoint
    @router.get("/api/health", dependencies=[public])               # open to all, said aloud

Knows HTTP and roles. What an actor may see of his own (a crew's orders, say) is the services' rule.
"""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from liftward_platform.access import service
from liftward_platform.access.model import Actor, Role
from liftward_platform.api.dependencies import Now, Transaction
from liftward_platform.errors import ForbiddenError, UnauthorizedError

_bearer = HTTPBearer(auto_error=False, description="A token from POST /api/session.")


def bearer_token(
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> str:
    """Return the request's token; without one nothing else of the request is looked at."""
    if credentials is None:
        raise UnauthorizedError("sign_in_first", "send a token: Authorization: Bearer ...")
    return credentials.credentials


BearerToken = Annotated[str, Depends(bearer_token)]


class Guard:
    """A dependency that lets signed-in accounts of some roles through and yields the actor."""

    def __init__(self, roles: frozenset[Role]) -> None:
        assert roles, "an endpoint for nobody is a mistake; use `public` for everybody"
        self.roles = roles

    async def __call__(
        self, request: Request, token: BearerToken, connection: Transaction, now: Now
    ) -> Actor:
        account = await service.account_of_token(connection, token, now)
        actor = Actor(account.account_id, account.role, account.crew_id, account.party_id)
        if actor.role not in self.roles:
            allowed = ", ".join(sorted(self.roles))
            raise ForbiddenError("role_not_allowed", f"this is for {allowed}; you are {actor.role}")
        request.state.actor = actor
        return actor


def open_to_all() -> None:
    """Mark an endpoint as public; it does nothing else."""


public: Any = Depends(open_to_all)


def allow(*roles: Role) -> Any:  # noqa: ANN401 - FastAPI's own type for a dependency's default
    """Return the dependency for an endpoint that accounts of these roles may call."""
    return Depends(Guard(frozenset(roles)))


def roles_of(call: Callable[..., Any]) -> frozenset[Role] | None:
    """Return whom a dependency lets in: roles, an empty set for everybody, None when no guard."""
    if isinstance(call, Guard):
        return call.roles
    return frozenset() if call is open_to_all else None
