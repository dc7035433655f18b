"""People who come, call, board and leave; and which landing a car serves next.

Collective control on arrays: a car goes on in its direction as long as anyone wants that, then
turns. Knows landings and persons. Must not know faults, signals or messages.
"""

import numpy as np
from numpy.typing import NDArray

from liftward_simulator.physics.cars import Cars
from liftward_simulator.physics.lifts import BoolArray, IntArray, LiftTable
from liftward_simulator.physics.motion import FloatArray

WAITING_PERSONS_MAX = 12  # at one landing in one direction; the others take the stairs
# Persons in one group: 1 in 77 %, 2 in 11 %, the rest more (trapped people in 234 Jiangsu orders).
GROUP_SIZES = np.array([1, 2, 3, 4, 5, 7])
GROUP_SHARES = np.array([0.77, 0.11, 0.04, 0.03, 0.02, 0.03])
FROM_MAIN_SHARE = 0.48  # of the journeys begin at the main landing
TO_MAIN_SHARE = 0.85  # of the others end there
# Weight of each hour of the day, mean 1: peaks at 08-10 and 18-20, least at 04-06.
HOUR_WEIGHTS = np.array(
    (
        *(0.35, 0.2, 0.15, 0.1, 0.1, 0.15, 0.5, 1.2, 1.7, 1.5, 1.1, 1.2),
        *(1.4, 1.2, 1.0, 1.0, 1.2, 1.6, 2.1, 1.9, 1.4, 1.1, 0.85, 0.6),
    )
)


def hour_weight(clock_s: float, start_hour: float) -> float:
    """Return the traffic weight at a moment of the town's own day."""
    hour = (start_hour + clock_s / 3600.0) % 24.0
    return float(np.interp(hour, np.arange(25), np.append(HOUR_WEIGHTS, HOUR_WEIGHTS[0])))


def arrive(cars: Cars, table: LiftTable, rng: np.random.Generator, mean_groups: FloatArray) -> None:
    """Let groups of people come to landings; `mean_groups` is the expectation of each lift."""
    lifts = np.flatnonzero(rng.poisson(mean_groups))
    if not lifts.size:
        return
    main, top = table.main_floor[lifts], table.floors_count[lifts] - 1
    from_main = rng.random(lifts.size) < FROM_MAIN_SHARE
    origins = np.where(from_main, main, rng.integers(0, top + 1))
    sizes = rng.choice(GROUP_SIZES, size=lifts.size, p=GROUP_SHARES).astype(np.int16)
    to_main = rng.random(lifts.size) < TO_MAIN_SHARE
    up = np.where(origins == main, top > main, np.where(to_main, origins < main, origins < top))
    for waiting, chosen in ((cars.waiting_up, up), (cars.waiting_down, ~up)):
        rows, columns = lifts[chosen], origins[chosen]
        # Nobody waits to go down from the lowest landing.
        possible = (columns > 0) if waiting is cars.waiting_down else (columns < top[chosen])
        rows, columns, added = rows[possible], columns[possible], sizes[chosen][possible]
        waiting[rows, columns] = np.minimum(waiting[rows, columns] + added, WAITING_PERSONS_MAX)


def next_stop(
    floor: IntArray,
    heading: NDArray[np.int8],
    car_calls: BoolArray,
    up_calls: BoolArray,
    down_calls: BoolArray,
) -> IntArray:
    """Return the next landing of each car by collective control, -1 when nobody wants anything.

    Parameters
    ----------
    floor, heading : ndarray of shape (n,)
        Where each car stands; 1 up, -1 down, 0 none (then up is tried first).
    car_calls, up_calls, down_calls : ndarray of shape (n, n_floors), bool
        Destinations of those aboard, and people waiting to go up or down.
    """
    landings = np.arange(car_calls.shape[1])
    above, below = landings > floor[:, None], landings < floor[:, None]
    upwards = _first_found(_lowest(above & (car_calls | up_calls)), _highest(above & down_calls))
    downwards = _first_found(_highest(below & (car_calls | down_calls)), _lowest(below & up_calls))
    return np.where(
        heading >= 0, _first_found(upwards, downwards), _first_found(downwards, upwards)
    )


def _lowest(calls: BoolArray) -> IntArray:
    return np.where(calls.any(axis=1), calls.argmax(axis=1), -1)


def _highest(calls: BoolArray) -> IntArray:
    last = calls.shape[1] - 1 - calls[:, ::-1].argmax(axis=1)
    return np.where(calls.any(axis=1), last, -1)


def _first_found(wanted: IntArray, otherwise: IntArray) -> IntArray:
    return np.where(wanted >= 0, wanted, otherwise)


def calls_of(cars: Cars, lifts: IntArray) -> tuple[BoolArray, BoolArray, BoolArray]:
    """Return car calls, up calls and down calls of these lifts."""
    return cars.aboard[lifts] > 0, cars.waiting_up[lifts] > 0, cars.waiting_down[lifts] > 0


def choose_heading(cars: Cars, lifts: IntArray) -> None:
    """Decide which way cars with open doors serve next: straight on, else turn, else rest."""
    floor = cars.floor[lifts]
    car_calls, up_calls, down_calls = calls_of(cars, lifts)
    anyone = car_calls | up_calls | down_calls
    landings = np.arange(anyone.shape[1])
    rows = np.arange(lifts.size)
    goes_up = (anyone & (landings > floor[:, None])).any(axis=1) | up_calls[rows, floor]
    goes_down = (anyone & (landings < floor[:, None])).any(axis=1) | down_calls[rows, floor]
    upward_first = cars.heading[lifts] >= 0
    heading = np.where(
        upward_first,
        np.where(goes_up, 1, np.where(goes_down, -1, 0)),
        np.where(goes_down, -1, np.where(goes_up, 1, 0)),
    )
    cars.heading[lifts] = heading


def exchange(cars: Cars, table: LiftTable, lifts: IntArray, rng: np.random.Generator) -> BoolArray:
    """Let people leave and board at open doors; return which of these lifts anyone boarded."""
    cars.aboard[lifts, cars.floor[lifts]] = 0
    choose_heading(cars, lifts)
    boarded = _board(cars, table, lifts[cars.heading[lifts] > 0], rng, upward=True)
    boarded |= _board(cars, table, lifts[cars.heading[lifts] < 0], rng, upward=False)
    return boarded[lifts]


def _board(
    cars: Cars, table: LiftTable, lifts: IntArray, rng: np.random.Generator, *, upward: bool
) -> BoolArray:
    """Move waiting people into these cars, as many as fit, and draw where each wants to go."""
    waiting = cars.waiting_up if upward else cars.waiting_down
    floor = cars.floor[lifts]
    room = table.capacity_persons[lifts] - cars.persons_count[lifts]
    boarding = np.clip(waiting[lifts, floor], 0, np.maximum(room, 0)).astype(np.int64)
    waiting[lifts, floor] -= boarding.astype(np.int16)
    rows = np.repeat(lifts, boarding)
    here, main = np.repeat(floor, boarding), table.main_floor[rows]
    if upward:
        anywhere = rng.integers(here + 1, table.floors_count[rows])
        homeward = main > here
    else:
        anywhere = rng.integers(0, here)
        homeward = main < here
    to_main = homeward & (rng.random(rows.size) < TO_MAIN_SHARE)
    np.add.at(cars.aboard, (rows, np.where(to_main, main, anywhere)), 1)
    boarded = np.zeros(table.count, np.bool_)
    boarded[rows] = True
    return boarded
