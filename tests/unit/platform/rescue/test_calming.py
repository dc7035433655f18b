"""The script is whole in both languages, and answers belong to their questions."""

import pytest

from liftward_platform.errors import InvalidError
from liftward_platform.rescue.calming import SCRIPT, check_answers, step_of
from liftward_platform.rescue.talking import Said


def test_every_step_is_said_in_both_languages() -> None:
    """Chinese text in the Chinese column, none in the English one."""
    for step in SCRIPT:
        assert step.say.en.isascii(), step.code
        assert any("\u4e00" <= letter <= "\u9fff" for letter in step.say.zh), step.code


def test_the_script_tells_first_that_help_is_coming_and_not_to_pry_before_it_asks() -> None:
    """A frightened person hears what keeps them alive before they are questioned."""
    codes = [step.code for step in SCRIPT]
    first_question = next(number for number, step in enumerate(SCRIPT) if step.asks)

    assert codes[0] == "help_is_coming"
    assert codes.index("do_not_pry") < first_question
    assert [step.code for step in SCRIPT if step.repeats] == ["tell_progress"]


def test_each_question_fills_a_fact_that_can_be_stored() -> None:
    """`asks` names answers of a step, and nothing else."""
    asked = {name for step in SCRIPT for name in step.asks}

    assert asked == set(Said(step="x").answers())


def test_an_unknown_step_and_an_unasked_answer_are_refused() -> None:
    """The refusal names what is allowed."""
    with pytest.raises(InvalidError, match="calming-script"):
        step_of("sing_a_song")
    with pytest.raises(InvalidError, match="asks for persons_count, not for injured"):
        check_answers(step_of("ask_persons"), {"persons_count": 2, "injured": True})
