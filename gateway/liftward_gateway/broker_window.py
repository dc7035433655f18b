"""Notices that a broker hands out too few messages at a time, from the batches that come of it.

No field of MQTT 3.1.1 tells a client how many unacknowledged messages the broker will hand it. But
when a broker has more and stops at its limit, every batch has exactly that many, and the next one
begins as soon as this one is acknowledged. Knows counts and times. Must not know MQTT.
"""

from liftward_gateway.batch import TELEMETRY_LIMITS

# So many batches in a row of one size, without a pause: no traffic of lifts does that.
ALIKE_BATCHES = 50
# Handed over this soon after an acknowledgement, it was waiting in the broker.
_AT_ONCE_S = 0.05
# Fewer at a time is a quiet hour, not a window.
_WINDOW_MIN = 5


class BrokerWindow:
    """Watches one session; tells once what its broker's window is, when that is too small."""

    def __init__(self) -> None:
        self._count = 0
        self._alike = 0
        self._told = False
        self._acknowledged_at_s = 0.0

    def acknowledged(self, at_s: float) -> None:
        """Note when the last batch was acknowledged."""
        self._acknowledged_at_s = at_s

    def taken(self, count: int, *, first_at_s: float) -> int | None:
        """Note a batch, all that was unacknowledged; return the window if it is seen just now."""
        is_alike = (
            count == self._count
            and _WINDOW_MIN <= count < TELEMETRY_LIMITS.messages_max
            and first_at_s - self._acknowledged_at_s < _AT_ONCE_S
        )
        self._alike = self._alike + 1 if is_alike else 0
        self._count = count
        if self._alike < ALIKE_BATCHES or self._told:
            return None
        self._told = True
        return count
