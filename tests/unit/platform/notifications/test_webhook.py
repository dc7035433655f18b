"""The webhook's signature and settings."""

import hashlib
import hmac
import json
from datetime import timedelta

import pytest

from liftward_kit.settings import Secret, SettingError
from liftward_platform.notifications.model import Channel, Message, Verdict
from liftward_platform.notifications.webhook import (
    REPLAY_WINDOW_S,
    Refusal,
    WebhookSettings,
    body_of,
    judge_status,
    retry_after,
    signature,
    verify,
)
from support.virtual_time import START

SECRET = "sample-shared-secret"


def test_a_receiver_can_check_the_signature_with_the_standard_library() -> None:
    """HMAC-SHA-256 over time, a dot, and the body."""
    header = signature(Secret(SECRET), b'{"a":1}', now=START)

    moment = str(int(START.timestamp()))
    expected = hmac.new(SECRET.encode(), f'{moment}.{{"a":1}}'.encode(), hashlib.sha256)
    assert header == f"t={moment},v1={expected.hexdigest()}"


def test_the_body_says_what_it_is_about() -> None:
    """One JSON object with the message's number, so that repeats can be dropped."""
    message = Message(
        message_id=7,
        incident_id=3,
        order_id=None,
        channel=Channel.WEBHOOK,
        recipient="configured",
        subject="unanswered",
        body={"incident_id": 3},
        created_at=START,
        attempts_count=1,
    )

    document = json.loads(body_of(message))

    assert (document["message_id"], document["subject"]) == (7, "unanswered")
    assert document["about"] == {"incident_id": 3}


def test_no_address_means_no_webhook() -> None:
    """Without the setting nothing is pushed."""
    assert WebhookSettings.from_environ({}) is None


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({"LIFTWARD_WEBHOOK_URL": "ftp://example.org"}, "LIFTWARD_WEBHOOK_URL"),
        ({"LIFTWARD_WEBHOOK_URL": "not an address"}, "LIFTWARD_WEBHOOK_URL"),
        ({"LIFTWARD_WEBHOOK_URL": "http://example.org/"}, "LIFTWARD_WEBHOOK_SECRET"),
        (
            {
                "LIFTWARD_WEBHOOK_URL": "http://example.org/",
                "LIFTWARD_WEBHOOK_SECRET": "tiny-secret",
            },
            "LIFTWARD_WEBHOOK_SECRET",
        ),
    ],
)
def test_a_wrong_setting_is_named_and_no_secret_shown(environ: dict[str, str], name: str) -> None:
    """The message names the setting; the secret is not in it."""
    with pytest.raises(SettingError) as caught:
        WebhookSettings.from_environ(environ)
    assert caught.value.name == name
    assert "tiny" not in str(caught.value)


def test_a_receiver_believes_a_signature_within_the_window_only() -> None:
    """True, forged, of another body, malformed, and recorded: each has its own answer."""
    body, secret = b'{"a":1}', Secret(SECRET)
    header = signature(secret, body, now=START)

    def said(header: str, body: bytes = body, after_s: float = 0) -> Refusal | None:
        return verify(header, body, secret=secret, now=START + timedelta(seconds=after_s))

    assert said(header) is None
    assert said(header, after_s=REPLAY_WINDOW_S) is None
    assert said(header, after_s=REPLAY_WINDOW_S + 1) is Refusal.OUTSIDE_WINDOW
    assert said(header, after_s=-REPLAY_WINDOW_S - 1) is Refusal.OUTSIDE_WINDOW
    assert said(header, b'{"a":2}') is Refusal.FORGED
    moved = header.replace(str(int(START.timestamp())), str(int(START.timestamp()) + 999))
    assert said(moved, after_s=999) is Refusal.FORGED
    for text in ("", "t=1", "v1=ab", "t=now,v1=ab", "t=\u0661,v1=ab"):
        assert said(text) is Refusal.MALFORMED


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict.SENT), (204, Verdict.SENT), (301, Verdict.FAILED), (400, Verdict.REFUSED),
        (401, Verdict.REFUSED), (408, Verdict.FAILED), (410, Verdict.REFUSED),
        (425, Verdict.FAILED), (429, Verdict.FAILED), (500, Verdict.FAILED), (503, Verdict.FAILED),
    ],
)  # fmt: skip
def test_only_2xx_is_sent_and_only_a_refusal_is_final(status: int, verdict: Verdict) -> None:
    """What may work later is tried again; what never will, is not."""
    assert judge_status(status, {}, now=START).verdict is verdict


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None), ("", None), ("120", 120), (" 5 ", 5), ("soon", None), ("-3", None),
        ("9" * 40, 10**6), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
    ],
)  # fmt: skip
def test_how_long_a_receiver_asks_to_wait(text: str | None, seconds: int | None) -> None:
    """Seconds or a date; nonsense is as if it had not been said."""
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert retry_after(text, now=START) == expected
