"""The real application on a free port, in the test's own event loop, for a browser to open."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI

from support.polling import eventually_async


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """Serve an application whose lifespan somebody else runs; yield its address."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(), name="served application")

    async def started() -> bool:
        return server.started

    await eventually_async(started, what="the application is served")
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        app.state.feed.end_readers()
        server.should_exit = server.force_exit = True
        await serving
