"""The page about notifications is true: its document loads, its subjects and topics stand."""

import re
import tomllib
from pathlib import Path

import pytest

from liftward_platform.notifications.destinations import Document, parse
from liftward_platform.notifications.model import Subject
from liftward_wire.crew_topics import crew_topic

DOCS = Path(__file__).parents[4] / "docs"
PAGE = (DOCS / "notifications.md").read_text("utf-8")


@pytest.fixture
def document() -> Document:
    blocks: list[str] = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    environ = {
        "NOTIFY_BROKER_URL": "mqtts://liftward.notifier:sample@broker.invalid:8885",
        "NOTIFY_SMS_URL": "twilio://sample/{phone}",
        "NOTIFY_DINGTALK_URL": "dingtalk://sample/",
        "NOTIFY_AUTHORITY_SECRET": "sample-shared-secret",
    }
    return parse(tomllib.loads(blocks[0]), source="the page", environ=environ)


def test_the_page_s_document_is_a_good_one(document: Document) -> None:
    """Whoever copies it has something that works."""
    assert [one.destination_id for one in document.destinations] == [
        "crews",
        "duty-room",
        "authority",
    ]


def test_the_page_names_every_subject_that_may_be_asked_for() -> None:
    """One that is added and not written down fails here."""
    named = set(re.findall(r"`(\w+)`", PAGE[PAGE.index("Subjects:") :].partition("\n\n")[0]))
    assert named == set(Subject) - {Subject.CHANNEL_TEST}


def test_the_page_names_the_topic_of_a_crew() -> None:
    """As the program publishes it."""
    assert crew_topic("{crew_id}") in PAGE
    assert crew_topic("{crew_id}") in (DOCS / "contract.md").read_text("utf-8")
