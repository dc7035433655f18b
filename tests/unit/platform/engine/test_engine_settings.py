"""The engine's settings: good defaults, and wrong ones refused by name."""

from pathlib import Path

import pytest

from liftward_kit.settings import SettingError
from liftward_platform.engine.settings import EngineSettings, KeepDays
from liftward_platform.notifications.destinations import EMPTY

SOMEWHERE = {"PGHOST": "db.example"}  # a database must be named


def test_defaults_need_no_more_than_a_database() -> None:
    """A week of samples, no webhook, no metrics port, the policy that comes with the program."""
    settings = EngineSettings.from_environ(SOMEWHERE)

    assert (settings.keep_days, settings.destinations, settings.metrics_port) == (
        KeepDays(),
        EMPTY,
        0,
    )
    assert settings.policy.version == "default-1"


def test_a_policy_with_a_hole_names_file_and_key(tmp_path: Path) -> None:
    """The engine does not start on it."""
    file = tmp_path / "city.toml"
    file.write_text("version = 'city-1'\n")

    with pytest.raises(
        SettingError, match=r"LIFTWARD_RESCUE_POLICY .*city\.toml: limits\.accept_s"
    ):
        EngineSettings.from_environ(SOMEWHERE | {"LIFTWARD_RESCUE_POLICY": str(file)})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("LIFTWARD_SAMPLE_KEEP_DAYS", "0"),
        ("LIFTWARD_SAMPLE_KEEP_DAYS", "a week"),
        ("LIFTWARD_ENGINE_METRICS_PORT", "70000"),
        ("LIFTWARD_LOG_LEVEL", "LOUD"),
    ],
)
def test_a_wrong_setting_is_named(name: str, text: str) -> None:
    """Name, value and what is allowed in one sentence."""
    with pytest.raises(SettingError) as caught:
        EngineSettings.from_environ(SOMEWHERE | {name: text})
    assert (caught.value.name, caught.value.value) == (name, text)
