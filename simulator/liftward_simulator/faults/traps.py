"""Why people get trapped, when, and what they do then: the causes as a table, the plan as data.

Knows causes, codes and people's habits. Must not know how a car moves.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np


class Cause(StrEnum):
    MAINS_CUT = "mains_cut"
    DOOR_LOCK_CONTACT = "door_lock_contact"
    DOOR_DEBRIS = "door_debris"
    DOOR_OPERATOR = "door_operator"
    DRIVE_TRIP = "drive_trip"


class Place(StrEnum):
    BETWEEN_FLOORS = "between_floors"
    AT_LEVEL = "at_level"  # the car is there, its doors do not open


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseFacts:
    """What the controller reports, GB/T 24476-2017 codes, and how often it is the cause."""

    place: Place
    share: float
    codes_at_once: tuple[str, ...] = ()
    codes_at_rest: tuple[str, ...] = ()
    breaks_chain: bool = False
    cuts_mains: bool = False


# Shares after Jiangsu 2023 and Rizhao 2020 (misuse 31-53 %, external 21-32 %, door 12 %, control
# 7-11 %), with the door lock raised: it is the story the demonstration begins with.
CAUSES: dict[Cause, CauseFacts] = {
    Cause.MAINS_CUT: CauseFacts(
        place=Place.BETWEEN_FLOORS,
        share=0.25,
        codes_at_once=("41",),
        codes_at_rest=("04",),
        cuts_mains=True,
    ),
    Cause.DOOR_LOCK_CONTACT: CauseFacts(
        place=Place.BETWEEN_FLOORS,
        share=0.20,
        codes_at_once=("01",),
        codes_at_rest=("04", "08"),
        breaks_chain=True,
    ),
    Cause.DOOR_DEBRIS: CauseFacts(place=Place.AT_LEVEL, share=0.30),
    Cause.DOOR_OPERATOR: CauseFacts(place=Place.AT_LEVEL, share=0.10),
    Cause.DRIVE_TRIP: CauseFacts(
        place=Place.BETWEEN_FLOORS, share=0.15, codes_at_once=("08",), codes_at_rest=("04",)
    ),
}
assert abs(sum(facts.share for facts in CAUSES.values()) - 1.0) < 1e-9  # noqa: PLR2004


class EndedBy(StrEnum):
    FREED = "freed"
    SELF_FREED = "self_freed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trap:
    """One scripted entrapment. It springs as soon after `at_s` as a car with people fits it."""

    at_s: float
    cause: Cause
    lift: int | None = None  # None: any
    alarm_after_s: float | None = None  # None: nobody presses the button
    recovers_after_s: float | None = None  # None: only a rescue ends it


@dataclass(slots=True, kw_only=True)
class Entrapment:
    """One real entrapment. `at_s` values are seconds of the world's clock."""

    lift: int
    trap: Trap
    began_s: float
    persons: int
    ended_s: float | None = None
    ended_by: EndedBy | None = None
    ending: EndedBy | None = None  # a rescue or a recovery is in progress
    next_press_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrapHabits:
    """How trapped people and faults behave, for traps that are drawn and not scripted."""

    alarm_share: float = 0.8
    alarm_after_mean_s: float = 20.0
    # Jiangsu 2020 logged 2.7 % self-releases; more here, so that a short demonstration shows one.
    recovers_share: float = 0.12
    recovers_after_s: tuple[float, float] = (70.0, 150.0)


# The first story has to be understood at a glance: a plain fault, a pressed button, a rescue.
FIRST_CAUSE = Cause.DOOR_LOCK_CONTACT
FIRST_ALARM_AFTER_S = 3.0
_GAMMA_SHAPE = 2.0  # people look for the button first: few press at once


def first_trap(at_s: float) -> Trap:
    return Trap(at_s=at_s, cause=FIRST_CAUSE, alarm_after_s=FIRST_ALARM_AFTER_S)


def draw_trap(rng: np.random.Generator, at_s: float, habits: TrapHabits) -> Trap:
    """Return a trap with cause, alarm and end drawn from the shares."""
    causes = list(CAUSES)
    cause = causes[int(rng.choice(len(causes), p=[CAUSES[c].share for c in causes]))]
    alarm_after_s = float(rng.gamma(_GAMMA_SHAPE, habits.alarm_after_mean_s / _GAMMA_SHAPE))
    recovers_after_s = float(rng.uniform(*habits.recovers_after_s))
    presses, recovers = rng.random(2) < (habits.alarm_share, habits.recovers_share)
    return Trap(
        at_s=at_s,
        cause=cause,
        alarm_after_s=alarm_after_s if presses else None,
        recovers_after_s=recovers_after_s if recovers else None,
    )
