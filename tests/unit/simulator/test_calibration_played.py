"""The played parts of the calibration: a small rehearsal of some hours, and crews on their way."""

from dataclasses import replace

import numpy as np
import pytest

from liftward_simulator.calibration.published import Quantity
from liftward_simulator.calibration.rehearsal import (
    Rehearsal,
    RehearsalSize,
)
from liftward_simulator.calibration.responses import response_figures
from liftward_simulator.calibration.years import Years, play_years
from liftward_simulator.city.town import HAND_LIFT_ID, make_town, town_from
from liftward_simulator.crews.response_times import Responses
from liftward_simulator.physics.lifts import LiftTable
from liftward_simulator.rates.lift_rates import draw_rates
from support.alike_lifts import traits_of

SMALL = RehearsalSize(lifts=60, block_s=300.0, entrapments=240)
EVENING = 9  # the block from 18 to 20 h
NIGHT = 2


def rehearsal(seed: int = 71, size: RehearsalSize = SMALL) -> Rehearsal:
    return Rehearsal.of_size(np.random.default_rng(seed), size)


def test_a_block_traps_people_at_its_own_hour() -> None:
    """Evening's entrapments begin in the evening, each with somebody in the car."""
    played = rehearsal()
    played.play(EVENING)

    assert len(played.persons) > 10
    assert min(played.persons) >= 1
    assert set(played.hours) <= {18, 19}
    assert played.self_freed_count < len(played.persons)


def test_the_evening_traps_more_than_the_night() -> None:
    """The hour's traffic decides how many are trapped in a block."""
    evening, night = rehearsal(), rehearsal()
    evening.play(EVENING)
    night.play(NIGHT)

    assert len(evening.persons) > 4 * len(night.persons)


def test_a_block_without_entrapments_is_over_at_once() -> None:
    """Where nothing is to go wrong nobody is trapped, and no figure is invented."""
    played = rehearsal(size=replace(SMALL, entrapments=0))
    played.play(NIGHT)

    assert (played.persons, played.hours, played.self_freed_count) == ([], [], 0)


def test_the_same_seed_plays_the_same_block() -> None:
    """Two rehearsals from one seed agree in every person and hour."""
    one, other = rehearsal(), rehearsal()
    one.play(EVENING)
    other.play(EVENING)

    assert (one.persons, one.hours, one.self_freed_count) == (
        other.persons,
        other.hours,
        other.self_freed_count,
    )


def test_shares_are_counted_as_by_hand() -> None:
    """Of five entrapments one ended alone: a quarter of those freed by crews."""
    counted = replace(rehearsal(), persons=[1, 1, 3, 1, 4], hours=[18, 19, 8, 9, 4])
    counted.self_freed_count = 1
    figures = counted.figures()

    assert figures[Quantity.PERSONS] == pytest.approx(2.0)
    assert figures[Quantity.ALONE] == pytest.approx(60.0)
    assert figures[Quantity.SELF_RELEASE] == pytest.approx(25.0)
    assert figures[Quantity.WORLD_HOURS_18_20] == pytest.approx(40.0)


def test_crews_give_every_figure_of_the_rescue(monkeypatch: pytest.MonkeyPatch) -> None:
    """Minutes, shares and levels are counted from the drawn responses."""
    town = town_from(make_town(np.random.default_rng(72), 50))
    table = LiftTable.from_town(town, np.random.default_rng(73), without=frozenset({HAND_LIFT_ID}))
    rates = draw_rates(np.random.default_rng(74), traits_of(50), entrapments_per_lift_year=5.0)
    years = play_years(np.random.default_rng(75), rates, 1, lambda _: None)
    drawn = Responses(
        level=np.array([1, 1, 1, 2]),
        accepted_s=np.array([30.0, 60.0, 180.0, 200.0]),
        arrived_s=np.array([300.0, 600.0, 900.0, 2_400.0]),
        released_s=np.array([600.0, 840.0, 1_200.0, 2_700.0]),
    )
    asked: list[Years] = []

    def draw(rng: object, distances_m: np.ndarray, hours: np.ndarray) -> Responses:
        assert distances_m.shape == (years.count, 3)
        assert ((hours > 0) & (hours < 24)).all()
        asked.append(years)
        return drawn

    monkeypatch.setattr("liftward_simulator.calibration.responses.draw_responses", draw)
    figures = response_figures(np.random.default_rng(76), town, table, years)

    assert asked == [years]
    assert figures == pytest.approx(
        {
            Quantity.RESPONSE_3_MIN: 75.0,
            Quantity.ARRIVAL_MEAN: 17.5,
            Quantity.ARRIVAL_LATE: 25.0,
            Quantity.RELEASE_MEAN: 4.75,
            Quantity.LEVEL_1: 75.0,
        }
    )
