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
                self.deliveries.append(_delivery(headers, body))
            if 0 <= chance < _SILENT_SHARE:
                return
            status = 503 if chance < _SILENT_SHARE + _DENIES_SHARE else 204
            writer.write(
                f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
            )
            await writer.drain()


def _delivery(headers: dict[str, str], body: dict[str, Any]) -> Delivery:
    """Return what came; the id in the header is the one that repeats are told apart by."""
    return Delivery(
        message_id=int(headers["liftward-message-id"]),
        order_id=body["order_id"],
        subject=body["subject"],
        recipient=body["about"]["recipient"],
    )


@contextmanager
def _closing(writer: asyncio.StreamWriter) -> Iterator[None]:
    try:
        yield
    finally:
        writer.close()
