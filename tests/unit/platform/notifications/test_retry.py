"""When a failed message is tried again, and when it is given up."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftward_platform.notifications.model import (
    ATTEMPTS_MAX,
    JITTER,
    RETRY_AFTER_MAX,
    RETRY_MAX,
    Again,
    Channel,
    EndReason,
    Message,
    Outcome,
    Subject,
    after_failure,
    failed,
    refused,
    retry_at,
)
from support.virtual_time import START


def test_waits_double_up_to_a_cap_and_end() -> None:
    """5, 10, 20 seconds ... never more than five minutes apart; after ten attempts no more."""
    moments = [retry_at(count, now=START) for count in range(1, ATTEMPTS_MAX + 1)]
    waits = [at - START for at in moments if at is not None]

    assert waits[:3] == [timedelta(seconds=5), timedelta(seconds=10), timedelta(seconds=20)]
    assert waits == sorted(waits)
    assert max(waits) == RETRY_MAX
    assert moments[-1] is None
    assert len(waits) == ATTEMPTS_MAX - 1


@settings(deadline=None)
@given(st.integers(1, ATTEMPTS_MAX - 1), st.floats(0, 1))
def test_chance_takes_the_herd_apart_and_never_makes_a_wait_longer(
    count: int, chance: float
) -> None:
    """Between 85 % of the wait and the wait itself."""
    longest, found = retry_at(count, now=START), retry_at(count, now=START, chance=chance)
    assert longest is not None
    assert found is not None
    assert (1 - JITTER) * (longest - START) <= found - START <= longest - START


MESSAGE = Message(
    message_id=1, incident_id=1, order_id=None, channel=Channel.WEBHOOK, recipient="desk",
    subject="unanswered", body={}, created_at=START, attempts_count=1,
    expires_at=START + timedelta(hours=1),
)  # fmt: skip


@pytest.mark.parametrize(
    ("message", "outcome", "expected"),
    [
        (MESSAGE, failed("x"), Again(START + timedelta(seconds=5))),
        (MESSAGE, refused("x"), EndReason.REFUSED),
        (replace(MESSAGE, attempts_count=10), failed("x"), EndReason.ATTEMPTS_EXHAUSTED),
        (replace(MESSAGE, expires_at=START), failed("x"), EndReason.TOO_OLD),
        (
            replace(MESSAGE, subject=Subject.CHANNEL_TEST, attempts_count=2),
            failed("x"),
            EndReason.ATTEMPTS_EXHAUSTED,
        ),
        (
            MESSAGE,
            failed("x", retry_after=timedelta(seconds=90)),
            Again(START + timedelta(seconds=90)),
        ),
        (
            MESSAGE,
            failed("x", retry_after=timedelta(seconds=1)),
            Again(START + timedelta(seconds=5)),
        ),
        (MESSAGE, failed("x", retry_after=timedelta(days=1)), Again(START + RETRY_AFTER_MAX)),
    ],
)
def test_what_follows_a_failure(
    message: Message, outcome: Outcome, expected: Again | EndReason
) -> None:
    """Attempts and age have an end; a receiver's wish is kept, within reason."""
    assert after_failure(message, outcome, now=START) == expected
