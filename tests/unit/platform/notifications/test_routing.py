"""Who is told a message, and in which line it stands."""

from dataclasses import replace

from liftward_platform.notifications.destinations import Audience
from liftward_platform.notifications.model import Channel, Message
from liftward_platform.notifications.routing import Copy, addressed, crew_destination, row_of
from support.telling import document_of
from support.virtual_time import START

TOWN = document_of(
    {"id": "crews", "who": "crew", "subjects": ["order_sent"], "channels": ["mqtt_a", "sms"]},
    {"id": "own", "who": "crew", "recipient": "near", "subjects": ["all"], "channels": ["sms"]},
    {"id": "maintainer", "who": "party", "recipient": "m-1", "subjects": ["order_sent"],
     "channels": ["mail"]},
    {"id": "desk", "who": "dispatchers", "subjects": ["unanswered", "incident_opened"],
     "channels": ["desk"], "bundle_s": 60},
    {"id": "authority", "who": "regulator", "subjects": ["all"], "channels": ["mail"]},
)  # fmt: skip

ORDER = Message(
    message_id=7, incident_id=3, order_id=5, channel=Channel.CREW, recipient="far",
    subject="order_sent", body={}, created_at=START, attempts_count=0,
)  # fmt: skip
NEWS = replace(ORDER, channel=Channel.CONSOLE, recipient="dispatchers", subject="incident_opened")


def names(message: Message, *parties: str) -> list[str]:
    found = addressed(TOWN.destinations, message, parties)
    return sorted(copy.destination.destination_id for copy in found)


def test_an_order_goes_to_its_crew_and_to_those_who_asked_for_orders() -> None:
    """A party hears of it only when the incident is its business."""
    assert names(ORDER) == ["authority", "crews"]
    assert names(ORDER, "m-1", "m-2") == ["authority", "crews", "maintainer"]


def test_a_crew_with_a_destination_of_its_own_is_told_there_alone() -> None:
    """Its own goes before the one for every crew."""
    assert names(replace(ORDER, recipient="near")) == ["authority", "own"]
    assert crew_destination(TOWN.destinations, "near") is TOWN.destination("own")


def test_news_of_the_centre_goes_to_no_crew() -> None:
    """Crews are told their orders."""
    assert names(NEWS) == ["authority", "desk"]


def test_a_crew_s_messages_stand_in_a_line_of_their_incident_and_wait_for_nothing() -> None:
    """So that no other trapped person's message can be in front of them."""
    crews = TOWN.destination("crews")
    assert crews is not None
    assert crews.who is Audience.CREW
    row = row_of(TOWN, Copy(crews, "far"), ORDER, channel_number=0, now=START)
    second = row_of(TOWN, Copy(crews, "far"), ORDER, channel_number=1, now=START)

    assert (row["line"], row["urgent"]) == ("crews/far/3", True)
    assert (row["channel_name"], row["is_last_channel"]) == ("mqtt_a", False)
    assert (second["channel_name"], second["is_last_channel"]) == ("sms", True)


def test_what_a_destination_bundles_is_one_line_and_nothing_urgent_stands_in_it() -> None:
    """Unanswered incidents, the injured, reports nobody looks into do not wait for a bundle."""
    assert lines_to("desk", "incident_opened") == [("desk", False)]
    urgent = ("unanswered", "order_not_delivered", "persons_injured", "sign_of_life_missing")
    assert lines_to("desk", *urgent, "life_overdue") == [("desk/*/3", True)] * 5


def test_what_is_not_bundled_stands_in_a_line_of_its_incident() -> None:
    """A message that its receiver never takes holds up no other incident's."""
    assert lines_to("authority", "incident_opened") == [("authority/3", False)]


def lines_to(destination_id: str, *subjects: str) -> list[tuple[str, bool]]:
    destination = TOWN.destination(destination_id)
    assert destination is not None
    rows = [
        row_of(TOWN, Copy(destination, "*"), message, channel_number=0, now=START)
        for message in (replace(NEWS, subject=subject) for subject in subjects)
    ]
    return [(row["line"], row["urgent"]) for row in rows]
