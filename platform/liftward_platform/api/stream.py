"""`GET /api/board/stream`: the live board as server-sent events.

`board` at connect, `change` per incident, `notices` when the quiet rows change, `alive` every five
seconds, `reconnect` when the stream has lived long enough, its reader is too slow, or we stop. The
board at connect makes resuming trivial.
"""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from liftward_kit.clock import monotonic_s
from liftward_platform.access.guard import allow
from liftward_platform.access.model import Actor, Role
from liftward_platform.api.feed import BoardFeed, Reader, event_text
from liftward_platform.api.metrics import ApiMetrics
from liftward_platform.api.problems import problem, store_unavailable

router = APIRouter(tags=["board"])

ALIVE_EVERY_S = 5.0
# Whoever lost the right to look loses the stream by then: tokens are checked at connect.
STREAM_LIFE_S = 15 * 60.0
# A reader whose network takes nothing for this long has gone without saying so.
SEND_TIMEOUT_S = 10.0
# Each stream is a socket and a queue; beyond this a second process is needed.
STREAMS_MAX = 1_000
_FIRST_LOOK_WITHIN_S = 2.0

_HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # nginx would collect events instead of passing them on
}


class BoardStream(Response):
    """An answer that goes on until its time is up, the reader leaves or we stop."""

    def __init__(self, feed: BoardFeed, metrics: ApiMetrics, *, life_s: float) -> None:
        super().__init__(headers=_HEADERS)
        del self.headers["content-length"]
        self._feed, self._metrics, self._life_s = feed, metrics, life_s

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        with self._feed.reading() as reader:
            writing = asyncio.create_task(self._write(reader, send), name="board stream")
            leaving = asyncio.create_task(_left(receive), name="board stream leaves")
            try:
                await asyncio.wait((writing, leaving), return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (writing, leaving):
                    task.cancel()
                results = await asyncio.gather(writing, leaving, return_exceptions=True)
        if reader.is_slow or isinstance(results[0], TimeoutError):
            self._metrics.streams_cut.inc()
        elif isinstance(results[0], Exception):
            raise results[0]

    async def _write(self, reader: Reader, send: Send) -> None:
        ends_s = monotonic_s() + self._life_s
        alive_s = monotonic_s() + ALIVE_EVERY_S
        while (now_s := monotonic_s()) < ends_s:
            if now_s >= alive_s:
                alive_s = now_s + ALIVE_EVERY_S
                await _send(send, self._feed.alive_text(), more=True)
            try:
                wait_s = min(alive_s, ends_s) - now_s
                message = await asyncio.wait_for(reader.queue.get(), wait_s)
            except TimeoutError:
                continue
            if message is None:
                break
            await _send(send, message, more=True)
        await _send(send, event_text("reconnect", {}), more=False)


async def _send(send: Send, message: bytes, *, more: bool) -> None:
    async with asyncio.timeout(SEND_TIMEOUT_S):
        await send({"type": "http.response.body", "body": message, "more_body": more})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue


_STREAM_DOC: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "events: board, change, notices, alive, reconnect",
        "content": {"text/event-stream": {}},
    }
}


@router.get("/api/board/stream", response_class=Response, responses=_STREAM_DOC)
async def board_stream(
    request: Request,
    _actor: Annotated[Actor, allow(Role.DISPATCHER, Role.REGULATOR, Role.OPERATOR)],
) -> Response:
    """Return the live board."""
    feed: BoardFeed = request.app.state.feed
    if feed.readers_count >= STREAMS_MAX:
        return problem(
            503,
            "too_many_streams",
            f"this process serves at most {STREAMS_MAX} live boards",
            headers={"Retry-After": "10"},
        )
    if not await feed.is_ready(_FIRST_LOOK_WITHIN_S):
        return store_unavailable()
    return BoardStream(feed, request.app.state.metrics, life_s=request.app.state.stream_life_s)
