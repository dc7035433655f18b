"""People who come, wait, board and leave, for one lift at a time: compiled pieces of the loop.

Persons pass only while doors stand open; each who passes is counted. Must not know how a car moves,
faults, signals or messages.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from liftward_simulator.physics.calls import NOWHERE, Calls, next_heading
from liftward_simulator.physics.cars import WAITING_PERSONS_MAX, Cars
from liftward_simulator.physics.compiling import helper, inlined
from liftward_simulator.physics.lifts import PERSON_KG, LiftTable

# Persons in one group: 1 in 77 %, 2 in 11 %, the rest more (trapped people in 234 Jiangsu orders).
GROUP_SIZES = np.array([1, 2, 3, 4, 5, 7])
GROUP_SHARES_UP_TO = np.cumsum([0.77, 0.11, 0.04, 0.03, 0.02, 0.03])
# Who boards with others mostly goes where they go: they came as one group. Assumed.
TOGETHER_SHARE = 0.7
# Of those left behind by a full car some push in, until it says that it is overloaded. Assumed.
PUSH_SHARE = 0.02
# Overload must be told at 110 % of the rated load, and not before 75 kg over it (EN 81-20). [mem]
OVERLOAD_SHARE, OVERLOAD_KG_MIN = 1.1, 75.0
GRAVITY_MPS2, MM_PER_M = 9.81, 1000.0
# Young's modulus times section of all ropes, as felt at the car: so that one person lowers it by
# some two millimetres on sixty metres of rope. Assumed; real ropes vary by a factor of two.
ROPE_STIFFNESS_N, ROPE_OVERHEAD_M = 2.0e7, 5.0


class Moment(NamedTuple):
    """The time that passes, and how people behave in this hour, by site type.

    The arrays have shape (n_site_types,).
    """

    clock_s: float  # at the end of the step
    dt_s: float
    candidates_share: NDArray[np.float64]  # candidate groups over the day's mean of groups
    accepted_share: NDArray[np.float64]  # of the candidates, that really come
    incoming_share: NDArray[np.float64]  # of the groups, from the main landing
    outgoing_share: NDArray[np.float64]  # of the groups, to the main landing


@helper
def exponential(rng: np.random.Generator, mean: float) -> float:
    return -math.log(1.0 - rng.random()) * mean


@helper
def draw_among(rng: np.random.Generator, first: int, last: int) -> int:
    """Return a whole number from `first` to `last`, each as likely."""
    return first + int(rng.random() * (last - first + 1))


@helper
def draw_other(rng: np.random.Generator, top: int, landing: int) -> int:
    """Return a landing from 0 to `top`, but not this one."""
    other = draw_among(rng, 0, top - 1)
    return other + 1 if other >= landing else other


@helper
def draw_group_size(rng: np.random.Generator) -> int:
    share = rng.random()
    for row in range(GROUP_SIZES.size - 1):
        if share < GROUP_SHARES_UP_TO[row]:
            return int(GROUP_SIZES[row])
    return int(GROUP_SIZES[-1])


@helper
def draw_journey(
    rng: np.random.Generator, top: int, main: int, incoming: float, outgoing: float
) -> tuple[int, int]:
    """Return where a group comes from and where it goes: two different landings."""
    share = rng.random()
    if share < incoming:
        return main, draw_other(rng, top, main)
    origin = draw_other(rng, top, main)
    if share < incoming + outgoing:
        return origin, main
    return origin, draw_other(rng, top, origin)


@helper
def draw_destination(
    rng: np.random.Generator, first: int, last: int, main: int, to_main_share: float
) -> int:
    """Return where somebody goes who can go to these landings."""
    if first <= main <= last and rng.random() < to_main_share:
        return main
    return draw_among(rng, first, last)


@inlined
def load_kg(cars: Cars, i: int) -> float:
    persons_count = int(cars.passengers_count[i]) + int(cars.staff[i]) + int(cars.lingering[i])
    return persons_count * PERSON_KG + float(cars.goods_kg[i])


@inlined
def has_room(cars: Cars, table: LiftTable, i: int) -> bool:
    return bool(load_kg(cars, i) + PERSON_KG <= table.rated_load_kg[i])


@inlined
def is_overloaded(cars: Cars, table: LiftTable, i: int) -> bool:
    rated_kg = float(table.rated_load_kg[i])
    return load_kg(cars, i) > max(rated_kg * OVERLOAD_SHARE, rated_kg + OVERLOAD_KG_MIN)


@inlined
def receive(
    cars: Cars, table: LiftTable, moment: Moment, rng: np.random.Generator, i: int
) -> tuple[int, int]:
    """Let the next candidate group come or not; return its landing and way, or NOWHERE and 0.

    Candidates come at the rate of the busiest hour, and only so many of them are real as this hour
    has. Nobody waits for a lift that answers no calls.
    """
    site = table.site_type[i]
    per_s = table.arrivals_per_s[i] * moment.candidates_share[site]
    cars.next_arrival_s[i] += exponential(rng, 1.0 / per_s)
    landing, way = NOWHERE, 0
    if rng.random() < moment.accepted_share[site] and not cars.scripted[i]:
        landing, goal = draw_journey(
            rng,
            int(table.floors_count[i]) - 1,
            int(table.main_floor[i]),
            moment.incoming_share[site],
            moment.outgoing_share[site],
        )
        way = 1 if goal > landing else -1
        waiting = cars.waiting_up if way > 0 else cars.waiting_down
        before = int(waiting[i, landing])
        after = max(before, min(before + draw_group_size(rng), WAITING_PERSONS_MAX))
        waiting[i, landing] = after
        cars.waiting_count[i] += after - before
    return landing, way


@inlined
def let_off(cars: Cars, i: int) -> int:
    """Let those leave who are where they wanted to go; return how many."""
    floor = int(cars.floor[i])
    persons = int(cars.aboard[i, floor])
    cars.aboard[i, floor] = 0
    cars.passengers_count[i] -= persons
    cars.left_count[i] += persons
    return persons


@helper
def sinks_mm(persons: int, landings_above: int, pitch_m: float) -> float:
    """Return how much lower a car stands with so many persons more."""
    rope_m = landings_above * pitch_m + ROPE_OVERHEAD_M
    return persons * PERSON_KG * GRAVITY_MPS2 * rope_m / ROPE_STIFFNESS_N * MM_PER_M


@inlined
def board(cars: Cars, table: LiftTable, moment: Moment, rng: np.random.Generator, i: int) -> int:
    """Let those board who wait to go where the car is heading; return how many.

    As many as fit, rarely more.
    """
    floor, heading, site = int(cars.floor[i]), cars.heading[i], table.site_type[i]
    waiting = cars.waiting_up if heading > 0 else cars.waiting_down
    first = floor + 1 if heading > 0 else 0
    last = int(table.floors_count[i]) - 1 if heading > 0 else floor - 1
    outgoing = moment.outgoing_share[site]
    between = (1.0 - outgoing - moment.incoming_share[site]) / 2  # each way
    main, goal, boarded = int(table.main_floor[i]), NOWHERE, 0
    push = rng.random() < PUSH_SHARE
    while waiting[i, floor] > 0 and (
        has_room(cars, table, i) or (push and not is_overloaded(cars, table, i))
    ):
        if goal == NOWHERE or rng.random() >= TOGETHER_SHARE:
            goal = draw_destination(rng, first, last, main, outgoing / (outgoing + between))
        cars.aboard[i, goal] += 1
        cars.passengers_count[i] += 1
        cars.entered_count[i] += 1
        waiting[i, floor] -= 1
        cars.waiting_count[i] -= 1
        boarded += 1
    return boarded


@inlined
def exchange(cars: Cars, table: LiftTable, moment: Moment, rng: np.random.Generator, i: int) -> int:
    """Let people leave and board at open doors; return how many passed."""
    floor, top = int(cars.floor[i]), int(table.floors_count[i]) - 1
    left = let_off(cars, i)
    calls = Calls(cars.aboard[i], cars.waiting_up[i], cars.waiting_down[i], True)
    cars.heading[i] = next_heading(calls, floor, top, int(cars.heading[i]))
    boarded = board(cars, table, moment, rng, i) if cars.heading[i] != 0 else 0
    cars.level_error_mm[i] -= sinks_mm(boarded - left, top - floor, table.pitch_m[i])
    return left + boarded


@inlined
def step_back(cars: Cars, i: int) -> None:
    """Let one passenger leave an overloaded car, who waits for the next."""
    floor = cars.floor[i]
    for goal in range(cars.aboard.shape[1]):
        if cars.aboard[i, goal] > 0:
            cars.aboard[i, goal] -= 1
            if goal > floor:
                cars.waiting_up[i, floor] += 1
            else:
                cars.waiting_down[i, floor] += 1
            cars.waiting_count[i] += 1
            cars.passengers_count[i] -= 1
            cars.left_count[i] += 1
            break
