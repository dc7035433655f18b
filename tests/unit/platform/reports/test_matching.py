"""Which lift a caller means: exact codes end the doubt, slips are forgiven, words are ranked."""

import random
import string

import pytest

from liftward_platform.reports.matching import (
    MatchReason,
    Place,
    as_code,
    near_codes,
    rank,
    words_of,
)
from liftward_platform.reports.store import contains


def place(lift_id: str, code: str, **changes: object) -> Place:
    values: dict[str, object] = {
        "lift_id": lift_id,
        "rescue_code": code,
        "registration_code": None,
        "building": "Sample Tower",
        "address": "1 Example Road",
        "district": "Sample District",
        "open_incident_id": None,
    }
    return Place(**{**values, **changes})  # type: ignore[arg-type]  # test values


def test_a_code_read_out_with_spaces_is_exact() -> None:
    """Case and spaces do not count on the telephone."""
    (match,) = rank("r-12 3", [place("A", "R-123"), place("B", "Q-987")])

    assert (match.lift_id, match.exact) == ("A", True)
    assert match.reasons == (MatchReason.RESCUE_CODE,)


@pytest.mark.parametrize("slip", ["900012", "90001", "9000111", "900101", "910011"])
def test_a_code_with_one_slip_is_near_and_says_so(slip: str) -> None:
    """One wrong, one missing, one too many, two swapped: offered, and never called exact."""
    matches = rank(slip, [place("A", "900011"), place("FAR", "123456")])

    assert [(match.lift_id, match.exact) for match in matches] == [("A", False)]
    assert matches[0].reasons == (MatchReason.CODE_ONE_OFF,)


def test_near_codes_are_those_that_a_naive_look_finds() -> None:
    """Against a plain Damerau distance over random codes; the seed is printed."""
    seed = 20260302
    rng = random.Random(seed)
    for _ in range(300):
        code = "".join(rng.choices(string.digits, k=rng.randint(3, 7)))
        other = list(code)
        for _ in range(rng.randint(0, 2)):
            spot = rng.randrange(len(other))
            edit = rng.choice(("wrong", "missing", "extra", "swapped"))
            if edit == "wrong":
                other[spot] = rng.choice(string.digits)
            elif edit == "missing" and len(other) > 3:
                del other[spot]
            elif edit == "extra":
                other.insert(spot, rng.choice(string.digits))
            elif spot + 1 < len(other):
                other[spot], other[spot + 1] = other[spot + 1], other[spot]
        told = "".join(other)

        assert (told in near_codes(code)) == (naive_distance(code, told) == 1), (seed, code, told)


def naive_distance(a: str, b: str) -> int:
    """Edits between two texts, swapping two neighbours counting as one."""
    rows = [list(range(len(b) + 1))]
    for i in range(1, len(a) + 1):
        row = [i]
        for j in range(1, len(b) + 1):
            best = min(rows[i - 1][j], row[j - 1], rows[i - 1][j - 1] - (a[i - 1] == b[j - 1])) + 1
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                best = min(best, rows[i - 2][j - 2] + 1)
            row.append(best)
        rows.append(row)
    return rows[-1][-1]


def test_every_word_must_be_somewhere_and_an_open_incident_comes_first() -> None:
    """A call about a house in which somebody is shut in is about them."""
    places = [
        place("A", "1", building="North Mall"),
        place("B", "2", building="North Mall", open_incident_id=7),
        place("C", "3", building="North Mall", address="2 Other Street"),
        place("D", "4", building="South Mall"),
    ]

    matches = rank("mall north example", places)

    assert [match.lift_id for match in matches] == ["B", "A"]
    assert MatchReason.INCIDENT_OPEN in matches[0].reasons
    assert MatchReason.IN_ADDRESS in matches[1].reasons


@pytest.mark.parametrize("query", ["", "   ", "%", "_", "\\"])
def test_what_is_no_text_matches_nothing(query: str) -> None:
    """Neither an empty call nor a wildcard finds the whole city."""
    assert rank(query, [place("A", "1")]) == ()


def test_the_pattern_of_a_word_has_no_wildcards_of_its_own() -> None:
    """A per cent sign in an address is a per cent sign."""
    assert contains("5%_\\") == "%5\\%\\_\\\\%"


def test_words_and_codes_are_bounded() -> None:
    """A pasted letter makes neither a thousand words nor a million codes."""
    assert len(words_of("a b c d e f g h i j k")) == 8
    assert near_codes("1" * 21) == []
    assert as_code(" 9 0 1 ") == "901"
