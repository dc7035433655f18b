"""Whether what a crew reports can be: places, speeds, and the order of times.

Pure. Takes fixes, times and the order as it stands; returns doubts, each with its name. What
follows from a doubt is `model.HELD`'s rule. Must not know SQL, HTTP or the clock.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from liftward_platform.rescue.model import Order, OrderState
from liftward_platform.rescue.travel import Place, haversine_m

# Phones and servers do not agree to the second.
CLOCK_TOLERANCE = timedelta(seconds=60)
# A crew that is "there" may stand at the gate of a large estate, and registers place a lift by its
# address: within half a kilometre, beyond what the fix itself allows, it is there.
THERE_WITHIN_M = 500.0
# A fix that does not say how sure it is may come from a radio mast a kilometre away.
ACCURACY_UNKNOWN_M = 1000.0
# No road, siren or city allows more; what is faster is a wrong fix (about 200 km/h).
SPEED_MPS_MAX = 55.6
# Two fixes seconds apart may both be off by more than they say.
SPEED_SLACK_M = 500.0
# A fix that was doubted is borne out by another one that agrees with it this much later.
BORNE_OUT_AFTER = timedelta(seconds=60)
# A fix taken longer before or after the arrival says nothing about it.
FIX_BELONGS_WITHIN = timedelta(minutes=10)


class Doubt(StrEnum):
    IN_FUTURE = "in_future"  # by the server's clock
    BEFORE_ORDER = "before_order"  # before the crew was asked at all
    NOT_DEPARTED = "not_departed"  # there, without having left, and without a fix that shows it
    BEFORE_DEPARTURE = "before_departure"
    TOO_FAR = "too_far"  # the fix is not at the lift
    IMPOSSIBLE_SPEED = "impossible_speed"  # nobody gets there from the last fix in that time
    ARRIVAL_UNCONFIRMED = "arrival_unconfirmed"  # freed, and no arrival is believed
    BEFORE_ARRIVAL = "before_arrival"


TIME_DOUBTS = frozenset({Doubt.IN_FUTURE, Doubt.BEFORE_ORDER})


@dataclass(frozen=True, slots=True)
class Fix:
    """Where a phone says it was; `accuracy_m` is the radius it is sure of, if it says so."""

    place: Place
    at: datetime
    accuracy_m: float | None = None

    @property
    def blur_m(self) -> float:
        return ACCURACY_UNKNOWN_M if self.accuracy_m is None else self.accuracy_m


def corrected(at: datetime, *, sent_at: datetime | None, received_at: datetime) -> datetime:
    """Return a phone's time by the server's clock; `sent_at` is when the phone says it spoke.

    The time on the way makes a right clock look a little late: within the tolerance nothing is
    corrected.
    """
    if sent_at is None or abs(received_at - sent_at) <= CLOCK_TOLERANCE:
        return at
    return at + (received_at - sent_at)


def can_follow(before: Fix, after: Fix) -> bool:
    """Tell whether one can get from one fix to the other in the time between.

    Judged only when both say how sure they are: two guesses make no speed.
    """
    if before.accuracy_m is None or after.accuracy_m is None:
        return True
    apart_m = haversine_m(before.place, after.place) - before.accuracy_m - after.accuracy_m
    passed_s = abs((after.at - before.at).total_seconds())
    return apart_m <= SPEED_MPS_MAX * passed_s + SPEED_SLACK_M


def is_believed(fix: Fix, *, last: Fix | None, doubted: Fix | None) -> bool:
    """Tell whether a fix is believed after the last believed one, and the last doubted one.

    If the believed one was the wrong one, the second that disagrees with it is believed.
    """
    if last is None or can_follow(last, fix):
        return True
    return (
        doubted is not None and fix.at - doubted.at >= BORNE_OUT_AFTER and can_follow(doubted, fix)
    )


def distance_m(fix: Fix, lift: Place) -> float:
    """Return how far from the lift a fix is at least, metres, its own doubt taken off."""
    return max(0.0, haversine_m(fix.place, lift) - fix.blur_m)


def is_there(fix: Fix, lift: Place) -> bool:
    """Tell whether a fix may be at the lift."""
    return distance_m(fix, lift) <= THERE_WITHIN_M


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What a report is held against: the order as it stands, the lift, the crew's last fix."""

    order: Order
    lift: Place
    last_fix: Fix | None
    now: datetime


def time_doubts(at: datetime, around: Circumstances) -> tuple[Doubt, ...]:
    """Return what is wrong with a time by itself."""
    if at > around.now + CLOCK_TOLERANCE:
        return (Doubt.IN_FUTURE,)
    if at < around.order.sent_at - CLOCK_TOLERANCE:
        return (Doubt.BEFORE_ORDER,)
    return ()


def arrival_doubts(at: datetime, fix: Fix | None, around: Circumstances) -> tuple[Doubt, ...]:
    """Return what speaks against an arrival. Without a fix a crew that left is believed."""
    if fix is not None and abs(fix.at - at) > FIX_BELONGS_WITHIN:
        fix = None
    checks: tuple[tuple[Doubt, Callable[[], bool]], ...] = (
        (Doubt.NOT_DEPARTED, lambda: _not_departed(fix, around)),
        (Doubt.BEFORE_DEPARTURE, lambda: _before(at, around.order.under_way_at)),
        (Doubt.TOO_FAR, lambda: fix is not None and not is_there(fix, around.lift)),
        (Doubt.IMPOSSIBLE_SPEED, lambda: _too_fast(at, fix, around)),
    )
    return time_doubts(at, around) + tuple(doubt for doubt, holds in checks if holds())


def release_doubts(at: datetime, around: Circumstances) -> tuple[Doubt, ...]:
    """Return what speaks against a release."""
    doubts = time_doubts(at, around)
    if around.order.state is not OrderState.ARRIVED:
        return (*doubts, Doubt.ARRIVAL_UNCONFIRMED)
    return (*doubts, Doubt.BEFORE_ARRIVAL) if _before(at, around.order.arrived_at) else doubts


def _not_departed(fix: Fix | None, around: Circumstances) -> bool:
    """A crew in the same building need not leave for it, if its phone shows that it is there."""
    if around.order.under_way_at is not None:
        return False
    return fix is None or not is_there(fix, around.lift)


def _before(at: datetime, step_at: datetime | None) -> bool:
    return step_at is not None and at < step_at - CLOCK_TOLERANCE


def _too_fast(at: datetime, fix: Fix | None, around: Circumstances) -> bool:
    """Nobody is at the lift so soon after being elsewhere; without a fix the lift is the place."""
    last = around.last_fix
    if last is None:
        return False
    here = fix or Fix(around.lift, at, THERE_WITHIN_M)
    return not can_follow(last, here)
