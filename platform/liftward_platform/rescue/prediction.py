"""How likely it is that nobody is there by the limit, from what is known now. Pure.

A crew's way to the lift has three phases, each a log-normal time: it answers, gets ready, drives.
A phase that never ends (nobody looks at the phone, the van does not start) has a small probability
of its own, so that the longer a phase lasts beyond its usual time, the less its end is counted on.
Phases behind are known; the one under way is conditioned on having lasted until now; crews are
independent. Times are kept on a grid of ten seconds.

Sources. Answer: centres publish 99.7 to 100 % within three minutes. Spread of the drive: the
residual of 409 lift releases of the London Fire Brigade (2017, Open Government Licence) around a
straight line of distance has a standard deviation of 0.31 in the logarithm, and these drive with
priority; a maintainer's van is given 0.5. The median of the drive is the estimate of the order. All
in all: 220 work orders of Jiangsu have a median of 12 minutes, 0.77 for the deviation of the
logarithm over all distances, and 0.9 % above 30 minutes. The shares that never come and the time
to get ready are ours.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from scipy.stats import norm

from liftward_platform.rescue.model import Order, OrderState
from liftward_platform.rescue.travel import FloatArray

STEP_S = 10.0
# Four hours, the longest limit a policy may set.
_HORIZON_S = 4 * 3600.0


@dataclass(frozen=True, slots=True)
class Phase:
    """A log-normal time, and the share of cases in which the phase ends at all."""

    median_s: float
    sigma: float
    ends: float


ANSWER = Phase(median_s=40.0, sigma=0.7, ends=0.97)
GET_READY = Phase(median_s=90.0, sigma=0.7, ends=0.98)
DRIVE_SIGMA, DRIVE_ENDS = 0.5, 0.98
# A crew in the next street still parks and finds the door.
DRIVE_S_MIN = 60.0
# The next crew is farther than the one that did not answer.
_NEXT_FARTHER = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """An order that may bring somebody, and where its crew is in time."""

    state: OrderState
    phase_begun_at: datetime
    travel_time_s: float  # from `phase_begun_at` when it drives, else from its place


@dataclass(frozen=True, slots=True, kw_only=True)
class Remaining:
    """What a fresh position says: how long the way still was, and when."""

    seconds: float
    at: datetime


def coming(order: Order, remaining: Remaining | None = None) -> Coming | None:
    """Return what an order promises; None when nobody comes by it."""
    begun_at = {
        OrderState.SENT: order.sent_at,
        OrderState.ACCEPTED: order.answered_at,
        OrderState.UNDER_WAY: order.under_way_at,
    }.get(order.state)
    if begun_at is None:
        return None
    if order.state is OrderState.UNDER_WAY and remaining is not None:
        return Coming(
            state=order.state, phase_begun_at=max(begun_at, remaining.at),
            travel_time_s=remaining.seconds,
        )  # fmt: skip
    return Coming(state=order.state, phase_begun_at=begun_at, travel_time_s=order.travel_time_s)


def backstop(order: Order, accept_s: float) -> Coming | None:
    """Return who is asked when an order is not answered in time; None when it is answered.

    Taken to be as far away as half as much again.
    """
    if order.state is not OrderState.SENT:
        return None
    return Coming(
        state=OrderState.SENT,
        phase_begun_at=order.sent_at + timedelta(seconds=accept_s),
        travel_time_s=order.travel_time_s * _NEXT_FARTHER,
    )


def late_probability(crews: Sequence[Coming], *, limit: datetime, now: datetime) -> float:
    """Return the probability that none of these crews is there by the limit."""
    left_s = (limit - now).total_seconds()
    if left_s <= 0 or not crews:
        return 1.0
    late = 1.0
    for crew in crews:
        waits_s = max(0.0, (crew.phase_begun_at - now).total_seconds())
        late *= 1.0 - there_within(crew, max(0.0, left_s - waits_s), now=now)
    return min(1.0, max(0.0, late))


def there_within(crew: Coming, left_s: float, *, now: datetime) -> float:
    """Return the probability that a crew is there within so many seconds from now."""
    drive = Phase(max(DRIVE_S_MIN, crew.travel_time_s), DRIVE_SIGMA, DRIVE_ENDS)
    phases = {
        OrderState.SENT: (ANSWER, GET_READY, drive),
        OrderState.ACCEPTED: (GET_READY, drive),
        OrderState.UNDER_WAY: (drive,),
    }[crew.state]
    elapsed_s = max(0.0, (now - crew.phase_begun_at).total_seconds())
    count = int(min(left_s, _HORIZON_S) / STEP_S) + 1
    mass = _rest_of(phases[0], elapsed_s, count)
    for phase in phases[1:]:
        mass = np.convolve(mass, _whole(phase, count))[:count]
    return float(mass.sum())


def _cumulative(phase: Phase, seconds: FloatArray) -> FloatArray:
    """Return the share that has ended by then, of the cases that end."""
    with np.errstate(divide="ignore"):
        z = (np.log(seconds) - math.log(phase.median_s)) / phase.sigma
    return np.asarray(norm.cdf(z), dtype=np.float64)


def _whole(phase: Phase, count: int) -> FloatArray:
    """Return the mass per step of a phase that has not begun."""
    edges: FloatArray = np.arange(count + 1, dtype=np.float64) * STEP_S
    mass: FloatArray = phase.ends * np.diff(_cumulative(phase, edges))
    return mass


def _rest_of(phase: Phase, elapsed_s: float, count: int) -> FloatArray:
    """Return the mass per step of a phase that has lasted for so long and has not ended."""
    grid: FloatArray = elapsed_s + np.arange(count + 1, dtype=np.float64) * STEP_S
    edges = _cumulative(phase, grid)
    not_ended = 1.0 - phase.ends * float(edges[0])
    mass: FloatArray = phase.ends * np.diff(edges) / not_ended
    return mass


def limit_of(detected_at: datetime, arrive_s: float) -> datetime:
    """Return when somebody has to be there."""
    return detected_at + timedelta(seconds=arrive_s)
