"""When crews are on duty, by the hour of the town's day. Pure, vectorised."""

from datetime import datetime, timedelta

import numpy as np
from numpy.typing import ArrayLike, NDArray

from liftward_simulator.city.document import ShiftName

DAY_BEGINS_HOUR, DAY_ENDS_HOUR = 8.0, 20.0  # two shifts of twelve hours [mem]
HOURS_PER_DAY = 24.0
SHIFT_CODES: dict[ShiftName, int] = {"always": 0, "day": 1, "night": 2}


def on_duty(shift_codes: ArrayLike, hour: float) -> NDArray[np.bool_]:
    """Tell which of the shifts are on duty at an hour, any real number: 25.5 is 1.5.

    Parameters
    ----------
    shift_codes : array_like of int
        Values of `SHIFT_CODES`.
    """
    by_day = DAY_BEGINS_HOUR <= hour % HOURS_PER_DAY < DAY_ENDS_HOUR
    absent = SHIFT_CODES["night"] if by_day else SHIFT_CODES["day"]
    return np.asarray(np.asarray(shift_codes) != absent)


def hour_of(moment: datetime) -> float:
    """Return the hour of day a clock shows, with its fraction."""
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return (moment - midnight) / timedelta(hours=1)
