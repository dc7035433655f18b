"""What a chain of channels asks for: the next one, giving the order up, or waiting."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftward_platform.notifications.chain import (
    MoveOn,
    MoveReason,
    NotDelivered,
    Step,
    Wait,
    WaitReason,
    what_next,
)
from support.virtual_time import START


def step(number: int = 0, *, last: bool = False, **changes: Any) -> Step:
    usual = {
        "sent": False, "failures_count": 0, "given_up": False, "throttled": False,
        "hangs": False, "acknowledge_by": None,
    }  # fmt: skip
    return Step(channel_number=number, is_last=last, **{**usual, **changes})


FAILED_TWICE: dict[str, Any] = {"failures_count": 2}


@pytest.mark.parametrize(
    ("steps", "order_waits", "expected"),
    [
        ([step()], True, Wait(WaitReason.NOT_TRIED)),
        ([step(failures_count=1)], True, MoveOn(MoveReason.FAILED)),
        ([step(throttled=True)], True, MoveOn(MoveReason.THROTTLED)),
        ([step(hangs=True)], True, MoveOn(MoveReason.HANGS)),
        ([step(hangs=True)], False, Wait(WaitReason.NOT_TRIED)),
        ([step(hangs=True, last=True)], True, Wait(WaitReason.NOT_TRIED)),
        ([step(given_up=True)], False, MoveOn(MoveReason.FAILED)),
        ([step(failures_count=1), step(1, last=True)], True, Wait(WaitReason.NOT_TRIED)),
        (
            [step(**FAILED_TWICE), step(1, last=True, failures_count=1)],
            True,
            Wait(WaitReason.TRYING_AGAIN),
        ),
        ([step(**FAILED_TWICE), step(1, last=True, **FAILED_TWICE)], True, NotDelivered()),
        ([step(given_up=True), step(1, last=True, throttled=True)], True, NotDelivered()),
        (
            [step(**FAILED_TWICE), step(1, last=True, **FAILED_TWICE)],
            False,
            Wait(WaitReason.GIVEN_UP),
        ),
        (
            [step(sent=True), step(1, last=True, **FAILED_TWICE)],
            True,
            Wait(WaitReason.SENT),
        ),
        ([step(sent=True, acknowledge_by=START)], True, MoveOn(MoveReason.NOT_ACKNOWLEDGED)),
        ([step(sent=True, acknowledge_by=START)], False, Wait(WaitReason.SENT)),
        ([step(sent=True, last=True, acknowledge_by=START)], True, Wait(WaitReason.SENT)),
    ],
)
def test_each_state_of_a_chain_has_one_answer(
    steps: list[Step],
    order_waits: bool,  # noqa: FBT001 - a column of the table
    expected: object,
) -> None:
    """A table of chains, from untouched to hopeless."""
    assert what_next(steps, order_waits=order_waits, now=START) == expected


def test_nobody_is_disturbed_before_the_time_to_acknowledge_is_over() -> None:
    """A second before, the chain waits."""
    sent = step(sent=True, acknowledge_by=START + timedelta(seconds=1))
    assert what_next([sent], order_waits=True, now=START) == Wait(WaitReason.SENT)


@st.composite
def chains(draw: st.DrawFn) -> list[Step]:
    count = draw(st.integers(1, 4))
    whole = draw(st.booleans())
    moments = st.none() | st.integers(-60, 60).map(lambda s: START + timedelta(seconds=s))
    return [
        step(
            number,
            last=whole and number == count - 1,
            sent=draw(st.booleans()),
            failures_count=draw(st.integers(0, 3)),
            given_up=draw(st.booleans()),
            throttled=draw(st.booleans()),
            hangs=draw(st.booleans()),
            acknowledge_by=draw(moments),
        )
        for number in range(count)
    ]


@settings(deadline=None)
@given(chains(), st.booleans())
def test_an_order_is_given_up_only_when_nothing_of_it_was_sent(
    steps: list[Step],
    order_waits: bool,  # noqa: FBT001 - drawn
) -> None:
    """Whatever the chain: not delivered means every channel tried, none sent, an order waits."""
    now: datetime = START
    found = what_next(steps, order_waits=order_waits, now=now)
    if isinstance(found, NotDelivered):
        assert order_waits
        assert steps[-1].is_last
        assert not any(one.sent for one in steps)
        assert all(one.failures_count or one.given_up or one.throttled for one in steps)
    if isinstance(found, MoveOn):
        assert not steps[-1].is_last
