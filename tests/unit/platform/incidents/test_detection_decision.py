"""What is done about a detection, and why: every branch, and that nothing disappears."""

from datetime import timedelta
from itertools import product

import pytest

from liftward_platform.incidents.detection_decision import (
    LOOK_AGAIN_AT_SUSPECTED_AFTER,
    SUSPECTED_MAX,
    Decision,
    Detection,
    LiftContext,
    Reason,
    decide,
    is_stronger,
)
from support.virtual_time import START

GRACE = timedelta(minutes=15)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def detection(
    age: timedelta = MINUTE,
    *,
    kind: str = "entrapment",
    transition: str = "began",
    level: str = "probable",
    received_ago: timedelta = timedelta(0),
    reason: str = "belief",
) -> Detection:
    return Detection(
        detection_id=1,
        lift_key=1,
        kind=kind,
        transition=transition,
        level=level,
        onset_at=START - age - timedelta(seconds=45),
        detected_at=START - age,
        received_at=START - received_ago,
        reason=reason,
    )


def decided(found: Detection, context: LiftContext | None = None) -> Decision:
    return decide(found, context or LiftContext(), now=START, grace=GRACE)


FRESH = LiftContext(last_observed_at=START - timedelta(seconds=5))
STALE = LiftContext(last_observed_at=START - timedelta(minutes=20))


@pytest.mark.parametrize(
    ("found", "context", "reason"),
    [
        (detection(), LiftContext(), Reason.OPENED),
        (detection(GRACE), LiftContext(), Reason.OPENED),
        (detection(-MINUTE), LiftContext(), Reason.OPENED),
        (detection(kind="gb_01"), LiftContext(), Reason.NOT_AN_INCIDENT_KIND),
        (detection(), LiftContext(open_incident_id=7), Reason.MERGED),
        (detection(), LiftContext(freed_incident_id=7), Reason.MERGED_INTO_FREED),
        (detection(), LiftContext(episode_ended=True), Reason.ENDED_BEFORE_HANDLING),
        (detection(HOUR), LiftContext(episode_ended=True), Reason.OUTSIDE_GRACE),
        (detection(HOUR), FRESH, Reason.OPENED_STILL_TRAPPED),
        (detection(HOUR), STALE, Reason.DEFERRED),
        (detection(HOUR), LiftContext(), Reason.DEFERRED),
        (detection(HOUR, received_ago=6 * MINUTE), STALE, Reason.OPENED_LIFT_SILENT),
        (detection(13 * HOUR), STALE, Reason.OUTSIDE_GRACE),
        (detection(13 * HOUR), FRESH, Reason.OPENED_STILL_TRAPPED),
        (detection(transition="ended"), LiftContext(), Reason.END_WITHOUT_INCIDENT),
        (
            detection(transition="ended"),
            LiftContext(episode_incident_id=7),
            Reason.RELEASE_SEEN,
        ),
        (detection(transition="ended"), LiftContext(episode_undecided=True), Reason.DEFERRED),
        (detection(kind="gb_01", transition="ended"), FRESH, Reason.NOT_AN_INCIDENT_KIND),
    ],
)
def test_each_case_has_its_reason(found: Detection, context: LiftContext, reason: Reason) -> None:
    """Late data opens nothing unless somebody may still be inside."""
    assert decided(found, context).reason is reason


def test_a_decision_that_names_an_incident_names_the_right_one() -> None:
    """Merging goes to the incident with people inside before one that is over."""
    both = LiftContext(open_incident_id=1, freed_incident_id=2)

    assert decided(detection(), both).incident_id == 1


def test_whoever_may_still_be_inside_is_never_only_recorded() -> None:
    """Of all contexts without an end and within half a day, each opens, merges or looks again."""
    ages = (timedelta(0), GRACE, GRACE + MINUTE, HOUR, 11 * HOUR)
    seen = (None, START, START - HOUR)
    for age, last, waited, open_id in product(ages, seen, (0, 10), (None, 3)):
        found = detection(age, received_ago=waited * MINUTE)
        context = LiftContext(last_observed_at=last, open_incident_id=open_id)

        decision = decided(found, context)

        assert decision.reason.startswith(("opened", "merged", "deferred"))
        assert (decision.look_again_at is not None) == (decision.reason is Reason.DEFERRED)


