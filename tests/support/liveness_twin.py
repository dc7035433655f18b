"""The naive twin of liveness: one device at a time, plain Python, obvious and slow.

It knows the rules as sentences, not as arrays: compare with `liftward_gateway.liveness.belief`.
"""

import math
from dataclasses import dataclass, field

from liftward_gateway.liveness.limits import LivenessLimits

SECOND = 1_000_000


def code(seconds: float) -> int:
    return min(255, 1 + math.ceil(math.log2(max(seconds, 1.0)) * 14 - 1e-4))


def seconds(silence_code: int) -> float:
    return 2.0 ** ((silence_code - 1) / 14) if silence_code else 0.0


def moved(before: int, longest: int, down: int) -> int:
    """One step towards the hour's longest silence: up by 14 at most, down by `down` at most."""
    return before + max(-down, min(14, longest - before))


@dataclass(slots=True)
class TwinDevice:
    """What the rules say of one device."""

    limits: LivenessLimits
    heard_us: int | None = None
    heard_listened_us: int = 0
    returned_us: int | None = None
    will_us: int | None = None
    will_listened_us: int = 0
    goodbye: bool = False
    boot_id: int = -1
    heartbeat_s: float = 0.0
    sampling_s: float = 0.0
    belief: str = "untold"
    reason: str = "never_heard"
    since_us: int | None = None
    usual: dict[int, int] = field(default_factory=dict)
    overall: int = 0
    longest: int = 0

    def hears(self, received_us: int, listened_us: int) -> None:
        if self.heard_us is not None and not self.is_proven:
            silence_s = max(0, listened_us - self.heard_listened_us) / SECOND
            self.longest = max(self.longest, code(silence_s))
        if self.belief != "live" and self.returned_us is None:
            self.returned_us = received_us
        self.heard_us = received_us if self.heard_us is None else max(self.heard_us, received_us)
        self.heard_listened_us = max(self.heard_listened_us, listened_us)
        if self.will_us is not None and self.heard_us > self.will_us:
            self.will_us, self.goodbye = None, False

    def says_offline(
        self, received_us: int, listened_us: int, boot_id: int, *, goodbye: bool
    ) -> None:
        if boot_id < self.boot_id:
            return
        if self.heard_us is not None and received_us <= self.heard_us:
            return
        if self.will_us is None:
            self.will_us, self.will_listened_us = received_us, listened_us
            self.goodbye = goodbye
        self.boot_id = boot_id

    def says_online(self, boot_id: int, heartbeat_s: float, sampling_s: float) -> None:
        self.boot_id, self.heartbeat_s, self.sampling_s = boot_id, heartbeat_s, sampling_s
        self.will_us, self.goodbye = None, False

    def ends_hour(self, hour: int, listened_us: int) -> None:
        if self.heard_us is not None and not self.is_proven:
            silence_s = max(0, listened_us - self.heard_listened_us) / SECOND
            longest = max(self.longest, code(silence_s))
            before = self.usual.get(hour) or self.overall or self.prior
            self.usual[hour] = moved(before, longest, 7 if hour in self.usual else 255)
            self.overall = moved(self.overall or self.prior, longest, 1 if self.overall else 255)
        self.longest = 0

    @property
    def is_proven(self) -> bool:
        return self.reason in ("heartbeat_missed", "last_will", "said_goodbye")

    @property
    def prior(self) -> int:
        if self.heartbeat_s > 0:
            return code(self.heartbeat_s)
        return code(3 * self.sampling_s if self.sampling_s > 0 else self.limits.usual_s_default)

    def dark_after_s(self, hour: int) -> float:
        if self.heartbeat_s > 0:
            patience_s = min(max(3 * self.heartbeat_s, 90.0), 86_400.0)
            return max(1.5 * self.heartbeat_s, patience_s)
        return min(max(4 * self.usual_s(hour), 300.0), 86_400.0)

    def quiet_after_s(self, hour: int) -> float:
        return min(max(2 * self.usual_s(hour), 30.0), self.dark_after_s(hour) * 2 / 3)

    def usual_s(self, hour: int) -> float:
        return seconds(self.usual.get(hour) or self.overall or self.prior)

    def judge(self, hour: int, listened_us: int, *, listening: bool, grace_s: float) -> None:
        """Believe what the rules say now."""
        belief, reason = self._judged(hour, listened_us, listening=listening, grace_s=grace_s)
        if belief == self.belief:
            return
        self.belief, self.reason = belief, reason
        if belief == "live":
            self.since_us = self.heard_us if self.returned_us is None else self.returned_us
            self.returned_us = None
        else:
            self.since_us = self.heard_us

    def _judged(
        self, hour: int, listened_us: int, *, listening: bool, grace_s: float
    ) -> tuple[str, str]:
        if not listening:
            return ("live", "heard") if self.returned_us is not None else (self.belief, self.reason)
        if self.heard_us is None:
            return "never", "never_heard"
        return self._judged_by_silence(hour, listened_us, grace_s)

    def _judged_by_silence(self, hour: int, listened_us: int, grace_s: float) -> tuple[str, str]:
        assert self.heard_us is not None
        silence_s = (listened_us - self.heard_listened_us) / SECOND
        word = "said_goodbye" if self.goodbye else "last_will"
        if self.will_us is not None and (listened_us - self.will_listened_us) / SECOND >= grace_s:
            return "dark", word
        if silence_s >= self.dark_after_s(hour) or (
            self.belief == "dark" and self.heard_us <= (self.since_us or 0)
        ):
            return "dark", "heartbeat_missed" if self.heartbeat_s else "far_longer_than_usual"
        if self.will_us is not None:
            return "quiet", word
        if silence_s >= self.quiet_after_s(hour):
            late = self.heartbeat_s > 0 and silence_s >= self.heartbeat_s
            return "quiet", "heartbeat_late" if late else "longer_than_usual"
        return "live", "heard" if self.returned_us is not None else "within_rhythm"
