"""What never changes about the lifts: a table of arrays, one entry per lift.

Built once from the town document. Must not know where a car is or who is in it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liftward_simulator.city.town import Town
from liftward_simulator.physics.motion import FloatArray
from liftward_simulator.physics.patterns import SITE_TYPES

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

PERSON_KG = 75.0  # the design figure of the lift codes
FLOOR_PITCH_HOME_M, FLOOR_PITCH_OTHER_M = 2.9, 3.9  # middle of the usual 2.8-3.0 and 3.6-4.2 m
# Comfortable design [mem]: most controllers are tuned somewhere in these ranges.
ACCELERATION_RANGE_MPS2, JERK_RANGE_MPS3 = (0.8, 1.2), (0.8, 1.5)
DOOR_OPEN_S, DOOR_CLOSE_S, DOOR_DWELL_S = 2.5, 3.0, 3.0  # a code-referenced reference cycle
DWELL_RANGE_SHARE = (0.8, 1.4)  # of that: as somebody has set it [mem]
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
# A journey of one group costs nearly two starts: one to fetch it, one to carry it. Chosen so that a
# simulated day has the trips above.
JOURNEYS_PER_TRIP = 0.55
WIDE_DOORED = ("hospital", "industrial")
_SITE_ROW = {name: row for row, name in enumerate(SITE_TYPES)}
_SECONDS_PER_DAY, _DAYS_PER_YEAR = 86_400.0, 365.25


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftTable:
    """Arrays of shape (n_lifts,) unless said otherwise."""

    lift_ids: tuple[str, ...]
    site_type: NDArray[np.int8]  # index in SITE_TYPES
    district: NDArray[np.int16]  # index in district_names
    district_names: tuple[str, ...]  # sorted
    floors_count: NDArray[np.int16]
    main_floor: NDArray[np.int16]  # index of the main landing; landings below it are basements
    pitch_m: FloatArray  # from landing to landing
    speed_mps: FloatArray  # rated
    acceleration_mps2: FloatArray
    jerk_mps3: FloatArray
    rated_load_kg: FloatArray
    capacity_persons: NDArray[np.int16]
    has_rescue_device: BoolArray  # creeps to a landing on its battery when the mains go
    age_years: FloatArray  # against the newest lift of the town
    door_open_s: FloatArray
    door_close_s: FloatArray
    dwell_s: FloatArray  # how long doors stand open at least
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
        site_type = np.array([_SITE_ROW[lift.site_type] for lift in lifts], np.int8)
        district_names = tuple(sorted({lift.district for lift in lifts}))
        district_row = {name: row for row, name in enumerate(district_names)}
        rated_load_kg = np.array([lift.rated_load_kg for lift in lifts], np.float64)
        floors_count = np.array([lift.floors_count for lift in lifts], np.int16)
        wide = np.isin(site_type, [_SITE_ROW[name] for name in WIDE_DOORED])
        wide_s = np.where(wide, WIDE_DOOR_EXTRA_S, 0.0)
        trips_per_day = np.array([TRIPS_PER_DAY[name] for name in SITE_TYPES])[site_type]
        return cls(
            lift_ids=tuple(lift.lift_id for lift in lifts),
            site_type=site_type,
            district=np.array([district_row[lift.district] for lift in lifts], np.int16),
            district_names=district_names,
            floors_count=floors_count,
            main_floor=_main_floor(floors_count),
            pitch_m=np.where(
                site_type == _SITE_ROW["residential"], FLOOR_PITCH_HOME_M, FLOOR_PITCH_OTHER_M
            ),
            speed_mps=np.array([lift.rated_speed_mps for lift in lifts], np.float64),
            acceleration_mps2=rng.uniform(*ACCELERATION_RANGE_MPS2, count).round(2),
            jerk_mps3=rng.uniform(*JERK_RANGE_MPS3, count).round(2),
            rated_load_kg=rated_load_kg,
            capacity_persons=(rated_load_kg // PERSON_KG).astype(np.int16),
            has_rescue_device=np.array([lift.has_rescue_device for lift in lifts], np.bool_),
            age_years=_ages_years([lift.installed_on for lift in lifts]),
            door_open_s=DOOR_OPEN_S + wide_s,
            door_close_s=DOOR_CLOSE_S + wide_s,
            dwell_s=(DOOR_DWELL_S * rng.uniform(*DWELL_RANGE_SHARE, count)).round(1),
            # EN 81-20 5.12.1.1.4 asks for a stopping accuracy of 10 mm: most are well inside.
            sill_offset_mm=np.clip(rng.normal(0.0, 3.0, count), -8.0, 8.0).round(1),
            arrivals_per_s=trips_per_day
            * JOURNEYS_PER_TRIP
            / _SECONDS_PER_DAY
            * rng.uniform(0.6, 1.4, count),
            machine_room_degc=rng.uniform(18.0, 30.0, count).round(1),
        )


def _main_floor(floors_count: NDArray[np.int16]) -> NDArray[np.int16]:
    """Return the main landing: above one basement in taller houses, above two in tall ones."""
    one = floors_count >= BASEMENT_FLOORS_MIN
    two = floors_count >= 2 * BASEMENT_FLOORS_MIN
    return one.astype(np.int16) + two


def _ages_years(installed_on: list[str]) -> FloatArray:
    days = np.array(installed_on, "datetime64[D]")
    ages_years: FloatArray = (days.max() - days).astype(np.float64) / _DAYS_PER_YEAR
    return ages_years
