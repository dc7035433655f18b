"""What a rescue story's lines are, and that nothing in one is passed over."""

from datetime import time
from types import SimpleNamespace

import pytest

from support.story_text import Keyword, Line, StoryError, read_story
from support.story_words import play_line


def test_a_line_has_a_keyword_perhaps_a_time_and_a_sentence() -> None:
    """And goes on with the line before; by lets time pass; remarks and empty lines say nothing."""
    text = """
        # Remark.
        Given it is 18:40
        At 18:41:10 somebody is trapped in TOWER-01

        Then crew near is asked
        And by 18:44 crew near is silent
    """

    assert read_story(text) == [
        Line(number=3, keyword=Keyword.GIVEN, at=None, sentence="it is 18:40"),
        Line(
            number=4,
            keyword=Keyword.AT,
            at=time(18, 41, 10),
            sentence="somebody is trapped in TOWER-01",
        ),
        Line(number=6, keyword=Keyword.THEN, at=None, sentence="crew near is asked"),
        Line(number=7, keyword=Keyword.THEN, at=time(18, 44), sentence="crew near is silent"),
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Afterwards all is well", "line 1: .* begins with none of"),
        ("And all is well", "line 1: nothing comes before"),
        ("# why\nAt noon all is well", "line 2: an event has a time"),
        ("At 25:00 all is well", "line 1: 25:00 is no time"),
    ],
)
def test_what_is_no_line_is_refused_by_its_number(text: str, why: str) -> None:
    """A misspelled line must not be taken for a remark: it would assert nothing."""
    with pytest.raises(StoryError, match=why):
        read_story(text)


async def test_a_sentence_that_nobody_understands_fails() -> None:
    """A story cannot claim what no function looks up."""
    line = Line(number=1, keyword=Keyword.THEN, at=None, sentence="everybody is happy")
    nowhere = SimpleNamespace(local="18:40:00", incident_id=0)

    with pytest.raises(AssertionError, match="nobody understands"):
        await play_line(nowhere, line)  # type: ignore[arg-type]  # it is not looked at
