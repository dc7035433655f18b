"""What to do about one conclusion of the detector.

Pure: takes the detection, what is known about its lift, `now` and the limits; returns a decision
with its reason. Must not know SQL, the clock or who will be sent.

Nothing that the detector concluded disappears: each row ends in an incident or in a recorded
reason. Late data opens nothing, unless the person may still be inside.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

ENTRAPMENT = "entrapment"
SUPPRESSION_EXPIRED = "suppression_expired"  # a lift that nobody watches, for too long
ALARM = "gb_90"  # the alarm button, GB/T 24476-2017 code 90

# The lift's data is up to date when its last sample or event is younger than this: heartbeats
# come at least once a minute, and two may be lost.
FRESH_WITHIN = timedelta(seconds=150)
# A backlog is being delivered: look again soon, the end of the episode may be in it.
LOOK_AGAIN_AFTER = timedelta(seconds=10)
# The beginning of the episode is being decided at this moment: its end waits for that.
LOOK_AGAIN_AT_END_AFTER = timedelta(seconds=1)
# No end and no fresh data for this long after the detection came: the lift fell silent while
# someone was inside, so far as anyone knows. Better one call too many.
WAIT_FOR_DATA = timedelta(minutes=5)
# Older than this it is an archive being loaded, not a person waiting.
ARCHIVE_AFTER = timedelta(hours=12)
# People close incidents, and people err: an episode that the detector still sees after its incident
# was closed is looked at again, so that nobody stays unseen in a car. Each closing doubles the wait
# (a broken sensor must not ring for ever as often), up to half of what the law calls an accident.
LOOK_AGAIN_AFTER_CLOSING = timedelta(minutes=5)
LOOK_AGAIN_AFTER_CLOSING_MAX = timedelta(hours=1)
# A suspicion sends nobody at once: most resolve within seconds (doors about to open, a passenger
# who has not pressed a floor). Never longer than this: the field's timers wait 30 to 45 s, and a
# device with few sensors may never get further than suspected.
SUSPECTED_MAX = timedelta(seconds=60)
# Meanwhile it is looked at so often, for the case that the lift falls silent.
LOOK_AGAIN_AT_SUSPECTED_AFTER = timedelta(seconds=5)
# People call some minutes after the car stopped: a detection from so long before a caller's word
# tells of the same people. Ours; the legal limit to be there is the same half hour.
TOLD_LATE_MAX = timedelta(minutes=30)

LEVELS = ("suspected", "probable", "confirmed")  # the detector's, weakest first
SUSPECTED = LEVELS[0]
WITHDRAWN = "withdrawn"  # the detector's reason for an end: it believes that nobody was shut in


class Reason(StrEnum):
    OPENED = "opened"
    OPENED_STILL_TRAPPED = "opened_still_trapped"  # late, but fresh data shows no end
    OPENED_LIFT_SILENT = "opened_lift_silent"  # late, no end, and the lift says nothing more
    OPENED_RAISED = "opened_raised"  # was only suspected, and the evidence grew
    OPENED_STILL_SUSPECTED = "opened_still_suspected"  # suspected for as long as anybody may wait
    OPENED_SUSPECTED_SILENT = "opened_suspected_silent"  # suspected, and the lift fell silent
    DEFERRED_SUSPECTED = "deferred_suspected"  # only suspected: shown, and looked at again
    ENDED_WHILE_SUSPECTED = "ended_while_suspected"  # resolved itself before anybody was sent
    MERGED = "merged_into_open"
    MERGED_INTO_FREED = "merged_into_freed"  # tells of the time before a rescue that is over
    OUTSIDE_GRACE = "outside_grace"  # came too late, and is over or is an archive
    ENDED_BEFORE_HANDLING = "ended_before_handling"  # over before anyone could be sent
    NOT_AN_INCIDENT_KIND = "not_an_incident_kind"  # a fault code: recorded, nobody is trapped
    OPENED_STILL_DETECTED = "opened_still_detected"  # closed by a person, but it has not ended
    OPENED_ALARM_AGAIN = "opened_alarm_again"  # closed by a person, and someone inside presses
    ENDED_AFTER_CLOSING = "ended_after_closing"  # looked at again after the closing: it is over
    CLOSED_LIFT_SILENT = "closed_lift_silent"  # nothing heard since: the person's word stands
    WARNING_OVER = "warning_over"  # was shown on the board, and has ended
    DEFERRED = "deferred"
    RELEASE_SEEN = "release_seen"  # an end, noted at its incident
    END_WITHOUT_INCIDENT = "end_without_incident"


OPENING_REASONS = frozenset(
    {
        Reason.OPENED,
        Reason.OPENED_STILL_TRAPPED,
        Reason.OPENED_LIFT_SILENT,
        Reason.OPENED_STILL_DETECTED,
        Reason.OPENED_ALARM_AGAIN,
        Reason.OPENED_RAISED,
        Reason.OPENED_STILL_SUSPECTED,
        Reason.OPENED_SUSPECTED_SILENT,
    }
)
MERGING_REASONS = frozenset({Reason.MERGED, Reason.MERGED_INTO_FREED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """One row of `detection`, as the decision sees it."""

    detection_id: int
    lift_key: int
    kind: str
    transition: str
    level: str
    onset_at: datetime
    detected_at: datetime
    received_at: datetime
    reason: str

    @property
    def is_suspicion(self) -> bool:
        """Tell whether this is the weakest thing the detector says of people."""
        return self.level == SUSPECTED

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Detection":
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftContext:
    """What is known about the lift at this moment."""

    open_incident_id: int | None = None  # people may still be inside
    freed_incident_id: int | None = (
        None  # an incident whose onset..freed covers the detection's onset
    )
    episode_incident_id: int | None = None  # the incident the episode's beginning went to
    episode_ended: bool = False  # the detector already reported the end of this episode
    episode_undecided: bool = False  # its beginning waits for a decision, perhaps in another engine
    lift_silent: bool = False  # no device of the lift is heard as usual
    last_observed_at: datetime | None = None
    last_closed_at: datetime | None = None  # of the lift's incidents
    unended_onset_at: datetime | None = None  # of an entrapment the detector still sees


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What to do, and why; `incident_id` for merging and for a release."""

    reason: Reason
    incident_id: int | None = None
    look_again_at: datetime | None = None


