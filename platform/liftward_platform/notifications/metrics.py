"""What the notification slice measures about itself, by channel of the document."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge

from liftward_platform.notifications.model import Message


class NotificationMetrics:
    """Sent, failed, retried; waiting and since when."""

    def __init__(self, registry: CollectorRegistry) -> None:
        names = ["channel"]
        self._sent = Counter(
            "liftward_notifications_sent", "Messages a receiver took", names, registry=registry
        )
        self._failed = Counter(
            "liftward_notifications_failed", "Attempts that failed", names, registry=registry
        )
        self._retried = Counter(
            "liftward_notifications_retried", "Failed attempts that are tried again", names,
            registry=registry,
        )  # fmt: skip
        self._given_up = Counter(
            "liftward_notifications_given_up", "Messages given up", names, registry=registry
        )
        self._waiting = Gauge(
            "liftward_notifications_waiting", "Messages that wait", names, registry=registry
        )
        self._oldest = Gauge(
            "liftward_notifications_oldest_waiting_seconds", "Age of the oldest that waits", names,
            registry=registry,
        )  # fmt: skip

    def sent(self, message: Message) -> None:
        self._sent.labels(message.channel_name).inc(len(message.all_messages))

    def failed(self, message: Message, *, again: bool) -> None:
        self._failed.labels(message.channel_name).inc()
        if again:
            self._retried.labels(message.channel_name).inc()
        else:
            self._given_up.labels(message.channel_name).inc(len(message.all_messages))

    def waiting(
        self, names: Iterable[str], rows: Iterable[Mapping[str, Any]], now: datetime
    ) -> None:
        """Set what waits; a channel without a row has nothing waiting."""
        by_name = {row["channel_name"]: row for row in rows}
        for name in {*names, *by_name}:
            row = by_name.get(name)
            age_s = 0.0 if row is None else max(0.0, (now - row["oldest_at"]).total_seconds())
            self._waiting.labels(name).set(0 if row is None else row["waiting_count"])
            self._oldest.labels(name).set(age_s)
