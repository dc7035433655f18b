"""When one more crew is sent before the limit has passed, and that it never storms."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from liftward_platform.rescue.model import Order, OrderState
from liftward_platform.rescue.policy import load
from liftward_platform.rescue.prediction import Remaining
from liftward_platform.rescue.stalls import Look, Memory, Why, first_stalled, look
from support.virtual_time import START

POLICY = load()
RULE = POLICY.prediction
LIMIT = START + timedelta(minutes=30)


def looked(late: float, memory: Memory, *, after_s: float, stalled: Why | None = None) -> Look:
    now = START + timedelta(seconds=after_s)
    return look(late, stalled, memory, POLICY, limit=LIMIT, now=now)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=29))
def test_it_never_storms(probabilities: list[float]) -> None:
    """Whatever P(late) does, minute by minute: no two crews within the policy's interval."""
    memory, acted_s = Memory(acted_at=None, armed=True), []
    for minute, late in enumerate(probabilities):
        found = looked(late, memory, after_s=minute * 60)
        acted_at = memory.acted_at
        if found.act:
            acted_s.append(minute * 60)
            acted_at = START + timedelta(minutes=minute)
        memory = Memory(acted_at=acted_at, armed=found.armed)

    gaps = [after - before for before, after in pairwise(acted_s)]
    assert all(gap >= RULE.act_again_s for gap in gaps)
    if max(probabilities[:28]) >= RULE.act_above:
        assert acted_s


def test_one_crossing_sends_one_crew() -> None:
    """Wavering around the threshold is one crossing until P(late) has been low."""
    acted = Memory(acted_at=START, armed=False)

    assert looked(0.9, acted, after_s=60).why is Why.ACTED_LATELY
    assert looked(0.45, acted, after_s=90).why is Why.IN_TIME
    assert not looked(0.45, acted, after_s=90).armed
    assert looked(0.2, acted, after_s=120).armed


def test_what_stays_likely_late_is_acted_on_again_after_the_interval() -> None:
    """The crew that was sent has not helped: the next one."""
    acted = Memory(acted_at=START, armed=False)

    assert looked(0.9, acted, after_s=RULE.act_again_s).act


def test_next_to_the_limit_the_limit_itself_acts() -> None:
    """Two crews for one reason within a minute would be one too many."""
    fresh = Memory(acted_at=None, armed=True)

    assert looked(1.0, fresh, after_s=29.5 * 60).why is Why.LIMIT_NEAR


def order(state: OrderState, **more: object) -> Order:
    values: dict[str, object] = {
        "order_id": 1, "incident_id": 1, "crew_id": "near", "response_level": 1, "state": state,
        "sent_at": START, "answered_at": START, "refusal_reason": None, "under_way_at": None,
        "arrived_at": None, "ended_at": None, "travel_time_s": 600.0, "reason": "test",
    }  # fmt: skip
    return Order(**(values | more))  # type: ignore[arg-type]  # fields by name


def test_a_crew_that_said_yes_and_does_not_leave_has_stalled() -> None:
    """From the policy's limit of its level on, and not before."""
    one = order(OrderState.ACCEPTED)
    limit = timedelta(seconds=POLICY.leg(1).depart_s)

    before = first_stalled([one], [None], POLICY, now=START + limit - timedelta(seconds=1))
    after = first_stalled([one], [None], POLICY, now=START + limit)

    assert before is None
    assert after == (one, Why.HAS_NOT_LEFT)


def test_a_crew_that_left_and_does_not_come_nearer_has_stalled() -> None:
    """Six minutes on the road, and the way is as long as at the beginning."""
    one = order(OrderState.UNDER_WAY, under_way_at=START)
    now = START + timedelta(minutes=6)

    stuck = first_stalled([one], [Remaining(seconds=590, at=now)], POLICY, now=now)
    comes = first_stalled([one], [Remaining(seconds=300, at=now)], POLICY, now=now)

    assert (stuck, comes) == ((one, Why.NOT_NEARER), None)


def test_a_stalled_crew_does_not_matter_while_another_one_comes() -> None:
    """One is held up, the other is on the road as it should."""
    stuck, drives = order(OrderState.ACCEPTED), order(OrderState.UNDER_WAY, under_way_at=START)
    now = START + timedelta(minutes=6)

    assert first_stalled([stuck, drives], [None, None], POLICY, now=now) is None
