"""A TCP proxy that tests cut, stall and restore: the network between a client and its server."""

import asyncio
import socket
import struct
from contextlib import suppress
from enum import StrEnum
from types import TracebackType
from typing import Self

from liftward_runtime.ports import LOOPBACK

_CHUNK_BYTES = 65_536


def _reset(writer: asyncio.StreamWriter) -> None:
    """End a connection the way a broken network does: without a goodbye."""
    if not writer.transport.is_closing():
        connection = writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class LinkState(StrEnum):
    """What the link does with bytes."""

    OPEN = "open"
    STALLED = "stalled"  # connections stay, nothing passes: a dead peer that nobody has noticed
    CUT = "cut"  # connections are reset, new ones too


class CuttableProxy:
    """Forwards connections on its own port to a target, in the event loop of the test."""

    def __init__(self, target_port: int, *, target_host: str = LOOPBACK) -> None:
        self.port = 0
        self.connections_count = 0  # accepted so far, whatever became of them
        self._target = (target_host, target_port)
        self._state = LinkState.OPEN
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def host(self) -> str:
        return LOOPBACK

    @property
    def state(self) -> LinkState:
        return self._state

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, LOOPBACK, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        await self._end_connections()

    async def cut(self) -> None:
        """Reset every connection and refuse to serve new ones until `restore`."""
        self._state = LinkState.CUT
        await self._end_connections()

    def stall(self) -> None:
        """Keep connections (and accept new ones) but let no byte pass until `restore`."""
        self._state = LinkState.STALLED
        self._flowing.clear()

    def restore(self) -> None:
        """Serve again; stalled bytes flow on."""
        self._state = LinkState.OPEN
        self._flowing.set()

    async def _end_connections(self) -> None:
        self._flowing.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections_count += 1
        if self._state is LinkState.CUT:
            _reset(writer)
            return
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers = [writer]
        try:
            with suppress(OSError):
                target_reader, target_writer = await asyncio.open_connection(*self._target)
                writers.append(target_writer)
                ways = {
                    asyncio.create_task(self._forward(reader, target_writer)),
                    asyncio.create_task(self._forward(target_reader, writer)),
                }
                try:
                    await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                    # One side ended: what it sent last still has to reach the other.
                    for one in writers:
                        one.close()
                        await one.wait_closed()
                finally:
                    for way in ways:
                        way.cancel()
                    await asyncio.gather(*ways, return_exceptions=True)
        finally:
            for one in writers:
                _reset(one)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await reader.read(_CHUNK_BYTES):
                await self._flowing.wait()
                writer.write(chunk)
                await writer.drain()
