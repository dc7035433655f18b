"""What people are told, by which channel, and when a failed message is tried again. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


class Channel(StrEnum):
    """How a message reaches somebody.

    `crew` and `console` are read, not pushed: the crew's page and the board show what the database
    holds. Such a message counts as sent once the engine, in a later transaction, sees its committed
    row, for from then on every read of the API shows it. Whether anybody looked is not known and
    not claimed: an order that nobody answers is what the accept deadline is for.

    `webhook` is pushed, and counts as sent when the receiver answered 2xx.
    """

    CREW = "crew"
    CONSOLE = "console"
    WEBHOOK = "webhook"


PULL_CHANNELS = (Channel.CREW, Channel.CONSOLE)


class Subject(StrEnum):
    INCIDENT_OPENED = "incident_opened"
    ORDER_SENT = "order_sent"
    ORDER_EXPIRED = "order_expired"
    ORDER_WITHDRAWN = "order_withdrawn"
    UNANSWERED = "unanswered"  # every level was asked in vain
    RELEASE_OVERDUE = "release_overdue"
    REPORT_RECEIVED = "report_received"  # a person's word about an incident
    LIFE_OVERDUE = "life_overdue"  # what a dispatcher owes: passenger, safety, cause


# Everybody at the consoles of the centre.
DISPATCHERS = "dispatchers"

# A webhook that fails is tried again after 5, 10, 20 ... seconds, at most 5 minutes apart; after
# ten tries (about 25 minutes) a message about a rescue is history, and the failure is shown.
RETRY_FIRST = timedelta(seconds=5)
RETRY_MAX = timedelta(minutes=5)
ATTEMPTS_MAX = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One row of `outbox` that is claimed for sending; `attempts_count` includes this attempt."""

    message_id: int
    incident_id: int | None
    order_id: int | None
    channel: Channel
    recipient: str
    subject: str
    body: Mapping[str, Any]
    created_at: datetime
    attempts_count: int

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Message":
        values = {name: row[name] for name in cls.__dataclass_fields__}
        return cls(**{**values, "channel": Channel(row["channel"])})


def retry_at(attempts_count: int, *, now: datetime) -> datetime | None:
    """Return when to try again after so many attempts, or None to give up."""
    if attempts_count >= ATTEMPTS_MAX:
        return None
    wait: timedelta = RETRY_FIRST * 2 ** (attempts_count - 1)
    return now + min(RETRY_MAX, wait)
