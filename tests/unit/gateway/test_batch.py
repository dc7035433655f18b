from dataclasses import replace

import pytest

from liftward_gateway.batch import TELEMETRY_LIMITS, CloseReason, close_reason, wait_s

LIMITS = replace(
    TELEMETRY_LIMITS, messages_max=100, bytes_max=1_000, age_s_max=0.05, quiet_s_max=0.004
)


@pytest.mark.parametrize(
    ("messages_count", "bytes_count", "age_s", "quiet_s", "reason"),
    [
        (0, 0, 9.0, 9.0, None),
        (1, 10, 0.001, 0.001, None),
        (100, 10, 0.0, 0.0, CloseReason.FULL),
        (1, 1_000, 0.0, 0.0, CloseReason.FULL),
        (5, 10, 0.05, 0.0, CloseReason.OLD),
        (5, 10, 0.01, 0.004, CloseReason.QUIET),
    ],
)
def test_a_batch_is_closed_by_size_age_or_silence(
    messages_count: int, bytes_count: int, age_s: float, quiet_s: float, reason: CloseReason | None
) -> None:
    """Whichever comes first closes it; nothing to write is never a batch."""
    assert reason == close_reason(
        LIMITS,
        messages_count=messages_count,
        bytes_count=bytes_count,
        age_s=age_s,
        quiet_s=quiet_s,
    )


def test_waiting_ends_when_the_batch_would_close() -> None:
    """A small window of a broker must not wait for the age: silence closes it sooner."""
    assert wait_s(LIMITS, age_s=0.0, quiet_s=0.0) == pytest.approx(0.004)
    assert wait_s(LIMITS, age_s=0.049, quiet_s=0.0) == pytest.approx(0.001)
    assert wait_s(LIMITS, age_s=1.0, quiet_s=0.0) == 0.0
