"""Health and metrics: open to all, because whoever watches us must be able to when we are ill."""

from datetime import datetime

import psycopg
from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import Response

from liftward_platform.access.guard import public
from liftward_platform.api import store
from liftward_platform.api.dependencies import Now, pool_of
from liftward_platform.api.health import DatabaseStatus, Status, judge
from liftward_platform.api.metrics import ApiMetrics

router = APIRouter(tags=["operation"])

# Whoever asks for our health wants an answer now, also when the database gives none.
_DATABASE_WITHIN_S = 1.0
_METRICS_MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class HealthOut(BaseModel):
    """How the platform is. Ages of null: that part was never heard of."""

    status: Status
    version: str
    now: datetime
    database: DatabaseStatus
    engine_age_s: float | None
    gateway_age_s: float | None


@router.get("/api/health", dependencies=[public])
async def health(request: Request, now: Now) -> HealthOut:
    """Say whether database, engine and gateway are at work. Always 200: this process lives."""
    try:
        async with pool_of(request).connection(timeout=_DATABASE_WITHIN_S) as connection:
            heartbeats = await store.heartbeats(connection)
    except psycopg.Error:
        heartbeats = None
    found = judge(heartbeats, version=request.app.version, now=now)
    return HealthOut.model_validate(found.as_json())


@router.get("/metrics", dependencies=[public], response_class=Response)
async def metrics(request: Request) -> Response:
    """Return the process's metrics for Prometheus."""
    registry: ApiMetrics = request.app.state.metrics
    return Response(registry.text(), media_type=_METRICS_MEDIA_TYPE)
