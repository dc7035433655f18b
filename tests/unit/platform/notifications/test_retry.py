"""When a failed message is tried again, and when it is given up."""

from datetime import timedelta

from liftward_platform.notifications.model import ATTEMPTS_MAX, RETRY_MAX, retry_at
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
