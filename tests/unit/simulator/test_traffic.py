"""When people come and where they go."""

from dataclasses import fields, replace

import numpy as np
import pytest

from liftward_simulator.city.site_types import SITE_TYPES as SITE_TYPE_TABLE
from liftward_simulator.physics.lifts import TRIPS_PER_DAY, LiftTable
from liftward_simulator.physics.patterns import SITE_TYPES, flows, hour_curves
from liftward_simulator.physics.traffic import Traffic
from support.small_fleet import run, table_of, traffic_of


def city_curve() -> np.ndarray:
    """Return each hour's share of a city's traffic."""
    weights = [SITE_TYPE_TABLE[name].share * TRIPS_PER_DAY[name] for name in SITE_TYPES]
    curve = np.average(hour_curves(), axis=0, weights=weights)
    return np.asarray(curve / curve.sum())


def test_a_city_has_its_two_peaks_and_its_quiet_night() -> None:
    """18-20 h has 15-18 % of the day, 08-10 h 11-15 %, and 04-06 h the least (domain 3.8)."""
    by_two_hours = city_curve().reshape(12, 2).sum(axis=1)

    assert 0.15 <= by_two_hours[9] <= 0.18
    assert 0.11 <= by_two_hours[4] <= 0.15
    assert by_two_hours.argmax() == 9
    assert by_two_hours.argmin() == 2


def test_each_kind_of_building_has_a_day_of_mean_one_and_shares_that_add_up() -> None:
    """Weights average 1; incoming and outgoing leave something for journeys between landings."""
    incoming, outgoing = flows()

    np.testing.assert_allclose(hour_curves().mean(axis=1), 1.0)
    assert np.all(hour_curves() > 0)
    assert np.all((incoming > 0) & (outgoing > 0) & (incoming + outgoing < 1))


def test_homes_empty_in_the_morning_and_offices_fill() -> None:
    """At eight most groups leave homes and enter offices; at eighteen the reverse."""
    incoming, outgoing = flows()
    home, office = SITE_TYPES.index("residential"), SITE_TYPES.index("office")

    assert outgoing[home, 8] > 0.5 > incoming[home, 8]
    assert incoming[office, 8] > 0.5 > outgoing[office, 8]
    assert incoming[home, 18] > 0.5 > outgoing[home, 18]
    assert outgoing[office, 18] > 0.5 > incoming[office, 18]


def busy_table() -> LiftTable:
    return table_of(300, arrivals_per_s=1 / 60)


def test_as_many_people_come_as_the_hour_has() -> None:
    """Arrivals follow rate, hour and factor; a factor of none brings nobody."""
    entered = []
    for factor, start_hour in ((1.0, 18.0), (1.0, 4.0), (2.0, 12.0), (0.0, 18.0)):
        traffic = traffic_of(busy_table())
        traffic = Traffic(
            cars=traffic.cars,
            table=traffic.table,
            rng=traffic.rng,
            start_hour=start_hour,
            factor=factor,
        )
        traffic.begin(0.0)
        run(traffic, 120.0)
        entered.append(int(traffic.cars.entered_count.sum() + traffic.cars.waiting_count.sum()))

    home = hour_curves()[SITE_TYPES.index("residential")]
    persons_each = 1.53  # the mean of the group sizes
    expected = np.array([home[18], home[4], 2 * home[12], 0.0]) * 300 * 2 * persons_each
    np.testing.assert_allclose(entered, expected, rtol=0.15, atol=20)


def test_everybody_is_somewhere_at_every_step() -> None:
    """For every lift: in minus out is aboard, sums agree with their rows, nothing is negative."""
    table = replace(busy_table(), rated_load_kg=np.full(300, 320.0))
    traffic = traffic_of(table)
    top_m = (table.floors_count - 1) * table.pitch_m
    for step in range(600):
        run(traffic, 0.2, from_s=step * 0.2)
        cars = traffic.cars
        np.testing.assert_array_equal(cars.entered_count - cars.left_count, cars.persons_count)
        np.testing.assert_array_equal(cars.aboard.sum(axis=1), cars.passengers_count)
        waiting = cars.waiting_up.sum(axis=1) + cars.waiting_down.sum(axis=1)
        np.testing.assert_array_equal(waiting, cars.waiting_count)
        assert min(cars.aboard.min(), cars.waiting_up.min(), cars.waiting_down.min()) >= 0
        assert np.all((cars.position_m >= -1e-9) & (cars.position_m <= top_m + 1e-9))
    assert traffic.cars.left_count.sum() > 500


@pytest.mark.parametrize("dt_s", [0.2, 0.5])
def test_the_same_seed_gives_the_same_bytes_however_calls_are_grouped(dt_s: float) -> None:
    """Two fleets agree in every array, one of them stopped and gone on with in between."""
    first, second = traffic_of(busy_table(), seed=5), traffic_of(busy_table(), seed=5)
    for step in range(1, 401):
        first.advance(step * dt_s, dt_s)
    for steps in (range(1, 151), range(151, 401)):
        for step in steps:
            second.advance(step * dt_s, dt_s)
        second = Traffic(
            cars=second.cars, table=second.table, rng=second.rng, start_hour=8.0, factor=1.0
        )

    for field in fields(first.cars):
        ours, theirs = (getattr(traffic.cars, field.name) for traffic in (first, second))
        assert ours.tobytes() == theirs.tobytes(), field.name
