"""Which crew is sent, and why each one stands where it stands."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftward_platform.rescue.candidates import Asked, Candidate, position
from liftward_platform.rescue.policy import load
from liftward_platform.rescue.ranking import Ranked, RankReason, Wanted, rank
from liftward_platform.rescue.travel import Place, StraightLineEstimate
from support.virtual_time import START

POLICY = load()
LIFT = Place(31.2, 121.4)


def crew(crew_id: str, level: int = 1, north_deg: float = 0.01, **more: object) -> Candidate:
    usual = Candidate(
        crew_id=crew_id,
        level=level,
        on_duty=True,
        busy=False,
        asked=Asked.NEVER,
        base=Place(LIFT.latitude_deg + north_deg, LIFT.longitude_deg),
        fix=None,
        fix_at=None,
    )
    return replace(usual, **more)  # type: ignore[arg-type]  # fields by name


def ranked(*crews: Candidate, wanted: Wanted | None = None) -> tuple[Ranked, ...]:
    return rank(
        crews,
        LIFT,
        wanted or Wanted(level=1),
        policy=POLICY,
        travel=StraightLineEstimate(POLICY),
        now=START,
    )


def reasons(rows: tuple[Ranked, ...]) -> list[tuple[str, str]]:
    return [(row.crew_id, str(row.reason)) for row in rows]


def test_the_nearest_of_the_contract_is_first_even_if_others_are_nearer() -> None:
    """Level 1 is asked before level 2, whoever is nearer."""
    rows = ranked(crew("station", 2, 0.001), crew("far", 1, 0.05), crew("near", 1, 0.01))

    assert reasons(rows) == [
        ("near", "nearest_of_contract"),
        ("far", "farther"),
        ("station", "higher_level"),
    ]


def test_a_level_without_an_eligible_crew_leads_to_the_next_at_once() -> None:
    """Off duty and busy crews are named with their reason; the station is sent."""
    rows = ranked(crew("a", on_duty=False), crew("b", busy=True), crew("station", 2))

    assert reasons(rows) == [
        ("station", "nearest_of_level"),
        ("a", "off_duty"),
        ("b", "busy"),
    ]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"on_duty": False}, RankReason.OFF_DUTY),
        ({"busy": True}, RankReason.BUSY),
        ({"asked": Asked.LIVE}, RankReason.ALREADY_ASKED),
        ({"asked": Asked.SILENT}, RankReason.ALREADY_ASKED),
        ({"asked": Asked.REFUSED}, RankReason.REFUSED),
        ({"crew_id": "kept"}, RankReason.RESERVED),
    ],
)
def test_each_hindrance_has_its_reason(more: dict[str, object], reason: RankReason) -> None:
    """A crew that cannot be sent says why, and is not eligible."""
    (row,) = ranked(
        replace(crew("x"), **more),  # type: ignore[arg-type]  # fields by name
        wanted=Wanted(level=1, reserved=frozenset({"kept"})),
    )

    assert (row.eligible, row.reason) == (False, reason)


def test_a_level_below_the_wanted_one_is_not_asked_again() -> None:
    """Going up is going up."""
    rows = ranked(crew("near"), crew("station", 2), wanted=Wanted(level=2))

    assert reasons(rows) == [("station", "nearest_of_level"), ("near", "wrong_level")]


def test_when_any_level_will_do_whoever_was_asked_least_comes_first() -> None:
    """A near crew that refuses every time does not keep the others from being asked."""
    rows = ranked(
        crew("near", asked=Asked.REFUSED, asked_count=2),
        crew("public", 3, 0.09, asked=Asked.SILENT, asked_count=1),
        crew("station", 2, 0.02, asked=Asked.SILENT, asked_count=1),
        crew("coming", 2, 0.0, asked=Asked.LIVE, asked_count=1),
        wanted=Wanted(level=1, any_level=True),
    )

    assert reasons(rows) == [
        ("station", "nearest_of_any_level"),
        ("public", "farther"),
        ("near", "farther"),
        ("coming", "already_asked"),
    ]


@pytest.mark.parametrize(
    ("age_min", "used_fix", "stale"), [(0, True, False), (30, True, False), (31, False, True)]
)
def test_a_position_older_than_half_an_hour_is_not_used(
    *, age_min: int, used_fix: bool, stale: bool
) -> None:
    """A fix 31 minutes old: the crew is taken to be at its base."""
    fix = Place(31.21, 121.41)
    candidate = crew("x", fix=fix, fix_at=START - timedelta(minutes=age_min))

    place, was_stale = position(candidate, policy=POLICY, now=START)

    assert (place == fix, was_stale) == (used_fix, stale)


def test_a_stale_position_is_said_where_the_crew_was_not_chosen() -> None:
    """The reader of a ranking sees that the distance is the base's."""
    old = START - timedelta(hours=1)
    rows = ranked(crew("near"), crew("x", 1, 0.05, fix=LIFT, fix_at=old))

    assert reasons(rows)[1] == ("x", "position_stale_used_base")


@given(
    rows=st.lists(
        st.tuples(st.integers(1, 3), st.floats(0, 1), st.booleans(), st.sampled_from(Asked)),
        max_size=8,
    ),
    level=st.integers(1, 3),
    any_level=st.booleans(),
)
def test_nobody_gets_lost_and_the_first_is_the_best(
    rows: list[tuple[int, float, bool, Asked]], level: int, *, any_level: bool
) -> None:
    """Every crew is ranked once; eligible ones come first; none of the others is better."""
    crews = [
        crew(f"c{index}", crew_level, north, busy=busy, asked=asked)
        for index, (crew_level, north, busy, asked) in enumerate(rows)
    ]

    result = ranked(*crews, wanted=Wanted(level=level, any_level=any_level))

    assert sorted(row.crew_id for row in result) == [one.crew_id for one in crews]
    flags = [row.eligible for row in result]
    assert flags == sorted(flags, reverse=True)
    eligible = [row for row in result if row.eligible]
    if eligible and not any_level:
        assert eligible[0].level == min(row.level for row in eligible)
        same = [row.travel_time_s for row in eligible if row.level == eligible[0].level]
        assert eligible[0].travel_time_s == min(same)
