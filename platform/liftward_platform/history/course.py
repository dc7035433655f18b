"""What follows from the order of samples: heard time, increases of counters, distance, trips. Pure.

Arrays over many hours of many lifts at once; a test compares it with a twin that takes one lift at
a time. Must not know SQL or the clock.

Heard: the time between two samples that lie no further apart than SILENCE_MAX, the rule of the
quality figures; it is cut at the ends of the hour, so that hours add up exactly. It belongs to the
service mode of the earlier sample.

Counters: an increase belongs to the hour of the later reading. The earlier one lies in the hour, or
at most SILENCE_MAX before it: what was counted while nobody heard is in no hour (the readings
tell). A counter that fell, or jumped by more than a lift can do, is another counter: that increase
is unknown.

Trips: a sample is in motion or at rest by its speed; without a speed an open car door says at rest;
else it says nothing. Of samples of one moment the last counts. A trip begins where motion follows
rest or silence, at the last sample at rest (or, after silence, the first in motion), and ends with
the first sample at rest. An end that lies behind a silence, or later than TRIP_MAX, was not seen. A
change of floor between two samples at rest is a trip whose course nobody saw.
"""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt

from liftward_wire.signals import COUNT_ABSENT
from liftward_wire.states import DoorState, ServiceMode

Int64s = npt.NDArray[np.int64]
Float64s = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

# Devices send at least once a minute; five silent minutes are an outage, not a slow moment.
SILENCE_MAX = timedelta(minutes=5)
# The longest shafts take under three minutes at working speed; inspection runs go at 0.3 m/s.
TRIP_MAX = timedelta(minutes=15)
HOUR = timedelta(hours=1)
# What samples near an hour's border have a say in its figures: this much before, this much after.
REACH_BEFORE = SILENCE_MAX
REACH_AFTER = SILENCE_MAX + TRIP_MAX
# Slower is levelling, creep of a hydraulic car, or noise of the sensor.
MOTION_MIN_MPS = 0.05
# Smaller changes of position are noise; a thousand of them an hour would look like a trip.
POSITION_NOISE_M = 0.05
# No lift starts, opens or runs more than this within an hour and a silence.
INCREASE_MAX = 3600
INCREASE_MAX_H = 1.1
SILENCE_US, TRIP_MAX_US, HOUR_US = (
    period // timedelta(microseconds=1) for period in (SILENCE_MAX, TRIP_MAX, HOUR)
)
MODES_COUNT = len(ServiceMode)
_OPEN_DOORS = [door.code for door in (DoorState.OPENING, DoorState.OPEN, DoorState.CLOSING)]


@dataclass(frozen=True, slots=True, kw_only=True)
class HourSamples:
    """Samples of asked hours and around them, by number of the hour and then in order of time."""

    number: Int64s  # which of the asked hours, from 0
    at_us: Int64s
    mode: Int64s
    car_door: Int64s
    floor: Int64s  # COUNT_ABSENT: absent; as for the counters
    trips: Int64s
    door_cycles: Int64s
    run_time_h: Float64s  # NaN: absent; as for all floats
    position_m: Float64s
    speed_mps: Float64s  # its amount
    load_kg: Float64s


@dataclass(frozen=True, slots=True, kw_only=True)
class HourCourses:
    """Figures of each asked hour. NaN: not known."""

    samples_count: Int64s
    mode_us: Int64s  # hours x modes; their sum is the heard time
    trips: Float64s
    door_cycles: Float64s
    run_time_s: Float64s
    distance_m: Float64s
    breaks_count: Int64s

    @property
    def heard_us(self) -> Int64s:
        summed: Int64s = self.mode_us.sum(axis=1)
        return summed


@dataclass(frozen=True, slots=True, kw_only=True)
class Trips:
    """Trips that began in the asked hours, in order. COUNT_ABSENT and NaN: not known."""

    number: Int64s
    started_us: Int64s
    ended_us: Int64s
    from_floor: Int64s
    to_floor: Int64s
    moving_s: Float64s
    speed_max_mps: Float64s
    load_max_kg: Float64s
    samples_count: Int64s


