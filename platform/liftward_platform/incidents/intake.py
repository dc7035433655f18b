"""Takes the detector's conclusions in: each one ends in an incident or in a recorded reason.

Runs in the caller's transaction, one detection at a time.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import structlog
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.history import service as history
from liftward_platform.incidents import service, store
from liftward_platform.incidents.detection_decision import (
    ENTRAPMENT,
    LOOK_AGAIN_AT_END_AFTER,
    MERGING_REASONS,
    OPENING_REASONS,
    SUPPRESSION_EXPIRED,
    Decision,
    Detection,
    LiftContext,
    Reason,
    decide,
)
from liftward_platform.incidents.model import Incident
from liftward_platform.liveness import service as liveness
from liftward_platform.liveness.model import Belief
from liftward_platform.rescue.policy import Policy

Connection = AsyncConnection[DictRow]

log = structlog.get_logger()

# A lift of which no device ever spoke cannot have been detected: only news that stopped counts.
SILENT_BELIEFS = (Belief.QUIET, Belief.DARK)


async def claim(connection: Connection, now: datetime, tried: Sequence[int]) -> Detection | None:
    """Lock and return the first detection that waits for a decision."""
    return await store.claim_detection(connection, now, tried)


async def next_look(connection: Connection) -> datetime | None:
    """Return when a detection that was put off is looked at again."""
    return await store.next_look(connection)


async def take_in(
    connection: Connection, detection: Detection, *, policy: Policy, now: datetime
) -> Incident | None:
    """Decide about a claimed detection and do it; return the incident if one was opened."""
    suspicion_id = None
    if detection.transition == "raised":
        # Locked before we look: another engine may be deciding about it at this moment.
        suspicion_id = await store.lock_suspicion(connection, detection)
    context = await _context(connection, detection, now)
    decision = decide(detection, context, now=now, grace=policy.grace)
    opened = None
    if decision.reason in OPENING_REASONS:
        opened = await service.open_from_detection(
            connection,
            _as_entrapment(detection, context),
            policy=policy.document(),
            reason=decision.reason,
            now=now,
        )
        if opened is None:
            decision = await _overtaken(connection, detection, now)
    if decision.incident_id is not None and decision.reason in MERGING_REASONS:
        await service.attach_detection(
            connection, decision.incident_id, detection, reason=decision.reason, now=now
        )
    elif decision.incident_id is not None:
        await service.see_end(connection, decision.incident_id, detection, now=now)
    if opened is not None and suspicion_id is not None:
        await store.link_detection(connection, opened.incident_id, suspicion_id)
        await store.mark_handled(connection, suspicion_id, now=now, handling=decision.reason)
    await _record(connection, detection, decision, now)
    return opened


def _as_entrapment(detection: Detection, context: LiftContext) -> Detection:
    """Return the detection as the beginning of a rescue; an alarm speaks for its episode."""
    if detection.kind == ENTRAPMENT:
        return detection
    assert context.unended_onset_at is not None
    return replace(detection, kind=ENTRAPMENT, onset_at=context.unended_onset_at)


async def _overtaken(connection: Connection, detection: Detection, now: datetime) -> Decision:
    """Another engine opened the lift's incident in between: join it."""
    other = await store.lock_open(connection, detection.lift_key, ENTRAPMENT)
    if other is None:  # and closed it again: decide afresh
        return Decision(reason=Reason.DEFERRED, look_again_at=now + LOOK_AGAIN_AT_END_AFTER)
    return Decision(reason=Reason.MERGED, incident_id=other.incident_id)


async def _context(connection: Connection, detection: Detection, now: datetime) -> LiftContext:
    row = await store.lift_context(connection, detection)
    seen = await history.last_observed(connection, [detection.lift_key])
    # Asked only where it decides: conclusions about plain faults are many.
    waits = detection.kind == ENTRAPMENT and detection.is_suspicion
    belief = await liveness.belief_of(connection, detection.lift_key, now) if waits else None
    return LiftContext(
        open_incident_id=row["open_incident_id"],
        freed_incident_id=row["freed_incident_id"],
        episode_incident_id=row["episode_incident_id"],
        episode_ended=row["episode_ended"],
        episode_undecided=row["episode_undecided"],
        lift_silent=belief in SILENT_BELIEFS,
        last_observed_at=seen.get(detection.lift_key),
        last_closed_at=row["last_closed_at"],
        unended_onset_at=row["unended_onset_at"],
    )


async def _record(
    connection: Connection, detection: Detection, decision: Decision, now: datetime
) -> None:
    detection_id = detection.detection_id
    if decision.look_again_at is not None:
        waits = decision.reason is Reason.DEFERRED_SUSPECTED
        handling = str(decision.reason) if waits else None
        await store.look_again(connection, detection_id, decision.look_again_at, handling=handling)
        if detection.transition == "ended":
            await store.wake_suspicion(connection, detection)
        return
    await store.mark_handled(connection, detection_id, now=now, handling=decision.reason)
    if detection.kind == SUPPRESSION_EXPIRED and detection.transition == "ended":
        await store.end_warning(connection, detection)
    log.info(
        "detection_handled", detection_id=detection_id, kind=detection.kind,
        transition=detection.transition, reason=str(decision.reason),
    )  # fmt: skip
