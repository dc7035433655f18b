"""Who is told what, through which channels, in which order and language: a checked document.

Read once when the engine starts; a document with a hole or an unknown name is refused with its file
and key. Secrets stand in it only by reference (references.py). Pure but for `load`.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from liftward_kit.settings import Environ, Secret
from liftward_platform.notifications.model import Channel, Subject
from liftward_platform.notifications.references import ALLOWED, is_reference, resolve
from liftward_platform.notifications.texts import LANGUAGES

FILE_SETTING = "LIFTWARD_NOTIFY_FILE"
EVERYBODY = "*"
ALL_SUBJECTS = "all"
# The desk's own: not to be asked for by name.
_SUBJECTS = tuple(subject for subject in Subject if subject is not Subject.CHANNEL_TEST)
_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")
_SECRET_CHARACTERS_MIN = 16
BUNDLE_S_MAX = 3600
NEXT_CHANNEL_S_MIN, NEXT_CHANNEL_S_MAX, NEXT_CHANNEL_S = 10, 900, 45
TEST_HOURS_MAX, TEST_HOURS = 24 * 31, 24


class Audience(StrEnum):
    CREW = "crew"  # its own orders
    PARTY = "party"  # what concerns the lifts it maintains or uses, and its crews
    DISPATCHERS = "dispatchers"
    REGULATOR = "regulator"


class DestinationsError(Exception):
    """A document with a hole or a wrong value: names file, key, what was given, what is allowed."""

    def __init__(self, source: str, key: str, value: object, allowed: str) -> None:
        given = "is missing" if value is None else f"is {value!r}"
        super().__init__(f"{source}: {key} {given}; allowed: {allowed}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSpec:
    """One way out of the house; `secret` signs what a webhook is sent."""

    name: str
    kind: Channel
    url: Secret
    secret: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Somebody to be told, and how."""

    destination_id: str
    who: Audience
    recipient: str
    subjects: frozenset[str]
    channels: tuple[str, ...]
    language: str
    bundle_s: float = 0.0
    next_channel_after_s: float = NEXT_CHANNEL_S
    test_every_h: float = TEST_HOURS
    test_recipient: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A checked document. Build it with `parse` or `load`; `EMPTY` pushes nothing."""

    version: str
    channels: Mapping[str, ChannelSpec]
    destinations: tuple[Destination, ...]

    def destination(self, destination_id: str) -> Destination | None:
        found = (one for one in self.destinations if one.destination_id == destination_id)
        return next(found, None)


EMPTY = Document(version="empty", channels={}, destinations=())


def load(path: Path, environ: Environ) -> Document:
    """Return the document of a TOML file.

    Raises
    ------
    DestinationsError
        When the file cannot be read, is no TOML, or has a hole.
    """
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise DestinationsError(str(path), "the file", error.strerror, "a TOML file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DestinationsError(str(path), "the file", str(error), "a TOML document") from None
    return parse(document, source=str(path), environ=environ)


def parse(document: Mapping[str, Any], *, source: str, environ: Environ) -> Document:
    """Check a document, resolve its references, and return it.

    Raises
    ------
    DestinationsError
        At the first hole or wrong value. What a reference names is never in the message.
    """
    top = _Table(document, source, "")
    version = top.text("version")
    channels = {
        name: _channel(_Table(row, source, f"channels.{name}."), name, environ)
        for name, row in top.tables("channels").items()
    }
    rows = top.rows("destinations")
    destinations = tuple(
        _destination(_Table(row, source, f"destinations[{index}]."), channels)
        for index, row in enumerate(rows)
    )
    top.refuse_unknown()
    _refuse_repeats(source, destinations)
    return Document(version=version, channels=channels, destinations=destinations)


def _channel(table: "_Table", name: str, environ: Environ) -> ChannelSpec:
    if not _ID.fullmatch(name):
        raise table.wrong("", name, "1 to 40 of A-Z a-z 0-9 _ -")
    kinds = (Channel.WEBHOOK, Channel.APPRISE, Channel.MQTT)
    kind = Channel(table.choice("kind", kinds))
    url = _url(table, kind, environ)
    secret = None
    if kind is Channel.WEBHOOK:
        secret = _reference(table, "secret", environ)
        if len(secret.reveal) < _SECRET_CHARACTERS_MIN:
            raise table.wrong("secret", "too short", f"{_SECRET_CHARACTERS_MIN} characters or more")
    table.refuse_unknown()
    return ChannelSpec(name=name, kind=kind, url=url, secret=secret)


_SCHEMES = {Channel.WEBHOOK: ("http", "https"), Channel.MQTT: ("mqtt", "mqtts")}


def _url(table: "_Table", kind: Channel, environ: Environ) -> Secret:
    """Return the address; a webhook's may stand in the clear, for it holds no secret."""
    text = table.text("url")
    plain = kind is Channel.WEBHOOK and not is_reference(text)
    url = Secret(text) if plain else _reference(table, "url", environ)
    schemes = _SCHEMES.get(kind)
    if schemes is None:
        return url
    try:
        parts = urlsplit(url.reveal)
        right = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        right = False
    if not right or (plain and "@" in text):
        shown = "no such address" if not plain or "@" in text else text
        raise table.wrong("url", shown, f"an address of {' or '.join(schemes)}")
    return url


