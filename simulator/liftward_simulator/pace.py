"""How the town's time goes against the real one: as fast, so many times as fast, or unbridled.

Pure but for what it is told of the real clock. A town that is to end in the present begins in the
past: no device may speak from the future.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

FASTEST = "max"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """`speed` None: as fast as possible. `follows_clock`: device time is the real time."""

    speed: float | None
    started_at: datetime  # what devices call the world's second 0
    follows_clock: bool = False

    def wait_s(self, clock_s: float, passed_s: float) -> float:
        """Return how long the town must wait for the real time; 0 when it is late."""
        if self.speed is None:
            return 0.0
        return max(clock_s / self.speed - passed_s, 0.0)

    def now(self, clock_s: float, real_now: datetime) -> datetime:
        """Return the moment that devices take the world's time for."""
        return real_now if self.follows_clock else self.started_at + timedelta(seconds=clock_s)


def parse_speed(text: str) -> float | None:
    """Read a speed: a number above 0, or `max` (None).

    Raises
    ------
    ValueError
        When it is neither.
    """
    if text == FASTEST:
        return None
    speed = float(text)
    if not 0.0 < speed < float("inf"):
        raise ValueError(f"{text} is not above 0")
    return speed


def live_pace(speed: float | None, hours: float | None, real_now: datetime) -> Pace:
    """Return the pace of a town whose devices speak to a broker.

    At speed 1 they keep the real time. Otherwise they begin so far in the past that they reach the
    present when the hours are over, or a little before it when the town cannot keep its pace.

    Raises
    ------
    ValueError
        When a town is to be quicker than life and nobody says for how long.
    """
    if speed == 1.0:
        return Pace(speed=1.0, started_at=real_now, follows_clock=True)
    if hours is None:
        raise ValueError("a speed other than 1 needs --hours: device time must end in the present")
    behind_hours = hours if speed is None else max(hours * (1.0 - 1.0 / speed), 0.0)
    return Pace(speed=speed, started_at=real_now - timedelta(hours=behind_hours))
