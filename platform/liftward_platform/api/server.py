"""The HTTP server: uvicorn, told when it is ready and how to stop in time with open streams."""

import errno
import signal
import socket
from types import FrameType

import structlog
import uvicorn
from fastapi import FastAPI

from liftward_kit.settings import SettingError
from liftward_platform.api.feed import BoardFeed
from liftward_platform.api.settings import ApiSettings

log = structlog.get_logger()

# What is still being answered gets this long after SIGTERM; a stop must not take two seconds.
STOP_WITHIN_S = 1
_BACKLOG = 1024  # connections the kernel holds for us while we are busy
_KEEP_ALIVE_S = 65  # longer than the 60 s of common proxies, which then close first


class ApiServer(uvicorn.Server):
    """A uvicorn server that ends the live boards first when it stops."""

    def __init__(self, app: FastAPI, settings: ApiSettings) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host=settings.host,
                port=settings.port,
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_keep_alive=_KEEP_ALIVE_S,
                timeout_graceful_shutdown=STOP_WITHIN_S,
            )
        )
        self._feed: BoardFeed = app.state.feed
        self._ready_file = settings.ready_file
        self.port: int | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        if not self.started:
            return
        listening = sockets or self.servers[0].sockets
        self.port = listening[0].getsockname()[1]
        log.info("api_listening", host=self.config.host, port=self.port)
        if self._ready_file is not None:
            self._ready_file.touch()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, which would go on for minutes, then stop as usual."""
        self._feed.end_readers()
        await super().shutdown(sockets)


def serve(app: FastAPI, settings: ApiSettings) -> bool:
    """Serve until SIGTERM or SIGINT; False when the application could not start.

    Raises
    ------
    SettingError
        When the address cannot be taken.
    """
    server = ApiServer(app, settings)
    listening = listen(settings.host, settings.port)
    # uvicorn raises the signal again once it has stopped; a stop we were asked for is no failure.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _already_stopped)
    server.run(sockets=[listening])
    return server.started


def listen(host: str, port: int) -> socket.socket:
    """Take the address before anything else starts.

    Raises
    ------
    SettingError
        When the address is in use, or is none of this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
            allowed = f"an address of this machine ({error})"
            raise SettingError("LIFTWARD_HTTP_HOST", host, allowed) from None
        allowed = f"a port that is free and ours to take ({error}); 0 = any free one"
        raise SettingError("LIFTWARD_HTTP_PORT", str(port), allowed) from None


def _already_stopped(_number: int, _frame: FrameType | None) -> None:
    log.info("api_stopped")
