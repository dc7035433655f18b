"""When people use lifts and where they go, by kind of building: tables of the day.

Pure data with its sources. Must not know lifts, cars or a particular hour.
"""

import numpy as np
from numpy.typing import NDArray

from liftward_simulator.city.site_types import SITE_TYPES as SITE_TYPE_TABLE

SITE_TYPES = tuple(SITE_TYPE_TABLE)  # `LiftTable.site_type` is an index in it
HOURS_PER_DAY = 24

# Groups that come in each hour of the day, relative. Homes: chosen so that a city of 70 % homes has
# its peaks at 18-20 h and 08-10 h and its minimum at 04-06 h, as the entrapments published by Wuhu,
# Nanjing and Qinghai have. The others follow the usual patterns of traffic design [mem]: an office
# fills from 8, eats at 12 and empties from 17; a hospital is nearly flat by day.
_WEIGHTS: dict[str, tuple[float, ...]] = {
    "residential": (
        *(0.35, 0.2, 0.12, 0.08, 0.06, 0.08, 0.5, 1.4, 1.6, 1.2, 1.0, 1.1),
        *(1.2, 1.0, 0.9, 0.95, 1.2, 1.6, 2.25, 2.1, 1.5, 1.1, 0.8, 0.55),
    ),
    "public": (
        *(0.05, 0.03, 0.03, 0.03, 0.02, 0.08, 0.7, 1.7, 2.1, 1.9, 1.7, 1.6),
        *(1.4, 1.4, 1.6, 1.7, 1.7, 2.0, 1.9, 1.4, 0.9, 0.5, 0.25, 0.1),
    ),
    "hospital": (
        *(0.35, 0.3, 0.25, 0.25, 0.2, 0.25, 0.7, 1.2, 1.6, 1.7, 1.7, 1.5),
        *(1.2, 1.2, 1.5, 1.6, 1.5, 1.4, 1.3, 1.2, 1.0, 0.8, 0.6, 0.45),
    ),
    "hotel": (
        *(0.5, 0.3, 0.2, 0.15, 0.12, 0.2, 0.7, 1.4, 1.7, 1.5, 1.2, 1.0),
        *(1.1, 0.9, 0.9, 1.1, 1.2, 1.4, 1.7, 1.7, 1.6, 1.5, 1.3, 0.9),
    ),
    "office": (
        *(0.03, 0.02, 0.02, 0.02, 0.02, 0.05, 0.3, 1.0, 3.0, 2.6, 1.5, 1.7),
        *(2.6, 2.2, 1.5, 1.5, 1.6, 2.4, 2.0, 0.9, 0.5, 0.3, 0.15, 0.06),
    ),
    "shop": (
        *(0.03, 0.02, 0.02, 0.02, 0.02, 0.02, 0.05, 0.1, 0.4, 1.0, 1.8, 2.1),
        *(2.1, 1.9, 1.9, 2.0, 2.0, 2.1, 2.4, 2.5, 2.0, 1.0, 0.2, 0.05),
    ),
    "industrial": (
        *(0.3, 0.25, 0.2, 0.2, 0.15, 0.2, 0.6, 1.4, 1.9, 1.9, 1.8, 1.6),
        *(1.2, 1.6, 1.8, 1.8, 1.6, 1.4, 1.0, 0.7, 0.5, 0.45, 0.4, 0.35),
    ),
}
# From which hour on what share of the groups comes in at the main landing, and what share goes out
# there; the rest travels between other landings. Assumed, in the shape of traffic design's up-peak,
# lunch and down-peak: homes empty in the morning and fill in the evening, offices the reverse.
_FLOWS: dict[str, tuple[tuple[int, float, float], ...]] = {
    "residential": (
        *((0, 0.60, 0.30), (5, 0.10, 0.85), (10, 0.40, 0.50)),
        *((14, 0.50, 0.40), (17, 0.75, 0.20), (21, 0.70, 0.25)),
    ),
    "public": ((0, 0.40, 0.40), (7, 0.55, 0.25), (11, 0.40, 0.40), (16, 0.25, 0.55)),
    "hospital": ((0, 0.30, 0.30), (7, 0.45, 0.30), (12, 0.35, 0.40), (18, 0.30, 0.45)),
    "hotel": ((0, 0.60, 0.30), (6, 0.25, 0.65), (11, 0.45, 0.45), (16, 0.60, 0.35)),
    "office": (
        *((0, 0.30, 0.40), (7, 0.85, 0.05), (10, 0.25, 0.25), (12, 0.40, 0.45)),
        *((14, 0.25, 0.25), (17, 0.10, 0.80), (20, 0.20, 0.70)),
    ),
    "shop": ((0, 0.40, 0.40), (9, 0.50, 0.25), (13, 0.40, 0.35), (19, 0.25, 0.55)),
    "industrial": ((0, 0.35, 0.35),),
}


def hour_curves() -> NDArray[np.float64]:
    """Return the weight of each hour of the day, shape (n_site_types, 24), each row of mean 1."""
    weights = np.array([_WEIGHTS[name] for name in SITE_TYPES])
    curves: NDArray[np.float64] = weights / weights.mean(axis=1, keepdims=True)
    return curves


def flows() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the shares of incoming and of outgoing groups, each of shape (n_site_types, 24)."""
    incoming, outgoing = np.empty((2, len(SITE_TYPES), HOURS_PER_DAY))
    for row, name in enumerate(SITE_TYPES):
        for first_hour, share_in, share_out in _FLOWS[name]:
            incoming[row, first_hour:], outgoing[row, first_hour:] = share_in, share_out
    return incoming, outgoing
