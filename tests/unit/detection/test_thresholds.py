"""The thresholds document is checked entry by entry, and its hash names its values."""

import tomllib
from dataclasses import replace
from importlib.resources import files
from typing import Any

import pytest

from liftward_detection.limit_values import ThresholdError
from liftward_detection.thresholds import Thresholds, default_thresholds

TEXT = files("liftward_detection").joinpath("thresholds.toml").read_text("utf-8")


def document() -> dict[str, Any]:
    return tomllib.loads(TEXT)


def test_default_document_holds_the_limits_of_the_field() -> None:
    """45 s outside the zone and 80 s for a door, as read in gateway firmware."""
    thresholds = default_thresholds()

    assert thresholds.stopped_outside_zone_s == 45.0
    assert thresholds.door_held_open_s == 80.0


@pytest.mark.parametrize(
    ("section", "key"),
    [
        (section, key)
        for section, keys in document().items()
        if section != "version"
        for key in keys
    ],
)
@pytest.mark.parametrize("value", [-1e3, 1e9, float("nan"), "30", True, None])
def test_each_limit_is_checked_with_a_message_that_helps(
    section: str, key: str, value: object
) -> None:
    """A wrong value is refused; the message names the key, the value and what is allowed."""
    wrong = document()
    wrong[section][key] = value

    with pytest.raises(ThresholdError) as caught:
        Thresholds.from_document(wrong)

    assert f"{section}.{key} is {value!r}; allowed: " in str(caught.value)


def test_missing_and_unknown_entries_are_refused_by_name() -> None:
    """A misspelt key is both: the unknown one is named first."""
    missing, unknown, section = document(), document(), document()
    del missing["doors"]["hold_off_s"]
    unknown["doors"]["holdoff_s"] = 3.0
    section["door"] = {}

    with pytest.raises(ThresholdError, match=r"doors\.hold_off_s is missing"):
        Thresholds.from_document(missing)
    with pytest.raises(ThresholdError, match=r"doors\.holdoff_s is not known"):
        Thresholds.from_document(unknown)
    with pytest.raises(ThresholdError, match=r"\[door\] is not known"):
        Thresholds.from_document(section)


@pytest.mark.parametrize("version", [0, "1", True, None])
def test_version_is_a_whole_number(version: object) -> None:
    """A document without a version cannot be told from its successor."""
    with pytest.raises(ThresholdError, match="version"):
        Thresholds.from_document(document() | {"version": version})


def test_limits_must_be_in_order() -> None:
    """A belief cannot be withdrawn above the level at which it is told."""
    with pytest.raises(ThresholdError, match=r"withdrawn_below is 0\.6.*suspected.*0\.5"):
        replace(default_thresholds(), withdrawn_below=0.6)


@pytest.mark.parametrize("decibans", [121.0, -1e9, float("nan"), "3", True, None])
def test_each_weight_is_checked_with_a_message_that_helps(decibans: object) -> None:
    """A weight that is no number, or out of all reason, is refused by its full name."""
    wrong = document()
    wrong["off_level"]["car_calls"]["empty"] = decibans

    with pytest.raises(ThresholdError) as caught:
        Thresholds.from_document(wrong)

    assert f"off_level.car_calls.empty is {decibans!r}; allowed: " in str(caught.value)


def test_misspelt_piece_or_explanation_is_refused_by_name() -> None:
    """A weight for nothing would silently do nothing."""
    piece, explanation, place = document(), document(), document()
    piece["at_landing"]["car_call"] = {"empty": -3}
    explanation["at_landing"]["car_calls"]["emtpy"] = -3
    del place["off_level"]["place"]

    with pytest.raises(ThresholdError, match=r"at_landing\.car_call is not known"):
        Thresholds.from_document(piece)
    with pytest.raises(ThresholdError, match=r"at_landing\.car_calls\.emtpy is not known"):
        Thresholds.from_document(explanation)
    with pytest.raises(ThresholdError, match=r"off_level\.place is missing"):
        Thresholds.from_document(place)


def test_hash_follows_the_values_only() -> None:
    """Comments may change; a value may not without another hash."""
    same = Thresholds.from_document(tomllib.loads(TEXT + "\n# a remark\n"))
    other = replace(default_thresholds(), stopped_outside_zone_s=46.0)

    assert same.sha256 == default_thresholds().sha256
    assert other.sha256 != default_thresholds().sha256
