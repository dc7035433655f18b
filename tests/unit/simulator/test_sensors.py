"""What gateways measure: who sees what, in which steps, and when they speak."""

import numpy as np
import pytest
from numpy.typing import NDArray

from liftward_simulator.city.town import make_town, town_from
from liftward_simulator.devices.defects import NO_DEFECTS, Defects
from liftward_simulator.devices.gateway_types import GATEWAY_TYPES, GatewayArrays
from liftward_simulator.devices.observed import Signals
from liftward_simulator.devices.readings import STATE_NAMES, numbers, readings
from liftward_simulator.devices.sensing import Sensing
from liftward_simulator.physics.cars import Cars, Phase
from liftward_simulator.physics.lifts import LiftTable
from liftward_wire.signals import COUNT_ABSENT, SIGNALS, SignalType
from liftward_wire.states import DoorState

LIFT_COUNT = 40
TOWN = town_from(make_town(np.random.default_rng(1), LIFT_COUNT))
WITHOUT_HAND = frozenset({"HAND-001"})
ALL = np.arange(LIFT_COUNT)
CLOCK_S = 100.0


def table_of_town() -> LiftTable:
    return LiftTable.from_town(TOWN, np.random.default_rng(2), WITHOUT_HAND)


def sensing_of(type_name: str, table: LiftTable, without: frozenset[str] = frozenset()) -> Sensing:
    gateways = GatewayArrays.of_lifts([type_name] * table.count, without)
    rng = np.random.default_rng(3)
    return Sensing.of(table, gateways, Defects(NO_DEFECTS, rng), rng)


def cars_of(table: LiftTable) -> Cars:
    """Cars of which some move, some stand open and some stand off level."""
    cars = Cars.at_rest(table, np.random.default_rng(4))
    cars.staff[::3] = 1
    cars.phase[::4] = Phase.OPENING
    cars.phase[1::4] = Phase.MOVING
    cars.velocity_mps[1::4] = 1.234567
    cars.position_m[2::4] += 1.4321
    return cars


def measured(sensing: Sensing, cars: Cars, clock_s: float = CLOCK_S) -> Signals:
    return sensing.measure(cars, sensing.look(cars, clock_s), ALL, clock_s)


def present(name: str, signals: Signals) -> NDArray[np.bool_]:
    kind = next(signal.type for signal in SIGNALS if signal.name == name)
    if kind is SignalType.STATE:
        return np.asarray(signals[name] != 0)
    if kind is SignalType.FLOAT:
        return ~np.isnan(signals[name])
    return np.asarray(signals[name] != COUNT_ABSENT)


@pytest.mark.parametrize("type_name", GATEWAY_TYPES)
def test_what_a_type_does_not_see_is_absent(type_name: str) -> None:
    """Unseen signals are absent at every lift, never zero; seen ones are there at some lift."""
    table = table_of_town()

    signals = measured(sensing_of(type_name, table), cars_of(table))

    assert set(signals) == {signal.name for signal in SIGNALS}
    for name in signals:
        assert present(name, signals).any() == (name in GATEWAY_TYPES[type_name].signals), name


def test_a_signal_left_out_is_absent() -> None:
    """A reduced set has nothing where the sensor would be, and all else as before."""
    table = table_of_town()
    without = frozenset({"occupancy", "load_kg", "door_zone"})

    signals = measured(sensing_of("full", table, without), cars_of(table))

    absent = {name for name in signals if not present(name, signals).any()}
    assert absent == without


@pytest.mark.parametrize("type_name", GATEWAY_TYPES)
def test_numbers_come_in_whole_quanta_and_near_the_truth(type_name: str) -> None:
    """Each number is a multiple of its quantum, within noise, quantum and dead-band of the true."""
    table = table_of_town()
    sensing, cars = sensing_of(type_name, table), cars_of(table)

    signals = measured(sensing, cars)

    true = numbers(cars, table, sensing.look(cars, CLOCK_S), ALL)
    for name, sensor in GATEWAY_TYPES[type_name].sensors.items():
        there = present(name, signals)
        steps = signals[name][there] / sensor.quantum
        assert np.abs(steps - np.rint(steps)).max() < 1e-6, name
        error = np.abs(signals[name][there] - true[name][there])
        assert error.max() <= 6 * sensor.noise + sensor.quantum, name


def test_a_change_within_the_dead_band_is_not_told() -> None:
    """A small change keeps the old number; a larger one is told."""
    table = table_of_town()
    sensing, cars = sensing_of("full", table), Cars.at_rest(table, np.random.default_rng(5))
    sensing.gateways.noise["load_kg"][:] = 0.0
    told = []
    for goods_kg in (50.0, 53.0, 54.0, 56.0):
        cars.goods_kg[:] = goods_kg
        told.append(set(measured(sensing, cars)["load_kg"].tolist()))

    assert told == [{50.0}, {50.0}, {54.0}, {54.0}]


def test_a_coarse_door_contact_says_only_open_or_closed() -> None:
    """A car-top box knows no opening door; the controller does."""
    table = table_of_town()
    cars = cars_of(table)

    coarse = set(measured(sensing_of("car_top", table), cars)["car_door"].tolist())
    fine = set(measured(sensing_of("factory", table), cars)["car_door"].tolist())

    assert coarse == {DoorState.OPEN.code, DoorState.CLOSED.code}
    assert fine == {DoorState.OPENING.code, DoorState.CLOSED.code}


def test_only_a_change_that_is_seen_makes_a_lift_speak() -> None:
    """A pressed alarm button is told at once by who sees it, and not by the machine room."""
    table = table_of_town()
    for type_name, speaks in (("full", True), ("machine_room", False)):
        sensing, cars = sensing_of(type_name, table), Cars.at_rest(table, np.random.default_rng(6))
        running = np.ones(table.count, np.bool_)
        sensing.due(sensing.look(cars, 0.0), running, 0.0)
        sensing.last_sample_s[:] = 0.0

        cars.alarm_left_s[7] = 3.0
        due = sensing.due(sensing.look(cars, 0.2), running, 0.2)

        assert due.tolist() == ([7] if speaks else []), type_name


def test_a_lift_without_power_at_its_gateway_does_not_speak() -> None:
    """Of all lifts whose period is over only those with a running gateway are due."""
    table = table_of_town()
    sensing, cars = sensing_of("full", table), Cars.at_rest(table, np.random.default_rng(7))
    running = np.arange(table.count) % 2 == 0

    due = sensing.due(sensing.look(cars, CLOCK_S), running, CLOCK_S)

    assert due.tolist() == ALL[::2].tolist()


def test_the_same_generator_gives_the_same_measurements() -> None:
    """Noise is drawn from the generator alone: twice the same seed, twice the same bytes."""
    table = table_of_town()

    first, second = (measured(sensing_of("full", table), cars_of(table)) for _ in range(2))

    assert all(first[name].tobytes() == second[name].tobytes() for name in first)


def test_perfect_readings_hold_every_signal_of_every_lift() -> None:
    """The true readings are complete and have one entry per lift."""
    table = table_of_town()

    true = readings(cars_of(table), table)

    assert set(true) == {signal.name for signal in SIGNALS}
    assert {array.shape for array in true.values()} == {(LIFT_COUNT,)}
    assert all(true[name].dtype == np.int8 for name in STATE_NAMES)
