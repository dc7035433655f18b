"""Fleets for tests of rates: lifts that are all alike, but for what a test gives."""

from datetime import date
from typing import Any

import numpy as np

from liftward_simulator.physics.patterns import SITE_TYPES
from liftward_simulator.rates.lift_rates import LiftTraits

FIRST_DAY = date(2025, 1, 1)


def traits_of(count: int, **given: Any) -> LiftTraits:
    """Return homes' lifts of seven years in one district, without rescue devices."""
    alike: dict[str, Any] = {
        "site_type": np.full(count, SITE_TYPES.index("residential")),
        "district": np.zeros(count, np.int64),
        "age_years": np.full(count, 7.0),
        "use": np.ones(count),
        "maker": np.zeros(count, np.int64),
        "maintainer": np.zeros(count, np.int64),
        "has_rescue_device": np.zeros(count, np.bool_),
    }
    return LiftTraits(**(alike | given))
