"""How likely a late arrival is: it grows while nothing is heard, and every crew lowers it."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftward_platform.rescue.model import OrderState
from liftward_platform.rescue.prediction import (
    ANSWER,
    DRIVE_ENDS,
    DRIVE_S_MIN,
    DRIVE_SIGMA,
    GET_READY,
    STEP_S,
    Coming,
    late_probability,
)
from support.virtual_time import START

LIMIT = START + timedelta(minutes=30)
states = st.sampled_from((OrderState.SENT, OrderState.ACCEPTED, OrderState.UNDER_WAY))


def crew(state: OrderState, travel_min: float = 10, *, since_min: float = 0) -> Coming:
    return Coming(
        state=state,
        phase_begun_at=START + timedelta(minutes=since_min),
        travel_time_s=travel_min * 60,
    )


def late(*crews: Coming, after_min: float = 0) -> float:
    return late_probability(crews, limit=LIMIT, now=START + timedelta(minutes=after_min))


def played(state: OrderState, travel_s: float, elapsed_s: float, left_s: float, seed: int) -> float:
    """The naive twin: play the phases many times and count who is late."""
    rng, count = np.random.default_rng(seed), 400_000

    def phase(median_s: float, sigma: float, ends: float) -> np.ndarray:
        times = median_s * np.exp(sigma * rng.standard_normal(count))
        times[rng.random(count) >= ends] = np.inf
        return times

    phases = [
        phase(ANSWER.median_s, ANSWER.sigma, ANSWER.ends),
        phase(GET_READY.median_s, GET_READY.sigma, GET_READY.ends),
        phase(max(DRIVE_S_MIN, travel_s), DRIVE_SIGMA, DRIVE_ENDS),
    ]
    first = {OrderState.SENT: 0, OrderState.ACCEPTED: 1, OrderState.UNDER_WAY: 2}[state]
    under_way = phases[first] > elapsed_s
    total = phases[first] - elapsed_s + sum(phases[first + 1 :])
    return float(np.mean(total[under_way] > left_s))


@pytest.mark.parametrize(
    ("state", "travel_s", "elapsed_s", "left_s"),
    [
        (OrderState.SENT, 600, 60, 1500),
        (OrderState.ACCEPTED, 1200, 200, 1400),
        (OrderState.UNDER_WAY, 900, 1200, 400),
    ],
)
def test_the_grid_agrees_with_playing_it(
    state: OrderState, travel_s: float, elapsed_s: float, left_s: float
) -> None:
    """Convolution on ten seconds against 400,000 drawn rescues, within two in a hundred."""
    now = START + timedelta(seconds=elapsed_s)
    one = Coming(state=state, phase_begun_at=START, travel_time_s=travel_s)

    reckoned = late_probability([one], limit=now + timedelta(seconds=left_s), now=now)

    assert reckoned == pytest.approx(played(state, travel_s, elapsed_s, left_s, seed=6), abs=0.02)


@given(state=states, travel_min=st.floats(0, 60), after_min=st.floats(0, 29))
def test_nothing_heard_never_makes_it_likelier(
    state: OrderState, travel_min: float, after_min: float
) -> None:
    """A minute more without news: P(late) does not fall by more than the grid's step."""
    one = crew(state, travel_min)

    sooner, later = late(one, after_min=after_min), late(one, after_min=after_min + 1)

    assert 0 <= sooner <= 1
    assert later >= sooner - STEP_S / 600


@given(state=states, travel_min=st.floats(1, 40), after_min=st.floats(0, 29))
def test_one_more_crew_only_helps(state: OrderState, travel_min: float, after_min: float) -> None:
    """Whoever else is coming, another crew never makes a late arrival likelier."""
    alone = late(crew(state, travel_min), after_min=after_min)
    both = late(
        crew(state, travel_min), crew(OrderState.SENT, since_min=after_min), after_min=after_min
    )

    assert both <= alone + 1e-9


def test_each_step_forward_lowers_it() -> None:
    """Two minutes in: not answered is worse than accepted, which is worse than on the road."""
    asked, accepted = late(crew(OrderState.SENT), after_min=2), late(crew(OrderState.ACCEPTED))
    driving = late(crew(OrderState.UNDER_WAY, since_min=2), after_min=2)

    assert asked > accepted > driving


def test_nobody_coming_is_late_and_so_is_a_limit_that_has_passed() -> None:
    """Certainty where there is certainty."""
    assert late() == 1
    assert late(crew(OrderState.UNDER_WAY), after_min=30) == 1
