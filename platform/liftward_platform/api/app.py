"""Puts the application together: routers, error handlers, the edge, and what lives as long as it.

The only module of the API that knows all slices.
"""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version

from fastapi import APIRouter, FastAPI

from liftward_kit.clock import Clock, utc_now
from liftward_platform.access import endpoints as access
from liftward_platform.api import console_files, problems, stream
from liftward_platform.api import endpoints as operation
from liftward_platform.api.board_source import IncidentBoard
from liftward_platform.api.edge import Edge
from liftward_platform.api.feed import BoardFeed, BoardSource
from liftward_platform.api.metrics import ApiMetrics
from liftward_platform.api.pool import make_pool
from liftward_platform.api.routes import check_routes
from liftward_platform.api.settings import ApiSettings
from liftward_platform.commands import endpoints as commands
from liftward_platform.condition import endpoints as condition
from liftward_platform.crews import endpoints as crews
from liftward_platform.crews.photo_content import PHOTO_BYTES_MAX
from liftward_platform.faults import endpoints as faults
from liftward_platform.fleet import endpoints as fleet
from liftward_platform.history import endpoints as history
from liftward_platform.incidents import endpoints as incidents
from liftward_platform.incidents import explaining_endpoints as explaining
from liftward_platform.intake import endpoints as intake
from liftward_platform.ledger import endpoints as ledger
from liftward_platform.liveness import endpoints as liveness
from liftward_platform.notifications import endpoints as notifications
from liftward_platform.parties import endpoints as parties
from liftward_platform.quality import endpoints as quality
from liftward_platform.reports import endpoints as reports
from liftward_platform.rescue import endpoints as rescue
from liftward_platform.rescue import life_endpoints as life
from liftward_platform.test_calls import endpoints as test_calls

ROUTERS: tuple[APIRouter, ...] = (
    operation.router,
    access.router,
    stream.router,
    incidents.router,
    explaining.router,
    rescue.router,
    life.router,
    reports.router,
    crews.router,
    fleet.router,
    history.router,
    faults.router,
    parties.router,
    ledger.router,
    quality.router,
    liveness.router,
    condition.router,
    intake.router,
    commands.router,
    test_calls.router,
    notifications.router,
    console_files.router,  # last: it takes every path that is left
)


LARGER_BODIES = {re.compile(r"/api/orders/\d+/photos"): PHOTO_BYTES_MAX}


def create_app(
    settings: ApiSettings,
    *,
    clock: Clock = utc_now,
    board_source: BoardSource | None = None,
    routers: Sequence[APIRouter] = ROUTERS,
    stream_life_s: float = stream.STREAM_LIFE_S,
) -> FastAPI:
    """Return the application; its pool and its board begin with its lifespan.

    Raises
    ------
    UndeclaredRouteError
        When a route does not declare who may call it.
    """
    app = FastAPI(
        title="Liftward",
        version=program_version(),
        lifespan=_lifespan,
        # The document is docs/openapi.json; the usual pages would load scripts from elsewhere.
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.clock = clock
    app.state.stream_life_s = stream_life_s
    app.state.policies = settings.policies
    app.state.metrics = ApiMetrics()
    app.state.pool = make_pool(settings)
    app.state.feed = BoardFeed(
        settings.dsn, board_source or IncidentBoard(), clock=clock, version=app.version
    )
    app.add_middleware(Edge, metrics=app.state.metrics, larger_bodies=LARGER_BODIES)
    problems.install(app)
    for router in routers:
        app.include_router(router, responses=problems.PROBLEM_DOC)
    check_routes(app)
    _watch(app.state.metrics, app.state.feed)
    return app


def program_version() -> str:
    """Return the installed version; a bare source tree has none."""
    try:
        return version("liftward")
    except PackageNotFoundError:
        return "0+source"


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    await app.state.pool.open(wait=False)
    app.state.feed.start()
    try:
        yield
    finally:
        await app.state.feed.close()
        await app.state.pool.close()


def _watch(metrics: ApiMetrics, feed: BoardFeed) -> None:
    metrics.watch("liftward_incidents_open", "Incidents on the board", lambda: feed.incidents_count)
    metrics.watch("liftward_board_age_seconds", "Age of the board's rows", feed.age_s)
    metrics.watch("liftward_board_streams", "Connected live boards", lambda: feed.readers_count)
