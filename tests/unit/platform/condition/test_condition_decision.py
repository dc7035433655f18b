"""Wear and sensors never become an incident: nobody is trapped by a worn roller."""

from datetime import timedelta

import pytest

from liftward_platform.condition.model import FINDING_KINDS, WARNING_KINDS
from liftward_platform.incidents.detection_decision import Detection, LiftContext, Reason, decide
from support.virtual_time import START


@pytest.mark.parametrize("kind", [*WARNING_KINDS, *FINDING_KINDS])
@pytest.mark.parametrize("transition", ["began", "ended"])
def test_no_warning_and_no_finding_opens_an_incident(kind: str, transition: str) -> None:
    """Even while the detector still sees somebody in the car and the incident was closed."""
    detection = Detection(
        detection_id=1,
        lift_key=1,
        kind=kind,
        transition=transition,
        level="probable",
        reason="contradicted",
        onset_at=START,
        detected_at=START,
        received_at=START,
    )
    seen = LiftContext(
        unended_onset_at=START - timedelta(hours=1), last_closed_at=START - timedelta(minutes=1)
    )

    decision = decide(detection, seen, now=START, grace=timedelta(minutes=15))

    assert decision.reason is Reason.NOT_AN_INCIDENT_KIND
