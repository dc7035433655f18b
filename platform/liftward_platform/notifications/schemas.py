"""The HTTP shapes of the channels' health. No address and no secret has a field here."""

from dataclasses import asdict
from datetime import datetime

from pydantic import BaseModel

from liftward_platform.notifications.health import ChannelHealth, LostOrder


class ChannelOut(BaseModel):
    """One channel of one destination; times and ages are null when it never happened."""

    destination: str
    channel_name: str
    kind: str
    who: str
    recipient: str
    channel_number: int
    language: str
    failing_since: datetime | None
    throttled_until: datetime | None
    last_error: str | None
    last_sent_at: datetime | None
    last_sent_age_s: float | None
    last_failed_at: datetime | None
    last_test_at: datetime | None
    last_test_sent_at: datetime | None
    last_test_sent_age_s: float | None
    next_test_at: datetime | None
    waiting_count: int
    oldest_waiting_age_s: float | None
    gave_up_count: int

    @classmethod
    def of(cls, channel: ChannelHealth) -> "ChannelOut":
        return cls(**asdict(channel))


class LostOrderOut(BaseModel):
    """An order that reached nobody at its crew: somebody should telephone."""

    order_id: int
    incident_id: int
    crew_id: str
    crew_name: str
    ended_at: datetime

    @classmethod
    def of(cls, order: LostOrder) -> "LostOrderOut":
        return cls(**asdict(order))


class ChannelsOut(BaseModel):
    as_of: datetime
    channels: list[ChannelOut]
    orders_not_delivered: list[LostOrderOut]


class TestAskedOut(BaseModel):
    """The engine sends the test within seconds; its result stands with the channel."""

    destination: str
    channel_name: str
    asked_at: datetime
