"""Misspelt settings are named, and the list of known ones is the sources'."""

import re
from pathlib import Path

import pytest

from liftward_kit.settings import SettingError
from liftward_runtime import known_settings
from liftward_runtime.known_settings import KNOWN_SETTINGS, UnknownSettingError, refuse_unknown
from liftward_runtime.settings import RuntimeSettings

_ROOT = Path(__file__).parents[3]
_FOLDERS = ("gateway", "platform", "simulator", "tests/support")
_LIST = Path(known_settings.__file__).resolve()


def test_the_known_settings_are_those_the_sources_name() -> None:
    """No part reads a setting that the list lacks, and the list has none that no part names."""
    files = [file for folder in _FOLDERS for file in (_ROOT / folder).rglob("*.py")]
    named = {
        name
        for file in files
        if file.resolve() != _LIST
        for name in re.findall(r"LIFTWARD_[A-Z0-9_]+", file.read_text(encoding="utf-8"))
    }

    assert named == KNOWN_SETTINGS


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("LIFTWARD_HTP_PORT", "LIFTWARD_HTTP_PORT"),
        ("LIFTWARD_DATABASE_URI", "LIFTWARD_DATABASE_URL"),
        ("LIFTWARD_STATEDIR", "LIFTWARD_STATE_DIR"),
        ("LIFTWARD_", "LIFTWARD_BROKER"),
    ],
)
def test_an_unknown_setting_is_refused_with_the_nearest_known_one(name: str, nearest: str) -> None:
    """The message names both, and never the value: it may be a secret under a misspelt name."""
    with pytest.raises(SettingError) as caught:
        RuntimeSettings.from_environ({name: "hunter2"}, current_folder=Path("/somewhere"))

    assert f"{name} is not a setting; nearest: {nearest};" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_settings_of_others_are_no_concern_of_ours() -> None:
    """Known names, other programs' names and names that only contain ours pass."""
    names = {*KNOWN_SETTINGS, "PATH", "PGHOST", "MY_LIFTWARD_NOTE"}

    refuse_unknown(names)

    with pytest.raises(UnknownSettingError):
        refuse_unknown({*names, "LIFTWARD_NOTE"})
