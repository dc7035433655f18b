"""Pushes a message to a receiver of the operator's by HTTP POST, signed.

The receiver checks `Liftward-Signature: t=<unix seconds>,v1=<hex>` where the hex is the
HMAC-SHA-256, under the shared secret, of `<t>.<body>`; `Liftward-Message-Id` lets it drop repeats.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Self

import httpx

from liftward_kit.settings import Environ, Secret, SettingError, read
from liftward_platform.notifications.model import Message

# A receiver that takes longer is treated as failed; the next attempt comes later.
TIMEOUT_S = 5.0
_ERROR_CHARACTERS_MAX = 300
_SECRET_CHARACTERS_MIN = 16


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


def _checked_url(text: str) -> str:
    url = httpx.URL(text)
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError(text)
    return text


def signature(secret: Secret, body: bytes, *, now: datetime) -> str:
    """Return the value of the Liftward-Signature header."""
    moment = str(int(now.timestamp()))
    signed = moment.encode() + b"." + body
    digest = hmac.new(secret.reveal.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


def body_of(message: Message) -> bytes:
    """Return the JSON that is posted."""
    document = {
        "message_id": message.message_id,
        "incident_id": message.incident_id,
        "order_id": message.order_id,
        "subject": message.subject,
        "created_at": message.created_at.isoformat(),
        "about": dict(message.body),
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


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

    async def send(self, message: Message, *, now: datetime) -> str | None:
        """Post one message; return None when it was taken, else what went wrong."""
        body = body_of(message)
        headers = {
            "Content-Type": "application/json",
            "Liftward-Message-Id": str(message.message_id),
            "Liftward-Signature": signature(self._settings.secret, body, now=now),
        }
        try:
            answer = await self._client.post(self._settings.url, content=body, headers=headers)
        except httpx.HTTPError as error:
            return f"{type(error).__name__}: {error}"[:_ERROR_CHARACTERS_MAX]
        return None if answer.is_success else f"the receiver answered {answer.status_code}"
