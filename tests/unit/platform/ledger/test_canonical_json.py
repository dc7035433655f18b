"""Canonical JSON against the published examples and numbers of RFC 8785."""

import json
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftward_platform.ledger.canonical_json import NotCanonicalError, canonical_json

# RFC 8785, appendix B: IEEE 754 bits and the text they have.
NUMBERS = {
    "0000000000000000": "0",
    "8000000000000000": "0",
    "0000000000000001": "5e-324",
    "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "c340000000000000": "-9007199254740992",
    "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23",
    "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef4f": "999999999999999900000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332",
    "41b3de4355555554": "333333333.33333325",
    "41b3de4355555555": "333333333.3333333",
    "41b3de4355555556": "333333333.3333334",
    "41b3de4355555557": "333333333.33333343",
    "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(("bits", "text"), NUMBERS.items())
def test_numbers_are_written_as_the_standard_lists_them(bits: str, text: str) -> None:
    """Each number of RFC 8785's appendix B has the text that stands beside it."""
    (number,) = struct.unpack(">d", bytes.fromhex(bits))

    assert canonical_json(number) == text


def test_the_example_of_the_standard_has_its_canonical_text() -> None:
    """RFC 8785 section 3.2.2: literals, numbers and the escapes of its example string."""
    value: Any = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
        "literals": [None, True, False],
    }

    assert canonical_json(value) == (
        '{"literals":[null,true,false],'
        '"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


def test_keys_are_sorted_by_utf16_units() -> None:
    """RFC 8785 section 3.2.3: the published order, where an emoji comes before U+FB33."""
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]

    text = canonical_json(dict.fromkeys(keys, 0))

    assert list(json.loads(text)) == [
        "\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33",
    ]  # fmt: skip


@given(json_values)
def test_the_text_reads_back_and_is_stable(value: Any) -> None:
    """The text means the value, and its own canonical text is itself."""
    text = canonical_json(value)

    # Read as the standard assumes: every number is a binary64.
    again = json.loads(text, parse_int=float)
    assert again == value
    assert canonical_json(again) == text


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": float("nan")}, r"\$\.a: nan"),
        ([float("inf")], r"\$\[0\]: inf"),
        ({"count": 2**53}, r"\$\.count: .* write it as text"),
        ({"a": {"b": object()}}, r"\$\.a\.b: object is not JSON"),
        ({1: "a"}, "keys are texts"),
        ("\ud800", "surrogate"),
        (b"bytes", "bytes is not JSON"),
    ],
)
def test_what_has_no_canonical_text_is_refused_by_place(value: Any, message: str) -> None:
    """A value that RFC 8785 cannot carry is named, not rounded or guessed."""
    with pytest.raises(NotCanonicalError, match=message):
        canonical_json(value)


def test_a_bottomless_value_is_refused() -> None:
    """Nesting has a limit, so that a mistake cannot exhaust the stack."""
    value: Any = []
    for _ in range(100):
        value = [value]

    with pytest.raises(NotCanonicalError, match="nested deeper"):
        canonical_json(value)
