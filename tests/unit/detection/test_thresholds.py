"""The thresholds document is checked entry by entry, and its hash names its values."""

import tomllib
from dataclasses import replace
from importlib.resources import files
from typing import Any

import pytest

from liftward_detection.thresholds import ThresholdError, Thresholds, default_thresholds

TEXT = files("liftward_detection").joinpath("thresholds.toml").read_text("utf-8")


def document() -> dict[str, Any]:
    return tomllib.loads(TEXT)


def test_default_document_holds_the_limits_of_the_field() -> None:
    """30 s between floors and 45 s at a landing, as read in gateway firmware."""
    thresholds = default_thresholds()

    assert thresholds.entrapment_off_level_s == 30.0
    assert thresholds.entrapment_at_level_s == 45.0


@pytest.mark.parametrize(
    ("section", "key"),
    [
        (section, key)
        for section, keys in document().items()
        if section != "version"
        for key in keys
    ],
)
@pytest.mark.parametrize("value", [-1.0, 1e9, float("nan"), "30", True, None])
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
    """An alarm press may only shorten the wait."""
    with pytest.raises(ThresholdError, match=r"alarm_button_s is 31\.0.*off_level_s.*30\.0"):
        replace(default_thresholds(), entrapment_alarm_button_s=31.0)


def test_hash_follows_the_values_only() -> None:
    """Comments may change; a value may not without another hash."""
    same = Thresholds.from_document(tomllib.loads(TEXT + "\n# a remark\n"))
    other = replace(default_thresholds(), entrapment_at_level_s=46.0)

    assert same.sha256 == default_thresholds().sha256
    assert other.sha256 != default_thresholds().sha256
