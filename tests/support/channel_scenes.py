"""Channels in the API's shape, for the console's pages."""

from typing import Any

from support.console_scenes import Json, at


def channel(destination: str, name: str, number: int = 0, **changes: Any) -> Json:
    """Return a channel that works."""
    usual = {
        "destination": destination, "channel_name": name, "kind": "apprise", "who": "dispatchers",
        "recipient": "*", "channel_number": number, "language": "zh", "failing_since": None,
        "throttled_until": None, "last_error": None, "last_sent_at": at(-240),
        "last_sent_age_s": 240.0, "last_failed_at": None, "last_test_at": at(-3600),
        "last_test_sent_at": at(-3600), "last_test_sent_age_s": 3600.0, "next_test_at": at(80_000),
        "waiting_count": 0, "oldest_waiting_age_s": None, "gave_up_count": 0,
    }  # fmt: skip
    return {**usual, **changes}


def town() -> list[Json]:
    """Return the channels of a centre whose SMS gateway is down."""
    return [
        channel(
            "crews", "sms", 1, who="crew", failing_since=at(-600), waiting_count=3,
            last_error="the receiver answered 503", oldest_waiting_age_s=580.0, gave_up_count=1,
        ),
        channel("crews", "devices", who="crew", kind="mqtt"),
        channel("duty-room", "dingtalk"),
        channel(
            "authority", "hook", kind="webhook", who="regulator", last_sent_age_s=None,
            last_sent_at=None, next_test_at=None,
        ),
    ]  # fmt: skip


def lost_order() -> Json:
    """Return an order that reached nobody."""
    return {
        "order_id": 71, "incident_id": 3, "crew_id": "demo-crew-9",
        "crew_name": "Demo Crew 9", "ended_at": at(-30),
    }  # fmt: skip
