"""A few lifts with plain figures, for tests of the simulator's physics."""

from dataclasses import fields, replace

import numpy as np

from liftward_simulator.city.town import make_town, town_from
from liftward_simulator.physics.cars import Cars
from liftward_simulator.physics.lifts import LiftTable
from liftward_simulator.physics.traffic import Traffic

STEP_S = 0.1
_KEPT = {"lift_ids", "district_names"}


def table_of(lift_count: int = 1, **values: float) -> LiftTable:
    """Return equal lifts: 10 landings 3 m apart, 2 m/s, 1 m/s2, 1 m/s3, 800 kg, nobody comes."""
    rng = np.random.default_rng(0)
    table = LiftTable.from_town(
        town_from(make_town(rng, lift_count)), rng, without=frozenset({"HAND-001"})
    )
    plain: dict[str, float] = {
        "site_type": 0,
        "floors_count": 10,
        "main_floor": 0,
        "pitch_m": 3.0,
        "speed_mps": 2.0,
        "acceleration_mps2": 1.0,
        "jerk_mps3": 1.0,
        "rated_load_kg": 800.0,
        "capacity_persons": 10,
        "door_open_s": 2.5,
        "door_close_s": 3.0,
        "dwell_s": 3.0,
        "sill_offset_mm": 0.0,
        "arrivals_per_s": 0.0,
    }
    given = plain | values
    return replace(
        table,
        **{
            entry.name: np.full_like(getattr(table, entry.name), given[entry.name])
            for entry in fields(table)
            if entry.name in given and entry.name not in _KEPT
        },
    )


def traffic_of(table: LiftTable, *, floor: int = 0, seed: int = 1) -> Traffic:
    """Return these lifts at one landing, idle, and the loop that moves them."""
    rng = np.random.default_rng(seed)
    cars = Cars.at_rest(table, rng)
    cars.floor[:] = floor
    cars.position_m[:] = floor * table.pitch_m
    traffic = Traffic(cars=cars, table=table, rng=rng, start_hour=8.0, factor=1.0)
    traffic.begin(0.0)
    return traffic


def run(traffic: Traffic, seconds: float, *, from_s: float = 0.0) -> list[int]:
    """Let so much time pass; return the lifts whose doors opened again."""
    retried: list[int] = []
    for step in range(1, round(seconds / STEP_S) + 1):
        retried += traffic.advance(from_s + step * STEP_S, STEP_S)
    return retried
