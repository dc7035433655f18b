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
    Circumstances,
    CrewHabits,
    LiftView,
    Mission,
    OrderState,
    OrderView,
    PartyHabits,
    Position,
    between,
    distance_m,
    plan_mission,
    release_method,
)
from liftward_simulator.faults.causes import Cause

BASE = Position(0.0, 0.0)
ORDER = OrderView(
    order_id=1,
    incident_id=1,
    crew_id="crew-1",
    state=OrderState.SENT,
    lift=LiftView(lift_id="DEMO-001", latitude_deg=0.03, longitude_deg=0.0),
)


NOON = Circumstances(party_id="maintainer-01", hour=12.0, orders_before=100)


def missions(
    habits: CrewHabits, count: int, around: Circumstances = NOON, seed: int = 1
) -> list[Mission]:
    rng = np.random.default_rng(seed)
    return [plan_mission(ORDER, BASE, habits, rng, around) for _ in range(count)]


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

    first, second = (
        missions(habits, 1, Circumstances(hour=12.0, orders_before=n))[0] for n in (0, 1)
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
    around = Circumstances(hour=12.0, orders_before=100, busy=True)

    mission = missions(CrewHabits(), 1, around)[0]

    assert (mission.answer, mission.reason) == (Answer.REFUSE, AnswerReason.ON_OTHER_RESCUE)


def test_a_crew_off_shift_does_not_answer() -> None:
    """Not even the first order of a run, and not even to refuse it."""
    around = Circumstances(hour=23.0, orders_before=0, on_shift=False)

    mission = missions(CrewHabits(refuse_share=1.0, silent_share=0.0), 1, around)[0]

    assert (mission.answer, mission.reason) == (Answer.SILENT, AnswerReason.OFF_SHIFT)


def test_a_party_may_be_otherwise() -> None:
    """A silent firm stays silent and a slow one takes its time; the others are as usual."""
    habits = CrewHabits(
        time_scale=1.0,
        refuse_share=0.0,
        silent_share=0.0,
        party_habits={
            "silent": PartyHabits(refuse_share=0.0, silent_share=1.0),
            "slow": PartyHabits(refuse_share=0.0, silent_share=0.0, time_factor=3.0),
        },
    )

    silent, slow, usual = (
        missions(habits, 1, Circumstances(party_id=name, hour=12.0, orders_before=9))[0]
        for name in ("silent", "slow", "another")
    )

    assert (silent.answer, silent.reason) == (Answer.SILENT, AnswerReason.NOBODY_LOOKS)
    assert usual.answer is Answer.ACCEPT
    assert slow.travel_s == pytest.approx(3 * usual.travel_s)
    assert slow.depart_after_s == pytest.approx(3 * usual.depart_after_s)
    assert slow.on_scene_s == usual.on_scene_s


def test_the_way_takes_longer_in_the_rush_hour() -> None:
    """The same order, the same crew: 18 o'clock is slower than noon, the night quicker."""
    noon, rush, night = (
        missions(CrewHabits(), 1, Circumstances(hour=hour, orders_before=9))[0].travel_s
        for hour in (12.0, 18.0, 3.0)
    )

    assert night < noon < rush


def test_unscaled_times_are_the_published_ones() -> None:
    """At life's speed answers take well under three minutes, release about five."""
    planned = missions(CrewHabits(time_scale=1.0), 3_000)

    assert np.mean([m.on_scene_s for m in planned]) == pytest.approx(280.0, rel=0.05)
    assert np.mean([m.answer_after_s for m in planned]) < 60.0
    assert np.mean([m.answer_after_s for m in planned]) == pytest.approx(35.0, rel=0.05)
    # 3.3 km as the crow flies: about eleven minutes through the streets at noon.
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
    with pytest.raises(ValueError, match="shares"):
        CrewHabits(refuse_share=-0.1)
    with pytest.raises(ValueError, match="time factor"):
        PartyHabits(refuse_share=0.0, silent_share=0.0, time_factor=0.0)
