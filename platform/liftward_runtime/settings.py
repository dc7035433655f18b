"""What a person can set for `liftward up` and `liftward demo`, checked once.

Knows names, values and defaults. Must not open, start or look for anything.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from liftward_kit.client_tls import ClientTls
from liftward_kit.settings import Environ, Secret, SettingError, count_between, read
from liftward_runtime.known_settings import refuse_unknown

DEFAULT_STATE_DIRECTORY = ".liftward"
DEFAULT_HTTP_HOST = "127.0.0.1"
DEFAULT_HTTP_PORT = 9633
DEFAULT_MQTT_PORT = 1883
DEFAULT_UNPRIVILEGED_USER = "nobody"
UNPRIVILEGED_USER_SETTING = "LIFTWARD_UNPRIVILEGED_USER"
_BROKER_URL = "LIFTWARD_BROKER_URL"
_PORT_ALLOWED = "a whole number from 0 (any free port) to 65535"
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class BrokerKind(StrEnum):
    """Which broker the runtime starts when none is named by address."""

    MOSQUITTO = "mosquitto"
    AEDES = "aedes"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeSettings:
    """Where the state lives, which addresses are used, and what is not to be started."""

    state_directory: Path
    database_url: Secret | None
    broker_url: Secret | None
    broker_kind: BrokerKind | None
    http_host: str
    http_port: int
    mqtt_port: int
    unprivileged_user: str
    log_level: str

    @classmethod
    def from_environ(cls, environ: Environ, *, current_folder: Path) -> "RuntimeSettings":
        """Read every setting; the first wrong or unknown one is named in a SettingError."""
        refuse_unknown(environ)
        wanted = environ.get("LIFTWARD_STATE_DIR", "").strip() or DEFAULT_STATE_DIRECTORY
        return cls(
            state_directory=current_folder / Path(wanted).expanduser(),
            database_url=_database_url(environ),
            broker_url=_broker_url(environ),
            broker_kind=read(
                environ,
                "LIFTWARD_BROKER",
                default=None,
                parse=_broker_kind,
                allowed="mosquitto or aedes",
            ),
            http_host=environ.get("LIFTWARD_HTTP_HOST", "").strip() or DEFAULT_HTTP_HOST,
            http_port=_port(environ, "LIFTWARD_HTTP_PORT", DEFAULT_HTTP_PORT),
            mqtt_port=_port(environ, "LIFTWARD_MQTT_PORT", DEFAULT_MQTT_PORT),
            unprivileged_user=environ.get(UNPRIVILEGED_USER_SETTING, "").strip()
            or DEFAULT_UNPRIVILEGED_USER,
            log_level=read(
                environ,
                "LIFTWARD_LOG_LEVEL",
                default="INFO",
                parse=_log_level,
                allowed=", ".join(_LEVELS),
            ),
        )


def masked_url(url: str) -> str:
    """Return a database or broker address without its password, fit for people and logs."""
    if "://" not in url:
        return " ".join(
            f"{key}={'***' if key == 'password' else value}"
            for key, value in conninfo_to_dict(url).items()
        )
    password = urlsplit(url).password
    masked = url if password is None else url.replace(f":{password}@", ":***@", 1)
    return re.sub(r"(?<=[?&]password=)[^&]*", "***", masked)


def _port(environ: Environ, name: str, default: int) -> int:
    return read(
        environ, name, default=default, parse=count_between(0, 65535), allowed=_PORT_ALLOWED
    )


def _broker_kind(text: str) -> BrokerKind | None:
    return BrokerKind(text.lower())


def _log_level(text: str) -> str:
    if text.upper() not in _LEVELS:
        raise ValueError(text)
    return text.upper()


def _database_url(environ: Environ) -> Secret | None:
    text = environ.get("LIFTWARD_DATABASE_URL", "").strip()
    if not text:
        return None
    try:
        conninfo_to_dict(text)
    except ProgrammingError:
        # The value may hold a password, so it is not repeated.
        raise SettingError(
            "LIFTWARD_DATABASE_URL",
            "***",
            "a libpq connection string such as postgresql://user:password@host:5432/liftward",
        ) from None
    return Secret(text)


def _broker_url(environ: Environ) -> Secret | None:
    """Return the address of somebody's own broker; who starts a part looks into the TLS files."""
    tls = ClientTls.from_environ(environ)
    text = environ.get(_BROKER_URL, "").strip()
    if not text:
        tls.refuse_in_the_clear(_BROKER_URL, None, secured=False)
        return None
    shown = "***" if "@" in text else text
    try:
        parts = urlsplit(text)
        named = bool(parts.hostname) and parts.port != 0
        well_formed = named and (
            parts.scheme == "mqtts" or (parts.scheme == "mqtt" and parts.port is not None)
        )
    except ValueError:
        well_formed = False
    if not well_formed:
        raise SettingError(
            _BROKER_URL, shown, "mqtt://[user:password@]host:port, or mqtts://… with TLS"
        )
    tls.refuse_in_the_clear(_BROKER_URL, shown, secured=parts.scheme == "mqtts")
    return Secret(text)
