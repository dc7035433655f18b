"""Closing asks for what is missing; a release is never closed by silence."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from liftward_platform.errors import InvalidError
from liftward_platform.incidents.model import Confirmer, Incident, IncidentState, Outcome, Source
from liftward_platform.incidents.service import Happening
from liftward_platform.rescue.closing_rules import Given, cause_facts, closing_facts
from liftward_platform.rescue.life_limits import (
    CAUSE_REPORT_WITHIN,
    MAKE_SAFE_WITHIN,
    PROGRESS_EVERY,
    REPORT_LOOKED_INTO_WITHIN,
)
from liftward_platform.rescue.model import DeadlineKind
from liftward_platform.rescue.reminders import LifeReason, Owed, owed
from support.virtual_time import START

NOW = Happening(now=START, actor="account-dispatcher")
WHOLE: dict[str, Any] = {
    "cause_code": "door.contact",
    "release_method": "hand_wind",
    "persons_count": 2,
    "confirmed_by": Confirmer.PASSENGER,
    "confirmed_how": "telephone",
    "lift_made_safe": True,
}


def incident(**changes: Any) -> Incident:
    values: dict[str, Any] = dict.fromkeys(Incident.__dataclass_fields__)
    values |= {
        "incident_id": 1, "lift_key": 1, "kind": "entrapment", "state": IncidentState.FREED,
        "source": Source.CALL, "level": "confirmed", "onset_at": START, "detected_at": START,
        "opened_at": START, "response_level": 1, "policy": {},
    }  # fmt: skip
    return Incident(**{**values, **changes})


def test_a_whole_closing_says_who_and_when() -> None:
    """Each fact has its own time and its own actor."""
    facts = closing_facts(incident(), Given(outcome=Outcome.FREED, **WHOLE), NOW)

    assert (facts["confirmed_by"], facts["confirmed_how"]) == (Confirmer.PASSENGER, "telephone")
    assert facts["confirmed_at"] == facts["lift_made_safe_at"] == START
    assert facts["cause_reported_by"] == "account-dispatcher"
    assert facts["incomplete_reason"] is None


@pytest.mark.parametrize("missing", ["cause_code", "release_method", "lift_made_safe"])
def test_a_fact_may_be_missing_for_a_reason_only(missing: str) -> None:
    """What comes later is named, and closing without it needs a reason."""
    given = {**WHOLE, missing: False if missing == "lift_made_safe" else None}

    with pytest.raises(InvalidError) as caught:
        closing_facts(incident(), Given(outcome=Outcome.FREED, **given), NOW)
    reasoned = Given(outcome=Outcome.FREED, incomplete_reason="not_reachable", **given)

    assert caught.value.extra == {"missing": [missing], "waivable": [missing]}
    assert closing_facts(incident(), reasoned, NOW)["incomplete_reason"] == "not_reachable"


@pytest.mark.parametrize(
    ("outcome", "missing"),
    [
        (Outcome.FREED, "persons_count"),
        (Outcome.FREED, "confirmed_by"),
        (Outcome.SELF_FREED, "confirmed_by"),
        (Outcome.DUPLICATE, "duplicate_of"),
    ],
)
def test_confirmation_and_people_have_no_excuse(outcome: Outcome, missing: str) -> None:
    """No reason closes a rescue that nobody confirmed, or loses people."""
    given = {**WHOLE, missing: None}

    with pytest.raises(InvalidError) as caught:
        closing_facts(incident(), Given(outcome=outcome, incomplete_reason="other", **given), NOW)

    assert caught.value.extra["missing"] == [missing]


def test_what_is_on_record_is_not_asked_again_nor_written_over() -> None:
    """The first confirmation stands, with its time and its voice."""
    earlier = START - timedelta(minutes=5)
    known = incident(
        state=IncidentState.CONFIRMED, confirmed_at=earlier, confirmed_by=Confirmer.USE_UNIT,
        confirmed_how="in_liftward", lift_made_safe_at=earlier, lift_made_safe_by="crew-1",
        cause_code="door.guide", release_method="other", persons_count=1,
        cause_reported_at=earlier, cause_reported_by="crew-1",
    )  # fmt: skip

    facts = closing_facts(known, Given(outcome=Outcome.FREED, lift_made_safe=True), NOW)

    assert (facts["confirmed_by"], facts["confirmed_at"]) == (Confirmer.USE_UNIT, earlier)
    assert (facts["lift_made_safe_by"], facts["cause_reported_at"]) == ("crew-1", earlier)


@pytest.mark.parametrize(
    ("given", "stands"),
    [
        ((None, None), ("door.guide", "hand_wind", "crew-1")),
        (("door.guide", None), ("door.guide", "hand_wind", "crew-1")),
        ((None, "other"), ("door.guide", "other", "crew-1")),
        (("door.contact", "other"), ("door.contact", "other", "account-dispatcher")),
    ],
)
def test_a_cause_left_out_leaves_the_one_on_record(
    given: tuple[str | None, str | None], stands: tuple[str, str, str]
) -> None:
    """Only a new cause has a new reporter; the time goes with the reporter."""
    earlier = START - timedelta(minutes=5)
    known = incident(
        cause_code="door.guide", release_method="hand_wind",
        cause_reported_at=earlier, cause_reported_by="crew-1",
    )  # fmt: skip

    facts = cause_facts(known, *given, NOW)

    names = ("cause_code", "release_method", "cause_reported_by")
    assert tuple(facts[name] for name in names) == stands
    assert facts["cause_reported_at"] == (earlier if stands[2] == "crew-1" else START)


def test_a_duplicate_is_named_with_its_outcome_only() -> None:
    """A link that means nothing is refused, not dropped."""
    with pytest.raises(InvalidError, match="belongs to the outcome duplicate"):
        closing_facts(incident(), Given(outcome=Outcome.FALSE, duplicate_of=2), NOW)


@pytest.mark.parametrize(
    ("kind", "changes", "expected"),
    [
        ("passenger_update", {}, Owed(LifeReason.NOTHING_OWED)),
        (
            "passenger_update", {"state": IncidentState.ORDERED},
            Owed(LifeReason.PASSENGER_NOT_SPOKEN_TO, PROGRESS_EVERY),
        ),
        (
            "passenger_update",
            {"state": IncidentState.OPEN, "held_at": START, "response_level": 0},
            Owed(LifeReason.REPORT_NOT_LOOKED_INTO, REPORT_LOOKED_INTO_WITHIN),
        ),
        (
            "passenger_update",
            {"state": IncidentState.ARRIVED, "passenger_told_at": START - PROGRESS_EVERY},
            Owed(LifeReason.PROGRESS_NOT_TOLD, PROGRESS_EVERY),
        ),
        (
            "passenger_update",
            {"state": IncidentState.ARRIVED, "passenger_told_at": START - timedelta(minutes=1)},
            Owed(LifeReason.NOTHING_OWED, PROGRESS_EVERY - timedelta(minutes=1)),
        ),
        ("make_safe", {}, Owed(LifeReason.NOT_MADE_SAFE, MAKE_SAFE_WITHIN)),
        ("make_safe", {"lift_made_safe_at": START}, Owed(LifeReason.NOTHING_OWED)),
        ("cause_report", {}, Owed(LifeReason.CAUSE_NOT_REPORTED, CAUSE_REPORT_WITHIN)),
        ("cause_report", {"state": IncidentState.CLOSED}, Owed(LifeReason.NOTHING_OWED)),
    ],
)  # fmt: skip
def test_what_is_owed_is_said_until_it_is_done(
    kind: str, changes: dict[str, Any], expected: Owed
) -> None:
    """A reminder that is owed comes again; one that is not ends, or waits for the next word."""
    assert owed(DeadlineKind(kind), replace(incident(), **changes), now=START) == expected
