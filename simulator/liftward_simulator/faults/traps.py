"""Who gets trapped, when, and what they do then: plans and records as data.

Knows causes and people's habits. Must not know how a car moves.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from liftward_simulator.faults.causes import CAUSES, Cause


class EndedBy(StrEnum):
    FREED = "freed"
    SELF_FREED = "self_freed"


class Behaviour(StrEnum):
    """What the people inside do, most telling first."""

    PRIES = "pries"  # force the doors by hand, at a landing with success
    PRESSES = "presses"  # press the alarm button, and again
    WAITS = "waits"  # press door-open at most
    SILENT = "silent"  # press nothing at all: unable to, or afraid


@dataclass(frozen=True, slots=True, kw_only=True)
class Trap:
    """One planned entrapment. It springs as soon after `at_s` as a car with people fits it."""

    at_s: float
    cause: Cause
    lift: int | None = None  # None: any
    alarm_after_s: float | None = None  # None: nobody presses the button
    recovers_after_s: float | None = None  # None: the fault does not pass by itself
    pries_after_s: float | None = None  # None: nobody tries the doors
    silent: bool = False  # nobody presses door-open either

    @property
    def behaviour(self) -> Behaviour:
        if self.pries_after_s is not None:
            return Behaviour.PRIES
        if self.alarm_after_s is not None:
            return Behaviour.PRESSES
        return Behaviour.SILENT if self.silent else Behaviour.WAITS


@dataclass(slots=True, kw_only=True, eq=False)
class Entrapment:
    """One real entrapment. `at_s` values are seconds of the world's clock."""

    lift: int
    trap: Trap
    began_s: float
    persons: int
    ended_s: float | None = None
    ended_by: EndedBy | None = None
    ending: EndedBy | None = None  # a rescue or a recovery is in progress

    @property
    def behaviour(self) -> Behaviour:
        return self.trap.behaviour


@dataclass(frozen=True, slots=True, kw_only=True)
class TrapHabits:
    """How trapped people and faults behave, for traps that are drawn and not scripted.

    Self-releases together are 2.7 % of entrapments (Jiangsu 2020): some faults pass, and some
    people open a door by hand, which only works at a landing. How they divide is assumed, and so
    are the shares that press, wait or are silent.
    """

    alarm_share: float = 0.8
    alarm_after_mean_s: float = 20.0
    silent_share: float = 0.25  # of those who do not press the alarm button
    recovers_share: float = 0.004
    recovers_after_s: tuple[float, float] = (70.0, 400.0)
    pries_share: float = 0.025
    pries_after_mean_s: float = 240.0


# The first story has to be understood at a glance: a plain fault, a pressed button, a rescue.
FIRST_CAUSE = Cause.DOOR_LOCK_CONTACT
FIRST_ALARM_AFTER_S = 3.0
_GAMMA_SHAPE = 2.0  # people look for the button first: few press at once
_CAUSES = tuple(Cause)
# Of traps that come by themselves: an earthquake hits a city, not one lift.
_SHARES = np.array([0.0 if cause is Cause.EARTHQUAKE else CAUSES[cause].share for cause in _CAUSES])
_SHARES /= _SHARES.sum()


def first_trap(at_s: float) -> Trap:
    return Trap(at_s=at_s, cause=FIRST_CAUSE, alarm_after_s=FIRST_ALARM_AFTER_S)


def draw_trap(
    rng: np.random.Generator,
    at_s: float,
    habits: TrapHabits,
    *,
    cause: Cause | None = None,
    lift: int | None = None,
) -> Trap:
    """Return a trap with behaviour and end drawn from the habits, and the cause if none is given.

    As many random numbers are drawn whatever comes out, so one story does not change the next.
    """
    drawn = _CAUSES[int(rng.choice(_SHARES.size, p=_SHARES))] if cause is None else cause
    alarm_s, pries_s = rng.gamma(
        _GAMMA_SHAPE,
        (habits.alarm_after_mean_s / _GAMMA_SHAPE, habits.pries_after_mean_s / _GAMMA_SHAPE),
    ).tolist()
    recovers_s = float(rng.uniform(*habits.recovers_after_s))
    presses, silent, recovers, pries = rng.random(4) < (
        habits.alarm_share,
        habits.silent_share,
        habits.recovers_share,
        habits.pries_share,
    )
    # This cause is on the closing form for faults that have passed when somebody arrives.
    recovers = recovers or drawn is Cause.PASSING_FAULT
    return Trap(
        at_s=at_s,
        cause=drawn,
        lift=lift,
        alarm_after_s=alarm_s if presses else None,
        recovers_after_s=recovers_s if recovers else None,
        pries_after_s=pries_s if pries else None,
        silent=bool(silent and not presses and not pries),
    )
