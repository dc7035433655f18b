"""The webhook's signature and settings."""

import hashlib
import hmac
import json

import pytest

from liftward_kit.settings import Secret, SettingError
from liftward_platform.notifications.model import Channel, Message
from liftward_platform.notifications.webhook import WebhookSettings, body_of, signature
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
