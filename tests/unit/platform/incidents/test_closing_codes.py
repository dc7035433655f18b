"""Closing codes: eleven families, names in two languages, nothing outside the lists."""

import re

import pytest

from liftward_platform.errors import InvalidError
from liftward_platform.incidents.closing_codes import (
    CAUSE_CODES,
    CAUSES,
    REFUSAL_REASONS,
    RELEASE_METHODS,
    check_codes,
    family_of,
)


def test_the_eleven_families_stand_in_their_order_and_each_has_another_cause() -> None:
    """What fits nowhere in a family is `other` there, so that the family is still counted."""
    families = [family.code for family in CAUSES]

    assert families == [
        "human", "external", "door", "control", "electrical", "traction", "guide", "car",
        "safety", "installation", "other",
    ]  # fmt: skip
    assert all(family.items[-1].code == f"{family.code}.other" for family in CAUSES)
    assert {family_of(code) for code in CAUSE_CODES} == set(families)


def test_every_name_is_there_in_english_and_chinese() -> None:
    """Chinese names have Chinese characters, and no code stands twice."""
    codes = [item for family in CAUSES for item in family.items]
    everything = [*codes, *RELEASE_METHODS, *REFUSAL_REASONS]

    assert all(one.name.en for one in everything)
    assert all(re.search(r"[一-鿿]", one.name.zh) for one in everything)
    assert len({item.code for item in codes}) == len(codes)


def test_a_code_on_no_list_is_refused_by_name() -> None:
    """The refusal says which field is wrong; None passes."""
    check_codes(cause_code="door.contact", release_method=None, refusal_reason="too_far")

    with pytest.raises(InvalidError, match="cause_code is 'door'") as caught:
        check_codes(cause_code="door")
    assert caught.value.code == "unknown_cause_code"
    assert "door.contact" in caught.value.extra["allowed"]
