"""What crews decide."""

import numpy as np
import pytest

from liftward_platform.incidents.closing_codes import (
    CAUSE_CODES as PLATFORM_CAUSE_CODES,
)
from liftward_platform.incidents.closing_codes import (
    REFUSAL_REASON_CODES,
    RELEASE_METHOD_CODES,
)
from liftward_simulator.crews.habits import (
    CAUSE_CODES,
    SELF_FREED_CODE,
    Answer,
    AnswerReason,
    CrewHabits,
    LiftView,
    Mission,
    OrderState,
    OrderView,
    Position,
    between,
    distance_m,
    plan_mission,
    release_method,
)
from liftward_simulator.faults.traps import Cause

BASE = Position(0.0, 0.0)
ORDER = OrderView(
    order_id=1,
    incident_id=1,
    crew_id="crew-1",
    state=OrderState.SENT,
    lift=LiftView(lift_id="DEMO-001", latitude_deg=0.03, longitude_deg=0.0),
)


def missions(habits: CrewHabits, count: int, *, busy: bool = False) -> list[Mission]:
    rng = np.random.default_rng(1)
    return [
        plan_mission(ORDER, BASE, habits, rng, busy=busy, orders_before=100) for _ in range(count)
    ]


def test_codes_are_ones_the_platform_takes() -> None:
    """Every cause, release method and refusal a crew may report is on the platform's list."""
    assert {*CAUSE_CODES.values(), SELF_FREED_CODE} <= PLATFORM_CAUSE_CODES
    assert set(CAUSE_CODES) == set(Cause)
    assert {release_method(cause) for cause in Cause} <= RELEASE_METHOD_CODES
    refusals = {AnswerReason.ON_OTHER_RESCUE.value, AnswerReason.VEHICLE_PROBLEM.value}
    assert refusals <= REFUSAL_REASON_CODES


def test_the_first_story_goes_well_whatever_the_dice_say() -> None:
    """Even crews that always refuse accept the first order of a run, and refuse the second."""
    habits = CrewHabits(refuse_share=1.0, silent_share=0.0)
    rng = np.random.default_rng(1)

    first, second = (
        plan_mission(ORDER, BASE, habits, rng, busy=False, orders_before=n) for n in (0, 1)
    )

    assert (first.answer, first.reason) == (Answer.ACCEPT, AnswerReason.FIRST_ORDERS_GO_WELL)
    assert (second.answer, second.reason) == (Answer.REFUSE, AnswerReason.VEHICLE_PROBLEM)


def test_answers_follow_their_shares() -> None:
    """Most crews accept, some refuse, a few stay silent, as often as told."""
    answers = [m.answer for m in missions(CrewHabits(refuse_share=0.2, silent_share=0.1), 3_000)]

    assert answers.count(Answer.REFUSE) / 3_000 == pytest.approx(0.2, abs=0.03)
    assert answers.count(Answer.SILENT) / 3_000 == pytest.approx(0.1, abs=0.03)


def test_a_busy_crew_says_so() -> None:
    """A crew on another rescue refuses with that reason."""
    mission = missions(CrewHabits(), 1, busy=True)[0]

    assert (mission.answer, mission.reason) == (Answer.REFUSE, AnswerReason.ON_OTHER_RESCUE)


def test_unscaled_times_are_the_published_ones() -> None:
    """At life's speed answers take well under three minutes, release about five."""
    planned = missions(CrewHabits(time_scale=1.0), 3_000)

    assert np.mean([m.on_scene_s for m in planned]) == pytest.approx(280.0, rel=0.05)
    assert np.mean([m.answer_after_s for m in planned]) < 60.0
    assert np.mean([m.answer_after_s for m in planned]) == pytest.approx(35.0, rel=0.05)
    # 3.3 km as the crow flies: about eleven minutes through the streets.
    assert np.mean([m.travel_s for m in planned]) == pytest.approx(672.0, rel=0.05)


def test_the_time_scale_divides_but_nobody_answers_before_reading() -> None:
    """Twenty times faster means a twentieth of the way, and at least a second to answer."""
    slow, quick = (missions(CrewHabits(time_scale=s), 200) for s in (1.0, 20.0))

    for a, b in zip(slow, quick, strict=True):
        assert b.travel_s == pytest.approx(a.travel_s / 20)
        assert b.answer_after_s >= 1.0
    assert CrewHabits(time_scale=20.0).poll_s == 2.0
    assert CrewHabits(time_scale=1_000.0).poll_s == 0.5


def test_places_between_two_points() -> None:
    """Half the way is half of both coordinates; a degree at the equator is 111 km."""
    end = Position(0.0, 1.0)

    assert between(BASE, end, 0.5) == Position(0.0, 0.5)
    assert distance_m(BASE, end) == pytest.approx(111_195, rel=1e-3)


def test_impossible_habits_are_refused() -> None:
    """A time scale below one or shares above one are mistakes."""
    with pytest.raises(ValueError, match="time scale"):
        CrewHabits(time_scale=0.5)
    with pytest.raises(ValueError, match="shares"):
        CrewHabits(refuse_share=0.8, silent_share=0.3)
