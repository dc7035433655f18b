"""Every refusal and failure as application/problem+json (RFC 9457), in one place.

    {"type": "about:blank", "title": "Conflict", "status": 409, "code": "...", "detail": "..."}

`code` is for programs and stable; `detail` is for people. Input is never echoed: it may be secret.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import psycopg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from liftward_kit.database import is_transient
from liftward_platform.api.idempotency import ReplayedAnswer
from liftward_platform.errors import DomainError

log = structlog.get_logger()

PROBLEM_MEDIA_TYPE = "application/problem+json"
# The pool reconnects within a few seconds of the database's return.
STORE_RETRY_AFTER_S = 2
_BODY_PLACES = ("body", "query", "path", "header")


class ProblemField(BaseModel):
    """One field that was wrong."""

    field: str
    message: str


class ProblemOut(BaseModel):
    """Every answer that is not a success."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str
    errors: list[ProblemField] | None = None


# What the OpenAPI document says of every answer that no endpoint describes itself.
PROBLEM_DOC: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "A refusal or a failure (RFC 9457); `code` says which.",
        "model": ProblemOut,
    }
}


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    **extra: Any,  # noqa: ANN401 - JSON values
) -> Response:
    """Return a problem document."""
    content = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        **extra,
    }
    return JSONResponse(content, status, headers, media_type=PROBLEM_MEDIA_TYPE)


def store_unavailable() -> Response:
    """Say that the database is away; the same request may succeed soon."""
    return problem(
        503,
        "store_unavailable",
        "the database cannot be reached at the moment; nothing was changed; try again",
        headers={"Retry-After": str(STORE_RETRY_AFTER_S)},
    )


def internal_error() -> Response:
    """Say that we failed; the log has the rest."""
    return problem(500, "internal_error", "this should not have happened; it was logged")


async def _domain_error(_request: Request, error: DomainError) -> Response:
    headers = {}
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if "retry_after_s" in error.extra:
        headers["Retry-After"] = str(error.extra["retry_after_s"])
    return problem(error.status, error.code, error.detail, headers=headers, **error.extra)


async def _replayed(_request: Request, answer: ReplayedAnswer) -> Response:
    return JSONResponse(answer.body, answer.status, {"Idempotency-Replayed": "true"})


async def _validation_error(_request: Request, error: RequestValidationError) -> Response:
    errors = [{"field": field_of(one["loc"]), "message": one["msg"]} for one in error.errors()]
    detail = "; ".join(f"{one['field']}: {one['message']}" for one in errors)
    return problem(422, "invalid_request", detail, errors=errors)


def field_of(place: tuple[int | str, ...]) -> str:
    """Return the name of a field as the sender wrote it; the bare place when it is the whole."""
    words = [str(word) for word in place]
    return ".".join(words[1:] if len(words) > 1 and words[0] in _BODY_PLACES else words)


async def _http_error(_request: Request, error: HTTPException) -> Response:
    code = HTTPStatus(error.status_code).name.lower()
    return problem(error.status_code, code, str(error.detail), headers=error.headers)


async def _database_error(request: Request, error: psycopg.Error) -> Response:
    if is_transient(error):
        log.warning("store_unavailable", path=request.url.path, error=str(error))
        return store_unavailable()
    log.error("request_failed", path=request.url.path, exc_info=error)
    return internal_error()


def install(app: FastAPI) -> None:
    """Register the handlers; anything that has none ends as a logged 500 at the edge."""
    handlers: dict[type[Exception], Any] = {
        DomainError: _domain_error,
        ReplayedAnswer: _replayed,
        RequestValidationError: _validation_error,
        HTTPException: _http_error,
        psycopg.Error: _database_error,
        # Pool errors are OperationalErrors: named to say that they were thought of.
        PoolTimeout: _database_error,
        PoolClosed: _database_error,
        TooManyRequests: _database_error,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)