SECOND = timedelta(seconds=1)


def suspicion(age: timedelta = SECOND, **more: object) -> Detection:
    return detection(age, level="suspected", received_ago=age, **more)  # type: ignore[arg-type]  # as `detection` takes them


@pytest.mark.parametrize(
    ("found", "context", "reason"),
    [
        (suspicion(), LiftContext(), Reason.DEFERRED_SUSPECTED),
        (suspicion(SUSPECTED_MAX - SECOND), LiftContext(), Reason.DEFERRED_SUSPECTED),
        (suspicion(SUSPECTED_MAX), LiftContext(), Reason.OPENED_STILL_SUSPECTED),
        (suspicion(), LiftContext(lift_silent=True), Reason.OPENED_SUSPECTED_SILENT),
        (suspicion(), LiftContext(episode_ended=True), Reason.ENDED_WHILE_SUSPECTED),
        (
            suspicion(SUSPECTED_MAX),
            LiftContext(episode_ended=True, lift_silent=True),
            Reason.ENDED_WHILE_SUSPECTED,
        ),
        (suspicion(), LiftContext(open_incident_id=7), Reason.MERGED),
        (suspicion(HOUR), FRESH, Reason.OPENED_STILL_TRAPPED),
        (detection(level="confirmed"), LiftContext(), Reason.OPENED),
        (detection(transition="raised"), LiftContext(), Reason.OPENED_RAISED),
        (detection(transition="raised"), LiftContext(open_incident_id=7), Reason.MERGED),
        (
            detection(transition="raised"),
            LiftContext(episode_ended=True),
            Reason.ENDED_BEFORE_HANDLING,
        ),
        (detection(HOUR, transition="raised"), FRESH, Reason.OPENED_STILL_TRAPPED),
        (
            detection(transition="ended", reason="withdrawn"),
            LiftContext(episode_incident_id=7),
            Reason.RELEASE_SEEN,
        ),
        (
            detection(kind="suppression_expired", level="confirmed"),
            LiftContext(),
            Reason.NOT_AN_INCIDENT_KIND,
        ),
        (
            detection(kind="suppression_expired", transition="raised", level="confirmed"),
            LiftContext(lift_silent=True),
            Reason.NOT_AN_INCIDENT_KIND,
        ),
    ],
)
def test_levels_decide_how_soon_somebody_is_sent(
    found: Detection, context: LiftContext, reason: Reason
) -> None:
    """A suspicion waits for more, for a minute; a raise does not wait; a warning sends nobody."""
    assert decided(found, context).reason is reason


def test_a_suspicion_is_looked_at_until_its_limit_and_never_later() -> None:
    """Every few seconds, the last time at the limit; a clock that is ahead prolongs nothing."""
    soon = decided(suspicion())
    last = decided(suspicion(SUSPECTED_MAX - SECOND))
    ahead = decided(detection(-HOUR, level="suspected", received_ago=SUSPECTED_MAX))

    assert soon.look_again_at == START + LOOK_AGAIN_AT_SUSPECTED_AFTER
    assert last.look_again_at == START + SECOND
    assert ahead.reason is Reason.OPENED_STILL_SUSPECTED


@pytest.mark.parametrize(
    ("closed_ago", "received_ago", "reason"),
    [
        (2 * MINUTE, MINUTE, Reason.OPENED_RAISED),
        (MINUTE, 2 * MINUTE, Reason.OPENED_STILL_DETECTED),
    ],
)
def test_what_grew_after_a_closing_opens_again(
    closed_ago: timedelta, received_ago: timedelta, reason: Reason
) -> None:
    """Closed as false, and then the evidence grew: at once. What was known before can wait."""
    found = detection(transition="raised", level="confirmed", received_ago=received_ago)
    context = LiftContext(
        episode_incident_id=7, last_closed_at=START - closed_ago, last_observed_at=START
    )

    assert decided(found, context).reason is reason


def test_levels_have_an_order_and_unknown_words_none() -> None:
    """A word that a later detector may use raises nothing by itself."""
    assert is_stronger("probable", "suspected")
    assert not is_stronger("suspected", "suspected")
    assert not is_stronger("certain", "suspected")
    assert is_stronger("suspected", "certain")
