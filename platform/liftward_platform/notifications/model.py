"""What people are told, by which channel, and when a failed message is tried again. Pure.

Must not know SQL, networks, the clock or randomness: they come in as values.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


class Channel(StrEnum):
    """How a message reaches somebody.

    `crew` and `console` are read, not pushed: the crew's page and the board show what the database
    holds. Such a message counts as sent once the engine, in a later transaction, sees its committed
    row, for from then on every read of the API shows it. Whether anybody looked is not known and
    not claimed: an order that nobody answers is what the accept deadline is for.

    The others are pushed, and count as sent when the receiver said so: `webhook` with 2xx,
    `apprise` when the service took it, `mqtt` when the broker has it.
    """

    CREW = "crew"
    CONSOLE = "console"
    WEBHOOK = "webhook"
    APPRISE = "apprise"
    MQTT = "mqtt"


PULL_CHANNELS = (Channel.CREW, Channel.CONSOLE)
PUSH_CHANNELS = (Channel.WEBHOOK, Channel.APPRISE, Channel.MQTT)


class Subject(StrEnum):
    INCIDENT_OPENED = "incident_opened"
    ORDER_SENT = "order_sent"
    ORDER_EXPIRED = "order_expired"
    ORDER_WITHDRAWN = "order_withdrawn"
    UNANSWERED = "unanswered"  # every level was asked in vain
    RELEASE_OVERDUE = "release_overdue"
    ARRIVAL_LATE = "arrival_late"  # the limit to arrive has passed
    LIKELY_LATE = "likely_late"  # nobody may be there by the limit, or a crew has stalled
    ORDER_NOT_SEEN = "order_not_seen"  # the crew's device has not shown it the order
    ORDER_TOLD_AGAIN = "order_told_again"  # to that crew: the same order once more
    REPORT_RECEIVED = "report_received"  # a person's word about an incident
    LIFE_OVERDUE = "life_overdue"  # what a dispatcher owes: passenger, safety, cause
    REPORT_DOUBTED = "report_doubted"  # a crew said what is hard to believe: confirm or dismiss
    PERSONS_INJURED = "persons_injured"
    CHECK_IN_DUE = "check_in_due"  # to a technician alone: say that all is well
    SIGN_OF_LIFE_MISSING = "sign_of_life_missing"
    ORDER_NOT_DELIVERED = "order_not_delivered"  # every channel of the crew failed
    CHANNEL_FAILED = "channel_failed"  # its test, or messages through it
    CHANNEL_WORKS_AGAIN = "channel_works_again"
    CHANNEL_TEST = "channel_test"  # says that it is a test


# Told at once, whatever else a destination's window collects.
URGENT_SUBJECTS = frozenset(
    {
        Subject.UNANSWERED,
        Subject.ORDER_NOT_DELIVERED,
        Subject.PERSONS_INJURED,
        Subject.SIGN_OF_LIFE_MISSING,
        Subject.LIFE_OVERDUE,
        Subject.ARRIVAL_LATE,
        Subject.LIKELY_LATE,
        Subject.ORDER_TOLD_AGAIN,
    }
)

# Everybody at the consoles of the centre.
DISPATCHERS = "dispatchers"

# A push that fails is tried again after 5, 10, 20 ... seconds, at most 5 minutes apart; after
# ten tries (about 25 minutes) a message about a rescue is history, and the failure is shown.
RETRY_FIRST = timedelta(seconds=5)
RETRY_MAX = timedelta(minutes=5)
ATTEMPTS_MAX = 10
# Of a wait, this much at most is taken away by chance: receivers that come back are not hit by all.
JITTER = 0.15
# What waited behind others is not tried again when it is older than this; board and ledger have it.
AGE_MAX = timedelta(hours=1)
# An order is not delivered when every channel failed this often: one blip is ridden out.
ORDER_FAILURES_MAX = 2
# Longer than any attempt takes: only a dead sender's message is taken up by another.
LEASE = timedelta(seconds=30)
# An order does not wait for a longer attempt: the next channel is tried beside it.
HANGS_AFTER = timedelta(seconds=5)
# A receiver may ask for more time than this; we ask again anyway, lives hang on it.
RETRY_AFTER_MAX = timedelta(minutes=15)
# A test that fails is tried once more, then it has failed.
TEST_ATTEMPTS_MAX = 2
TEST_AGE_MAX = timedelta(minutes=5)
# A bundle names each incident in a line; more lines than these nobody reads.
BUNDLE_MAX = 50
ERROR_CHARACTERS_MAX = 300


class EndReason(StrEnum):
    """Why a message was given up."""

    ATTEMPTS_EXHAUSTED = "attempts_exhausted"
    TOO_OLD = "too_old"
    REFUSED = "refused"  # the receiver will never take it
    OTHER_CHANNEL = "other_channel"  # it came by another channel of the chain
    ORDER_OVER = "order_over"  # the order ended before the crew could be told
    NEVER_TOLD = "never_told"  # withdraws an order that the crew was never told
    NO_CHANNEL = "no_channel"  # the document does not have this channel any more


class Verdict(StrEnum):
    SENT = "sent"
    FAILED = "failed"  # may work later
    REFUSED = "refused"  # will not work, however often


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt. `reason` is shown to people: never an address or a secret."""

    verdict: Verdict
    reason: str = ""
    retry_after: timedelta | None = None

    @property
    def sent(self) -> bool:
        return self.verdict is Verdict.SENT


