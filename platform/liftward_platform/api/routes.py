"""Who may call each route, read from the routes themselves; the app does not start with a gap."""

from collections.abc import Iterator

from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from liftward_platform.access.guard import roles_of
from liftward_platform.access.model import Role


class UndeclaredRouteError(Exception):
    """A route does not say who may call it; the message names the route."""


def api_routes(app: FastAPI | APIRouter) -> Iterator[APIRoute]:
    """Yield every route, those of included routers too.

    Raises
    ------
    UndeclaredRouteError
        For a route of another kind (a mount, say): it could not declare anything.
    """
    for route in app.routes:
        included: APIRouter | None = getattr(route, "original_router", None)
        if included is not None:
            yield from api_routes(included)
        elif isinstance(route, APIRoute):
            yield route
        else:
            raise UndeclaredRouteError(f"{_name(route)} cannot declare who may call it")


def roles_allowed(route: APIRoute) -> frozenset[Role]:
    """Return whom a route lets in; an empty set means everybody.

    Raises
    ------
    UndeclaredRouteError
        When it declares nothing, or two different things.
    """
    declared = set(_declarations(route.dependant))
    if len(declared) == 1:
        return declared.pop()
    what = "does not declare who may call it" if not declared else "declares callers twice"
    raise UndeclaredRouteError(
        f"{_name(route)} {what}: "
        "add `actor: Annotated[Actor, allow(...)]` or `dependencies=[public]`"
    )


def check_routes(app: FastAPI) -> None:
    """Refuse an app with a route that does not declare who may call it."""
    for route in api_routes(app):
        roles_allowed(route)


def _declarations(dependant: Dependant) -> Iterator[frozenset[Role]]:
    for dependency in dependant.dependencies:
        if dependency.call is not None:
            roles = roles_of(dependency.call)
            if roles is not None:
                yield roles
        yield from _declarations(dependency)


def _name(route: BaseRoute) -> str:
    methods = "/".join(sorted(getattr(route, "methods", None) or ["ANY"]))
    return f"{methods} {getattr(route, 'path', route)}"
