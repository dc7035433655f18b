"""Exactly four things can be asked of a device, wherever one looks; none moves anything."""

import json
import re
from datetime import UTC, datetime
from importlib import resources

import pytest
from pydantic import ValidationError

from liftward_platform.api.openapi import openapi_text
from liftward_platform.commands.model import (
    DEADLINE_S_MAX,
    DEADLINE_S_MIN,
    LIVE_COMMANDS_MAX,
    SAMPLING_PERIOD_S_MAX,
    SAMPLING_PERIOD_S_MIN,
    CannotAsk,
    CommandState,
    Listener,
    device_to_ask,
)
from liftward_platform.commands.schemas import AskIn
from liftward_wire.messages import CommandKind

FOUR = {"play_calming_message", "snapshot", "test_call", "set_sampling_period"}
START = datetime(2026, 3, 2, tzinfo=UTC)


def checked_words(constraint: str) -> set[str]:
    """Return the words that a CHECK of the table's migration allows."""
    folder = resources.files("liftward_platform.migrations")
    text = folder.joinpath("0008_device_command.sql").read_text("utf-8")
    found = re.search(rf"CONSTRAINT {constraint} CHECK \(\w+ IN\s*\((.*?)\)\)", text, re.DOTALL)
    assert found is not None
    return set(re.findall(r"'(\w+)'", found[1]))


def test_contract_database_and_api_know_the_same_four_kinds() -> None:
    """A fifth one anywhere fails here, whatever it is called."""
    api = json.loads(openapi_text())["components"]["schemas"]["CommandKind"]["enum"]

    assert {str(kind) for kind in CommandKind} == FOUR
    assert checked_words("device_command_kind") == FOUR
    assert set(api) == FOUR


def test_database_and_code_know_the_same_states() -> None:
    """A state that one side does not know would be a command nobody can end."""
    assert checked_words("device_command_state") == {str(state) for state in CommandState}


@pytest.mark.parametrize("kind", ["open_door", "move_car", "reset_safety_chain", "SNAPSHOT", ""])
def test_any_other_kind_is_refused(kind: str) -> None:
    """By the type of the field: there is no place where it could be let through."""
    with pytest.raises(ValidationError, match="kind"):
        AskIn.model_validate({"kind": kind})


@pytest.mark.parametrize(
    "wish",
    [
        {"kind": "set_sampling_period"},
        {"kind": "set_sampling_period", "sampling_period_s": SAMPLING_PERIOD_S_MIN / 2},
        {"kind": "set_sampling_period", "sampling_period_s": SAMPLING_PERIOD_S_MAX + 1},
        {"kind": "set_sampling_period", "sampling_period_s": "nan"},
        {"kind": "snapshot", "sampling_period_s": 1.0},
        {"kind": "snapshot", "deadline_s": DEADLINE_S_MIN - 1},
        {"kind": "snapshot", "deadline_s": DEADLINE_S_MAX + 1},
        {"kind": "snapshot", "purpose": "a\0b"},
        {"kind": "snapshot", "purpose": ""},
        {"kind": "snapshot", "speed_mps": 1.0},
    ],
)
def test_a_wrong_wish_is_refused(wish: dict[str, object]) -> None:
    """Out of its limits, without its period, with another's, or with something unheard of."""
    with pytest.raises(ValidationError):
        AskIn.model_validate(wish)


def listener(device_id: str, *, revoked: bool = False) -> Listener:
    return Listener(device_id=device_id, revoked_at=START if revoked else None)


@pytest.mark.parametrize(
    ("listeners", "asked"),
    [
        ([], CannotAsk.NO_DEVICE),
        ([listener("L-1", revoked=True)], CannotAsk.DEVICE_REVOKED),
        ([listener("A-EDGE"), listener("L-1")], "L-1"),
        ([listener("B-EDGE"), listener("A-EDGE")], "A-EDGE"),
        ([listener("L-1", revoked=True), listener("B-EDGE")], "B-EDGE"),
    ],
)
def test_the_lifts_own_gateway_is_asked_before_an_edge(
    listeners: list[Listener], asked: str
) -> None:
    """And nobody whose credentials were withdrawn."""
    found = device_to_ask("L-1", withdrawn=False, listeners=listeners, live_count=0)

    assert found == asked


def test_a_withdrawn_lift_and_a_flood_are_refused() -> None:
    """With the reason in each case."""
    own = [listener("L-1")]

    assert (
        device_to_ask("L-1", withdrawn=True, listeners=own, live_count=0)
        is CannotAsk.LIFT_WITHDRAWN
    )
    assert (
        device_to_ask("L-1", withdrawn=False, listeners=own, live_count=LIVE_COMMANDS_MAX)
        is CannotAsk.TOO_MANY
    )
