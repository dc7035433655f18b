"""What closing an incident asks for, and what of it may be missing for a reason.

The workflow of the city centres (Jiangsu's standard) ends with a call back to passenger or use
unit, the cause from the maintainer, and the record. A release is never closed by silence: who
confirmed it, and how, cannot be left out; neither can how many people it was. The other facts may
come later, for a reason that is stored. Pure: must not know SQL, HTTP or the clock.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from liftward_platform.errors import InvalidError
from liftward_platform.incidents.model import Confirmer, Incident, Outcome

# outcome -> what it cannot be closed without, and what may be missing for a reason.
DEMANDED: dict[Outcome, tuple[str, ...]] = {
    Outcome.FREED: ("persons_count", "confirmed_by"),
    Outcome.SELF_FREED: ("confirmed_by",),
    Outcome.FALSE: (),
    Outcome.DUPLICATE: ("duplicate_of",),
}
ASKED: dict[Outcome, tuple[str, ...]] = {
    Outcome.FREED: ("cause_code", "release_method", "lift_made_safe"),
    Outcome.SELF_FREED: (),
    Outcome.FALSE: (),
    Outcome.DUPLICATE: (),
}
HOW_UNSAID = "other"


class When(Protocol):
    """When it happened, and by whose word."""

    @property
    def at(self) -> datetime: ...

    @property
    def actor(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What the closer fills in; what is on record already may be left out."""

    outcome: Outcome
    cause_code: str | None = None
    release_method: str | None = None
    persons_count: int | None = None
    confirmed_by: Confirmer | None = None
    confirmed_how: str | None = None
    lift_made_safe: bool = False
    incomplete_reason: str | None = None
    duplicate_of: int | None = None


def closing_facts(incident: Incident, given: Given, when: When) -> dict[str, Any]:
    """Return the columns that closing writes: what is given, else what is on record.

    Raises
    ------
    InvalidError
        When something is missing, with its names; or is given where it has no meaning.
    """
    facts = _merged(incident, given, when)
    known = {**facts, "lift_made_safe": facts["lift_made_safe_at"]}
    outcome = given.outcome
    demanded = [name for name in DEMANDED[outcome] if known[name] is None]
    asked = [name for name in ASKED[outcome] if known[name] is None]
    if demanded or (asked and given.incomplete_reason is None):
        missing = [*demanded, *asked]
        waivable = f"; {', '.join(asked)} may be left out with incomplete_reason" if asked else ""
        raise InvalidError(
            "closing_incomplete",
            f"closing as {outcome} needs {', '.join(missing)}{waivable}",
            missing=missing,
            waivable=asked,
        )
    if given.duplicate_of is not None and outcome is not Outcome.DUPLICATE:
        raise InvalidError("duplicate_of_unasked", "duplicate_of belongs to the outcome duplicate")
    facts["incomplete_reason"] = given.incomplete_reason if asked else None
    return facts


def cause_facts(
    incident: Incident, cause_code: str | None, release_method: str | None, when: When
) -> dict[str, Any]:
    """Return cause and release method, what is given before what is on record.

    Leaving one out says nothing of it. Who reported the cause changes with the cause only.
    """
    new_cause = cause_code is not None and cause_code != incident.cause_code
    return {
        "cause_code": cause_code if new_cause else incident.cause_code,
        "release_method": release_method or incident.release_method,
        "cause_reported_at": when.at if new_cause else incident.cause_reported_at,
        "cause_reported_by": when.actor if new_cause else incident.cause_reported_by,
    }


def _merged(incident: Incident, given: Given, when: When) -> dict[str, Any]:
    facts = cause_facts(incident, given.cause_code, given.release_method, when)
    for name in ("persons_count", "duplicate_of"):
        said = getattr(given, name)
        facts[name] = getattr(incident, name) if said is None else said
    now_safe = given.lift_made_safe and incident.lift_made_safe_at is None
    facts["lift_made_safe_at"] = when.at if now_safe else incident.lift_made_safe_at
    facts["lift_made_safe_by"] = when.actor if now_safe else incident.lift_made_safe_by
    now_confirmed = given.confirmed_by is not None and incident.confirmed_at is None
    facts["confirmed_at"] = when.at if now_confirmed else incident.confirmed_at
    facts["confirmed_by"] = given.confirmed_by if now_confirmed else incident.confirmed_by
    how = given.confirmed_how or HOW_UNSAID
    facts["confirmed_how"] = how if now_confirmed else incident.confirmed_how
    return facts
