"""Reads a rescue story: lines of given, at and then, with local times. Pure; knows no database.

    # The title: what it shows.
    Given it is 18:40
    At 18:41:10 somebody is trapped in TOWER-01
    Then crew near is asked
    And by 18:44:10 crew near is silent

`And` goes on with what the line above began; `by` lets time pass first. Everything after the
keyword and the time is one sentence, which `support/story_words.py` understands or refuses.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time
from enum import StrEnum


class Keyword(StrEnum):
    GIVEN = "Given"
    AT = "At"
    THEN = "Then"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: what kind it is, when it happens (None: now), and what it says."""

    number: int
    keyword: Keyword
    at: time | None
    sentence: str


class StoryError(ValueError):
    """A line that is no line of a story; says which and why."""


_LINE = re.compile(
    r"(?P<keyword>Given|At|Then|And)\s+(?:(?:by\s+)?(?P<at>\d\d:\d\d(?::\d\d)?)\s+)?(?P<sentence>.+)"
)


def read_story(text: str) -> list[Line]:
    """Return the lines of a story in order.

    Raises
    ------
    StoryError
        When a line has no keyword, an event has no time, or a time is none.
    """
    return list(_lines(text))


def _lines(text: str) -> Iterator[Line]:
    before: Keyword | None = None
    for number, row in enumerate(text.splitlines(), start=1):
        words = row.strip()
        if not words or words.startswith("#"):
            continue
        match = _LINE.fullmatch(words)
        if match is None:
            raise StoryError(f"line {number}: {words!r} begins with none of Given, At, Then, And")
        keyword = before if match["keyword"] == "And" else Keyword(match["keyword"])
        if keyword is None:
            raise StoryError(f"line {number}: nothing comes before this And")
        if match["keyword"] == "At" and match["at"] is None:
            raise StoryError(f"line {number}: an event has a time, such as At 18:41:10")
        yield Line(
            number=number,
            keyword=keyword,
            at=_time(number, match["at"]),
            sentence=match["sentence"],
        )
        before = keyword


def _time(number: int, text: str | None) -> time | None:
    try:
        return None if text is None else time.fromisoformat(text)
    except ValueError:
        raise StoryError(f"line {number}: {text} is no time of day") from None
