"""The settings of the API process, checked once."""

from dataclasses import dataclass, field
from pathlib import Path

from liftward_kit.database import DatabaseSettings
from liftward_kit.settings import Environ, Secret, SettingError, count_between, read
from liftward_platform.rescue.policy_book import PolicyBook, load_book
from liftward_platform.rescue.policy_setting import policies_from_environ

DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", 9633
# Requests hold a connection for milliseconds; ten serve hundreds of users, and PostgreSQL's default
# of a hundred connections has to do for every process.
DEFAULT_POOL_MIN, DEFAULT_POOL_MAX = 2, 10
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings:
    """Where the database is, where to listen, whom to tell when ready."""

    dsn: Secret
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    pool_connections_min: int = DEFAULT_POOL_MIN
    pool_connections_max: int = DEFAULT_POOL_MAX
    ready_file: Path | None = None
    log_level: str = "INFO"
    # What an incident that a person reports opens with; as the engine's for those detected.
    policies: PolicyBook = field(default_factory=load_book)

    @classmethod
    def from_environ(cls, environ: Environ) -> "ApiSettings":
        """Read every setting; the first wrong one is named in a SettingError."""
        ready_file = environ.get("LIFTWARD_READY_FILE", "").strip()
        settings = cls(
            dsn=DatabaseSettings.from_environ(environ).dsn,
            host=environ.get("LIFTWARD_HTTP_HOST", "").strip() or DEFAULT_HOST,
            port=_count(environ, "LIFTWARD_HTTP_PORT", DEFAULT_PORT, 0, 65535),
            pool_connections_min=_count(environ, "LIFTWARD_HTTP_POOL_MIN", DEFAULT_POOL_MIN, 1, 50),
            pool_connections_max=_count(environ, "LIFTWARD_HTTP_POOL_MAX", DEFAULT_POOL_MAX, 1, 50),
            ready_file=Path(ready_file) if ready_file else None,
            policies=policies_from_environ(environ),
            log_level=read(
                environ,
                "LIFTWARD_LOG_LEVEL",
                default="INFO",
                parse=_level,
                allowed=", ".join(_LEVELS),
            ),
        )
        if settings.pool_connections_min > settings.pool_connections_max:
            raise SettingError(
                "LIFTWARD_HTTP_POOL_MIN",
                str(settings.pool_connections_min),
                f"at most LIFTWARD_HTTP_POOL_MAX, which is {settings.pool_connections_max}",
            )
        return settings


def _count(environ: Environ, name: str, default: int, low: int, high: int) -> int:
    allowed = f"a whole number from {low} to {high}"
    return read(environ, name, default=default, parse=count_between(low, high), allowed=allowed)


def _level(text: str) -> str:
    if text.upper() not in _LEVELS:
        raise ValueError(text)
    return text.upper()
