"""A receiver of webhooks as unreliable as life: refuses some, takes some and does not say so.

What it took it remembers, also when its answer was an error or got lost: a sender then sends the
message again, and a receiver tells repeats apart by the message's id. What it refused it never had.
"""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from random import Random
from typing import Any

from liftward_runtime.ports import LOOPBACK
from support.evening_oracle import Delivery

# Refused; taken without an answer; taken, and answered as if it were not.
_REFUSES_SHARE, _SILENT_SHARE, _DENIES_SHARE = 0.15, 0.05, 0.05


class WebhookReceiver:
    """Listens in the event loop that enters it; `deliveries` has everything, repeats too."""

    def __init__(self, rng: Random, port: int) -> None:
        self.url = f"http://{LOOPBACK}:{port}/hook"
        self.deliveries: list[Delivery] = []
        self._rng, self._port = rng, port

    async def serve(self) -> None:
        """Serve until cancelled."""
        server = await asyncio.start_server(self._answer, LOOPBACK, self._port)
        async with server:
            await server.serve_forever()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A sender that is killed in mid-sentence has said nothing.
        with _closing(writer), suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
            body = json.loads(await reader.readexactly(int(headers["content-length"])))
            chance = self._rng.random() - _REFUSES_SHARE
            if chance >= 0:
                self.deliveries += _deliveries(int(headers["liftward-message-id"]), body)
            if 0 <= chance < _SILENT_SHARE:
                return
            status = 503 if chance < _SILENT_SHARE + _DENIES_SHARE else 204
            writer.write(
                f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
            )
            await writer.drain()


def _deliveries(message_id: int, body: dict[str, Any]) -> Iterator[Delivery]:
    """Yield what came: the message of the header, by whose id repeats are told apart, and what
    goes with it."""
    yield Delivery(
        message_id=message_id,
        order_id=body["order_id"],
        subject=body["subject"],
        crew_id=body["about"].get("crew_id", ""),
    )
    for other in body.get("bundled", ()):
        yield from _deliveries(other["message_id"], other)


@contextmanager
def _closing(writer: asyncio.StreamWriter) -> Iterator[None]:
    try:
        yield
    finally:
        writer.close()
