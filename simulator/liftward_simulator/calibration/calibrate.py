"""The calibration: a city is made, its years drawn, a day of it played out, its crews sent. Pure.

Everything follows from the seed. Knows which part gives which figure. Must not know the terminal.
"""

from collections.abc import Callable

import numpy as np

from liftward_simulator.calibration.comparison import Row, compare
from liftward_simulator.calibration.rehearsal import rehearse
from liftward_simulator.calibration.responses import response_figures
from liftward_simulator.calibration.settings import CalibrationSettings
from liftward_simulator.calibration.years import (
    FIRST_DAY,
    play_years,
    repeat_figures,
    typhoon_figure,
    year_figures,
)
from liftward_simulator.city.town import HAND_LIFT_ID, make_town, town_from
from liftward_simulator.physics.lifts import LiftTable
from liftward_simulator.rates.lift_rates import LiftTraits, draw_rates


def calibrate(settings: CalibrationSettings, tell: Callable[[str], None]) -> tuple[Row, ...]:
    """Return every published figure with the simulated one beside it.

    Parameters
    ----------
    tell : callable
        Is told, in words for a person, what has been done.
    """
    town_rng, layout_rng, rates_rng, years_rng, extremes_rng, day_rng, crews_rng = (
        np.random.default_rng(settings.seed).spawn(7)
    )
    tell(f"making a city of {settings.lifts} lifts")
    town = town_from(make_town(town_rng, settings.lifts))
    table = LiftTable.from_town(town, layout_rng, without=frozenset({HAND_LIFT_ID}))
    rates = draw_rates(rates_rng, LiftTraits.of_town(town, table, FIRST_DAY))
    years = play_years(years_rng, rates, settings.years, tell)
    figures = year_figures(years)
    tell("drawing typhoons and more years for the worst lifts")
    figures |= typhoon_figure(extremes_rng, rates) | repeat_figures(extremes_rng, rates)
    tell("sending crews to its entrapments")
    figures |= response_figures(crews_rng, town, table, years)
    figures |= rehearse(day_rng, tell, quick=settings.quick)
    return compare(figures)
