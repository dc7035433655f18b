"""Pushes a message to a receiver of the operator's by HTTP POST, signed.

`Liftward-Signature: t=<unix seconds>,v1=<hex>`: the hex is the HMAC-SHA-256, under the shared
secret, of `<t>.<body>`. A receiver refuses a time more than REPLAY_WINDOW_S from its own clock, and
drops a `Liftward-Message-Id` it has had: `verify` is how, for receivers written in Python.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from types import TracebackType
from typing import Any, Self

import httpx

from liftward_kit.settings import Environ, Secret, SettingError, read
from liftward_platform.notifications.destinations import (
    ALL_SUBJECTS,
    Audience,
    ChannelSpec,
    Destination,
    Document,
)
from liftward_platform.notifications.model import (
    SENT,
    Channel,
    Message,
    Outcome,
    failed,
    refused,
)
from liftward_platform.notifications.texts import ENGLISH

# A receiver that takes longer is treated as failed; the next attempt comes later.
TIMEOUT_S = 5.0
# Clocks differ, and a retry is signed anew: an older signature is somebody's recording.
REPLAY_WINDOW_S = 300
_SECRET_CHARACTERS_MIN = 16
# 408, 425 and 429 ask for another time; every other 4xx says that it will never be taken.
_LATER = frozenset({408, 425, 429})
_REFUSALS = range(400, 500)
CONFIGURED, CONFIGURED_CHANNEL = "configured", "webhook"


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """Where messages are pushed to."""

    url: str
    secret: Secret

    @classmethod
    def from_environ(cls, environ: Environ) -> "WebhookSettings | None":
        """Return the settings, or None when no webhook is configured.

        Raises
        ------
        SettingError
            When the address is no http(s) URL or comes without a secret.
        """
        url = read(
            environ, "LIFTWARD_WEBHOOK_URL", default="", parse=_checked_url,
            allowed="an http:// or https:// address",
        )  # fmt: skip
        if not url:
            return None
        secret = environ.get("LIFTWARD_WEBHOOK_SECRET", "")
        if len(secret) < _SECRET_CHARACTERS_MIN:
            allowed = (
                f"the secret shared with the receiver, {_SECRET_CHARACTERS_MIN} characters or more"
            )
            raise SettingError("LIFTWARD_WEBHOOK_SECRET", "***" if secret else None, allowed)
        return cls(url, Secret(secret))

    def added_to(self, document: Document) -> Document:
        """Return the document with this receiver, who is told everything, one by one."""
        spec = ChannelSpec(
            name=CONFIGURED_CHANNEL, kind=Channel.WEBHOOK, url=Secret(self.url), secret=self.secret
        )
        everything = Destination(
            destination_id=CONFIGURED, who=Audience.DISPATCHERS, recipient=CONFIGURED,
            subjects=frozenset({ALL_SUBJECTS}), channels=(CONFIGURED_CHANNEL,),
            language=ENGLISH, test_every_h=0,
        )  # fmt: skip
        return Document(
            version=document.version,
            channels={**document.channels, CONFIGURED_CHANNEL: spec},
            destinations=(*document.destinations, everything),
        )


def _checked_url(text: str) -> str:
    url = httpx.URL(text)
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError(text)
    return text


def signature(secret: Secret, body: bytes, *, now: datetime) -> str:
    """Return the value of the Liftward-Signature header."""
    moment = str(int(now.timestamp()))
    return f"t={moment},v1={_digest(secret, moment, body)}"


def _digest(secret: Secret, moment: str, body: bytes) -> str:
    signed = moment.encode() + b"." + body
    return hmac.new(secret.reveal.encode(), signed, hashlib.sha256).hexdigest()


class Refusal(StrEnum):
    """Why a receiver does not believe a signature."""

    MALFORMED = "malformed"
    FORGED = "forged"
    OUTSIDE_WINDOW = "outside_window"  # a recording, or clocks that differ


def verify(header: str, body: bytes, *, secret: Secret, now: datetime) -> Refusal | None:
    """Return why a signature is not to be believed, None when it is."""
    parts = dict(part.partition("=")[::2] for part in header.split(","))
    moment, given = parts.get("t", ""), parts.get("v1", "")
    if not (moment.isascii() and moment.isdigit()) or not given:
        return Refusal.MALFORMED
    if not hmac.compare_digest(_digest(secret, moment, body).encode(), given.encode()):
        return Refusal.FORGED
    if abs(now.timestamp() - int(moment)) > REPLAY_WINDOW_S:
        return Refusal.OUTSIDE_WINDOW
    return None


def document_of(message: Message) -> dict[str, Any]:
    """Return the message as JSON values; a bundle lists what goes with it."""
    document: dict[str, Any] = {
        "message_id": message.number,
        "incident_id": message.incident_id,
        "order_id": message.order_id,
        "subject": message.subject,
        "created_at": message.created_at.isoformat(),
        "test": message.is_test,
        "about": dict(message.body),
    }
    if message.bundled:
        document["bundled"] = [document_of(one) for one in message.bundled]
    return document


def body_of(message: Message) -> bytes:
    """Return the JSON that is posted."""
    return json.dumps(document_of(message), ensure_ascii=False, separators=(",", ":")).encode()


class WebhookSender:
    """Posts messages; use as an asynchronous context manager, which holds the connections."""

    def __init__(self, settings: WebhookSettings) -> None:
        self._settings = settings
        self._client = httpx.AsyncClient(timeout=TIMEOUT_S, follow_redirects=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        await self._client.aclose()

    async def send(self, message: Message, *, now: datetime) -> Outcome:
        """Post one message; only 2xx means that it was taken."""
        body = body_of(message)
        headers = {
            "Content-Type": "application/json",
            "Liftward-Message-Id": str(message.number),
            "Liftward-Signature": signature(self._settings.secret, body, now=now),
        }
        try:
            answer = await self._client.post(self._settings.url, content=body, headers=headers)
        except httpx.HTTPError as error:
            return failed(f"no connection: {type(error).__name__}")
        return judge_status(answer.status_code, answer.headers, now=now)


def judge_status(status: int, headers: Mapping[str, str], *, now: datetime) -> Outcome:
    """Return what an HTTP answer means for a message."""
    if httpx.codes.is_success(status):
        return SENT
    reason = f"the receiver answered {status}"
    if status in _REFUSALS and status not in _LATER:
        return refused(reason)
    return failed(reason, retry_after=retry_after(headers.get("Retry-After"), now=now))


def retry_after(text: str | None, *, now: datetime) -> timedelta | None:
    """Return how long a Retry-After header asks to wait: seconds or a date (RFC 9110, 10.2.3)."""
    if not text:
        return None
    if text.strip().isdigit():
        return timedelta(seconds=min(int(text), 10**6))
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, IndexError):
        return None
    return max(timedelta(0), (at if at.tzinfo else at.replace(tzinfo=UTC)) - now)