def decide(
    detection: Detection, context: LiftContext, *, now: datetime, grace: timedelta
) -> Decision:
    """Return what to do about a detection at `now`."""
    if detection.kind != ENTRAPMENT:
        again = _presses_after_closing(detection, context, now=now, grace=grace)
        return Decision(reason=Reason.OPENED_ALARM_AGAIN if again else Reason.NOT_AN_INCIDENT_KIND)
    if detection.transition == "ended":
        return _decide_end(context, now=now)
    if context.open_incident_id is not None:
        return Decision(reason=Reason.MERGED, incident_id=context.open_incident_id)
    freed_elsewhere = context.freed_incident_id not in {None, context.episode_incident_id}
    if context.episode_incident_id is not None and not freed_elsewhere:
        if _grew_after_closing(detection, context, now=now, grace=grace):
            return Decision(reason=Reason.OPENED_RAISED)
        return _decide_after_closing(detection, context, now=now)
    return _decide_begin(detection, context, now=now, grace=grace)


def is_stronger(level: str, other: str) -> bool:
    """Tell whether a level says more than another; a word that is no level says nothing."""
    return level in LEVELS and (other not in LEVELS or LEVELS.index(level) > LEVELS.index(other))


def _decide_begin(
    detection: Detection, context: LiftContext, *, now: datetime, grace: timedelta
) -> Decision:
    if context.freed_incident_id is not None:
        return Decision(reason=Reason.MERGED_INTO_FREED, incident_id=context.freed_incident_id)
    if now - detection.detected_at > grace:
        return _decide_late(detection, context, now=now)
    if detection.is_suspicion:
        return _decide_suspicion(detection, context, now=now)
    if context.episode_ended:
        return Decision(reason=Reason.ENDED_BEFORE_HANDLING)
    raised = detection.transition == "raised"
    return Decision(reason=Reason.OPENED_RAISED if raised else Reason.OPENED)


