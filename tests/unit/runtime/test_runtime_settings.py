"""What a person can set, and what is said about a mistake."""

from pathlib import Path

import pytest

from liftward_kit.settings import SettingError
from liftward_runtime.settings import BrokerKind, RuntimeSettings, masked_url

_HERE = Path("/somewhere")


def _read(**environ: str) -> RuntimeSettings:
    return RuntimeSettings.from_environ(environ, current_folder=_HERE)


def test_defaults_need_no_setting() -> None:
    """Without settings everything is embedded, local and in the current folder."""
    settings = _read()

    assert settings.state_directory == _HERE / ".liftward"
    assert (settings.http_host, settings.http_port, settings.mqtt_port) == ("127.0.0.1", 9633, 1883)
    assert settings.database_url is None
    assert settings.broker_url is None
    assert settings.broker_kind is None


def test_absolute_state_directory_is_taken_as_it_is() -> None:
    """LIFTWARD_STATE_DIR may be absolute or relative to the current folder."""
    assert _read(LIFTWARD_STATE_DIR="/data/one").state_directory == Path("/data/one")
    assert _read(LIFTWARD_STATE_DIR="two").state_directory == _HERE / "two"


def test_a_broker_can_be_forced() -> None:
    """LIFTWARD_BROKER names the kind to start."""
    assert _read(LIFTWARD_BROKER="aedes").broker_kind is BrokerKind.AEDES


@pytest.mark.parametrize(
    ("name", "text", "allowed"),
    [
        ("LIFTWARD_HTTP_PORT", "65536", "0 (any free port) to 65535"),
        ("LIFTWARD_MQTT_PORT", "many", "0 (any free port) to 65535"),
        ("LIFTWARD_BROKER", "nats", "mosquitto or aedes"),
        ("LIFTWARD_LOG_LEVEL", "chatty", "DEBUG, INFO, WARNING, ERROR"),
        ("LIFTWARD_BROKER_URL", "http://broker:1883", "mqtt://[user:password@]host:port"),
        ("LIFTWARD_BROKER_URL", "mqtt://broker", "mqtt://[user:password@]host:port"),
        ("LIFTWARD_BROKER_URL", "mqtt://broker:port", "mqtt://[user:password@]host:port"),
    ],
)
def test_a_wrong_setting_is_named_with_value_and_allowed(
    name: str, text: str, allowed: str
) -> None:
    """One message names the setting, the value and what is allowed."""
    with pytest.raises(SettingError) as caught:
        _read(**{name: text})

    assert name in str(caught.value)
    assert repr(text) in str(caught.value)
    assert allowed in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("LIFTWARD_DATABASE_URL", "postgresql://liftward:hunter2@host:notaport:/x y=z"),
        ("LIFTWARD_DATABASE_URL", "password=hunter2 nonsense"),
        ("LIFTWARD_BROKER_URL", "http://me:hunter2@broker:1883"),
    ],
)
def test_a_wrong_address_does_not_show_its_password(name: str, text: str) -> None:
    """The message about an address never repeats a password."""
    with pytest.raises(SettingError) as caught:
        _read(**{name: text})

    assert "hunter2" not in str(caught.value)
    assert name in str(caught.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:secret@host:5432/x", "postgresql://me:***@host:5432/x"),
        ("mqtt://host:1883", "mqtt://host:1883"),
        ("host=h password=secret dbname=x", "dbname=x host=h password=***"),
        ("postgresql://host/x?user=me&password=secret", "postgresql://host/x?user=me&password=***"),
    ],
)
def test_addresses_are_shown_without_password(url: str, shown: str) -> None:
    """Every form of an address loses its password before people see it."""
    assert sorted(masked_url(url).split()) == sorted(shown.split())
