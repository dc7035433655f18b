"""What a rescue needs next: every deadline, every failure, and when nothing is due."""

from datetime import timedelta

import pytest

from liftward_platform.incidents.model import IncidentEvent, IncidentState
from liftward_platform.rescue.escalation import (
    Remind,
    Rest,
    RestReason,
    Step,
    StepReason,
    after_failure,
    fallback,
    next_level,
    unattended,
    when_due,
)
from liftward_platform.rescue.model import DeadlineKind, Order, OrderState
from support.virtual_time import START


def order(state: str, level: int = 1, order_id: int = 1) -> Order:
    return Order(
        order_id=order_id,
        incident_id=1,
        crew_id=f"crew-{order_id}",
        response_level=level,
        state=OrderState(state),
        sent_at=START - timedelta(minutes=3),
        answered_at=None,
        refusal_reason=None,
        under_way_at=None,
        arrived_at=None,
        ended_at=None,
        travel_time_s=300,
        reason="first_order",
    )


def due(kind: str, state: str, *orders: Order, level: int = 1, rounds: bool = False) -> object:
    own = orders[0] if orders and kind == "accept" else None
    others = orders[1:] if own is not None else orders
    return when_due(
        DeadlineKind(kind), IncidentState(state), level, order=own, others=others, rounds=rounds
    )


def test_a_refusal_asks_the_same_level_and_silence_the_next() -> None:
    """The difference between `no` and nothing."""
    failed = order("refused", level=2)

    refused = after_failure(failed, (), StepReason.REFUSED, rounds=False)
    silent = after_failure(failed, (), StepReason.NO_ANSWER, rounds=False)

    assert refused == Step(level=2, reason=StepReason.REFUSED)
    assert silent == Step(level=3, reason=StepReason.NO_ANSWER)


@pytest.mark.parametrize(
    ("other", "rounds", "reason"),
    [
        ("under_way", False, RestReason.SOMEBODY_COMING),
        ("arrived", True, RestReason.SOMEBODY_COMING),
        ("sent", False, RestReason.OTHER_ORDER_PENDING),
        ("no_answer", True, RestReason.ROUND_WILL_COME),
    ],
)
def test_nobody_is_sent_while_something_else_leads_on(
    *, other: str, rounds: bool, reason: RestReason
) -> None:
    """One crew's failure is no reason when another is coming, is asked, or a round is due."""
    rest = after_failure(order("refused"), (order(other, 2, 2),), StepReason.REFUSED, rounds=rounds)

    assert rest == Rest(reason)


@pytest.mark.parametrize("state", ["freed", "closed"])
@pytest.mark.parametrize("kind", ["accept", "arrive", "order"])
def test_a_rescue_that_is_over_needs_nothing(kind: str, state: str) -> None:
    """A deadline that fires after the end says so and does nothing."""
    assert due(kind, state, order("sent")) == Rest(RestReason.ALREADY_OVER)


def test_an_answer_in_time_leaves_nothing_to_do() -> None:
    """The accept limit of an order that was answered."""
    assert due("accept", "accepted", order("accepted")) == Rest(RestReason.ALREADY_ANSWERED)


def test_silence_goes_up_a_level() -> None:
    """The accept limit of an order nobody answered."""
    assert due("accept", "ordered", order("sent")) == Step(level=2, reason=StepReason.NO_ANSWER)


def test_nobody_there_in_time_sends_the_next_level_also() -> None:
    """Though somebody is on the way; above the last level, anybody."""
    step = due("arrive", "under_way", order("under_way"))
    last = due("arrive", "under_way", order("under_way"), level=3)

    assert step == Step(level=2, reason=StepReason.NOT_ARRIVED)
    assert last == Step(level=1, reason=StepReason.NOT_ARRIVED, any_level=True)
    assert due("arrive", "arrived", order("arrived")) == Rest(RestReason.ALREADY_THERE)


def test_rounds_go_on_until_somebody_comes() -> None:
    """Pending questions do not stop the round; a yes does."""
    assert due("order", "ordered", order("sent")) == Step(
        level=1, reason=StepReason.UNANSWERED_ROUND, any_level=True
    )
    assert due("order", "accepted", order("accepted")) == Rest(RestReason.SOMEBODY_COMING)


def test_a_release_is_asked_for_until_it_is_confirmed() -> None:
    """On the spot without a word, and freed without a confirmation, are both reminded of."""
    assert isinstance(due("confirm_release", "arrived"), Remind)
    assert isinstance(due("confirm_release", "freed"), Remind)
    assert due("confirm_release", "closed") == Rest(RestReason.ALREADY_OVER)


def test_an_incident_left_alone_is_attended_at_its_level() -> None:
    """A new one at the first level; one that was lost where it was."""
    assert unattended(0) == Step(level=1, reason=StepReason.FIRST_ORDER)
    assert unattended(2) == Step(level=2, reason=StepReason.UNATTENDED)
    assert next_level(3, StepReason.DISPATCHER).any_level


@pytest.mark.parametrize(
    ("state", "left", "event"),
    [
        ("ordered", [], IncidentEvent.BACK_TO_OPEN),
        ("ordered", ["refused"], IncidentEvent.BACK_TO_OPEN),
        ("ordered", ["sent"], None),
        ("accepted", ["sent"], IncidentEvent.BACK_TO_ORDERED),
        ("accepted", ["accepted"], None),
        ("under_way", ["accepted", "sent"], IncidentEvent.BACK_TO_ACCEPTED),
        ("under_way", ["under_way"], None),
        ("under_way", [], IncidentEvent.BACK_TO_OPEN),
        ("arrived", ["sent"], None),
        ("open", [], None),
    ],
)
def test_a_rescue_falls_back_as_far_as_what_is_left(
    state: str, left: list[str], event: IncidentEvent | None
) -> None:
    """The board never says that somebody comes when nobody does."""
    orders = [order(one, order_id=number) for number, one in enumerate(left, start=2)]

    assert fallback(IncidentState(state), orders) == event
