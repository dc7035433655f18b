"""What never changes about the lifts: a table of arrays, one entry per lift.

Built once from the town document. Must not know where a car is or who is in it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liftward_simulator.city.town import Town
from liftward_simulator.physics.motion import FloatArray

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

PERSON_KG = 75.0  # the design figure of the lift codes
FLOOR_PITCH_HOME_M, FLOOR_PITCH_OTHER_M = 2.9, 3.9  # middle of the usual 2.8-3.0 and 3.6-4.2 m
ACCELERATION_MPS2, JERK_MPS3 = 1.0, 1.0  # comfortable design: 0.8-1.2 m/s2, 0.8-1.5 m/s3
DOOR_OPEN_S, DOOR_CLOSE_S, DOOR_DWELL_S = 2.5, 3.0, 3.0  # a code-referenced reference cycle
WIDE_DOOR_EXTRA_S = 1.0  # hospital and goods doors are wider: 4.3 s against 3.2 s
BASEMENT_FLOORS_MIN = 12  # taller houses have one basement, from 24 landings two
# Trips a day: ISO 25745-2 usage classes, the middle ones.
TRIPS_PER_DAY = {
    "residential": 300.0,
    "office": 750.0,
    "hospital": 750.0,
    "hotel": 300.0,
    "shop": 750.0,
    "public": 300.0,
    "industrial": 125.0,
}
# A journey of one group costs about two starts: one to fetch it, one to carry it.
JOURNEYS_PER_TRIP = 0.5
_SECONDS_PER_DAY = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftTable:
    """Arrays of shape (n_lifts,) unless said otherwise."""

    lift_ids: tuple[str, ...]
    floors_count: IntArray
    main_floor: IntArray  # index of the main landing; landings below it are basements
    pitch_m: FloatArray  # from landing to landing
    speed_mps: FloatArray
    capacity_persons: IntArray
    door_open_s: FloatArray
    door_close_s: FloatArray
    sill_offset_mm: FloatArray  # how far from flush this lift habitually stops
    arrivals_per_s: FloatArray  # groups of passengers, mean over the day
    machine_room_degc: FloatArray

    @property
    def count(self) -> int:
        return len(self.lift_ids)

    @property
    def floors_count_max(self) -> int:
        return int(self.floors_count.max())

    @classmethod
    def from_town(
        cls, town: Town, rng: np.random.Generator, without: frozenset[str]
    ) -> "LiftTable":
        """Return the table of the town's lifts, leaving out those named in `without`."""
        lifts = [lift for lift in town.lifts if lift.lift_id not in without]
        count = len(lifts)
        floors_count = np.array([lift.floors_count for lift in lifts], np.int64)
        home = np.array([lift.site_type == "residential" for lift in lifts])
        wide = np.array([lift.site_type in {"hospital", "industrial"} for lift in lifts])
        basements = (floors_count >= BASEMENT_FLOORS_MIN).astype(np.int64) + (
            floors_count >= 2 * BASEMENT_FLOORS_MIN
        )
        trips_per_day = np.array([TRIPS_PER_DAY.get(lift.site_type, 300.0) for lift in lifts])
        return cls(
            lift_ids=tuple(lift.lift_id for lift in lifts),
            floors_count=floors_count,
            main_floor=basements,
            pitch_m=np.where(home, FLOOR_PITCH_HOME_M, FLOOR_PITCH_OTHER_M),
            speed_mps=np.array([lift.rated_speed_mps for lift in lifts], np.float64),
            capacity_persons=np.array([int(lift.rated_load_kg // PERSON_KG) for lift in lifts]),
            door_open_s=DOOR_OPEN_S + WIDE_DOOR_EXTRA_S * wide,
            door_close_s=DOOR_CLOSE_S + WIDE_DOOR_EXTRA_S * wide,
            # EN 81-20 5.12.1.1.4 asks for a stopping accuracy of 10 mm: most are well inside.
            sill_offset_mm=np.clip(rng.normal(0.0, 3.0, count), -9.0, 9.0).round(1),
            arrivals_per_s=trips_per_day
            * JOURNEYS_PER_TRIP
            / _SECONDS_PER_DAY
            * rng.uniform(0.6, 1.4, count),
            machine_room_degc=rng.uniform(18.0, 30.0, count).round(1),
        )