def hour_courses(samples: HourSamples, hours_us: Int64s) -> HourCourses:
    """Return the figures of the hours that begin at `hours_us`."""
    count = len(hours_us)
    number, at_us = samples.number, samples.at_us
    since = at_us - hours_us[number]
    inside = (since >= 0) & (since < HOUR_US)
    trips, trips_breaks = _increases(samples, samples.trips, inside, INCREASE_MAX, count)
    cycles, cycles_breaks = _increases(samples, samples.door_cycles, inside, INCREASE_MAX, count)
    run_h, run_breaks = _increases(samples, samples.run_time_h, inside, INCREASE_MAX_H, count)
    return HourCourses(
        samples_count=np.bincount(number[inside], minlength=count),
        mode_us=_mode_us(samples, since, count),
        trips=trips,
        door_cycles=cycles,
        run_time_s=run_h * 3600,
        distance_m=_distance_m(samples, inside, count),
        breaks_count=trips_breaks + cycles_breaks + run_breaks,
    )


def _mode_us(samples: HourSamples, since: Int64s, count: int) -> Int64s:
    """Return the heard time of each hour by mode."""
    gap = np.diff(samples.at_us)
    overlap = np.minimum(since[1:], HOUR_US) - np.maximum(since[:-1], 0)
    heard = (np.diff(samples.number) == 0) & (gap <= SILENCE_US) & (overlap > 0)
    mode = samples.mode[:-1][heard]
    mode = np.where(
        (mode >= 0) & (mode < MODES_COUNT), mode, 0
    )  # a newer gateway's is unknown here
    cell = samples.number[:-1][heard] * MODES_COUNT + mode
    summed = np.bincount(cell, weights=overlap[heard], minlength=count * MODES_COUNT)
    return summed.astype(np.int64).reshape(count, MODES_COUNT)  # exact: far below 2**53


def _increases(
    samples: HourSamples, values: Int64s | Float64s, inside: Bools, most: float, count: int
) -> tuple[Float64s, Int64s]:
    """Return the sum of a counter's increases in each hour (NaN: none known), and its breaks."""
    known = np.flatnonzero(
        ~np.isnan(values) if values.dtype == np.float64 else values != COUNT_ABSENT
    )
    number = samples.number[known]
    pair = (np.diff(number) == 0) & inside[known][1:]
    increase = np.diff(values[known])[pair]
    hour = number[1:][pair]
    whole = (increase >= 0) & (increase <= most)
    return (
        _sums(hour[whole], increase[whole], count),
        np.bincount(hour[~whole], minlength=count),
    )


def _distance_m(samples: HourSamples, inside: Bools, count: int) -> Float64s:
    moved = np.abs(np.diff(samples.position_m))
    pair = (np.diff(samples.number) == 0) & (np.diff(samples.at_us) <= SILENCE_US)
    pair &= inside[1:] & ~np.isnan(moved)
    hour, moved = samples.number[1:][pair], moved[pair]
    return _sums(hour, np.where(moved >= POSITION_NOISE_M, moved, 0.0), count)


def _sums(hour: Int64s, values: Int64s | Float64s, count: int) -> Float64s:
    """Return the sum of the values of each hour; NaN where there is none."""
    summed = np.bincount(hour, weights=values, minlength=count).astype(np.float64)
    summed[np.bincount(hour, minlength=count) == 0] = np.nan
    return summed


@dataclass(frozen=True, slots=True, kw_only=True)
class _Steps:
    """Samples that say whether the car moves, each with what came before it."""

    number: Int64s
    at_us: Int64s
    moving: Bools
    floor: Int64s
    speed_mps: Float64s
    load_kg: Float64s
    followed: Bools  # an earlier sample of the hour's window is there
    before_us: Int64s
    before_moving: Bools
    before_floor: Int64s


