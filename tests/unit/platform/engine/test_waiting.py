"""How long the engine waits when nothing tells it to wake."""

from datetime import timedelta

import pytest

from liftward_platform.engine.modules import Modules, rescue_modules
from liftward_platform.engine.runner import WAIT_S_MAX, moments_of, wait_s
from liftward_platform.incidents import intake
from liftward_platform.rescue import due
from liftward_platform.rescue.policy import load
from support.virtual_time import START


@pytest.mark.parametrize(
    ("due_s", "expected_s"),
    [((), 1.0), ((0.3,), 0.3), ((20.0, 0.6), 0.6), ((-5.0,), 0.0), ((3600.0,), 1.0)],
)
def test_it_waits_for_the_next_moment_but_never_long(
    due_s: tuple[float, ...], expected_s: float
) -> None:
    """Something overdue is not waited for; polling is the guarantee."""
    moments = tuple(START + timedelta(seconds=seconds) for seconds in due_s)

    assert wait_s(START, (*moments, None)) == pytest.approx(expected_s)
    assert expected_s <= WAIT_S_MAX


def test_a_group_waits_for_its_own_work_only() -> None:
    """A late deadline keeps the first orders' group asleep, unless that group fires deadlines."""
    *rescue, deadlines = rescue_modules(load())
    apart = Modules(tuple(rescue), (deadlines,))

    assert moments_of("rescue", apart) == (intake.next_look,)
    assert moments_of("deadlines", apart) == (due.next_deadline,)
    assert moments_of("telling", apart) == ()
    assert moments_of("upkeep", apart) is None
    together = moments_of("rescue", Modules((*rescue, deadlines)))
    assert together == (intake.next_look, due.next_deadline)
