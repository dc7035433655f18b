"""The rescue stories in `stories/`, each a text that a dispatcher can read aloud, played for real.

A real database, the real engine, virtual time; one file is one test. What the sentences mean
stands in support/story_words.py.
"""

from pathlib import Path

import pytest

from support.rescue_story import rescue_story
from support.story_text import Keyword, read_story
from support.story_words import LOCAL, Play, play_line
from support.virtual_time import START, VirtualClock

pytestmark = pytest.mark.integration

STORIES = {
    file.stem: file.read_text(encoding="utf-8")
    for file in sorted((Path(__file__).parent / "stories").glob("*.story"))
}
_MIDNIGHT = START.astimezone(LOCAL).replace(hour=0, minute=0)


@pytest.mark.parametrize("name", STORIES)
async def test_the_story_is_true(database_dsn: str, name: str) -> None:
    """Every line of the story holds when it is played; at least one asks for something."""
    lines = read_story(STORIES[name])
    assert any(line.keyword is Keyword.THEN for line in lines)

    async with rescue_story(database_dsn, VirtualClock(_MIDNIGHT)) as town:
        play = Play(town)
        for line in lines:
            await play_line(play, line)


async def test_a_line_that_does_not_hold_is_named_with_what_is_there(database_dsn: str) -> None:
    """A story that tells a lie fails at the line that lies, and says what happened instead."""
    text = "Given it is 18:40\nAt 18:41:10 somebody is trapped in TOWER-01\nThen crew far is asked"

    async with rescue_story(database_dsn, VirtualClock(_MIDNIGHT)) as town:
        play = Play(town)
        *truths, lie = read_story(text)
        for line in truths:
            await play_line(play, line)

        with pytest.raises(
            AssertionError, match=r"line 3.*\n.*near is sent, level 1\n.*order_sent"
        ):
            await play_line(play, lie)
