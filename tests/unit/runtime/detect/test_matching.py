"""Which entrapment counts as found, when, and which alarm as false: hand-made cases."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from liftward_detection.kinds import DetectionKind, Level, Reason, Transition
from liftward_detection.transitions import ROW
from liftward_runtime.detect.matching import (
    CUT_OFF_S,
    HEARD_WITHIN_S,
    SHORT_S,
    TOLERANCE_S,
    Episode,
    EpisodeLog,
    Matched,
    Standing,
    TrueEntrapment,
    match,
    standing_of,
)

US = 1_000_000
RUN_END_S = 10_000.0


def true(begin_s: float = 1_000.0, end_s: float | None = 2_000.0, lift: int = 0) -> TrueEntrapment:
    begin_us = round(begin_s * US)
    return TrueEntrapment(
        lift=lift,
        begin_us=begin_us,
        end_us=None if end_s is None else round(end_s * US),
        first_heard_us=begin_us + US,
    )


def episode(
    probable_s: float | None, ended_s: float | None = None, *, lift: int = 0, **more: Any
) -> Episode:
    reached = [None, None if probable_s is None else round(probable_s * US), None]
    return Episode(
        lift=lift,
        onset_us=more.get("onset_us", round((probable_s or 0.0) * US)),
        reached_us=more.get("reached_us", reached),
        ended_us=None if ended_s is None else round(ended_s * US),
        ended_device_us=more.get(
            "ended_device_us", None if ended_s is None else round(ended_s * US)
        ),
    )


def matched(truth: list[TrueEntrapment], told: list[Episode]) -> Matched:
    return match(truth, told, end_us=round(RUN_END_S * US))


@pytest.mark.parametrize(
    ("probable_s", "ended_s", "seconds"),
    [
        (1_012.5, None, 12.5),
        (2_000.0 + TOLERANCE_S, None, 1_000.0 + TOLERANCE_S),
        (2_000.1 + TOLERANCE_S, None, None),
        (900.0, 1_500.0, 0.0),  # it was probable already, and still is
        (900.0, 999.9, None),
        (None, None, None),
    ],
)
def test_time_counts_from_the_true_begin_to_the_decision(
    probable_s: float | None, ended_s: float | None, seconds: float | None
) -> None:
    """Found is what is at the level between begin and end, with a tolerance behind the end."""
    (case,) = matched([true()], [episode(probable_s, ended_s)]).cases

    assert case.seconds[Level.PROBABLE.code] == seconds


def test_a_higher_level_includes_the_lower_ones_and_not_the_other_way() -> None:
    """An episode that begins as confirmed was suspected and probable, too."""
    confirmed = episode(None, reached_us=[None, None, 1_020 * US])
    suspected = episode(None, reached_us=[1_010 * US, None, None], lift=1)

    cases = matched([true(), true(lift=1)], [confirmed, suspected]).cases

    assert [case.seconds for case in cases] == [(20.0, 20.0, 20.0), (10.0, None, None)]


def test_a_lift_is_found_by_its_own_episodes_only() -> None:
    """An alarm at the neighbour finds nobody, and is false."""
    result = matched([true()], [episode(1_010.0, lift=1)])

    assert result.cases[0].seconds == (None, None, None)
    assert [one.lift for one in result.false_probable] == [1]


@pytest.mark.parametrize(
    ("told", "is_false"),
    [
        (episode(1_010.0), False),
        (episode(900.0, 950.0), True),
        (episode(2_100.0), True),
        (episode(2_020.0), False),  # news that was under way
        (episode(None, reached_us=[900 * US, None, None]), False),  # never probable
        # Told long after, from what a device had kept: it speaks of the true one.
        (episode(5_000.0, 5_001.0, onset_us=1_100 * US, ended_device_us=1_900 * US), False),
        # A clock that is fast excuses nobody who was told of before it happened.
        (episode(900.0, 950.0, onset_us=1_100 * US, ended_device_us=1_900 * US), True),
    ],
)
def test_false_is_what_touches_no_true_entrapment(told: Episode, is_false: bool) -> None:  # noqa: FBT001
    """Neither in the time of deciding nor in the time it speaks of."""
    assert bool(matched([true()], [told]).false_probable) is is_false


def test_two_entrapments_of_a_lift_are_matched_apart() -> None:
    """The second is not found by the first one's episode once that has ended."""
    truth = [true(), true(3_000.0, 4_000.0)]
    told = [episode(1_020.0, 2_001.0), episode(3_050.0)]

    assert [case.seconds[1] for case in matched(truth, told).cases] == [20.0, 50.0]


def test_what_does_not_count_does_so_found_or_not() -> None:
    """Short, cut off by the end of the run, heard too late, or never: shown apart."""
    begin_us = round(1_000.0 * US)
    usual = true()
    cases = {
        Standing.COUNTED: usual,
        Standing.SHORT: replace(usual, end_us=begin_us + round((SHORT_S - 0.1) * US)),
        Standing.NOT_HEARD: replace(usual, first_heard_us=None),
        Standing.HEARD_LATE: replace(
            usual, first_heard_us=begin_us + round((HEARD_WITHIN_S + 0.1) * US)
        ),
        Standing.CUT_OFF: true(RUN_END_S - CUT_OFF_S + 0.1, None),
        Standing.FROZEN: replace(usual, frozen=True),
    }

    found = {standing: standing_of(one, round(RUN_END_S * US)) for standing, one in cases.items()}

    assert found == {standing: standing for standing in cases}


def rows(*told: tuple[int, DetectionKind, Transition, Level, float]) -> np.ndarray:
    table = np.zeros(len(told), ROW)
    for row, (lift, kind, transition, level, at_s) in zip(table, told, strict=True):
        row["lift_index"], row["kind"], row["transition"] = lift, kind.code, transition.code
        row["level"], row["received_us"] = level.code, round(at_s * US)
        row["detected_us"] = round(at_s * US) - 50
        row["reason"] = Reason.ALARM_BUTTON.code
    return table


def test_transitions_become_episodes_of_each_lift() -> None:
    """Other kinds are left; a level is reached once; an end closes, and the next one is new."""
    log, kind = EpisodeLog(), DetectionKind.ENTRAPMENT
    log.take(rows((3, kind, Transition.BEGAN, Level.SUSPECTED, 5.0),
                  (3, DetectionKind.GB_04, Transition.BEGAN, Level.CONFIRMED, 6.0)))  # fmt: skip
    log.take(rows())
    log.take(rows((3, kind, Transition.ENDED, Level.PROBABLE, 9.0),
                  (3, kind, Transition.BEGAN, Level.CONFIRMED, 20.0)))  # fmt: skip

    first, second = log.episodes
    assert (first.reached_us, first.ended_us) == ([5 * US, 9 * US, None], 9 * US)
    assert first.at_level_us(Level.PROBABLE) == 9 * US
    assert first.ended_device_us == 9 * US - 50
    assert (second.reached_us, second.ended_us) == ([None, None, 20 * US], None)