def _reference(table: "_Table", key: str, environ: Environ) -> Secret:
    text = table.text(key)
    if not is_reference(text):
        raise table.wrong(key, "the secret itself", ALLOWED)  # not repeated: it is one
    found = resolve(text, environ)
    if found is None:
        raise table.wrong(key, text, ALLOWED)
    return found


def _destination(table: "_Table", channels: Mapping[str, ChannelSpec]) -> Destination:
    destination_id = table.text("id")
    if not _ID.fullmatch(destination_id):
        raise table.wrong("id", destination_id, "1 to 40 of A-Z a-z 0-9 _ -")
    who = Audience(table.choice("who", tuple(Audience)))
    recipient = table.text("recipient", default=EVERYBODY)
    if who is Audience.PARTY and recipient == EVERYBODY:
        raise table.wrong("recipient", recipient, "the id of a party")
    names = table.texts("channels", tuple(channels))
    test_every_h = table.number("test_every_h", 0, TEST_HOURS_MAX, default=TEST_HOURS)
    everybody = who is Audience.CREW and recipient == EVERYBODY
    test_recipient = table.text("test_recipient", default="" if everybody else recipient)
    if test_every_h and not test_recipient:
        raise table.wrong("test_recipient", None, "the crew that tests go to, or test_every_h = 0")
    if who is not Audience.CREW and any(channels[name].kind is Channel.MQTT for name in names):
        raise table.wrong("channels", list(names), "no mqtt: it is for the devices of crews")
    found = Destination(
        destination_id=destination_id,
        who=who,
        recipient=recipient,
        subjects=frozenset(table.texts("subjects", (ALL_SUBJECTS, *_SUBJECTS))),
        channels=names,
        language=table.choice("language", LANGUAGES),
        bundle_s=table.number("bundle_s", 0, BUNDLE_S_MAX, default=0),
        next_channel_after_s=table.number(
            "next_channel_after_s", NEXT_CHANNEL_S_MIN, NEXT_CHANNEL_S_MAX, default=NEXT_CHANNEL_S
        ),
        test_every_h=test_every_h,
        test_recipient=test_recipient,
    )
    table.refuse_unknown()
    return found


def _refuse_repeats(source: str, destinations: Sequence[Destination]) -> None:
    seen: set[str] = set()
    crews: set[str] = set()
    for index, one in enumerate(destinations):
        key = f"destinations[{index}]"
        if one.destination_id in seen:
            raise DestinationsError(source, f"{key}.id", one.destination_id, "each id once")
        seen.add(one.destination_id)
        if one.who is Audience.CREW and one.recipient in crews:
            raise DestinationsError(
                source, f"{key}.recipient", one.recipient, "one destination for a crew"
            )
        if one.who is Audience.CREW:
            crews.add(one.recipient)


class _Table:
    """Reads the keys of one table and remembers which ones were asked for."""

    def __init__(self, row: object, source: str, prefix: str) -> None:
        if not isinstance(row, Mapping):
            raise DestinationsError(source, prefix.rstrip("."), row, "a table")
        self._row, self._source, self._prefix = row, source, prefix
        self._asked: set[str] = set()

    def wrong(self, key: str, value: object, allowed: str) -> DestinationsError:
        return DestinationsError(self._source, f"{self._prefix}{key}".rstrip("."), value, allowed)

    def value(self, key: str) -> Any:  # noqa: ANN401 - whatever the document holds
        self._asked.add(key)
        return self._row.get(key)

    def text(self, key: str, *, default: str | None = None) -> str:
        value = self.value(key)
        value = default if value is None else value
        if not isinstance(value, str) or (not value and default is None):
            raise self.wrong(key, value, "a text")
        return value

    def choice(self, key: str, choices: Sequence[str]) -> str:
        value = self.value(key)
        if not isinstance(value, str) or value not in choices:
            raise self.wrong(key, value, ", ".join(choices))
        return value

    def texts(self, key: str, choices: Sequence[str]) -> tuple[str, ...]:
        allowed = f"a list, each once, of {', '.join(choices)}"
        values = self.value(key)
        right = isinstance(values, list) and values and all(one in choices for one in values)
        if not right or len(set(values)) != len(values):
            raise self.wrong(key, values, allowed)
        return tuple(values)

    def number(self, key: str, low: float, high: float, *, default: float) -> float:
        value = self.value(key)
        value = default if value is None else value
        right = isinstance(value, int | float) and not isinstance(value, bool)
        if not right or not low <= value <= high:
            raise self.wrong(key, value, f"a number from {low:g} to {high:g}")
        return float(value)

    def tables(self, key: str) -> Mapping[str, Any]:
        value = self.value(key)
        if not isinstance(value, Mapping) or not value:
            raise self.wrong(key, value, "a table for each channel, [channels.NAME]")
        return value

    def rows(self, key: str) -> list[Any]:
        value = self.value(key)
        if not isinstance(value, list) or not value:
            raise self.wrong(key, value, "[[destinations]], one or more")
        return value

    def refuse_unknown(self) -> None:
        """A key nobody reads is a misspelled one."""
        for key in self._row:
            if key not in self._asked:
                raise self.wrong(key, "there", ", ".join(sorted(self._asked)))
