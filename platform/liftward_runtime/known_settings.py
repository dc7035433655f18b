"""The names of all settings that any part reads, so that a misspelt one is not silently ignored.

Knows names. Must not know values, defaults or who reads what.
"""

from collections.abc import Iterable
from difflib import get_close_matches

from liftward_kit.settings import SettingError

PREFIX = "LIFTWARD_"
# A unit test compares this with the sources, both ways.
KNOWN_SETTINGS = frozenset(
    {
        "LIFTWARD_API_URL",
        "LIFTWARD_BROKER",
        "LIFTWARD_BROKER_CA_FILE",
        "LIFTWARD_BROKER_CERTIFICATE_FILE",
        "LIFTWARD_BROKER_EXPORT_DIR",
        "LIFTWARD_BROKER_KEY_FILE",
        "LIFTWARD_BROKER_URL",
        "LIFTWARD_DATABASE_URL",
        "LIFTWARD_DEVICE_CA_DIR",
        "LIFTWARD_ENGINE_METRICS_PORT",
        "LIFTWARD_EVIDENCE_KEEP_DAYS",
        "LIFTWARD_GATEWAY_METRICS_PORT",
        "LIFTWARD_HTTP_HOST",
        "LIFTWARD_HTTP_POOL_MAX",
        "LIFTWARD_HTTP_POOL_MIN",
        "LIFTWARD_HTTP_PORT",
        "LIFTWARD_LEDGER_KEY_FILE",
        "LIFTWARD_LOG_LEVEL",
        "LIFTWARD_MQTT_PORT",
        "LIFTWARD_NOTIFY_FILE",
        "LIFTWARD_READY_FILE",
        "LIFTWARD_RESCUE_POLICY",
        "LIFTWARD_SAMPLE_KEEP_DAYS",
        "LIFTWARD_STATE_DIR",
        "LIFTWARD_SUMMARY_KEEP_DAYS",
        "LIFTWARD_TEST_DSN",
        "LIFTWARD_UNPRIVILEGED_USER",
        "LIFTWARD_WEBHOOK_SECRET",
        "LIFTWARD_WEBHOOK_URL",
    }
)


class UnknownSettingError(SettingError):
    """No part reads a setting of this name; its value, perhaps a secret, is not shown."""

    def __init__(self, name: str) -> None:
        nearest = get_close_matches(name, sorted(KNOWN_SETTINGS), n=1, cutoff=0.0)[0]
        super().__init__(name, None, nearest)
        self.args = (f"{name} is not a setting; nearest: {nearest}; correct or unset {name}",)


def refuse_unknown(names: Iterable[str]) -> None:
    """Raise UnknownSettingError for the first name with our prefix that no part reads."""
    unknown = sorted(n for n in names if n.startswith(PREFIX) and n not in KNOWN_SETTINGS)
    if unknown:
        raise UnknownSettingError(unknown[0])
