"""The app refuses to start with a route that does not say who may call it."""

from typing import Annotated

import pytest
from fastapi import APIRouter, FastAPI
from starlette.responses import PlainTextResponse, Response

from liftward_kit.settings import Secret
from liftward_platform.access.guard import allow, public
from liftward_platform.access.model import Actor, Role
from liftward_platform.api.app import ROUTERS, create_app
from liftward_platform.api.routes import (
    UndeclaredRouteError,
    api_routes,
    check_routes,
    roles_allowed,
)
from liftward_platform.api.settings import ApiSettings

# Everybody may call these; a route that joins them does so here, in sight.
PUBLIC = {
    "POST /api/public/reports",
    "GET /api/health",
    "GET /api/ledger/checkpoint",
    "GET /metrics",
    "POST /api/session",
    "GET,HEAD /{path:path}",
}
SETTINGS = ApiSettings(dsn=Secret(""))


def app_with(router: APIRouter) -> FastAPI:
    app = FastAPI(openapi_url=None)
    app.include_router(router)
    return app


def test_every_route_of_the_real_app_declares_its_callers() -> None:
    """Each route names roles, or is one of the few that are public on purpose."""
    routes = list(api_routes(create_app(SETTINGS)))

    open_to_all = {
        f"{','.join(sorted(route.methods or ()))} {route.path}"
        for route in routes
        if not roles_allowed(route)
    }

    assert len(routes) > len(PUBLIC)
    assert open_to_all == PUBLIC


def test_an_undeclared_route_is_named() -> None:
    """The message names the route and says what to add."""
    router = APIRouter()

    @router.post("/api/oops")
    async def oops() -> None:
        """Forgets to say who may call it."""

    with pytest.raises(UndeclaredRouteError, match=r"POST /api/oops does not declare .*allow"):
        create_app(SETTINGS, routers=[*ROUTERS, router])


def test_a_route_cannot_be_public_and_guarded() -> None:
    """Two declarations contradict each other: which one held would be luck."""
    router = APIRouter()

    @router.get("/api/both", dependencies=[public])
    async def both(_actor: Annotated[Actor, allow(Role.CREW)]) -> None:
        """Declares twice."""

    with pytest.raises(UndeclaredRouteError, match="GET /api/both declares callers twice"):
        check_routes(app_with(router))


def test_a_route_that_cannot_declare_is_refused() -> None:
    """A plain Starlette route or a mount passes no guard, so it may not be there."""
    app = FastAPI(openapi_url=None)

    async def plain(_request: object) -> Response:
        return PlainTextResponse("")

    app.add_route("/plain", plain)

    with pytest.raises(UndeclaredRouteError, match="GET/HEAD /plain cannot declare"):
        check_routes(app)
