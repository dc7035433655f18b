"""Settings of the API process."""

import pytest

from liftward_kit.settings import SettingError
from liftward_platform.api.settings import ApiSettings

SOMEWHERE = {"PGHOST": "db.example"}  # a database must be named


def test_defaults_serve_this_machine_only() -> None:
    """Without settings the API listens on the loopback address and its own port."""
    settings = ApiSettings.from_environ(SOMEWHERE)

    assert (settings.host, settings.port) == ("127.0.0.1", 9633)
    assert settings.ready_file is None


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"LIFTWARD_HTTP_PORT": "70000"}, "LIFTWARD_HTTP_PORT is '70000'; allowed: .* 0 to 65535"),
        ({"LIFTWARD_HTTP_POOL_MAX": "0"}, "LIFTWARD_HTTP_POOL_MAX is '0'; allowed: .* 1 to 50"),
        ({"LIFTWARD_LOG_LEVEL": "loud"}, "LIFTWARD_LOG_LEVEL is 'loud'; allowed: DEBUG"),
        (
            {"LIFTWARD_HTTP_POOL_MIN": "5", "LIFTWARD_HTTP_POOL_MAX": "4"},
            "LIFTWARD_HTTP_POOL_MIN is '5'; allowed: at most LIFTWARD_HTTP_POOL_MAX, which is 4",
        ),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_allowed(
    environ: dict[str, str], message: str
) -> None:
    """One message: setting, value, what is allowed."""
    with pytest.raises(SettingError, match=message):
        ApiSettings.from_environ(SOMEWHERE | environ)


def test_the_database_address_does_not_show() -> None:
    """Settings may be printed; the password in them may not."""
    settings = ApiSettings.from_environ({"LIFTWARD_DATABASE_URL": "postgresql://a:hidden@b/c"})

    assert "hidden" not in repr(settings)
