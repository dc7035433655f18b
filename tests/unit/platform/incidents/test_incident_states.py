"""The incident's states: the table is whole, and an illegal event changes nothing."""

from itertools import product
from pathlib import Path

import pytest

from liftward_platform.incidents.model import (
    RESCUE_STATES,
    TRANSITIONS,
    IllegalTransitionError,
    IncidentEvent,
    IncidentState,
    Outcome,
    close_event,
    close_outcomes,
    dispatcher_actions,
    mermaid,
    next_state,
    state_to_close_from,
)

DOCUMENT = Path(__file__).parents[4] / "docs" / "incident-states.md"


def test_every_state_has_a_row_and_only_the_end_has_none() -> None:
    """A state without a way on would be a rescue without an end."""
    stuck = {state for state in IncidentState if not TRANSITIONS[state]}

    assert stuck == {IncidentState.CLOSED}


def test_every_state_can_be_closed_and_reached() -> None:
    """From any state a dispatcher can end it; every state is the target of some event."""
    targets = {target for events in TRANSITIONS.values() for target in events.values()}

    assert targets == set(IncidentState)
    assert all(close_outcomes(state) for state in IncidentState if state != "closed")


@pytest.mark.parametrize(("state", "event"), list(product(IncidentState, IncidentEvent)))
def test_what_is_not_in_the_table_is_refused(state: IncidentState, event: IncidentEvent) -> None:
    """An event leads where the table says, or is a conflict that names state and event."""
    if event in TRANSITIONS[state]:
        assert next_state(state, event) is TRANSITIONS[state][event]
        return
    with pytest.raises(IllegalTransitionError) as caught:
        next_state(state, event)
    assert (caught.value.code, caught.value.status) == ("illegal_transition", 409)
    assert caught.value.extra == {"state": state, "event": event}


def test_only_a_rescue_is_closed_as_freed() -> None:
    """`freed` needs a crew's report; the other outcomes are always a dispatcher's word."""
    assert Outcome.FREED in close_outcomes(IncidentState.FREED)
    assert Outcome.FREED in close_outcomes(IncidentState.CONFIRMED)
    for state in RESCUE_STATES:
        assert set(close_outcomes(state)) == {Outcome.SELF_FREED, Outcome.FALSE, Outcome.DUPLICATE}


@pytest.mark.parametrize(("state", "outcome"), list(product(IncidentState, Outcome)))
def test_closing_leaves_a_state_only_as_the_table_says(
    state: IncidentState, outcome: Outcome
) -> None:
    """A rescue leaves from `confirmed`, whatever else was written; what cannot be is a conflict."""
    if outcome not in close_outcomes(state):
        with pytest.raises(IllegalTransitionError):
            state_to_close_from(state, outcome)
        return
    left = state_to_close_from(state, outcome)
    assert next_state(left, close_event(outcome)) is IncidentState.CLOSED
    assert (left is IncidentState.CONFIRMED) or outcome is not Outcome.FREED


def test_a_dispatcher_can_send_more_while_people_may_be_inside() -> None:
    """Afterwards only closing is left, and at the end nothing."""
    assert dispatcher_actions(IncidentState.ARRIVED) == ("escalate", "order", "close")
    assert dispatcher_actions(IncidentState.OPEN, held=True)[0] == "confirm_report"
    assert dispatcher_actions(IncidentState.FREED) == ("confirm_release", "close")
    assert dispatcher_actions(IncidentState.CONFIRMED) == ("close",)
    assert dispatcher_actions(IncidentState.CLOSED) == ()


def test_the_document_shows_the_table() -> None:
    """The diagram in the documents is the one the table makes."""
    assert f"```mermaid\n{mermaid()}\n```" in DOCUMENT.read_text("utf-8")
