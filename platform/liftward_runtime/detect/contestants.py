"""The detectors that are compared, under one face: take a batch, give transitions.

Knows the detector that ships and the field's timers. Must not know cities or truth.
"""

from typing import Protocol

from liftward_detection import baseline
from liftward_detection.detector import observe, take_events, tick
from liftward_detection.events import EventColumns
from liftward_detection.fleet import NEVER_DUE_US, FleetState
from liftward_detection.thresholds import Thresholds
from liftward_detection.transitions import Transitions
from liftward_wire.columns import SampleColumns

SHIPPED, TIMERS = "shipped", "timers"
METHODS = (SHIPPED, TIMERS)


class Contestant(Protocol):
    """One detector over one fleet."""

    def take(self, samples: SampleColumns, events: EventColumns, now_us: int) -> list[Transitions]:
        """Take what came in a stretch of time that ends at `now_us`; time passes to there."""
        ...

    def grow(self, lift_count: int) -> None:
        """Make room for new lifts, if there are any."""
        ...

    def next_due_us(self) -> int:
        """Return when a timer is due at the earliest, platform time, or NEVER_DUE_US."""
        ...


class Shipped:
    """The detector that gateways run, fed as they feed it: samples, events, a tick."""

    def __init__(self, lift_count: int, thresholds: Thresholds) -> None:
        self._state, self._thresholds = FleetState.empty(lift_count), thresholds

    def take(self, samples: SampleColumns, events: EventColumns, now_us: int) -> list[Transitions]:
        """Take a batch."""
        found = []
        if len(samples):
            found.append(observe(self._state, samples, self._thresholds))
        if len(events):
            found.append(take_events(self._state, events, self._thresholds))
        found.append(tick(self._state, now_us, self._thresholds))
        return found

    def grow(self, lift_count: int) -> None:
        """Make room for new lifts, if there are any."""
        if lift_count > self._state.lift_count:
            self._state.grow(lift_count)

    def next_due_us(self) -> int:
        """Return when a timer is due at the earliest."""
        return int(self._state.tick_due_us.min(initial=NEVER_DUE_US))


class FixedTimers:
    """The field's timers, which know no events."""

    def __init__(self, lift_count: int) -> None:
        self._state = baseline.TimerState.empty(lift_count)

    def take(
        self,
        samples: SampleColumns,
        events: EventColumns,  # noqa: ARG002 - the face that all have
        now_us: int,
    ) -> list[Transitions]:
        """Take a batch."""
        return [baseline.observe(self._state, samples), baseline.tick(self._state, now_us)]

    def grow(self, lift_count: int) -> None:
        """Make room for new lifts, if there are any."""
        if lift_count > len(self._state.lifts):
            self._state.grow(lift_count)

    def next_due_us(self) -> int:
        """Return when a timer is due at the earliest."""
        return int(self._state.due_us.min(initial=NEVER_DUE_US))


def contestant(method: str, lift_count: int, thresholds: Thresholds) -> Contestant:
    """Return a fresh detector of a method."""
    return FixedTimers(lift_count) if method == TIMERS else Shipped(lift_count, thresholds)