def _steps(samples: HourSamples) -> _Steps:
    known = ~np.isnan(samples.speed_mps) | np.isin(samples.car_door, _OPEN_DOORS)
    kept = np.flatnonzero(known)
    number, at_us = samples.number[kept], samples.at_us[kept]
    last_of_moment = np.ones(len(kept), dtype=np.bool_)
    last_of_moment[:-1] = (np.diff(number) != 0) | (np.diff(at_us) != 0)
    kept = kept[last_of_moment]
    number, at_us, floor = samples.number[kept], samples.at_us[kept], samples.floor[kept]
    moving = samples.speed_mps[kept] >= MOTION_MIN_MPS  # NaN is not
    followed = np.zeros(len(kept), dtype=np.bool_)
    followed[1:] = np.diff(number) == 0
    return _Steps(
        number=number,
        at_us=at_us,
        moving=moving,
        floor=floor,
        speed_mps=samples.speed_mps[kept],
        load_kg=samples.load_kg[kept],
        followed=followed & (np.diff(at_us, prepend=at_us[:1]) <= SILENCE_US),
        before_us=np.roll(at_us, 1),
        before_moving=np.roll(moving, 1),
        before_floor=np.roll(floor, 1),
    )


def trips_of(samples: HourSamples, hours_us: Int64s) -> Trips:
    """Return the trips that began within the hours that begin at `hours_us`."""
    steps = _steps(samples)
    rested = steps.followed & ~steps.before_moving  # at rest a moment ago
    both_floors = (steps.floor != COUNT_ABSENT) & (steps.before_floor != COUNT_ABSENT)
    jumps = ~steps.moving & rested & both_floors & (steps.floor != steps.before_floor)
    begins = np.flatnonzero((steps.moving & ~(steps.followed & steps.before_moving)) | jumps)
    started_us = np.where(rested[begins], steps.before_us[begins], steps.at_us[begins])
    since = started_us - hours_us[steps.number[begins]]
    asked = (since >= 0) & (since < HOUR_US)
    return _courses(steps, begins, rested, asked, started_us)


def _courses(
    steps: _Steps, begins: Int64s, rested: Bools, asked: Bools, started_us: Int64s
) -> Trips:
    """Follow each trip from its first sample to the last one that belongs to it."""
    trip = np.full(len(steps.number), -1, dtype=np.int64)
    trip[begins] = np.arange(len(begins))
    trip = np.maximum.accumulate(trip)
    within = trip >= 0
    within[within] = steps.number[within] == steps.number[begins[trip[within]]]
    in_time = within.copy()
    first_us = steps.at_us[begins]
    in_time[within] = steps.at_us[within] <= first_us[trip[within]] + TRIP_MAX_US
    counts = in_time & steps.moving
    ends = in_time & ~steps.moving & steps.followed & steps.before_moving
    jumped = np.zeros(len(steps.number), dtype=np.bool_)
    jumped[begins] = ~steps.moving[begins]
    ends |= jumped
    total = len(begins)
    ended_us, to_floor = np.full(total, COUNT_ABSENT), np.full(total, COUNT_ABSENT)
    ended_us[trip[ends]] = steps.at_us[ends]
    to_floor[trip[ends]] = steps.floor[ends]
    moving_us = np.full(total, COUNT_ABSENT)
    np.maximum.at(moving_us, trip[counts], steps.at_us[counts])
    seen = steps.moving[begins]
    from_floor = np.where(rested[begins], steps.before_floor[begins], COUNT_ABSENT)
    return Trips(
        number=steps.number[begins][asked],
        started_us=started_us[asked],
        ended_us=ended_us[asked],
        from_floor=from_floor[asked],
        to_floor=to_floor[asked],
        moving_s=np.where(seen, (moving_us - first_us) / 1e6, np.nan)[asked],
        speed_max_mps=_largest(steps.speed_mps[counts], trip[counts], total)[asked],
        load_max_kg=_largest(steps.load_kg[counts], trip[counts], total)[asked],
        samples_count=np.bincount(trip[counts], minlength=total)[asked],
    )


def _largest(values: Float64s, trip: Int64s, total: int) -> Float64s:
    largest = np.full(total, np.nan)
    np.fmax.at(largest, trip, values)
    return largest
