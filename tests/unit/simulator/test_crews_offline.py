"""Rescues without a platform, and the published times they come from."""

from itertools import pairwise

import msgspec
import numpy as np
import pytest

from liftward_simulator.city.document import TownError
from liftward_simulator.city.town import build_town, simulated_lift_ids
from liftward_simulator.crews.habits import CrewHabits, PartyHabits
from liftward_simulator.crews.offline import PUBLISHED_HABITS, OfflineRescue, Rescue
from liftward_simulator.crews.rescue_map import RescueMap
from liftward_simulator.crews.response_times import draw_responses, draw_steps
from liftward_simulator.crews.shifts import SHIFT_CODES, on_duty

CITY = build_town(np.random.default_rng(1), 2_000)
MAP = RescueMap.of_town(CITY, sorted(simulated_lift_ids(CITY)))
WILLING = CrewHabits(time_scale=1.0, refuse_share=0.0, silent_share=0.0, orders_that_go_well=0)
NOON = 12.0


def rescuers(habits: CrewHabits = WILLING, *, seed: int = 1, hour: float = NOON) -> OfflineRescue:
    return OfflineRescue(MAP, habits, np.random.default_rng(seed), hour)


def responses_min(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    lifts = rng.integers(0, len(MAP.lift_places), 20_000)
    drawn = draw_responses(rng, MAP.nearest_m()[lifts], rng.uniform(7.0, 22.0, lifts.size))
    return drawn.level, drawn.arrived_s / 60, (drawn.released_s - drawn.arrived_s) / 60


@pytest.mark.parametrize("seed", [1, 2])
def test_drawn_responses_are_the_published_ones(seed: int) -> None:
    """Arrival 9-14 min, few over 30 (published 0.2-0.9 %), release 4.4-5.9, level 1 98-100 %."""
    level, arrived_min, on_scene_min = responses_min(seed)

    assert 9 <= arrived_min.mean() <= 14
    assert 0.1 <= 100 * np.mean(arrived_min > 30) <= 1.2
    assert 4.4 <= on_scene_min.mean() <= 5.9
    assert 98.0 <= 100 * np.mean(level == 1) < 100
    assert np.mean(level == 3) < 0.001


def test_answers_come_within_three_minutes() -> None:
    """The published 3-minute response rate is 99.7 % or more."""
    answers_s = draw_steps(np.random.default_rng(1), 20_000).answer_s

    assert np.mean(answers_s <= 180) >= 0.997


def test_a_rescue_goes_through_its_steps_in_order() -> None:
    """Known, accepted, arrived, released; by a crew of the lift's own firm that is on duty."""
    team = rescuers()

    rescue = team.begun(5, 100.0, 20.0)

    steps = [rescue.began_s, rescue.known_s, rescue.accepted_s, rescue.arrived_s, rescue.released_s]
    assert all(before < after for before, after in pairwise(steps))
    assert rescue.level == 1
    crew = MAP.crew_ids.index(rescue.crew_id)
    assert MAP.crew_party[crew] == MAP.lift_party[5]
    assert MAP.crew_shift[crew] != SHIFT_CODES["night"]


def test_a_lift_is_due_once_when_its_crew_opens() -> None:
    """Not before, not twice; when its people are out the record is kept."""
    team = rescuers()
    rescue = team.begun(5, 0.0, 20.0)

    assert team.due(rescue.opening_s - 1) == []
    assert team.due(rescue.opening_s) == [5]
    assert team.due(rescue.opening_s + 9_999) == []
    assert team.over(5, rescue.released_s) == rescue
    assert team.records == [rescue]
    assert team.active == {}


def test_people_who_are_out_before_call_their_rescue_off() -> None:
    """Nobody opens that car and its crew is free again; a lift nobody was sent to is no matter."""
    team = rescuers()
    team.begun(5, 0.0, 20.0)

    over = team.over(5, 200.0)

    assert over is not None
    assert over.called_off
    assert team.due(99_999.0) == []
    assert team.over(6, 200.0) is None
    assert team._bookings.free_s.max() == 200.0


def test_silent_people_are_found_much_later() -> None:
    """Without the button nobody knows for minutes, in the mean some twenty."""
    unheard_s = [
        one.known_s
        for seed in range(60)
        if (one := rescuers(seed=seed).begun(5, 0.0, None)) is not None
    ]

    assert min(unheard_s) > 120
    assert 700 < np.mean(unheard_s) < 2_000


def blackout(count: int) -> tuple[OfflineRescue, list[Rescue]]:
    team = rescuers()
    return team, [team.begun(lift, 0.0, 20.0) for lift in range(count)]


def test_in_a_blackout_crews_are_shared_and_no_crew_is_in_two_places() -> None:
    """Each crew's rescues follow each other; people wait longer than on a quiet day."""
    _, rescues = blackout(200)
    quiet_s = np.mean([rescuers(seed=s).begun(s, 0.0, 20.0).arrived_s for s in range(40)])

    assert np.mean([rescue.arrived_s for rescue in rescues]) > 2 * quiet_s
    assert {2} <= {rescue.level for rescue in rescues}
    for crew_id in {rescue.crew_id for rescue in rescues}:
        own = sorted((r for r in rescues if r.crew_id == crew_id), key=lambda r: r.arrived_s)
        assert all(a.released_s <= b.arrived_s for a, b in pairwise(own))


def test_everybody_of_a_blackout_is_freed_once() -> None:
    """Conservation: every lift becomes due exactly once, in order of time."""
    team, rescues = blackout(200)

    due = [lift for now_s in range(0, 40_000, 50) for lift in team.due(float(now_s))]

    assert sorted(due) == list(range(200))
    opening = {rescue.lift: rescue.opening_s for rescue in rescues}
    assert [opening[lift] for lift in due] == sorted(opening.values())


def test_a_silent_firm_is_waited_for_and_another_level_goes() -> None:
    """After three minutes a rescue station is asked; where all are silent, public rescue goes."""
    firm = MAP.party_ids[MAP.lift_party[5]]
    silent = PartyHabits(refuse_share=0.0, silent_share=1.0)
    one = CrewHabits(
        time_scale=1.0, refuse_share=0.0, silent_share=0.0, party_habits={firm: silent}
    )
    none = CrewHabits(time_scale=1.0, refuse_share=0.0, silent_share=1.0)

    by_station, by_public = (rescuers(habits).begun(5, 0.0, 20.0) for habits in (one, none))

    assert (by_station.level, by_public.level) == (2, 3)
    assert by_station.accepted_s - by_station.known_s > 180
    assert by_public.accepted_s - by_public.known_s > 300
    assert by_public.party_id == "public-rescue"


def test_the_time_scale_makes_rescues_shorter() -> None:
    """Twenty times quicker crews are there in a twentieth of the time."""
    quick = CrewHabits(time_scale=20.0, refuse_share=0.0, silent_share=0.0)

    fast, slow = (rescuers(habits).begun(5, 0.0, 20.0) for habits in (quick, WILLING))

    # They set out a little earlier, when the streets are a little different.
    ratio = (slow.arrived_s - slow.known_s) / (fast.arrived_s - fast.known_s)
    assert ratio == pytest.approx(20, rel=0.01)


def test_the_same_seed_gives_the_same_rescues() -> None:
    """Another seed gives others."""
    runs = [
        [rescuers(PUBLISHED_HABITS, seed=seed).begun(lift, 0.0, 9.0) for lift in range(50)]
        for seed in (3, 3, 4)
    ]

    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


def test_shifts_follow_the_hours() -> None:
    """Day crews from 8 to 20, night crews otherwise, the others always; hours go round."""
    codes = [SHIFT_CODES["always"], SHIFT_CODES["day"], SHIFT_CODES["night"]]

    assert on_duty(codes, 8.0).tolist() == [True, True, False]
    assert on_duty(codes, 20.0).tolist() == [True, False, True]
    assert on_duty(codes, 24.0 + 12.0).tolist() == [True, True, False]


def test_at_night_night_crews_go() -> None:
    """An entrapment at two o'clock is for the night shift."""
    rescue = rescuers(hour=2.0).begun(5, 0.0, 20.0)

    crew = next(crew for crew in CITY.crews if crew.crew_id == rescue.crew_id)
    assert crew.shift == "night"


def test_a_town_without_crews_is_refused() -> None:
    """Nobody could ever be freed there."""
    with pytest.raises(TownError, match="crews is empty"):
        RescueMap.of_town(msgspec.structs.replace(CITY, crews=[]), [])
