"""Ranking over columns agrees with a plain loop, for any crews; and nobody is chosen twice."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from liftward_platform.rescue.assigning import GreedyAssigner, Request
from liftward_platform.rescue.candidates import Asked, Candidate, PositionSource
from liftward_platform.rescue.policy import load
from liftward_platform.rescue.ranking import Routed, TravelSource, Wanted, rank
from liftward_platform.rescue.travel import Place, StraightLineEstimate
from support.ranking_twin import rank_naively
from support.virtual_time import START

POLICY = load()
LIFT = Place(31.2, 121.4)
places = st.builds(Place, st.floats(31, 31.4), st.floats(121.2, 121.6))
skills = st.frozensets(st.sampled_from(("escalator", "rope_less", "home_lift")))
crews = st.lists(
    st.builds(
        Candidate,
        crew_id=st.uuids().map(str),
        level=st.integers(1, 3),
        on_duty=st.booleans(),
        busy=st.booleans(),
        asked=st.sampled_from(Asked),
        asked_count=st.integers(0, 3),
        load_count=st.integers(0, 2),
        in_shift=st.booleans(),
        skills=skills,
        base=places,
        fix=st.none() | places,
        fix_at=st.none() | st.integers(0, 90).map(lambda age: START - timedelta(minutes=age)),
    ),
    max_size=12,
    unique_by=lambda one: one.crew_id,
)


@given(crews=crews, level=st.integers(1, 3), any_level=st.booleans(), needed=skills)
def test_columns_and_loop_rank_alike(
    crews: list[Candidate], level: int, needed: frozenset[str], *, any_level: bool
) -> None:
    """Order, reasons and times are those of the twin, whatever the crews are."""
    reserved = frozenset(one.crew_id for one in crews[:1])
    wanted = Wanted(level=level, any_level=any_level, reserved=reserved, skills=needed)

    rows = rank(crews, LIFT, wanted, policy=POLICY, travel=StraightLineEstimate(POLICY), now=START)

    twin = rank_naively(crews, LIFT, wanted, policy=POLICY, now=START)
    assert [(row.crew_id, row.eligible, str(row.reason)) for row in rows] == [
        row[:3] for row in twin
    ]
    for row, (_, _, _, seconds) in zip(rows, twin, strict=True):
        assert abs(row.travel_time_s - seconds) < 1e-6


def candidate(crew_id: str, north_deg: float, **more: object) -> Candidate:
    usual: dict[str, object] = {
        "level": 1, "on_duty": True, "busy": False, "asked": Asked.NEVER,
        "base": Place(31.2 + north_deg, 121.4), "fix": None, "fix_at": None,
    }  # fmt: skip
    return Candidate(crew_id=crew_id, **(usual | more))  # type: ignore[arg-type]  # fields by name


def test_what_the_roads_say_counts_more_than_the_straight_line() -> None:
    """The near crew is across the river: by the routing service the far one is there first."""
    rows = rank(
        [candidate("across", 0.01), candidate("along", 0.03), candidate("unknown", 0.2)],
        LIFT, Wanted(level=1), policy=POLICY, travel=StraightLineEstimate(POLICY), now=START,
        routed=Routed({"across": 1500.0, "along": 700.0}),
    )  # fmt: skip

    assert [(row.crew_id, str(row.travel_source)) for row in rows] == [
        ("along", "routing"),
        ("across", "routing"),
        ("unknown", "estimate"),
    ]
    assert rows[0].travel_time_s == 700


def test_a_ranking_says_what_stood_behind_each_place() -> None:
    """A stale fix, its age, the failed service, the load and the missing skills are told."""
    old = START - timedelta(minutes=45)
    (row,) = rank(
        [candidate("x", 0.01, fix=LIFT, fix_at=old, load_count=2, skills=frozenset({"escalator"}))],
        LIFT, Wanted(level=1, skills=frozenset({"escalator", "rope_less"})),
        policy=POLICY, travel=StraightLineEstimate(POLICY), now=START,
        routed=Routed(failure="ConnectError: refused"),
    )  # fmt: skip

    assert row.position_source is PositionSource.BASE_FIX_STALE
    assert (row.position_age_s, row.load_count) == (2700, 2)
    assert row.travel_source is TravelSource.ESTIMATE_ROUTING_FAILED
    assert (row.missing_skills, str(row.reason)) == (("rope_less",), "missing_skill")


def test_when_anybody_will_do_a_missing_skill_keeps_nobody_at_home() -> None:
    """Every level was asked in vain: hands without the special tool are better than none."""
    wanted = Wanted(level=1, any_level=True, skills=frozenset({"rope_less"}))
    (row,) = rank(
        [candidate("x", 0.01)], LIFT, wanted,
        policy=POLICY, travel=StraightLineEstimate(POLICY), now=START,
    )  # fmt: skip

    assert (row.eligible, row.missing_skills) == (True, ("rope_less",))


def test_one_crew_is_not_given_to_two_incidents() -> None:
    """Two requests at once, both nearest to the same crew: the second gets the next one."""
    request = Request(
        candidates=[candidate("near", 0.01), candidate("far", 0.05)],
        lift=LIFT, wanted=Wanted(level=1), policy=POLICY, travel=StraightLineEstimate(POLICY),
    )  # fmt: skip

    first, second = GreedyAssigner().assign([request, request], now=START)

    assert (first[0].crew_id, second[0].crew_id) == ("near", "far")
    assert [(row.crew_id, str(row.reason)) for row in second][1] == ("near", "reserved")
