"""apprise against real servers in this process: what a service says is what we believe."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from apprise.plugins.dingtalk import NotifyDingTalk
from apprise.plugins.wecombot import NotifyWeComBot

from liftward_kit.settings import Secret
from liftward_platform.notifications.apprise_channel import AppriseSender
from liftward_platform.notifications.model import Channel, Message, Outcome, Verdict
from support.polling import eventually_async
from support.virtual_time import START

pytestmark = pytest.mark.integration

TOKEN = "sampletoken0123456789"
MESSAGE = Message(
    message_id=9, incident_id=3, order_id=5, channel=Channel.APPRISE, recipient="near",
    subject="order_sent", body={}, created_at=START, attempts_count=1, destination="crews",
    channel_name="service", crew_phone="+12025550100",
)  # fmt: skip


@dataclass(slots=True)
class Service:
    """A real HTTP server that answers as it is told, or not at all."""

    status: int = 200
    body: bytes = b""
    headers: str = ""
    hangs: bool = False
    port: int = 0
    got: list[tuple[str, bytes]] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    open_count: int = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open_count += 1
        try:
            await self._answer(reader, writer)
        finally:
            writer.close()
            self.open_count -= 1

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        lengths = [line.split(": ")[1] for line in head if line.lower().startswith("content-len")]
        self.got.append((head[0], await reader.readexactly(int(lengths[0]))))
        if self.hangs:
            await self.over.wait()
        text = (
            f"HTTP/1.1 {self.status} X\r\n{self.headers}Content-Length: {len(self.body)}\r\n"
            "Connection: close\r\n\r\n"
        )
        writer.write(text.encode() + self.body)
        await writer.drain()

    async def all_closed(self) -> bool:
        return self.open_count == 0


@asynccontextmanager
async def serving(service: Service) -> AsyncIterator[str]:
    server = await asyncio.start_server(service.answer, "127.0.0.1", 0)
    service.port = server.sockets[0].getsockname()[1]
    async with server:
        yield f"127.0.0.1:{service.port}"
        service.over.set()
        await eventually_async(service.all_closed, what="every connection has ended")


async def sent_by(url: str, *, attempt_s: float = 10.0) -> Outcome:
    sender = AppriseSender(Secret(url), {"crews": "zh"}, attempt_s=attempt_s)
    return await sender.send(MESSAGE, now=START)


async def test_a_service_that_takes_it_has_sent_it() -> None:
    """The text arrives, in the destination's language."""
    service = Service()
    async with serving(service) as host:
        outcome = await sent_by(f"json://{host}/{TOKEN}")

    assert outcome.verdict is Verdict.SENT
    assert json.loads(service.got[0][1])["title"] == "救援指令 5：有人被困，请立即接受或拒绝"


async def test_a_service_that_is_full_is_failed_with_its_wish_and_no_token_shown() -> None:
    """429: tried again no sooner than it asks."""
    service = Service(status=429, headers="Retry-After: 77\r\n")
    async with serving(service) as host:
        outcome = await sent_by(f"json://{host}/{TOKEN}")

    assert (outcome.verdict, outcome.retry_after) == (Verdict.FAILED, timedelta(seconds=77))
    assert "answered 429" in outcome.reason
    assert TOKEN not in outcome.reason


@pytest.mark.parametrize("status", [301, 302, 307])
async def test_a_redirect_is_not_followed_and_not_believed(status: int) -> None:
    """A token is not carried to wherever a receiver points."""
    elsewhere = Service()
    async with serving(elsewhere) as other:
        service = Service(status=status, headers=f"Location: http://{other}/\r\n")
        async with serving(service) as host:
            outcome = await sent_by(f"json://{host}/")

    assert outcome.verdict is Verdict.FAILED
    assert elsewhere.got == []


async def test_a_service_that_never_answers_is_given_up_in_time() -> None:
    """The attempt ends; its thread may hang on, and after four such no further one is begun."""
    service = Service(hangs=True)
    async with serving(service) as host:
        sender = AppriseSender(Secret(f"json://{host}/"), {"crews": "en"}, attempt_s=0.3)
        outcomes = [await sender.send(MESSAGE, now=START) for _ in range(5)]

    assert [one.reason for one in outcomes] == ["no answer within 0.3 s"] * 4 + [
        "4 attempts still hang"
    ]


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        (b'{"errcode":0,"errmsg":"ok"}', Verdict.SENT),
        (b'{"errcode":310000,"errmsg":"sign not match"}', Verdict.FAILED),
        (b"", Verdict.FAILED),
    ],
)
@pytest.mark.parametrize(
    ("plugin", "url"),
    [(NotifyDingTalk, f"dingtalk://{TOKEN}/"), (NotifyWeComBot, f"wecombot://{TOKEN}/")],
)
async def test_a_robot_s_200_with_an_error_code_is_no_success(
    plugin: type, url: str, body: bytes, verdict: Verdict, monkeypatch: pytest.MonkeyPatch
) -> None:
    """apprise itself takes it for sent: this fails if only its answer is asked."""
    async with serving(Service(body=body)) as host:
        monkeypatch.setattr(plugin, "notify_url", f"http://{host}/send")
        outcome = await sent_by(url)

    assert outcome.verdict is verdict, outcome.reason


async def test_a_text_message_goes_to_the_crew_s_own_number() -> None:
    """The number stands in the register of crews, not in the document; it is not shown."""
    service = Service(status=500)
    async with serving(service) as host:
        outcome = await sent_by(f"json://{host}/sms/{{phone}}")

    assert "12025550100" in service.got[0][0]
    assert "12025550100" not in outcome.reason


async def _mail(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A mail server that knows the desk and nobody else."""
    writer.write(b"220 mail.invalid ESMTP\r\n")
    in_data = False
    while line := await reader.readline():
        if in_data:
            in_data = line != b".\r\n"
            said = b"" if in_data else b"250 taken\r\n"
        elif line.upper().startswith(b"RCPT"):
            said = b"250 ok\r\n" if b"desk@" in line else b"550 no such user\r\n"
        else:
            in_data = line.upper().startswith(b"DATA")
            said = b"354 go on\r\n" if in_data else b"250 ok\r\n"
        writer.write(said)
        await writer.drain()
    writer.close()


@pytest.mark.parametrize(("to", "verdict"), [("desk", Verdict.SENT), ("x", Verdict.FAILED)])
async def test_e_mail_is_sent_when_the_mail_server_took_it(to: str, verdict: Verdict) -> None:
    """A recipient that the server does not know is a failed send."""
    server = await asyncio.start_server(_mail, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        url = f"mailto://127.0.0.1:{port}/?from=l@liftward.invalid&to={to}@example.invalid&mode=insecure"
        outcome = await sent_by(url)

    assert outcome.verdict is verdict
