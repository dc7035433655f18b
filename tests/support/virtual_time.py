"""A clock that only moves when a test says so."""

from datetime import UTC, datetime, timedelta

# A Monday morning, far from every change of daylight time.
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


class VirtualClock:
    """A `liftward_kit.clock.Clock`: call it for the time, `advance` it to let time pass."""

    def __init__(self, now: datetime = START) -> None:
        assert now.tzinfo is not None
        self._now = now

    def __call__(self) -> datetime:
        return self._now

    @property
    def now(self) -> datetime:
        return self._now

    def advance(self, seconds_s: float = 0.0, *, minutes: float = 0.0) -> datetime:
        """Let time pass and return the new time; time never goes back."""
        passed = timedelta(seconds=seconds_s, minutes=minutes)
        assert passed >= timedelta(0)
        self._now += passed
        return self._now