SENT = Outcome(Verdict.SENT)


def failed(reason: str, *, retry_after: timedelta | None = None) -> Outcome:
    return Outcome(Verdict.FAILED, reason[:ERROR_CHARACTERS_MAX], retry_after)


def refused(reason: str) -> Outcome:
    return Outcome(Verdict.REFUSED, reason[:ERROR_CHARACTERS_MAX])


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The lift a message is about, as people name it."""

    lift_id: str
    rescue_code: str
    building: str
    address: str


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
    of_message_id: int | None = None
    destination: str = ""
    channel_name: str = ""
    urgent: bool = False
    expires_at: datetime | None = None
    place: Place | None = None
    crew_phone: str | None = field(default=None, repr=False)  # never into a log
    bundled: tuple["Message", ...] = ()

    @property
    def number(self) -> int:
        """The same on every channel and attempt: receivers drop repeats by it."""
        return self.of_message_id or self.message_id

    @property
    def receiver(self) -> str:
        """Who is served one after the other, so that a dead one delays nobody else."""
        return f"{self.destination}/{self.channel_name}/{self.recipient}"

    @property
    def is_test(self) -> bool:
        return self.subject == Subject.CHANNEL_TEST

    @property
    def all_messages(self) -> tuple["Message", ...]:
        return (self, *self.bundled)

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Message":
        """Return the message of a row; `place` and `bundled` come from elsewhere."""
        apart = {"place", "bundled"}
        values = {
            name: row[name]
            for name in cls.__dataclass_fields__
            if name in row and name not in apart
        }
        place = None
        if row.get("lift_id") is not None:
            place = Place(**{name: row[name] for name in Place.__dataclass_fields__})
        return cls(**{**values, "channel": Channel(row["channel"]), "place": place})


def retry_at(attempts_count: int, *, now: datetime, chance: float = 0.0) -> datetime | None:
    """Return when to try again after so many attempts, or None to give up.

    `chance` is a random number from 0 to 1: it shortens the wait by up to JITTER of it.
    """
    if attempts_count >= ATTEMPTS_MAX:
        return None
    wait: timedelta = RETRY_FIRST * 2 ** (attempts_count - 1)
    return now + min(RETRY_MAX, wait) * (1 - JITTER * chance)


@dataclass(frozen=True, slots=True)
class Again:
    """It is tried again then."""

    at: datetime


def after_failure(
    message: Message, outcome: Outcome, *, now: datetime, chance: float = 0.0
) -> Again | EndReason:
    """Return when a message that was not sent is tried again, or why it is given up."""
    if outcome.verdict is Verdict.REFUSED:
        return EndReason.REFUSED
    if message.is_test and message.attempts_count >= TEST_ATTEMPTS_MAX:
        return EndReason.ATTEMPTS_EXHAUSTED
    again_at = retry_at(message.attempts_count, now=now, chance=chance)
    if again_at is None:
        return EndReason.ATTEMPTS_EXHAUSTED
    if outcome.retry_after is not None:
        again_at = max(again_at, now + min(outcome.retry_after, RETRY_AFTER_MAX))
    if message.expires_at is not None and again_at > message.expires_at:
        return EndReason.TOO_OLD
    return Again(again_at)
