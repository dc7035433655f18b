"""Crews on their way to the entrapments of simulated years, as rescue centres would report them.

Knows which time is which figure. Must not know how the times are drawn.
"""

import numpy as np

from liftward_simulator.calibration.published import Quantity
from liftward_simulator.calibration.years import Years
from liftward_simulator.city.town import Town
from liftward_simulator.crews.rescue_map import RescueMap
from liftward_simulator.crews.response_times import draw_responses
from liftward_simulator.physics.lifts import LiftTable

RESPONSE_LIMIT_S = 180.0  # the 3-minute response rate that Jinan and Rizhao publish
ARRIVAL_LIMIT_MIN = 30.0  # TSG T5002-2017, article 5: in cities
_SECONDS_PER_MINUTE = 60.0
_HALF_HOUR = 0.5  # an hour of day is known by its beginning


def response_figures(
    rng: np.random.Generator, town: Town, table: LiftTable, years: Years
) -> dict[Quantity, float]:
    """Return how fast and by whom people are freed, when a crew of each level is free."""
    to_crews_m = RescueMap.of_town(town, table.lift_ids).nearest_m()[years.lift]
    drawn = draw_responses(rng, to_crews_m, years.hour + _HALF_HOUR)
    arrived_min = drawn.arrived_s / _SECONDS_PER_MINUTE
    on_scene_min = (drawn.released_s - drawn.arrived_s) / _SECONDS_PER_MINUTE
    return {
        Quantity.RESPONSE_3_MIN: 100 * float((drawn.accepted_s <= RESPONSE_LIMIT_S).mean()),
        Quantity.ARRIVAL_MEAN: float(arrived_min.mean()),
        Quantity.ARRIVAL_LATE: 100 * float((arrived_min > ARRIVAL_LIMIT_MIN).mean()),
        Quantity.RELEASE_MEAN: float(on_scene_min.mean()),
        Quantity.LEVEL_1: 100 * float((drawn.level == 1).mean()),
    }
