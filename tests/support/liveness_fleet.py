"""A fleet whose devices speak when a test says so, watched by liveness in virtual time."""

from collections.abc import Iterable
from math import inf
from typing import Any

import numpy as np
import numpy.typing as npt

from liftward_gateway.liveness.belief import Belief, reason_of
from liftward_gateway.liveness.hearing import Line
from liftward_gateway.liveness.limits import LIMITS, LivenessLimits
from liftward_gateway.liveness.watch import Liveness
from liftward_gateway.registry import Registry, ServedLift

SECOND = 1_000_000
# A Wednesday, a quarter past ten, UTC.
START_US = 1_790_158_500 * SECOND

Ints = npt.NDArray[np.intp]


class WatchedFleet:
    """Devices 0 to count - 1, each of one lift, and one look each second."""

    def __init__(self, count: int, limits: LivenessLimits = LIMITS) -> None:
        self.count = count
        self.registry = Registry()
        self.registry.replace(
            ServedLift(f"D{index:06d}", f"D{index:06d}", index) for index in range(count)
        )
        self.liveness = Liveness(limits)
        self.liveness.follow(self.registry)
        self.now_us = START_US
        self.subscribed_at_us: int | None = START_US
        self.behind = False
        self.went_dark: dict[int, int] = {}  # device -> when it was noticed

    @property
    def everyone(self) -> Ints:
        return np.arange(self.count)

    def promise(self, *, heartbeat_s: float | None = None, sampling_s: float | None = None) -> None:
        """Let every device tell these periods in its birth."""
        beliefs = self.liveness.beliefs
        for index in range(self.count):
            beliefs.said_online(index, boot_id=1, heartbeat_s=heartbeat_s, sampling_s=sampling_s)
        beliefs.set_thresholds(self.liveness.hour_of_week)

    def speak(self, indices: npt.ArrayLike, *, at_us: int | None = None) -> None:
        """Let devices be heard now, or at a time of arrival."""
        who: Ints = np.asarray(indices, dtype=np.intp)
        received_us = np.full(who.size, self.now_us if at_us is None else at_us, dtype=np.int64)
        if who.size:
            self.liveness.beliefs.heard(who, received_us, self.liveness.clock.at(received_us))

    def will(self, indices: Iterable[int], *, boot_id: int = 1) -> None:
        """Let the broker tell the last wills of devices."""
        for index in indices:
            self.liveness.beliefs.said_offline(
                int(index),
                self.now_us,
                self.liveness.clock.listened_us,
                boot_id=boot_id,
                goodbye=False,
            )

    def look(self) -> None:
        """Look once, and believe what comes of it."""
        age_s = inf
        if self.subscribed_at_us is not None:
            age_s = (self.now_us - self.subscribed_at_us) / SECOND
        changes = self.liveness.look(self.now_us, Line(subscribed_for_s=age_s, behind=self.behind))
        self.liveness.beliefs.apply(changes)
        for index in changes.indices[changes.belief == Belief.DARK].tolist():
            self.went_dark.setdefault(index, self.now_us)

    def passes(self, seconds: int, **speaking: Any) -> None:
        """Let seconds pass, with a look in each; `every_s` lets everybody speak that often."""
        every_s = speaking.get("every_s")
        for second in range(seconds):
            self.now_us += SECOND
            if every_s and second % every_s == 0:
                self.speak(speaking.get("who", self.everyone))
            self.look()

    def settle(self) -> None:
        """Let the time after the start pass, everybody speaking."""
        self.passes(int(self.liveness.limits.settle_after_start_s) + 1, every_s=10)

    def with_belief(self, belief: Belief) -> set[int]:
        found = np.flatnonzero(self.liveness.beliefs.belief[: self.count] == belief)
        return set(found.tolist())

    def reason(self, index: int) -> str:
        return str(reason_of(int(self.liveness.beliefs.reason[index])))
