"""The table of causes and mechanisms: complete, and true to the published shares."""

from collections import Counter

import pytest

from liftward_platform.incidents.closing_codes import CAUSE_CODES, RELEASE_METHOD_CODES
from liftward_simulator.faults.causes import CAUSES, Cause, Family
from liftward_simulator.faults.mechanisms import MECHANISMS, Mechanism
from liftward_wire.gbt24476 import CODES, EVENT_BY_MODE


def test_every_closing_code_has_a_cause() -> None:
    """Causes have the platform's closing codes and release methods, and no code is without one."""
    assert {facts.closing_code for facts in CAUSES.values()} == CAUSE_CODES
    assert {facts.release_method for facts in CAUSES.values()} <= RELEASE_METHOD_CODES


def test_every_national_code_comes_from_something() -> None:
    """A mechanism raises each fault code; modes and the alarm button tell the other codes."""
    raised = {
        code
        for facts in MECHANISMS.values()
        for code in (*facts.codes_at_once, *facts.codes_at_rest)
    }
    assert raised | set(EVENT_BY_MODE.values()) | {"90"} == {row.code for row in CODES}


def test_every_mechanism_has_a_cause() -> None:
    """No mechanism is there that nothing ever starts."""
    assert {facts.mechanism for facts in CAUSES.values()} == set(Mechanism)


def test_shares_are_those_of_the_white_paper() -> None:
    """Families of causes have the shares of Jiangsu 2023, and so has rubbish by itself."""
    shares: Counter[Family] = Counter()
    for facts in CAUSES.values():
        shares[facts.family] += facts.share  # type: ignore[assignment]  # a Counter of floats

    for family, percent in (
        (Family.HUMAN, 52.7),
        (Family.EXTERNAL, 20.6),
        (Family.DOOR, 11.6),
        (Family.CONTROL, 7.3),
        (Family.ELECTRICAL, 2.1),
        (Family.TRACTION, 0.4),
    ):
        assert 100 * shares[family] == pytest.approx(percent)
    assert CAUSES[Cause.DOOR_DEBRIS].share == pytest.approx(0.25)


def test_one_breakdown_in_five_traps_somebody() -> None:
    """Faults for each entrapment, mains cuts left out, give the published 20 %."""
    faults = sum(
        facts.share * (1 if facts.cuts_mains else facts.faults_per_entrapment)
        for facts in CAUSES.values()
    )
    assert 1 / faults == pytest.approx(0.20, abs=0.02)
