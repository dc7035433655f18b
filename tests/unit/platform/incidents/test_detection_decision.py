"""What is done about a detection, and why: every branch, and that nothing disappears."""

from datetime import timedelta
from itertools import product

import pytest

from liftward_platform.incidents.detection_decision import (
    Decision,
    Detection,
    LiftContext,
    Reason,
    decide,
)
from support.virtual_time import START

GRACE = timedelta(minutes=15)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def detection(
    age: timedelta = MINUTE,
    *,
    kind: str = "entrapment",
    transition: str = "began",
    received_ago: timedelta = timedelta(0),
) -> Detection:
    return Detection(
        detection_id=1,
        lift_key=1,
        kind=kind,
        transition=transition,
        level="probable",
        onset_at=START - age - timedelta(seconds=45),
        detected_at=START - age,
        received_at=START - received_ago,
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
