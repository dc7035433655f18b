"""A clock that runs only while we can hear: silence is evidence only while somebody listens.

While the broker is away, while devices are still coming back to it, and while more waits in line
than we have taken, nothing that a device does not say speaks against it. Knows numbers and times.
Must not know devices, MQTT or the wall clock.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import inf, isinf

import numpy as np
import numpy.typing as npt

from liftward_gateway.liveness.limits import LivenessLimits


class Hearing(StrEnum):
    """How well this worker hears its devices now."""

    LISTENING = "listening"
    SETTLING_AFTER_START = "settling_after_start"
    SETTLING_AFTER_BROKER_LOSS = "settling_after_broker_loss"
    BROKER_AWAY = "broker_away"
    BEHIND = "behind"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The way from the broker to the database at one look.

    `subscribed_for_s` is the time since the subscriptions of both paths were last granted: 0 before
    the first time, infinite while the broker is away (as in `ticking`).
    """

    subscribed_for_s: float
    behind: bool


class ListeningClock:
    """Counts the microseconds in which devices could be heard, from 0 at the start."""

    def __init__(self, limits: LivenessLimits) -> None:
        self.listened_us = 0
        self.hearing = Hearing.SETTLING_AFTER_START
        self._limits = limits
        self._looked_at_us: int | None = None
        self._subscribed_for_s = 0.0
        self._lost_once = False

    @property
    def is_running(self) -> bool:
        return self.hearing is Hearing.LISTENING

    def look(self, now_us: int, line: Line) -> None:
        """Move on to now; the time since the last look counts if we heard at both its ends."""
        was_running = self.is_running
        self.hearing = self._judged(line)
        if was_running and self.is_running and self._looked_at_us is not None:
            self.listened_us += self._step(now_us - self._looked_at_us)
        self._looked_at_us = now_us

    def at(self, received_us: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the reading at these arrivals; for one before the last look, that look's."""
        if not self.is_running or self._looked_at_us is None:
            return np.full(received_us.shape, self.listened_us, dtype=np.int64)
        step_us_max = int(self._limits.step_s_max * 1e6)
        return self.listened_us + np.clip(received_us - self._looked_at_us, 0, step_us_max)

    def _step(self, passed_us: int) -> int:
        return min(max(passed_us, 0), int(self._limits.step_s_max * 1e6))

    def _judged(self, line: Line) -> Hearing:
        before_s, self._subscribed_for_s = self._subscribed_for_s, line.subscribed_for_s
        if isinf(line.subscribed_for_s):
            self._lost_once = True
            return Hearing.BROKER_AWAY
        # A loss that began and ended between two looks shows by a younger subscription.
        self._lost_once |= before_s != inf and line.subscribed_for_s < before_s
        if self._lost_once and line.subscribed_for_s < self._limits.settle_after_broker_loss_s:
            return Hearing.SETTLING_AFTER_BROKER_LOSS
        if line.subscribed_for_s < self._limits.settle_after_start_s:
            return Hearing.SETTLING_AFTER_START
        return Hearing.BEHIND if line.behind else Hearing.LISTENING
