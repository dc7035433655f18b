"""The devices' own clocks: how far each one is from the true time, in arrays.

Knows offsets. Must not know messages or what a sample holds.
"""

from enum import StrEnum

import numpy as np

from liftward_simulator.devices.spans import FloatArray, IntArray, Spans, Timeline

MICROSECONDS = 1_000_000
# What a clock error is when the plan does not say: a skew beyond every tolerance for lateness, a
# cheap quartz on a hot car top, and a jump of one hour as a wrongly set time zone makes it.
USUAL_SKEW_S, USUAL_DRIFT_PPM, USUAL_JUMP_S = 150.0, 200.0, 3_600.0
# How long after a start without a battery clock until the network has set the time.
TIME_SET_AFTER_S = 120.0


class ClockKind(StrEnum):
    SKEW_FAST = "skew_fast"  # ahead by `amount` seconds
    SKEW_SLOW = "skew_slow"  # behind by `amount` seconds
    DRIFT = "drift"  # gains `amount` parts per million, set right at the end
    JUMP_FORWARD = "jump_forward"  # as skew_fast, usually much more
    JUMP_BACK = "jump_back"


NO_CLOCK_ERRORS = Spans.none(ClockKind)
_SIGN_AND_USUAL = {
    ClockKind.SKEW_FAST: (1.0, USUAL_SKEW_S),
    ClockKind.SKEW_SLOW: (-1.0, USUAL_SKEW_S),
    ClockKind.JUMP_FORWARD: (1.0, USUAL_JUMP_S),
    ClockKind.JUMP_BACK: (-1.0, USUAL_JUMP_S),
}


class Clocks:
    """Mutable: which clock errors are going on, and who has lost the time since a start."""

    def __init__(self, device_count: int, errors: Spans[ClockKind]) -> None:
        self.timeline = Timeline(errors)
        self._since_1970 = np.zeros(device_count, np.bool_)
        self._started_s = np.full(device_count, -np.inf)
        self._constant_s = np.zeros(device_count)

    def advance(self, clock_s: float) -> tuple[IntArray, IntArray]:
        """Go on to a time; return the errors that have begun and ended since."""
        begun, ended = self.timeline.advance(clock_s)
        if begun.size or ended.size:
            self._constant_s[:] = 0.0
            for kind, (sign, usual_s) in _SIGN_AND_USUAL.items():
                spans = self.timeline.active(kind)
                np.add.at(
                    self._constant_s,
                    self.timeline.spans.subject[spans],
                    sign * self._amounts(spans, usual_s),
                )
        self._since_1970 &= clock_s - self._started_s < TIME_SET_AFTER_S
        return begun, ended

    def forget(self, devices: IntArray, clock_s: float) -> None:
        """Let the clocks of these devices begin at 1970."""
        self._since_1970[devices] = True
        self._started_s[devices] = clock_s

    def offsets_us(self, devices: IntArray, clock_s: float, now_us: int) -> IntArray:
        """Return how far the clocks of these devices are ahead of the true time, microseconds.

        Parameters
        ----------
        devices : ndarray of shape (n,), int64
        clock_s : float
            The world's time.
        now_us : int
            The true time, microseconds since 1970.

        Returns
        -------
        ndarray of shape (n,), int64
        """
        offsets_s = self._constant_s.copy()
        drifting = self.timeline.active(ClockKind.DRIFT)
        if drifting.size:
            spans = self.timeline.spans
            gained_s = (clock_s - spans.from_s[drifting]) * 1e-6
            np.add.at(
                offsets_s,
                spans.subject[drifting],
                gained_s * self._amounts(drifting, USUAL_DRIFT_PPM),
            )
        offsets_us = np.rint(offsets_s[devices] * MICROSECONDS).astype(np.int64)
        lost = self._since_1970[devices]
        if lost.any():
            since_start_s = clock_s - self._started_s[devices][lost]
            offsets_us[lost] = np.rint(since_start_s * MICROSECONDS).astype(np.int64) - now_us
        return offsets_us

    def _amounts(self, spans: IntArray, usual: float) -> FloatArray:
        amount = self.timeline.spans.amount[spans]
        return np.where(np.isnan(amount), usual, amount)
