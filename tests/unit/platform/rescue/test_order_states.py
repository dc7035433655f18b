"""The order's states: the table is whole, and an illegal event changes nothing."""

from itertools import product

import pytest

from liftward_platform.incidents.model import IllegalTransitionError
from liftward_platform.rescue.model import (
    LIVE_STATES,
    ORDER_TRANSITIONS,
    OrderEvent,
    OrderState,
    next_order_state,
)


@pytest.mark.parametrize(("state", "event"), list(product(OrderState, OrderEvent)))
def test_what_is_not_in_the_table_is_refused(state: OrderState, event: OrderEvent) -> None:
    """An event leads where the table says, or is a conflict."""
    if event in ORDER_TRANSITIONS[state]:
        assert next_order_state(state, event) is ORDER_TRANSITIONS[state][event]
        return
    with pytest.raises(IllegalTransitionError):
        next_order_state(state, event)


def test_every_live_order_can_be_called_off() -> None:
    """An incident that ends leaves no order behind."""
    assert all(OrderEvent.WITHDRAW in ORDER_TRANSITIONS[state] for state in LIVE_STATES)


def test_only_a_live_order_leads_to_an_end() -> None:
    """Refused, done and withdrawn stay so; silence can still become a yes."""
    ended = set(OrderState) - set(LIVE_STATES) - {OrderState.NO_ANSWER}

    assert all(not ORDER_TRANSITIONS[state] for state in ended)
    assert set(ORDER_TRANSITIONS[OrderState.NO_ANSWER]) == {OrderEvent.ACCEPT}
