"""The one loop over all lifts that lets a moment pass: people come, doors cycle, cars travel.

One car after the other, in plain code that numba compiles; a car with nothing to do costs a few
comparisons. A scripted car only finishes the phase it is in. Must not know why a car is scripted,
signals or messages.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from liftward_simulator.physics.calls import NOWHERE, Calls, next_heading, next_stop, wanted_ahead
from liftward_simulator.physics.cars import BRAKE_MPS2, CREEP_MPS, START_DELAY_S, Cars, Phase
from liftward_simulator.physics.compiling import SOURCE_FINGERPRINT, entry_point, inlined
from liftward_simulator.physics.lifts import LiftTable
from liftward_simulator.physics.motion import (
    FloatArray,
    Trip,
    flight_time_s,
    plan_trip,
    travelled,
    turns_off_s,
)
from liftward_simulator.physics.passengers import (
    MM_PER_M,
    Moment,
    exchange,
    has_room,
    is_overloaded,
    receive,
    step_back,
)

PASSING_S = 0.8  # for each person through the door [mem]
EXTRA_DWELL_S = 1.5  # the least, for those who come while the doors stand open
OVERLOAD_DWELL_S = 3.0  # how often somebody in an overloaded car thinks of leaving it
STEPS_BACK_SHARE = 0.5  # and does
# EN 81-20: levelled to 10 mm; a car that loading moves further is levelled again, at 0.3 m/s at
# most. Real ones creep far slower. [mem]
RELEVELS_FROM_MM, RELEVEL_MPS = 10.0, 0.03
STOP_SCATTER_MM = 1.5  # from one stop to the next, either way
MOTOR_DEGC_REST, MOTOR_DEGC_RUN, MOTOR_TIME_CONSTANT_S = 30.0, 85.0, 900.0

# Plain numbers for the compiled code; the assertions keep them those of Phase.
_IDLE, _OPENING, _OPEN, _CLOSING = 0, 1, 2, 3
_STARTING, _MOVING, _CREEPING, _BRAKING = 4, 5, 6, 7
_HELD_CLOSED, _HELD_OPEN, _HELD_AJAR = 8, 9, 12
assert (_IDLE, _OPENING, _OPEN, _CLOSING) == (
    Phase.IDLE,
    Phase.OPENING,
    Phase.OPEN,
    Phase.CLOSING,
)
assert (_STARTING, _MOVING, _CREEPING, _BRAKING) == (
    Phase.STARTING,
    Phase.MOVING,
    Phase.CREEPING,
    Phase.BRAKING,
)
assert (_HELD_CLOSED, _HELD_OPEN, _HELD_AJAR) == (
    Phase.HELD_CLOSED,
    Phase.HELD_OPEN,
    Phase.HELD_AJAR,
)


@inlined
def step_lift(
    cars: Cars, table: LiftTable, moment: Moment, rng: np.random.Generator, i: int
) -> bool:
    """Let one lift live through the moment; return whether its closing doors opened again."""
    while moment.clock_s >= cars.next_arrival_s[i]:
        landing, way = receive(cars, table, moment, rng, i)
        if landing != NOWHERE:
            notice(cars, table, i, landing, way)
    phase, retried = cars.phase[i], False
    if _OPENING <= phase <= _STARTING:
        if phase == _OPEN:
            level_again(cars, i, moment.dt_s)
        # What is over by less than a step is taken off the next phase: no time is lost.
        cars.phase_left_s[i] = max(cars.phase_left_s[i], 0.0) - moment.dt_s
        if cars.phase_left_s[i] <= 0 and cars.velocity_mps[i] == 0:
            retried = finish_phase(cars, table, moment, rng, i)
    elif phase == _MOVING:
        travel(cars, table, i, moment.dt_s)
    elif phase != _IDLE:
        finish_scripted(cars, table, i, moment.dt_s)
    wanted = cars.waiting_count[i] > 0 or cars.passengers_count[i] > 0
    if wanted and cars.phase[i] == _IDLE and not cars.scripted[i]:
        depart(cars, table, rng, i)
    goal_degc = MOTOR_DEGC_REST
    if cars.velocity_mps[i] != 0:
        goal_degc = MOTOR_DEGC_RUN
        cars.run_time_s[i] += moment.dt_s
    cars.motor_degc[i] += (goal_degc - cars.motor_degc[i]) * moment.dt_s / MOTOR_TIME_CONSTANT_S
    return retried


@inlined
def notice(cars: Cars, table: LiftTable, i: int, landing: int, way: int) -> None:
    """Let a new call reach a car under way, or one whose doors are just closing there."""
    phase = cars.phase[i]
    if phase in (_STARTING, _MOVING):
        retarget(cars, table, i)
    elif phase == _CLOSING and landing == cars.floor[i] and way * cars.heading[i] >= 0:
        closed_share = 1.0 - cars.phase_left_s[i] / door_time_s(cars, table.door_close_s, i)
        cars.phase[i] = _OPENING
        cars.phase_left_s[i] = door_time_s(cars, table.door_open_s, i) * closed_share


@inlined
def door_time_s(cars: Cars, times_s: FloatArray, i: int) -> float:
    return float(times_s[i] * cars.door_factor[i])


@inlined
def calls_of(cars: Cars, table: LiftTable, i: int) -> Calls:
    """Return who wants what; a full car passes those who wait."""
    answered = has_room(cars, table, i)
    return Calls(cars.aboard[i], cars.waiting_up[i], cars.waiting_down[i], answered)


@inlined
def trip_of(cars: Cars, i: int) -> Trip:
    return Trip(cars.trip[i, 0], cars.trip[i, 1], cars.trip[i, 2])


@inlined
def retarget(cars: Cars, table: LiftTable, i: int) -> None:
    """Let a car under way stop for a call on its way, where it still can.

    Only while both trips, the old and the new, have gone the same way until now.
    """
    floor, target = int(cars.floor[i]), int(cars.target[i])
    way = 1 if target > floor else -1
    calls = calls_of(cars, table, i)
    if calls.answered and not turned_off(cars, table, i, trip_of(cars, i)):
        first = floor + way
        while first != target and turned_off(
            cars, table, i, trip_to(cars, table, i, first * table.pitch_m[i])
        ):
            first += way
        stop = wanted_ahead(calls, first, int(table.floors_count[i]) - 1 if way > 0 else 0, way)
        if stop != NOWHERE:
            aim(cars, table, i, stop)


@inlined
def turned_off(cars: Cars, table: LiftTable, i: int, trip: Trip) -> bool:
    """Tell whether a trip from where the car started would by now go another way than the car."""
    off_s = turns_off_s(trip, table.speed_mps[i], table.jerk_mps3[i])
    return bool(cars.trip_elapsed_s[i] > off_s)


@inlined
def trip_to(cars: Cars, table: LiftTable, i: int, to_m: float) -> Trip:
    """Return the trip from where the car started to a height."""
    return plan_trip(
        math.fabs(to_m - cars.trip_from_m[i]),
        table.speed_mps[i],
        table.acceleration_mps2[i],
        table.jerk_mps3[i],
    )


@inlined
def aim(cars: Cars, table: LiftTable, i: int, stop: int) -> None:
    """Plan the trip of a car from where it started to a landing."""
    cars.target[i], cars.trip_to_m[i] = stop, stop * table.pitch_m[i]
    cars.trip[i, 0], cars.trip[i, 1], cars.trip[i, 2] = trip_to(cars, table, i, cars.trip_to_m[i])


@inlined
def depart(cars: Cars, table: LiftTable, rng: np.random.Generator, i: int) -> None:
    """Open the doors of an idle car for somebody there, or send it where somebody wants it."""
    floor, top = int(cars.floor[i]), int(table.floors_count[i]) - 1
    calls = calls_of(cars, table, i)
    if cars.passengers_count[i] == 0:
        cars.heading[i] = next_heading(calls, floor, top, int(cars.heading[i]))
    # Only for people who would board: those who want the other way are fetched on the way back.
    boards = calls.up[floor] > 0 if cars.heading[i] > 0 else calls.down[floor] > 0
    boards = boards and calls.answered and cars.passengers_count[i] == 0
    if calls.aboard[floor] > 0 or boards:
        cars.phase[i] = _OPENING
        cars.phase_left_s[i] += door_time_s(cars, table.door_open_s, i)
    else:
        stop = next_stop(calls, floor, top, int(cars.heading[i]))
        if stop != NOWHERE:
            cars.heading[i] = 1 if stop > floor else -1
            cars.trip_from_m[i], cars.trip_elapsed_s[i] = cars.position_m[i], 0.0
            aim(cars, table, i, stop)
            cars.trips_count[i] += 1
            cars.phase[i] = _STARTING
            cars.phase_left_s[i] += START_DELAY_S
            # Where it stops will be off by what this lift always is off, and a little by chance.
            cars.stop_scatter_mm[i] = (2.0 * rng.random() - 1.0) * STOP_SCATTER_MM


@inlined
def travel(cars: Cars, table: LiftTable, i: int, dt_s: float) -> None:
    """Advance a car on its trip; at its end open the doors, or hold when it is scripted."""
    trip = trip_of(cars, i)
    cars.trip_elapsed_s[i] += dt_s
    late_s = cars.trip_elapsed_s[i] - flight_time_s(trip)
    if late_s >= 0:
        stand(cars, table, i)
        cars.phase[i] = _HELD_CLOSED if cars.scripted[i] else _OPENING
        cars.phase_left_s[i] = door_time_s(cars, table.door_open_s, i) - min(late_s, dt_s)
    else:
        way_m = cars.trip_to_m[i] - cars.trip_from_m[i]
        sign = 1.0 if way_m > 0 else -1.0
        distance_m, speed_mps = travelled(
            trip, table.jerk_mps3[i], way_m * sign, cars.trip_elapsed_s[i]
        )
        cars.position_m[i] = cars.trip_from_m[i] + sign * distance_m
        cars.velocity_mps[i] = sign * speed_mps


@inlined
def stand(cars: Cars, table: LiftTable, i: int) -> None:
    """Bring a car to rest where it was sent."""
    cars.position_m[i], cars.velocity_mps[i] = cars.trip_to_m[i], 0.0
    cars.floor[i] = int(np.rint(cars.position_m[i] / table.pitch_m[i]))
    cars.target[i] = NOWHERE
    cars.level_error_mm[i] = (
        table.sill_offset_mm[i] + cars.levelling_drift_mm[i] + cars.stop_scatter_mm[i]
    )


@inlined
def level_again(cars: Cars, i: int, dt_s: float) -> None:
    """Creep back to the landing with open doors, once loading has moved the car too far."""
    error_mm = cars.level_error_mm[i]
    if cars.velocity_mps[i] == 0 and math.fabs(error_mm) <= RELEVELS_FROM_MM:
        return
    step_mm = min(RELEVEL_MPS * dt_s * MM_PER_M, math.fabs(error_mm))
    sign = 1.0 if error_mm < 0 else -1.0
    cars.level_error_mm[i] = error_mm + sign * step_mm
    cars.velocity_mps[i] = sign * RELEVEL_MPS if step_mm > 0 else 0.0


@inlined
def finish_phase(
    cars: Cars, table: LiftTable, moment: Moment, rng: np.random.Generator, i: int
) -> bool:
    """Go on to the next phase; return whether closing doors opened again."""
    phase, retried = cars.phase[i], False
    cars.door_cycles_count[i] += phase == _OPENING
    if phase == _STARTING:
        cars.phase[i], cars.trip_elapsed_s[i] = _MOVING, -cars.phase_left_s[i]
    elif cars.scripted[i]:
        cars.phase[i] = _HELD_CLOSED if phase == _CLOSING else _HELD_OPEN
    elif phase != _CLOSING:
        passed_count = exchange(cars, table, moment, rng, i)
        stay_open(cars, table, rng, i, passed_count)
    elif cars.door_reopen_share[i] > 0 and rng.random() < cars.door_reopen_share[i]:
        retried = True
        cars.phase[i] = _OPENING
        cars.phase_left_s[i] += door_time_s(cars, table.door_open_s, i)
    else:
        cars.phase[i] = _IDLE
    return retried


@inlined
def stay_open(
    cars: Cars, table: LiftTable, rng: np.random.Generator, i: int, passed_count: int
) -> None:
    """Keep the doors open: at first, after somebody passed, and while too many are inside."""
    passing_s = passed_count * PASSING_S
    if cars.phase[i] == _OPENING:
        cars.phase[i] = _OPEN
        cars.phase_left_s[i] += max(table.dwell_s[i], passing_s)
    elif is_overloaded(cars, table, i):
        if cars.passengers_count[i] > 0 and rng.random() < STEPS_BACK_SHARE:
            step_back(cars, i)
        cars.phase_left_s[i] += OVERLOAD_DWELL_S
    elif passed_count > 0:
        cars.phase_left_s[i] += max(EXTRA_DWELL_S, passing_s)
    else:
        cars.phase[i] = _CLOSING
        cars.phase_left_s[i] += door_time_s(cars, table.door_close_s, i)


@inlined
def finish_scripted(cars: Cars, table: LiftTable, i: int, dt_s: float) -> None:
    """Move a car that creeps or brakes; one that is held stands."""
    phase = cars.phase[i]
    if phase == _CREEPING:
        left_m = cars.trip_to_m[i] - cars.position_m[i]
        step_m = min(max(left_m, -CREEP_MPS * dt_s), CREEP_MPS * dt_s)
        cars.position_m[i] += step_m
        cars.velocity_mps[i] = step_m / dt_s
        if step_m == left_m:
            stand(cars, table, i)
            cars.phase[i] = _HELD_CLOSED
    elif phase == _BRAKING:
        before_mps = cars.velocity_mps[i]
        after_mps = max(math.fabs(before_mps) - BRAKE_MPS2 * dt_s, 0.0)
        after_mps = after_mps if before_mps > 0 else -after_mps
        cars.position_m[i] += (before_mps + after_mps) / 2 * dt_s
        cars.velocity_mps[i] = after_mps
    elif phase in (_HELD_CLOSED, _HELD_OPEN, _HELD_AJAR):
        cars.velocity_mps[i] = 0.0


def _build_advance(source_fingerprint: int) -> Callable[..., int]:
    """Return the compiled loop; what it captures is part of numba's cache key."""

    @entry_point
    def advance(
        cars: Cars,
        table: LiftTable,
        moment: Moment,
        rng: np.random.Generator,
        retried: NDArray[np.int64],
    ) -> int:
        """Let the moment pass for all lifts.

        Write the lifts whose closing doors opened again into `retried`, shape (n_lifts,), and
        return how many they are.
        """
        assert source_fingerprint >= 0
        retried_count = 0
        for i in range(cars.phase.size):
            if step_lift(cars, table, moment, rng, i):
                retried[retried_count] = i
                retried_count += 1
        return retried_count

    return advance


advance = _build_advance(SOURCE_FINGERPRINT)
