"""Telling people: what can be read counts as told; what is pushed counts when it was taken."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from psycopg.rows import DictRow

from liftward_kit.settings import Secret
from liftward_platform.engine.telling import Notifications
from liftward_platform.notifications.model import ATTEMPTS_MAX, Outcome
from liftward_platform.notifications.webhook import WebhookSender, WebhookSettings, signature
from support.rescue_story import RescueStory, rescue_story
from support.telling import configured
from support.virtual_time import VirtualClock

pytestmark = pytest.mark.integration

SECRET = Secret("sample-shared-secret")


@dataclass(slots=True)
class Receiver:
    """A real HTTP server that answers with a status and remembers what it got."""

    status: int = 200
    port: int = 0
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
        body = await reader.readexactly(int(headers["content-length"]))
        self.got.append((headers, body))
        writer.write(
            f"HTTP/1.1 {self.status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
        )
        await writer.drain()
        writer.close()


@asynccontextmanager
async def receiving(status: int) -> AsyncIterator[Receiver]:
    receiver = Receiver(status)
    server = await asyncio.start_server(receiver.answer, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    async with server:
        yield receiver


@asynccontextmanager
async def sender_to(port: int) -> AsyncIterator[WebhookSender]:
    settings = WebhookSettings(f"http://127.0.0.1:{port}/hook", SECRET)
    async with WebhookSender(settings) as sender:
        yield sender


async def outbox(story: RescueStory, channel: str) -> list[DictRow]:
    cursor = await story.connection.execute(
        "SELECT * FROM outbox WHERE channel = %s ORDER BY message_id", (channel,)
    )
    return await cursor.fetchall()


async def test_what_can_be_read_counts_as_told_once_it_is_committed(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The crew's order and the console's incident are marked by a later look, not by hope."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        await story.someone_is_trapped()
        before = await outbox(story, "crew")
        later = virtual_clock.advance(1)

        await Notifications().run(story.connection, later, 10)

        assert [(row["subject"], row["sent_at"]) for row in before] == [("order_sent", None)]
        told = [*await outbox(story, "crew"), *await outbox(story, "console")]
        assert [(row["recipient"], row["sent_at"]) for row in told] == [
            ("near", later),
            ("dispatchers", later),
        ]
        assert await outbox(story, "webhook") == []


async def test_a_webhook_gets_each_message_signed(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Taken by the receiver: sent, once; the signature is over exactly what was posted."""
    async with (
        rescue_story(database_dsn, virtual_clock) as story,
        receiving(204) as receiver,
        sender_to(receiver.port) as sender,
    ):
        await story.someone_is_trapped()

        for _ in range(2):
            await configured(sender).run(story.connection, story.now, 10)

        rows = await outbox(story, "webhook")
        assert [row["sent_at"] for row in rows] == [story.now, story.now]
        subjects = {json.loads(body)["subject"] for _, body in receiver.got}
        assert subjects == {"incident_opened", "order_sent"}
        assert len(receiver.got) == 2
        headers, body = receiver.got[0]
        assert headers["liftward-signature"] == signature(SECRET, body, now=story.now)


async def test_a_failed_send_is_tried_again_and_never_marked_sent(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """The receiver answers 500, then recovers: the message is late, not lost, and not doubled."""
    async with (
        rescue_story(database_dsn, virtual_clock) as story,
        receiving(500) as receiver,
        sender_to(receiver.port) as sender,
    ):
        await story.someone_is_trapped()
        await configured(sender).run(story.connection, story.now, 10)
        failed = await outbox(story, "webhook")

        await configured(sender).run(story.connection, virtual_clock.advance(4), 10)
        assert len(receiver.got) == 1
        receiver.status = 200
        await configured(sender).run(story.connection, virtual_clock.advance(1), 10)

        assert [row["sent_at"] for row in failed] == [None, None]
        assert failed[0]["last_error"] == "the receiver answered 500"
        assert [row["sent_at"] for row in await outbox(story, "webhook")] == [story.now] * 2
        subjects = [json.loads(body)["subject"] for _, body in receiver.got]
        assert subjects == ["incident_opened", "incident_opened", "order_sent"]


async def test_giving_up_is_loud(database_dsn: str, virtual_clock: VirtualClock) -> None:
    """Nobody listens at all: after the last attempt the incident's story says so."""
    async with rescue_story(database_dsn, virtual_clock) as story:
        async with receiving(200) as receiver:
            free_port = receiver.port
        incident = await story.someone_is_trapped()
        async with sender_to(free_port) as sender:
            for _ in range(ATTEMPTS_MAX):
                await configured(sender).run(story.connection, story.now, 10)
                virtual_clock.advance(minutes=5)

        first, *behind = await outbox(story, "webhook")
        assert (first["attempts_count"], first["end_reason"]) == (
            ATTEMPTS_MAX,
            "attempts_exhausted",
        )
        assert first["gave_up_at"] is not None
        assert first["sent_at"] is None
        # In line behind it; and the news that the channel fails, which is no incident's.
        assert [(row["subject"], row["attempts_count"]) for row in behind] == [
            ("order_sent", 0),
            ("channel_failed", ATTEMPTS_MAX - 2),
        ]
        assert ("notification_failed", "retries_exhausted") in await story.told(incident)


async def test_a_sender_that_died_is_followed_by_another(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """A message claimed by a process that was killed is sent once its lease is over."""

    class KilledError(BaseException):
        pass

    class Dying:
        async def send(self, message: object, *, now: object) -> Outcome:
            raise KilledError((message, now))

    async with (
        rescue_story(database_dsn, virtual_clock) as story,
        receiving(200) as receiver,
        sender_to(receiver.port) as sender,
    ):
        await story.someone_is_trapped()
        with pytest.raises(KilledError):
            await configured(Dying()).run(story.connection, story.now, 10)
        await configured(sender).run(story.connection, virtual_clock.advance(29), 10)
        assert receiver.got == []

        await configured(sender).run(story.connection, virtual_clock.advance(1), 10)

        assert len(receiver.got) == 2
