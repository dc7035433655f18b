"""Figures of hours and trips: the arrays agree with the twin that takes one sample at a time."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from liftward_platform.history.course import (
    HOUR,
    MODES_COUNT,
    REACH_AFTER,
    REACH_BEFORE,
    SILENCE_MAX,
    TRIP_MAX,
    HourSamples,
    hour_courses,
    trips_of,
)
from liftward_wire.signals import COUNT_ABSENT
from liftward_wire.states import DoorState
from support import summary_twin
from support.random_lift import random_life
from support.summary_twin import Sample, Trip
from support.virtual_time import START

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)


def us(moment: datetime) -> int:
    return (moment - EPOCH) // MICROSECOND


def arrays(lives: Sequence[Sequence[Sample]], hours: Sequence[tuple[int, datetime]]) -> HourSamples:
    """What the query gives for these hours of these lifts: no more than what reaches into them."""
    rows = [
        (number, sample)
        for number, (lift, hour) in enumerate(hours)
        for sample in lives[lift]
        if hour - REACH_BEFORE <= sample.at <= hour + HOUR + REACH_AFTER
    ]

    def counts(values: list[int | None]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.array([COUNT_ABSENT if v is None else v for v in values], dtype=np.int64)

    def reals(values: list[float | None]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.array([np.nan if v is None else v for v in values], dtype=np.float64)

    return HourSamples(
        number=counts([number for number, _ in rows]),
        at_us=counts([us(s.at) for _, s in rows]),
        mode=counts([s.mode for _, s in rows]),
        car_door=counts([DoorState.OPEN.code if s.door_open else 0 for _, s in rows]),
        floor=counts([s.floor for _, s in rows]),
        trips=counts([s.trips for _, s in rows]),
        door_cycles=counts([s.door_cycles for _, s in rows]),
        run_time_h=reals([s.run_time_h for _, s in rows]),
        position_m=reals([s.position_m for _, s in rows]),
        speed_mps=reals([None if s.speed_mps is None else abs(s.speed_mps) for _, s in rows]),
        load_kg=reals([s.load_kg for _, s in rows]),
    )


def hours_us(hours: Sequence[tuple[int, datetime]]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([us(hour) for _, hour in hours], dtype=np.int64)


def trips(samples: HourSamples, starts_us: np.ndarray[tuple[int], np.dtype[np.int64]]) -> list[
    tuple[int, Trip]
]:  # fmt: skip
    """The arrays of trips as the twin writes them, each with its hour's number."""
    found = trips_of(samples, starts_us)

    def moment(value: int) -> datetime | None:
        return None if value == COUNT_ABSENT else EPOCH + int(value) * MICROSECOND

    def count(value: int) -> int | None:
        return None if value == COUNT_ABSENT else int(value)

    def real(value: float) -> float | None:
        return None if np.isnan(value) else float(value)

    rows = []
    for index, number in enumerate(found.number):
        started_at = moment(found.started_us[index])
        assert started_at is not None
        rows.append(
            (
                int(number),
                Trip(
                    started_at,
                    moment(found.ended_us[index]),
                    count(found.from_floor[index]),
                    count(found.to_floor[index]),
                    real(found.moving_s[index]),
                    real(found.speed_max_mps[index]),
                    real(found.load_max_kg[index]),
                    int(found.samples_count[index]),
                ),
            )
        )
    return rows


@pytest.mark.parametrize("seed", range(25))
def test_arrays_and_twin_agree_on_random_lives(seed: int) -> None:
    """Every figure of every hour and every trip, from no more samples than reach into the hour."""
    rng = random.Random(seed)
    end = START + timedelta(hours=rng.choice([1, 4, 9]))
    lives = [random_life(rng, START - HOUR, end) for _ in range(4)]
    hours = [(lift, START + n * HOUR) for lift in range(4) for n in range(-1, 9)]
    rng.shuffle(hours)
    samples, starts_us = arrays(lives, hours), hours_us(hours)

    courses = hour_courses(samples, starts_us)
    found = trips(samples, starts_us)

    expected_trips = []
    for number, (lift, hour) in enumerate(hours):
        wanted = summary_twin.hour_of(lives[lift], hour)
        where = f"seed {seed} lift {lift} hour {hour}"
        by_mode = [wanted.mode_us.get(mode, 0) for mode in range(MODES_COUNT)]
        assert courses.samples_count[number] == wanted.samples_count, where
        assert courses.mode_us[number].tolist() == by_mode, where
        assert courses.heard_us[number] == sum(by_mode), where
        assert courses.breaks_count[number] == wanted.breaks_count, where
        for name, value in (
            ("trips", wanted.trips),
            ("door_cycles", wanted.door_cycles),
            ("distance_m", wanted.distance_m),
            ("run_time_s", None if wanted.run_time_h is None else wanted.run_time_h * 3600),
        ):
            figure = getattr(courses, name)[number]
            assert np.isnan(figure) if value is None else figure == value, f"{where} {name}"
        expected_trips += [
            (number, trip)
            for trip in summary_twin.trips_of(lives[lift])
            if hour <= trip.started_at < hour + HOUR
        ]
    assert sorted(found, key=repr) == sorted(expected_trips, key=repr), f"seed {seed}"
    assert found, f"seed {seed}: a life without a trip shows nothing"


def ride(*steps: tuple[float, float, int | None]) -> list[Sample]:
    """Samples at so many seconds after START: speed and floor."""
    return [
        Sample(at=START + s * SECOND, speed_mps=speed, floor=floor) for s, speed, floor in steps
    ]


def test_a_trip_lies_between_the_rests_around_it() -> None:
    """Start and end are the samples at rest; what is between the first and last motion was seen."""
    life = ride((0, 0, 0), (5, 1.0, 0), (10, -1.75, 3), (15, 0, 5), (20, 0, 5))

    (found,) = trips(arrays([life], [(0, START)]), hours_us([(0, START)]))

    assert found == (0, Trip(START, START + 15 * SECOND, 0, 5, 5.0, 1.75, None, 2))


def test_what_nobody_saw_of_a_trip_is_not_made_up() -> None:
    """A silence hides the start of one trip and the end of another."""
    silence_s = SILENCE_MAX.total_seconds() + 1
    life = ride((0, 0, 0), (silence_s, 1.0, 4), (silence_s + 5, 0, 5), (silence_s + 10, 1.0, 6))
    life += ride((2 * silence_s + 10, 0, 0))

    found = [trip for _, trip in trips(arrays([life], [(0, START)]), hours_us([(0, START)]))]

    assert [(t.from_floor, t.to_floor, t.ended_at is None) for t in found] == [
        (None, 5, False),
        (5, None, True),
    ]


def test_a_stuck_speed_is_no_endless_trip() -> None:
    """A sensor that says 1 m/s for hours gives one trip whose end was not seen, not one an hour."""
    life = ride((0, 0, 0), *((60.0 * n, 1.0, 0) for n in range(1, 121)))
    asked = [(0, START), (0, START + HOUR)]

    found = trips(arrays([life], asked), hours_us(asked))

    assert [(number, trip.ended_at) for number, trip in found] == [(0, None)]
    assert found[0][1].moving_s == TRIP_MAX.total_seconds()


def test_hours_of_nothing_are_no_error() -> None:
    """A lift that said nothing in the asked hour has zeros and unknowns."""
    asked = [(0, START)]
    courses = hour_courses(arrays([[]], asked), hours_us(asked))

    assert courses.heard_us.tolist() == [0]
    assert np.isnan(courses.trips).all()
    assert trips(arrays([[]], asked), hours_us(asked)) == []