def _decide_suspicion(detection: Detection, context: LiftContext, *, now: datetime) -> Decision:
    if context.episode_ended:
        return Decision(reason=Reason.ENDED_WHILE_SUSPECTED)
    if context.lift_silent:
        return Decision(reason=Reason.OPENED_SUSPECTED_SILENT)
    # By whichever clock is earlier: a device's clock that is ahead must not prolong the wait.
    limit_at = min(detection.detected_at, detection.received_at) + SUSPECTED_MAX
    if now >= limit_at:
        return Decision(reason=Reason.OPENED_STILL_SUSPECTED)
    look_again_at = min(limit_at, now + LOOK_AGAIN_AT_SUSPECTED_AFTER)
    return Decision(reason=Reason.DEFERRED_SUSPECTED, look_again_at=look_again_at)


def _decide_end(context: LiftContext, *, now: datetime) -> Decision:
    if context.episode_undecided:
        return Decision(reason=Reason.DEFERRED, look_again_at=now + LOOK_AGAIN_AT_END_AFTER)
    incident_id = context.episode_incident_id
    if incident_id is None:
        return Decision(reason=Reason.END_WITHOUT_INCIDENT)
    return Decision(reason=Reason.RELEASE_SEEN, incident_id=incident_id)


def look_again_after_closing(closings_count: int) -> timedelta:
    """Return how long after the n-th closing of an episode's incidents it is looked at again."""
    doubled = LOOK_AGAIN_AFTER_CLOSING * (1 << min(closings_count - 1, 10))
    return min(doubled, LOOK_AGAIN_AFTER_CLOSING_MAX)


def _presses_after_closing(
    detection: Detection, context: LiftContext, *, now: datetime, grace: timedelta
) -> bool:
    """Tell whether someone presses the alarm in a car whose incident was closed over their head."""
    return (
        detection.kind == ALARM
        and detection.transition == "began"
        and context.open_incident_id is None
        and context.unended_onset_at is not None
        and context.last_closed_at is not None
        and detection.received_at > context.last_closed_at
        and now - detection.detected_at <= grace
    )


def _grew_after_closing(
    detection: Detection, context: LiftContext, *, now: datetime, grace: timedelta
) -> bool:
    """Tell whether the evidence grew after a person had closed the incident."""
    return (
        detection.transition == "raised"
        and not context.episode_ended
        and context.last_closed_at is not None
        and detection.received_at > context.last_closed_at
        and now - detection.detected_at <= grace
    )


def _decide_after_closing(detection: Detection, context: LiftContext, *, now: datetime) -> Decision:
    """Its incident was closed by a person: has the detector seen the end since?"""
    if context.episode_ended:
        return Decision(reason=Reason.ENDED_AFTER_CLOSING)
    last = context.last_observed_at
    if last is not None and now - last <= FRESH_WITHIN:
        return Decision(reason=Reason.OPENED_STILL_DETECTED)
    if now - detection.detected_at > ARCHIVE_AFTER:
        return Decision(reason=Reason.CLOSED_LIFT_SILENT)
    return Decision(reason=Reason.DEFERRED, look_again_at=now + LOOK_AGAIN_AFTER_CLOSING)


def _decide_late(detection: Detection, context: LiftContext, *, now: datetime) -> Decision:
    if context.episode_ended:
        return Decision(reason=Reason.OUTSIDE_GRACE)
    last = context.last_observed_at
    if last is not None and now - last <= FRESH_WITHIN:
        return Decision(reason=Reason.OPENED_STILL_TRAPPED)
    if now - detection.detected_at > ARCHIVE_AFTER:
        return Decision(reason=Reason.OUTSIDE_GRACE)
    if now - detection.received_at < WAIT_FOR_DATA:
        return Decision(reason=Reason.DEFERRED, look_again_at=now + LOOK_AGAIN_AFTER)
    return Decision(reason=Reason.OPENED_LIFT_SILENT)
