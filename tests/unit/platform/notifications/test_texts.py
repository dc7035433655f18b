"""What a message says: in both languages, for every subject, with nothing left open."""

from dataclasses import replace

import pytest

from liftward_platform.notifications.model import Channel, Message, Place, Subject
from liftward_platform.notifications.texts import _TITLES, LANGUAGES, text_of, title
from support.virtual_time import START

PLACE = Place(
    lift_id="T-1", rescue_code="31000001", building="Sample Tower", address="Sample Road 1"
)
ORDER = Message(
    message_id=9, incident_id=3, order_id=5, channel=Channel.MQTT, recipient="near",
    subject=Subject.ORDER_SENT, body={"crew_id": "near"}, created_at=START, attempts_count=1,
    of_message_id=7, destination="crews", channel_name="devices", place=PLACE,
)  # fmt: skip


def test_every_subject_has_a_sentence_in_every_language() -> None:
    """A new subject needs its sentence twice, or this fails."""
    for language in LANGUAGES:
        assert set(Subject) <= set(_TITLES[language])
    assert set(_TITLES["en"]) == set(_TITLES["zh"])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("subject", Subject)
def test_every_sentence_can_be_filled(language: str, subject: Subject) -> None:
    """No braces are left, whatever the message knows."""
    bare = replace(ORDER, subject=subject, body={}, incident_id=None, order_id=None, place=None)
    for message in (bare, replace(ORDER, subject=subject)):
        said = text_of(message, language)
        assert "{" not in said.title + said.body


def test_an_order_says_where_to_go() -> None:
    """Building, address, lift and code; the number by which repeats are known; local time."""
    said = text_of(ORDER, "en")

    assert said.title == "RESCUE ORDER 5: someone is trapped. Accept or refuse now"
    for fact in ("Sample Tower", "Sample Road 1", "T-1", "31000001", "Message 7", "UTC+8"):
        assert fact in said.body


def test_a_bundle_names_every_incident() -> None:
    """One line for each message, and the incidents in the title."""
    others = tuple(
        replace(ORDER, message_id=10 + n, incident_id=n, subject="incident_opened") for n in (4, 11)
    )
    said = text_of(replace(ORDER, bundled=others), "en")

    assert said.title == "3 messages: incidents 3, 4, 11"
    assert said.body.count("\n") == 3
    assert "Incident 11: someone may be trapped" in said.body


def test_a_test_says_that_it_is_one() -> None:
    """First word, both languages: nobody is to drive for it."""
    test = replace(ORDER, subject=Subject.CHANNEL_TEST)
    assert title(test, "en").startswith("TEST ")
    assert title(test, "zh").startswith("测试")


def test_a_subject_of_tomorrow_is_named_by_its_word() -> None:
    """Nothing is silent for want of a sentence."""
    assert title(replace(ORDER, subject="car_on_fire"), "en") == "Incident 3: car_on_fire"
