"""What a gateway worker is told by its environment, checked once."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from liftward_gateway.connection import BrokerAddress
from liftward_kit.client_tls import NO_FILES, ClientTls
from liftward_kit.clock import utc_now
from liftward_kit.database import DatabaseSettings
from liftward_kit.settings import Environ, Secret, SettingError, count_between, read

BROKER_SETTING = "LIFTWARD_BROKER_URL"
DEFAULT_BROKER_URL = "mqtt://127.0.0.1:1883"
DEFAULT_MQTT_PORT = 1883
DEFAULT_MQTTS_PORT = 8883
_BROKER_ALLOWED = "mqtt://[user:password@]host:port, or mqtts://… with TLS"
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySettings:
    """Where the broker and the database are, and how the worker says that it is ready."""

    broker: BrokerAddress
    database: DatabaseSettings
    metrics_port: int  # 0: not served
    ready_file: Path | None  # touched when every subscription is granted
    log_level: str

    @classmethod
    def from_environ(cls, environ: Environ) -> "GatewaySettings":
        """Read every setting; the first wrong one is named in a SettingError."""
        ready_file = environ.get("LIFTWARD_READY_FILE", "").strip()
        tls = ClientTls.from_environ(environ)
        tls.check(utc_now())
        return cls(
            broker=broker_address(
                environ.get(BROKER_SETTING, "").strip() or DEFAULT_BROKER_URL, tls
            ),
            database=_database(environ),
            metrics_port=read(
                environ,
                "LIFTWARD_GATEWAY_METRICS_PORT",
                default=0,
                parse=count_between(0, 65_535),
                allowed="a port, or 0 for none",
            ),
            ready_file=Path(ready_file) if ready_file else None,
            log_level=read(
                environ,
                "LIFTWARD_LOG_LEVEL",
                default="INFO",
                parse=_log_level,
                allowed=", ".join(_LEVELS),
            ),
        )


def broker_address(url: str, tls: ClientTls = NO_FILES) -> BrokerAddress:
    """Return the parts of mqtt[s]://[user:password@]host[:port].

    Raises
    ------
    SettingError
        When it is anything else; a URL that may hold a password is not repeated.
    """
    shown = "***" if "@" in url else url
    try:
        parts = urlsplit(url)
        given_port = parts.port
    except ValueError:
        parts, given_port = urlsplit(""), 0
    well_formed = parts.scheme in ("mqtt", "mqtts") and parts.path in ("", "/")
    if not well_formed or not parts.hostname or given_port == 0:
        raise SettingError(BROKER_SETTING, shown, _BROKER_ALLOWED)
    secured = parts.scheme == "mqtts"
    tls.refuse_in_the_clear(BROKER_SETTING, shown, secured=secured)
    return BrokerAddress(
        host=parts.hostname,
        port=given_port or (DEFAULT_MQTTS_PORT if secured else DEFAULT_MQTT_PORT),
        username=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else Secret(unquote(parts.password)),
        tls=tls if secured else None,
    )


def _database(environ: Environ) -> DatabaseSettings:
    settings = DatabaseSettings.from_environ(environ)
    try:
        conninfo_to_dict(settings.dsn.reveal)
    except ProgrammingError:
        # The value may hold a password, so it is not repeated.
        raise SettingError(
            "LIFTWARD_DATABASE_URL", "***", "a libpq connection string, or empty for PGHOST ..."
        ) from None
    return settings


def _log_level(text: str) -> str:
    if text.upper() not in _LEVELS:
        raise ValueError(text)
    return text.upper()
