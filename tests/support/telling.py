"""Receivers of notifications that can be up, down, slow or full, and the engine that tells them."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from liftward_kit.settings import Secret
from liftward_platform.engine.telling import Notifications
from liftward_platform.notifications.destinations import Document, parse
from liftward_platform.notifications.dispatch import Dispatch, Sender
from liftward_platform.notifications.model import SENT, Message, Outcome, failed
from liftward_platform.notifications.webhook import WebhookSettings

# Long enough for a local server on a busy machine; a cycle of a test waits for all its attempts.
PATIENCE_S = 10.0


@dataclass(slots=True)
class Line:
    """One channel's other end, in this process: remembers what it took."""

    answer: Outcome = SENT
    hangs: bool = False
    took: list[Message] = field(default_factory=list)
    asked_count: int = 0

    async def send(self, message: Message, *, now: datetime) -> Outcome:  # noqa: ARG002 - a test's other end needs no time
        self.asked_count += 1
        if self.hangs:
            await asyncio.Event().wait()
        if self.answer.sent:
            self.took.append(message)
        return self.answer

    def goes_down(self, reason: str = "no connection") -> None:
        self.answer = failed(reason)

    def comes_back(self) -> None:
        self.answer, self.hangs = SENT, False

    def asks_to_wait(self, wait: timedelta) -> None:
        self.answer = failed("the receiver answered 429", retry_after=wait)

    @property
    def numbers(self) -> list[int]:
        """The numbers of all messages it took, those of bundles too."""
        return [one.number for message in self.took for one in message.all_messages]

    def subjects(self, *, tests: bool = False) -> list[str]:
        every = [one for message in self.took for one in message.all_messages]
        return [str(one.subject) for one in every if tests or not one.is_test]


def channel(kind: str = "webhook") -> dict[str, Any]:
    """Return a channel of a document, with nothing real behind it."""
    if kind == "webhook":
        return {"kind": kind, "url": "https://example.invalid/hook", "secret": "env:SECRET"}
    return {"kind": kind, "url": "env:BROKER" if kind == "mqtt" else "env:SERVICE"}


ENVIRON = {
    "SECRET": "sample-shared-secret",
    "BROKER": "mqtt://user:sample@broker.invalid",
    "SERVICE": "json://example.invalid/",
}


def document_of(
    *destinations: Mapping[str, Any], channels: Iterable[str] | None = None
) -> Document:
    """Return a checked document; channels that are named and not given are webhooks."""
    names = {name for one in destinations for name in one["channels"]} | set(channels or ())
    kinds = {name: "mqtt" if name.startswith("mqtt") else "webhook" for name in names}
    whole = {
        "version": "test",
        "channels": {name: channel(kind) for name, kind in sorted(kinds.items())},
        "destinations": [{"test_every_h": 0, "language": "en", **one} for one in destinations],
    }
    return parse(whole, source="test", environ=ENVIRON)


def notifications_to(document: Document, senders: Mapping[str, Sender]) -> Notifications:
    """Return the engine's module with these other ends; every wait is exact."""
    dispatch = Dispatch(senders, patience_s=PATIENCE_S)
    return Notifications(document, dispatch, chance=lambda: 0.0)


def configured(sender: Sender) -> Notifications:
    """Return the module as LIFTWARD_WEBHOOK_URL makes it."""
    settings = WebhookSettings("https://example.invalid/hook", Secret(ENVIRON["SECRET"]))
    document = settings.added_to(Document(version="test", channels={}, destinations=()))
    return notifications_to(document, {"webhook": sender})
