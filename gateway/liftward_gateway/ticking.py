"""When the detector's timers may look at the clock.

A timer that fires while fresher samples wait in line would tell of a past that is over. Knows
counts and ages. Must not know the detector.
"""

# A timer is late by at most this much, plus the commit.
TICK_PERIOD_S = 0.5
# Messages in line that count as "we are behind": a quarter of a second of one fast city worker.
BEHIND_MESSAGES = 1_000
# After a start or a loss of the broker the backlog needs a moment to begin to flow.
SETTLE_S = 1.0
# Silence must not be bought by load: behind or not, timers fire after this long.
HOLD_S_MAX = 10.0

assert TICK_PERIOD_S < SETTLE_S < HOLD_S_MAX


def tick_due(*, since_tick_s: float, since_subscribed_s: float, waiting_count: int) -> bool:
    """Tell whether timers should be looked at now.

    `since_subscribed_s` is the time since the subscriptions were last granted, infinite when the
    broker is away: then nothing fresher is in line.
    """
    if since_tick_s < TICK_PERIOD_S:
        return False
    if since_tick_s >= HOLD_S_MAX:
        return True
    return since_subscribed_s >= SETTLE_S and waiting_count < BEHIND_MESSAGES
