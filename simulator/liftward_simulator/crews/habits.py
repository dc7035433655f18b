"""How simulated rescue crews decide: whether they answer, and how long everything takes. Pure.

Times are drawn from published figures and divided by `time_scale`, so that a demonstration does not
last as long as life. Must not know HTTP, the clock or the world's arrays.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

import msgspec
import numpy as np

from liftward_simulator.faults.traps import CAUSES, Cause, Place

EARTH_RADIUS_M = 6_371_008.8
DETOUR_FACTOR = 1.4  # streets are longer than the straight line
SPEED_KMH = 25.0  # a van in city traffic, door to door
# The 3-minute response limit is met in 99.7 to 100 % of orders: answers take well under a minute.
ANSWER_MEAN_S = 35.0
DEPART_MEAN_S = 90.0  # to the van, with the tools
# Released 4.4 to 5.9 minutes after arrival in most bulletins; a log-normal with mean 280 s.
ON_SCENE_MEAN_S, ON_SCENE_SIGMA = 280.0, 0.5
TRAVEL_SIGMA = 0.25  # traffic: most journeys within a quarter of the usual time
ANSWER_REAL_S_MIN = 1.0  # however the time is scaled, nobody answers before reading
# A phone rings within seconds. Some thirty phones asking every 2 s cost the API a few per cent of
# a core; only a demonstration in a hurry asks more often.
POLL_LIFE_S, POLL_S_MIN, POLL_S_MAX = 40.0, 0.5, 2.0
_GAMMA_SHAPE = 3.0

# Closing codes of GET /api/closing-codes for the causes this world has.
CAUSE_CODES: dict[Cause, str] = {
    Cause.MAINS_CUT: "external.mains_cut",
    Cause.DOOR_LOCK_CONTACT: "door.contact",
    Cause.DOOR_DEBRIS: "human.rubbish_in_door",
    Cause.DOOR_OPERATOR: "door.operator",
    Cause.DRIVE_TRIP: "control.inverter",
}
SELF_FREED_CODE = "external.self_recovered"


def release_method(cause: Cause) -> str:
    """Return how a crew gets people out after this cause."""
    return "hand_wind" if CAUSES[cause].place is Place.BETWEEN_FLOORS else "force_door"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class CrewHabits:
    """How crews are; shares between 0 and 1."""

    time_scale: float = 20.0
    refuse_share: float = 0.05
    silent_share: float = 0.03
    orders_that_go_well: int = 1  # the first orders of a run are always accepted

    def __post_init__(self) -> None:
        if self.time_scale < 1 or not 0 <= self.refuse_share + self.silent_share <= 1:
            raise ValueError("time scale must be 1 or more, the shares together at most 1")

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
    """Return the great-circle distance (haversine)."""
    north = math.radians(end.latitude_deg - start.latitude_deg)
    east = math.radians(end.longitude_deg - start.longitude_deg)
    chord = (
        math.sin(north / 2) ** 2
        + math.cos(math.radians(start.latitude_deg))
        * math.cos(math.radians(end.latitude_deg))
        * math.sin(east / 2) ** 2
    )
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, chord)))


def between(start: Position, end: Position, share: float) -> Position:
    """Return the place after `share` of the way."""
    return Position(
        start.latitude_deg + (end.latitude_deg - start.latitude_deg) * share,
        start.longitude_deg + (end.longitude_deg - start.longitude_deg) * share,
    )


def plan_mission(
    order: OrderView,
    start: Position,
    habits: CrewHabits,
    rng: np.random.Generator,
    *,
    busy: bool,
    orders_before: int,
) -> Mission:
    """Decide what a crew at `start` does about an order.

    `orders_before` counts the orders all crews of this run have seen before this one.
    """
    chance = float(rng.random())
    drawn_s = rng.gamma(_GAMMA_SHAPE, [ANSWER_MEAN_S / _GAMMA_SHAPE, DEPART_MEAN_S / _GAMMA_SHAPE])
    way_s = distance_m(start, order.lift.position) * DETOUR_FACTOR / (SPEED_KMH / 3.6)
    travel_s = way_s * float(rng.lognormal(-(TRAVEL_SIGMA**2) / 2, TRAVEL_SIGMA))
    mean_log = math.log(ON_SCENE_MEAN_S) - ON_SCENE_SIGMA**2 / 2
    on_scene_s = float(rng.lognormal(mean_log, ON_SCENE_SIGMA))
    answer, reason = _answer(chance, habits, busy=busy, orders_before=orders_before)
    scale = habits.time_scale
    return Mission(
        answer=answer,
        reason=reason,
        answer_after_s=max(float(drawn_s[0]) / scale, ANSWER_REAL_S_MIN),
        depart_after_s=float(drawn_s[1]) / scale,
        travel_s=travel_s / scale,
        on_scene_s=on_scene_s / scale,
    )


def _answer(
    chance: float, habits: CrewHabits, *, busy: bool, orders_before: int
) -> tuple[Answer, AnswerReason]:
    if busy:
        return Answer.REFUSE, AnswerReason.ON_OTHER_RESCUE
    if orders_before < habits.orders_that_go_well:
        return Answer.ACCEPT, AnswerReason.FIRST_ORDERS_GO_WELL
    if chance < habits.refuse_share:
        return Answer.REFUSE, AnswerReason.VEHICLE_PROBLEM
    if chance < habits.refuse_share + habits.silent_share:
        return Answer.SILENT, AnswerReason.NOBODY_LOOKS
    return Answer.ACCEPT, AnswerReason.FREE
