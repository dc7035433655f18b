"""How simulated rescue crews decide: whether they answer, and how long everything takes. Pure.

Times are those of `response_times` and divided by `time_scale`, so that a demonstration does not
last as long as life. Must not know HTTP, the clock or the world's arrays.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import msgspec
import numpy as np

from liftward_simulator.city.geography import distance_m as distances_m
from liftward_simulator.city.geography import drive_time_s
from liftward_simulator.crews.response_times import draw_steps
from liftward_simulator.faults.causes import CAUSES, Cause

ANSWER_REAL_S_MIN = 1.0  # however the time is scaled, nobody answers before reading
# A phone rings within seconds. Some thirty phones asking every 2 s cost the API a few per cent of
# a core; only a demonstration in a hurry asks more often.
POLL_LIFE_S, POLL_S_MIN, POLL_S_MAX = 40.0, 0.5, 2.0

# Closing codes of GET /api/closing-codes for the causes this world has.
CAUSE_CODES = {cause: facts.closing_code for cause, facts in CAUSES.items()}
SELF_FREED_CODE = "external.self_recovered"


def release_method(cause: Cause) -> str:
    """Return how a crew gets people out after this cause."""
    return CAUSES[cause].release_method


class Answer(StrEnum):
    ACCEPT = "accept"
    REFUSE = "refuse"
    SILENT = "silent"


class AnswerReason(StrEnum):
    FREE = "free"
    FIRST_ORDERS_GO_WELL = "first_orders_go_well"
    ON_OTHER_RESCUE = "on_other_rescue"  # this and the next are refusal reasons of the API
    VEHICLE_PROBLEM = "vehicle_problem"
    NOBODY_LOOKS = "nobody_looks"
    OFF_SHIFT = "off_shift"  # the phone lies in the station until the shift begins


class OrderState(StrEnum):
    SENT = "sent"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    NO_ANSWER = "no_answer"
    UNDER_WAY = "under_way"
    ARRIVED = "arrived"
    DONE = "done"
    WITHDRAWN = "withdrawn"


LIVE_STATES = (OrderState.SENT, OrderState.ACCEPTED, OrderState.UNDER_WAY, OrderState.ARRIVED)


@dataclass(frozen=True, slots=True)
class Position:
    latitude_deg: float
    longitude_deg: float


class LiftView(msgspec.Struct, frozen=True, kw_only=True):
    """What an order says about its lift; more fields are ignored."""

    lift_id: str
    latitude_deg: float
    longitude_deg: float

    @property
    def position(self) -> Position:
        return Position(self.latitude_deg, self.longitude_deg)


class OrderView(msgspec.Struct, frozen=True, kw_only=True):
    """An order as a crew's phone sees it."""

    order_id: int
    incident_id: int
    crew_id: str
    state: OrderState
    lift: LiftView
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyHabits:
    """How the crews of one party are; shares of orders, between 0 and 1."""

    refuse_share: float
    silent_share: float
    time_factor: float = 1.0  # answering, leaving and driving take so many times as long

    def __post_init__(self) -> None:
        shares = (self.refuse_share, self.silent_share)
        if min(shares) < 0 or sum(shares) > 1:
            raise ValueError("the shares must be 0 or more, and together at most 1")
        if self.time_factor <= 0:
            raise ValueError(f"time factor is {self.time_factor}; allowed: above 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class CrewHabits:
    """How crews are; shares between 0 and 1."""

    time_scale: float = 20.0
    refuse_share: float = 0.05
    silent_share: float = 0.03
    orders_that_go_well: int = 1  # the first orders of a run are always accepted
    party_habits: Mapping[str, PartyHabits] = field(default_factory=dict)  # who is otherwise

    def __post_init__(self) -> None:
        if self.time_scale < 1:
            raise ValueError(f"time scale is {self.time_scale}; allowed: 1 or more")
        PartyHabits(refuse_share=self.refuse_share, silent_share=self.silent_share)

    def of_party(self, party_id: str) -> PartyHabits:
        """Return how the crews of a party are."""
        usual = PartyHabits(refuse_share=self.refuse_share, silent_share=self.silent_share)
        return self.party_habits.get(party_id, usual)

    @property
    def poll_s(self) -> float:
        """Return how often a phone looks for orders, and the desk at its board."""
        return min(max(POLL_LIFE_S / self.time_scale, POLL_S_MIN), POLL_S_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mission:
    """What a crew is going to do about one order; seconds are already scaled."""

    answer: Answer
    reason: AnswerReason
    answer_after_s: float
    depart_after_s: float
    travel_s: float
    on_scene_s: float


def distance_m(start: Position, end: Position) -> float:
    """Return the great-circle distance."""
    return float(
        distances_m(
            (start.latitude_deg, start.longitude_deg), (end.latitude_deg, end.longitude_deg)
        )
    )


def between(start: Position, end: Position, share: float) -> Position:
    """Return the place after `share` of the way."""
    return Position(
        start.latitude_deg + (end.latitude_deg - start.latitude_deg) * share,
        start.longitude_deg + (end.longitude_deg - start.longitude_deg) * share,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What besides its habits decides what a crew does about an order."""

    party_id: str = ""
    hour: float  # of the town's day
    on_shift: bool = True
    busy: bool = False
    orders_before: int  # how many orders all crews of this run have seen before this one


def plan_mission(
    order: OrderView,
    start: Position,
    habits: CrewHabits,
    rng: np.random.Generator,
    around: Circumstances,
) -> Mission:
    """Decide what a crew at `start` does about an order."""
    chance = float(rng.random())
    steps = draw_steps(rng, 1)
    party = habits.of_party(around.party_id)
    drive_s = float(drive_time_s(distance_m(start, order.lift.position), around.hour))
    answer, reason = _answer(chance, habits, party, around)
    scale = habits.time_scale / party.time_factor
    return Mission(
        answer=answer,
        reason=reason,
        answer_after_s=max(float(steps.answer_s[0]) / scale, ANSWER_REAL_S_MIN),
        depart_after_s=float(steps.depart_s[0]) / scale,
        travel_s=drive_s * float(steps.traffic[0]) / scale,
        on_scene_s=float(steps.on_scene_s[0]) / habits.time_scale,
    )


def _answer(
    chance: float, habits: CrewHabits, party: PartyHabits, around: Circumstances
) -> tuple[Answer, AnswerReason]:
    if not around.on_shift:
        return Answer.SILENT, AnswerReason.OFF_SHIFT
    if around.busy:
        return Answer.REFUSE, AnswerReason.ON_OTHER_RESCUE
    if around.orders_before < habits.orders_that_go_well:
        return Answer.ACCEPT, AnswerReason.FIRST_ORDERS_GO_WELL
    if chance < party.refuse_share:
        return Answer.REFUSE, AnswerReason.VEHICLE_PROBLEM
    if chance < party.refuse_share + party.silent_share:
        return Answer.SILENT, AnswerReason.NOBODY_LOOKS
    return Answer.ACCEPT, AnswerReason.FREE
