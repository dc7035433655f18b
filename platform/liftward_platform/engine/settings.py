"""The engine's settings, read once from the environment."""

from dataclasses import dataclass
from pathlib import Path

from liftward_kit.database import DatabaseSettings
from liftward_kit.settings import Environ, Secret, count_between, read
from liftward_platform.ledger.key_file import LedgerKeyFile
from liftward_platform.notifications.destinations import Document
from liftward_platform.notifications.opening import document_from
from liftward_platform.rescue.policy import Policy
from liftward_platform.rescue.policy_setting import policy_from_environ

# Raw samples are kept for days; what is to be kept longer is summarised, and pinned to incidents.
KEEP_DAYS_DEFAULT, KEEP_DAYS_MIN, KEEP_DAYS_MAX = 7, 1, 400
# Maintenance records are kept for four years at least (TSG T5002-2017), so are these figures.
SUMMARY_KEEP_DAYS_DEFAULT, SUMMARY_KEEP_DAYS_MIN, SUMMARY_KEEP_DAYS_MAX = 1_827, 30, 36_525
# Ten years: longer than a claim for injury can usually be brought.
EVIDENCE_KEEP_DAYS_DEFAULT, EVIDENCE_KEEP_DAYS_MIN, EVIDENCE_KEEP_DAYS_MAX = 3_653, 30, 36_525


@dataclass(frozen=True, slots=True)
class KeepDays:
    """For how many days what is kept."""

    samples: int = KEEP_DAYS_DEFAULT
    summaries: int = SUMMARY_KEEP_DAYS_DEFAULT
    evidence: int = EVIDENCE_KEEP_DAYS_DEFAULT

    @classmethod
    def from_environ(cls, environ: Environ) -> "KeepDays":
        """Check the three settings.

        Raises
        ------
        SettingError
            At the first wrong one; summaries go no sooner than the samples they are made from.
        """
        samples = _days(
            environ, "LIFTWARD_SAMPLE_KEEP_DAYS", KEEP_DAYS_DEFAULT, KEEP_DAYS_MIN, KEEP_DAYS_MAX
        )
        summaries = _days(
            environ, "LIFTWARD_SUMMARY_KEEP_DAYS", max(SUMMARY_KEEP_DAYS_DEFAULT, samples),
            max(SUMMARY_KEEP_DAYS_MIN, samples), SUMMARY_KEEP_DAYS_MAX,
        )  # fmt: skip
        evidence = _days(
            environ, "LIFTWARD_EVIDENCE_KEEP_DAYS", EVIDENCE_KEEP_DAYS_DEFAULT,
            EVIDENCE_KEEP_DAYS_MIN, EVIDENCE_KEEP_DAYS_MAX,
        )  # fmt: skip
        return cls(samples, summaries, evidence)


def _days(environ: Environ, name: str, default: int, low: int, high: int) -> int:
    return read(
        environ, name, default=default, parse=count_between(low, high),
        allowed=f"a whole number of days, {low} to {high}",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """What `liftward engine` runs with."""

    dsn: Secret
    policy: Policy
    destinations: Document  # who is told what
    ledger_key: LedgerKeyFile
    keep_days: KeepDays
    metrics_port: int  # 0: not served
    ready_file: Path | None
    log_level: str

    @classmethod
    def from_environ(cls, environ: Environ) -> "EngineSettings":
        """Check all settings.

        Raises
        ------
        SettingError
            At the first wrong one; a policy with a hole is named with its file and key.
        """
        ready_file = environ.get("LIFTWARD_READY_FILE", "")
        return cls(
            dsn=DatabaseSettings.from_environ(environ).dsn,
            policy=policy_from_environ(environ),
            destinations=document_from(environ),
            ledger_key=LedgerKeyFile.from_environ(environ),
            keep_days=KeepDays.from_environ(environ),
            metrics_port=read(
                environ, "LIFTWARD_ENGINE_METRICS_PORT", default=0, parse=count_between(0, 65_535),
                allowed="a port, or 0 for none",
            ),
            ready_file=Path(ready_file) if ready_file else None,
            log_level=read(
                environ, "LIFTWARD_LOG_LEVEL", default="INFO", parse=_log_level,
                allowed=", ".join(LOG_LEVELS),
            ),
        )  # fmt: skip


LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


def _log_level(text: str) -> str:
    if text.upper() not in LOG_LEVELS:
        raise ValueError(text)
    return text.upper()
