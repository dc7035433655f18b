"""The document of destinations: what is refused, and that no secret is ever shown."""

from pathlib import Path
from typing import Any

import pytest

from liftward_kit.settings import SettingError
from liftward_platform.notifications.destinations import (
    Audience,
    DestinationsError,
    Document,
    parse,
)
from liftward_platform.notifications.model import Channel
from liftward_platform.notifications.opening import document_from
from support.telling import ENVIRON, channel, document_of

TOKEN = "tiny-token-0123456789"


def document(**changes: Any) -> dict[str, Any]:
    """Return a good document with some keys of its one destination, or its channels, replaced."""
    destination = {
        "id": "desk", "who": "dispatchers", "subjects": ["all"], "channels": ["duty"],
        "language": "zh",
    }  # fmt: skip
    channels = changes.pop("channels_table", {"duty": channel()})
    return {
        "version": "test",
        "channels": channels,
        "destinations": [
            {name: value for name, value in {**destination, **changes}.items() if value is not None}
        ],
    }


def parsed(given: dict[str, Any]) -> Document:
    return parse(given, source="town.toml", environ={**ENVIRON, "TOKEN": TOKEN})


def test_a_good_document_is_read_with_its_defaults() -> None:
    """Whoever is not named has no window, is tested daily, and has 45 s to answer an order."""
    found = parsed(document()).destinations[0]

    assert (found.who, found.channels, found.language) == (Audience.DISPATCHERS, ("duty",), "zh")
    assert (found.bundle_s, found.test_every_h, found.next_channel_after_s) == (0, 24, 45)


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        (document(who="everybody"), r"destinations\[0\]\.who is 'everybody'; allowed: crew, party"),
        (
            document(who="party"),
            r"\[0\]\.recipient is '\*'; allowed: the id of a party",
        ),
        (document(subjects=["order_snet"]), r"subjects is \['order_snet'\]; allowed: .*order_sent"),
        (document(subjects=["channel_test"]), "subjects"),
        (document(subjects=[]), "subjects"),
        (document(channels=["pager"]), r"channels is \['pager'\]; allowed: .*duty"),
        (document(channels=["duty", "duty"]), "each once"),
        (document(language="fr"), "language is 'fr'; allowed: en, zh"),
        (document(bundle_s=-1), "bundle_s is -1"),
        (document(bundle_s=True), "bundle_s"),
        (document(next_channel_after_s=5), "next_channel_after_s is 5"),
        (document(bundel_s=5), "bundel_s is 'there'"),
        (document(who="crew"), "test_recipient is missing"),
        (document(id="a b"), r"destinations\[0\]\.id is 'a b'"),
        (document(channels_table={}), "channels is {}"),
        (document(channels_table={"duty": "sms"}), "channels.duty is 'sms'; allowed: a table"),
        (
            document(channels_table={"duty": {**channel(), "kind": "pigeon"}}),
            "channels.duty.kind is 'pigeon'; allowed: webhook, apprise, mqtt",
        ),
        (
            document(channels_table={"duty": {**channel(), "secret": "env:NOBODY"}}),
            "channels.duty.secret is 'env:NOBODY'; allowed: env:NAME or file:",
        ),
        (document(channels_table={"duty": channel("mqtt")}), "no mqtt"),
        ({"version": "x", "channels": {"a": channel()}}, "destinations is missing"),
    ],
)
def test_a_hole_is_refused_with_file_key_and_what_is_allowed(
    given: dict[str, Any], complaint: str
) -> None:
    """One sentence, so that whoever edits the file need not search."""
    with pytest.raises(DestinationsError, match=rf"town\.toml: .*{complaint}"):
        parsed(given)


@pytest.mark.parametrize(
    "row",
    [
        {"kind": "apprise", "url": f"dingtalk://{TOKEN}"},
        {"kind": "webhook", "url": f"https://u:{TOKEN}@example.invalid/", "secret": "env:SECRET"},
        {"kind": "webhook", "url": "https://example.invalid/", "secret": TOKEN},
        {"kind": "mqtt", "url": "env:TOKEN"},
    ],
)
def test_a_secret_in_the_wrong_place_is_refused_and_not_repeated(row: dict[str, str]) -> None:
    """It stands in the file by mistake; it need not stand in a log too."""
    with pytest.raises(DestinationsError) as caught:
        parsed(document(channels_table={"duty": row}))
    assert TOKEN not in str(caught.value)


def test_a_document_shows_no_secret(tmp_path: Path) -> None:
    """Printed whole, as in a traceback: neither addresses nor secrets are in it."""
    file = tmp_path / "sms.url"
    file.write_text(f"twilio://{TOKEN}:{TOKEN}@12025550100/{{phone}}\n")
    rows = {"duty": {"kind": "apprise", "url": f"file:{file}"}}

    found = parsed(document(channels_table=rows))

    assert found.channels["duty"].url.reveal.startswith("twilio://")
    assert found.channels["duty"].kind is Channel.APPRISE
    assert TOKEN not in repr(found)


def test_two_destinations_for_one_crew_are_refused() -> None:
    """Else it would be told twice, and nobody could say when an order has reached it."""
    crew = {"who": "crew", "recipient": "near", "subjects": ["all"], "channels": ["sms"]}
    with pytest.raises(DestinationsError, match="one destination for a crew"):
        document_of({"id": "a", **crew}, {"id": "b", **crew})


def test_the_engine_does_not_start_on_an_address_that_apprise_does_not_know(
    tmp_path: Path,
) -> None:
    """Named with the channel; the address itself is not repeated."""
    file = tmp_path / "town.toml"
    file.write_text(
        'version = "1"\n[channels.duty]\nkind = "apprise"\nurl = "env:WRONG"\n'
        '[[destinations]]\nid = "desk"\nwho = "dispatchers"\nsubjects = ["all"]\n'
        'channels = ["duty"]\nlanguage = "en"\n'
    )
    environ = {"LIFTWARD_NOTIFY_FILE": str(file), "WRONG": f"pigeon://{TOKEN}/"}
    with pytest.raises(SettingError, match=r"channels\.duty\.url") as caught:
        document_from(environ)
    assert TOKEN not in str(caught.value)
