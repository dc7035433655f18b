"""Which reports of a crew are believed: places, speeds, and the order of times."""

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from liftward_platform.crews.plausibility import (
    BORNE_OUT_AFTER,
    SPEED_MPS_MAX,
    Circumstances,
    Doubt,
    Fix,
    arrival_doubts,
    can_follow,
    corrected,
    distance_m,
    is_believed,
    is_there,
    release_doubts,
    time_doubts,
)
from liftward_platform.rescue.model import Order, OrderState
from liftward_platform.rescue.travel import Place
from support.virtual_time import START

MINUTE = timedelta(minutes=1)
LIFT = Place(31.2, 121.4)
METRES_PER_DEG = 111_195.0
SEED = 20260302
THERE: dict[str, Any] = {"state": OrderState.ARRIVED, "arrived_at": START + 8 * MINUTE}


def north(metres: float) -> Place:
    return Place(LIFT.latitude_deg + metres / METRES_PER_DEG, LIFT.longitude_deg)


def fix(metres: float, at_min: float, accuracy_m: float | None = 10.0) -> Fix:
    return Fix(north(metres), START + at_min * MINUTE, accuracy_m)


def order(**changes: Any) -> Order:
    plain = Order(
        order_id=1, incident_id=1, crew_id="near", response_level=1, state=OrderState.UNDER_WAY,
        sent_at=START, answered_at=START + MINUTE, refusal_reason=None,
        under_way_at=START + 2 * MINUTE, arrived_at=None, ended_at=None, travel_time_s=300.0,
        reason="first_order",
    )  # fmt: skip
    return replace(plain, **changes)


def around(now_min: float = 12, *, last_fix: Fix | None = None, **changes: Any) -> Circumstances:
    return Circumstances(
        order=order(**changes), lift=LIFT, last_fix=last_fix, now=START + now_min * MINUTE
    )


@pytest.mark.parametrize(
    ("at_min", "where", "facts", "doubts"),
    [
        (12, None, around(), ()),
        (12, fix(100, 12), around(), ()),
        (12, fix(40_000, 12), around(), (Doubt.TOO_FAR,)),
        (12, fix(1_400, 12, None), around(), ()),  # it does not say how sure it is
        (12, fix(1_600, 12, None), around(), (Doubt.TOO_FAR,)),
        (12, fix(40_000, 12, 50_000), around(), ()),  # a mast's whole region: says nothing
        (12, fix(40_000, 1.5), around(), ()),  # taken before it left: of another place and time
        (12, None, around(under_way_at=None), (Doubt.NOT_DEPARTED,)),
        (12, fix(50, 12), around(under_way_at=None), ()),  # in the building, as the phone shows
        (12, fix(9_000, 12), around(under_way_at=None), (Doubt.NOT_DEPARTED, Doubt.TOO_FAR)),
        (0.5, None, around(), (Doubt.BEFORE_DEPARTURE,)),
        (1.5, None, around(), ()),  # within what clocks differ
        (14, None, around(), (Doubt.IN_FUTURE,)),
        (-2, None, around(), (Doubt.BEFORE_ORDER, Doubt.BEFORE_DEPARTURE)),
        (12, fix(0, 12), around(last_fix=fix(40_000, 11)), (Doubt.IMPOSSIBLE_SPEED,)),
        (12, None, around(last_fix=fix(40_000, 11)), (Doubt.IMPOSSIBLE_SPEED,)),
        (12, None, around(last_fix=fix(10_000, 3)), ()),
    ],
)  # fmt: skip
def test_an_arrival_is_doubted_for_a_reason(
    at_min: float, where: Fix | None, facts: Circumstances, doubts: tuple[Doubt, ...]
) -> None:
    """Each way of being wrong has its name; whatever proves nothing doubts nothing."""
    assert arrival_doubts(START + at_min * MINUTE, where, facts) == doubts


