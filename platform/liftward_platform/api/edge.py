"""The outermost layer: security headers, size limit, counting, and the last catch. Plain ASGI.

Must not know endpoints. An error that no handler took is logged here and answered with 500; its
text never reaches the caller.
"""

import re
from collections.abc import Mapping

import structlog
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from liftward_kit.clock import monotonic_s
from liftward_platform.api.metrics import ApiMetrics
from liftward_platform.api.problems import internal_error

log = structlog.get_logger()

# The console is served by us and needs nothing from elsewhere; a crew's phone may say where it is.
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(), microphone=()",
}
# Commands are small objects; the largest form of the console is below 4 kB.
BODY_BYTES_MAX = 64 * 1024
# Paths whose bodies may be larger, each with its limit.
LargerBodies = Mapping[re.Pattern[str], int]
NOT_STORED = "no-store"  # answers of the API are about now and about people
_NO_ROUTE = "none"  # one label for everything unknown: callers must not be able to invent labels


class Edge:
    """Wraps the whole application."""

    def __init__(
        self, app: ASGIApp, *, metrics: ApiMetrics, larger_bodies: LargerBodies | None = None
    ) -> None:
        self._app, self._metrics = app, metrics
        self._larger_bodies = larger_bodies or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started_s, answer = monotonic_s(), _Answer(send, is_api=scope["path"].startswith("/api/"))
        try:
            limit_bytes = self._body_bytes_max(scope["path"])
            await self._app(scope, _limited(receive, limit_bytes), answer.send)
        except Exception:
            log.exception("request_failed", path=scope["path"])
            if answer.status is not None:
                raise  # half an answer is out: only breaking the connection is honest
            await internal_error()(scope, receive, answer.send)
        finally:
            seconds = None if answer.is_stream else monotonic_s() - started_s
            self._metrics.count_request(
                _method(scope), _route(scope), answer.status or 499, seconds
            )

    def _body_bytes_max(self, path: str) -> int:
        larger = (limit for way, limit in self._larger_bodies.items() if way.fullmatch(path))
        return next(larger, BODY_BYTES_MAX)


class _Answer:
    """Watches one answer go out and adds the headers."""

    def __init__(self, send: Send, *, is_api: bool) -> None:
        self._send, self._is_api = send, is_api
        self.status: int | None = None
        self.is_stream = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
            if self._is_api:
                headers.setdefault("Cache-Control", NOT_STORED)
            self.is_stream = headers.get("content-type", "").startswith("text/event-stream")
        await self._send(message)


def _limited(receive: Receive, limit_bytes: int) -> Receive:
    """Refuse a body past the limit as soon as its bytes show it, whatever its headers promise."""
    received_bytes = 0

    async def limited() -> Message:
        nonlocal received_bytes
        message = await receive()
        received_bytes += len(message.get("body", b""))
        if received_bytes > limit_bytes:
            raise HTTPException(413, f"a request body has at most {limit_bytes} bytes")
        return message

    return limited


def _method(scope: Scope) -> str:
    known = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
    return scope["method"] if scope["method"] in known else "OTHER"


def _route(scope: Scope) -> str:
    """Return the route's template: paths hold ids and would make a label each."""
    return getattr(scope.get("route"), "path", None) or _NO_ROUTE
