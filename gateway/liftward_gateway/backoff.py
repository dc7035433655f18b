"""How long to wait before trying again: longer each time, never for ever, never in step."""

from random import Random

FIRST_S = 0.1
# An outage of hours ends with at most this much delay: alarms wait for it.
LAST_S = 5.0


class Backoff:
    """Doubling waits up to a cap, each shortened at random by up to half."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._ceiling_s = FIRST_S

    def next_s(self) -> float:
        """Return the next wait."""
        wait_s = self._ceiling_s * self._rng.uniform(0.5, 1.0)
        self._ceiling_s = min(LAST_S, self._ceiling_s * 2)
        return wait_s

    def reset(self) -> None:
        """Begin anew after a success."""
        self._ceiling_s = FIRST_S