@pytest.mark.parametrize(
    ("at_min", "facts", "doubts"),
    [
        (12, around(**THERE), ()),
        (6, around(**THERE), (Doubt.BEFORE_ARRIVAL,)),
        (12, around(), (Doubt.ARRIVAL_UNCONFIRMED,)),
        (20, around(), (Doubt.IN_FUTURE, Doubt.ARRIVAL_UNCONFIRMED)),
    ],
)  # fmt: skip
def test_a_release_follows_an_arrival(
    at_min: float, facts: Circumstances, doubts: tuple[Doubt, ...]
) -> None:
    """Nobody frees people before being there."""
    assert release_doubts(START + at_min * MINUTE, facts) == doubts


@pytest.mark.parametrize(("wrong_min", "at_min"), [(60, 12), (-180, 12), (0.5, 12.5), (0, 12)])
def test_a_wrong_clock_is_put_right_when_the_phone_tells_its_time(
    wrong_min: float, at_min: float
) -> None:
    """What the clock is off is taken off; half a minute is left alone."""
    now, off = START + 14 * MINUTE, wrong_min * MINUTE

    at = corrected(START + 12 * MINUTE + off, sent_at=now + off, received_at=now)

    assert at == START + at_min * MINUTE
    assert time_doubts(at, around(14)) == ()


def test_a_phone_that_moves_as_things_move_is_always_believed() -> None:
    """A thousand drives at up to the limit, with noise within what each fix allows."""
    rng = random.Random(SEED)
    for _ in range(1000):
        metres, at_min, last = rng.uniform(-50_000, 50_000), 0.0, None
        for _ in range(12):
            passed_min = rng.uniform(0.05, 10)
            metres += rng.uniform(-1, 1) * SPEED_MPS_MAX * passed_min * 60
            at_min += passed_min
            accuracy_m = rng.uniform(3, 300)
            seen = fix(metres + rng.uniform(-1, 1) * accuracy_m, at_min, accuracy_m)
            assert is_believed(seen, last=last, doubted=None), f"seed {SEED}: {last} then {seen}"
            last = seen


def test_a_wrong_fix_is_never_believed_for_ever() -> None:
    """Whatever was believed wrongly before, the true place is believed once it is borne out."""
    rng = random.Random(SEED)
    for _ in range(1000):
        wrong = fix(rng.uniform(60_000, 5_000_000), 0)
        first = fix(0, rng.uniform(0.1, 2))
        again = Fix(north(rng.uniform(-50, 50)), first.at + BORNE_OUT_AFTER, 10.0)
        assert not is_believed(first, last=wrong, doubted=None), f"seed {SEED}: {first}"
        assert is_believed(again, last=wrong, doubted=first), f"seed {SEED}: {again}"
        soon = replace(again, at=first.at + BORNE_OUT_AFTER / 2)
        assert not is_believed(soon, last=wrong, doubted=first), f"seed {SEED}: {soon}"


def test_nearer_is_never_more_doubtful_and_surer_is_never_less() -> None:
    """Distance and accuracy each push in one direction only."""
    rng = random.Random(SEED)
    for _ in range(2000):
        metres, accuracy_m = rng.uniform(0, 100_000), rng.uniform(0, 5_000)
        seen = fix(metres, 12, accuracy_m)
        nearer = fix(metres * rng.random(), 12, accuracy_m)
        surer = fix(metres, 12, accuracy_m * rng.random())
        assert is_there(nearer, LIFT) or not is_there(seen, LIFT), f"seed {SEED}: {seen} {nearer}"
        assert is_there(seen, LIFT) or not is_there(surer, LIFT), f"seed {SEED}: {seen} {surer}"
        assert distance_m(nearer, LIFT) <= distance_m(seen, LIFT) + 1e-6


def test_two_guesses_make_no_speed() -> None:
    """A fix that does not say how sure it is proves no teleportation."""
    assert can_follow(fix(0, 0, None), fix(400_000, 1))
    assert can_follow(fix(0, 0), fix(400_000, 1, None))
    assert not can_follow(fix(0, 0), fix(400_000, 1))
